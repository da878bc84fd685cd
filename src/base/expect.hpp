#pragma once
#include <source_location>

namespace base {

/// Ends the process with file and line on stderr. For our own mistakes only, in every build.
[[noreturn]] void fail_expectation(const std::source_location& where) noexcept;

/// A condition that only a bug of ours can break. Never used on a peer's input.
inline void expect(bool condition,
                   const std::source_location& where = std::source_location::current()) noexcept {
  if (!condition) [[unlikely]]
    fail_expectation(where);
}

}  // namespace base
