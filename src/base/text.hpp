#pragma once
#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace base {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_alnum(char c) {
  return is_digit(c) || is_alpha(c);
}
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// ASCII case-insensitive equality (RFC 5234 string literals).
bool iequals(std::string_view a, std::string_view b) noexcept;
std::string to_lower(std::string_view text);
/// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text) noexcept;

/// Digits only, the whole text, no sign; nothing when it does not fit.
template <std::unsigned_integral T>
std::optional<T> parse_uint(std::string_view text) noexcept {
  T value{};
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Cuts the text at the first `mark`: returns what stood before it and leaves what stood behind it.
/// Without a mark the whole text is returned and nothing is left.
std::string_view take_until(std::string_view& text, char mark) noexcept;

/// Lower-case hexadecimal.
std::string to_hex(std::string_view octets);
/// Octets of an even number of hexadecimal digits, either case.
std::optional<std::string> from_hex(std::string_view digits);

/// Printable ASCII as it is, everything else as \xNN: for putting a peer's text into a log or an error.
/// At most `limit` octets of it are shown.
std::string printable(std::string_view text, std::size_t limit = 80);

}  // namespace base
