#pragma once
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>

#include "base/text.hpp"

namespace base {

/// A text that is consumed from the front by a recursive-descent parser. Every take_ either consumes what
/// it names or leaves the cursor where it was; offset() says where that is, for the error.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : whole_(text), rest_(text) {}

  bool at_end() const noexcept { return rest_.empty(); }
  std::size_t offset() const noexcept { return whole_.size() - rest_.size(); }
  std::string_view rest() const noexcept { return rest_; }
  char peek() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }

  bool take(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view literal) noexcept {
    if (rest_.substr(0, literal.size()) != literal) return false;
    rest_.remove_prefix(literal.size());
    return true;
  }
  /// An RFC 5234 string literal: ASCII case does not matter.
  bool take_icase(std::string_view literal) noexcept {
    if (!iequals(rest_.substr(0, literal.size()), literal)) return false;
    rest_.remove_prefix(literal.size());
    return true;
  }
  /// The longest prefix whose characters all satisfy `accept`; may be empty.
  template <std::predicate<char> Accept>
  std::string_view take_while(Accept accept) noexcept {
    std::size_t n = 0;
    while (n < rest_.size() && accept(rest_[n])) ++n;
    return take_n(n);
  }
  /// Everything before the next `mark` (which stays), or all of the rest.
  std::string_view take_until(char mark) noexcept {
    const auto at = rest_.find(mark);
    return take_n(at == rest_.npos ? rest_.size() : at);
  }
  /// 1*DIGIT that fits into T; nothing consumed otherwise.
  template <std::unsigned_integral T>
  std::optional<T> take_uint() noexcept {
    std::size_t n = 0;
    while (n < rest_.size() && is_digit(rest_[n])) ++n;
    const auto value = parse_uint<T>(rest_.substr(0, n));
    if (value) rest_.remove_prefix(n);
    return value;
  }

 private:
  std::string_view take_n(std::size_t n) noexcept {
    const auto out = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return out;
  }

  std::string_view whole_;
  std::string_view rest_;
};

}  // namespace base
