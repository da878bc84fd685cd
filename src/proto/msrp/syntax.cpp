#include "proto/msrp/syntax.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace msrp {
namespace {

using Table = std::array<bool, 256>;

template <class Accept>
constexpr Table make_table(Accept accept) {
  Table table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = accept(static_cast<char>(c));
  return table;
}

// These run over every head: a table, not a chain of comparisons.
constexpr auto ident_chars = make_table(
    [](char c) { return base::is_alnum(c) || c == '.' || c == '-' || c == '+' || c == '%' || c == '='; });
// token = 1*(%x21 / %x23-27 / %x2A-2B / %x2D-2E / %x30-39 / %x41-5A / %x5E-7E)
constexpr auto token_chars = make_table([](char c) {
  return c == 0x21 || (c >= 0x23 && c <= 0x27) || c == 0x2a || c == 0x2b || c == 0x2d || c == 0x2e ||
         base::is_alnum(c) || (c >= 0x5e && c <= 0x7e);
});

bool all_in(const Table& table, std::string_view text) noexcept {
  bool all = true;
  for (const char c : text) all &= table[static_cast<unsigned char>(c)];
  return all;
}

}  // namespace

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::bad_start_line:
      return "not an MSRP start line";
    case Errc::bad_line:
      return "control character in the head";
    case Errc::bad_field:
      return "malformed header field";
    case Errc::head_too_long:
      return "head too long";
    case Errc::too_many_fields:
      return "too many header fields";
    case Errc::missing_field:
      return "header field missing or repeated";
    case Errc::bad_value:
      return "malformed value";
    case Errc::bad_uri:
      return "malformed MSRP URI";
    case Errc::too_many_hops:
      return "path too long";
    case Errc::bad_byte_range:
      return "impossible Byte-Range";
    case Errc::too_many_holes:
      return "too many gaps in a message";
    case Errc::too_large:
      return "too large";
  }
  return "";
}

bool is_lenient_ident(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_transaction_id && all_in(ident_chars, text);
}

bool is_ident(std::string_view text) noexcept {
  return text.size() >= 4 && text.size() <= 32 && base::is_alnum(text.front()) && all_in(ident_chars, text);
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && all_in(token_chars, text);
}

bool is_text(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return (octet >= 0x20 && octet != 0x7f) || c == '\t';
  });
}

std::string_view phrase(std::uint16_t status) noexcept {
  for (const auto& known : registered_codes) {
    if (known.code == status) return known.phrase;
  }
  return status < 300 ? "OK" : "Failed";
}

}  // namespace msrp
