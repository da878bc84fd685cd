#include "base/expect.hpp"

#include <cstdio>
#include <cstdlib>

namespace base {

void fail_expectation(const std::source_location& where) noexcept {
  std::fprintf(stderr, "postern: broken invariant at %s:%u in %s\n", where.file_name(),
               static_cast<unsigned>(where.line()), where.function_name());
  std::abort();
}

}  // namespace base
