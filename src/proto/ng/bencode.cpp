#include "proto/ng/bencode.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace ng {
namespace {

using base::Result;

/// Recursive descent over the text. A failed function leaves the reason in error_.
class Parser {
 public:
  Parser(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  // value = string / integer / list / dictionary
  std::optional<Value> value(unsigned depth) {
    if (!count()) return std::nullopt;
    if (at_ == text_.size()) return fail("text ends where a value should be");
    switch (text_[at_]) {
      case 'i':
        return integer();
      case 'l':
        return list(depth);
      case 'd':
        return dictionary(depth);
      default:
        return as_value(string());
    }
  }

  bool at_end() const { return at_ == text_.size(); }
  std::nullopt_t fail(std::string_view reason) {
    if (error_.reason.empty()) error_ = {std::string(reason), at_};
    return std::nullopt;
  }
  const Error& error() const { return error_; }

 private:
  static std::optional<Value> as_value(std::optional<std::string> text) {
    if (!text) return std::nullopt;
    return Value(std::move(*text));
  }

  bool count() {
    if (++elements_ <= limits_.max_elements) return true;
    fail("too many values");
    return false;
  }

  /// Digits up to `mark`, which is consumed.
  std::optional<std::string_view> number(char mark) {
    const auto end = text_.find_first_not_of("0123456789", at_);
    if (end == text_.npos) return fail("text ends inside a number");
    const auto digits = text_.substr(at_, end - at_);
    if (digits.empty() || text_[end] != mark) return fail("not a number");
    if (digits.size() > 1 && digits.front() == '0') return fail("number with a leading zero");
    at_ = end + 1;
    return digits;
  }

  // string = length ":" octets
  std::optional<std::string> string() {
    const auto start = at_;
    if (at_ == text_.size()) return fail("text ends where a string should be");
    if (!base::is_digit(text_[at_])) return fail("not a value");
    const auto digits = number(':');
    if (!digits) return std::nullopt;
    const auto length = base::parse_uint<std::uint64_t>(*digits);
    if (!length || *length > text_.size() - at_) {
      at_ = start;
      return fail("string longer than the text");
    }
    const auto octets = text_.substr(at_, static_cast<std::size_t>(*length));
    at_ += octets.size();
    return std::string(octets);
  }

  // integer = "i" ["-"] digits "e"
  std::optional<Value> integer() {
    const auto start = at_++;
    const bool negative = at_ < text_.size() && text_[at_] == '-';
    if (negative) ++at_;
    const auto digits = number('e');
    if (!digits) return std::nullopt;
    const auto magnitude = base::parse_uint<std::uint64_t>(*digits);
    const auto most = std::uint64_t{1} << 63;
    at_ = magnitude && (*magnitude < most || (negative && *magnitude == most)) ? at_ : start;
    if (at_ == start) return fail("integer beyond 64 bits");
    if (negative && *magnitude == 0) {
      at_ = start;
      return fail("minus zero");
    }
    return Value(static_cast<std::int64_t>(negative ? 0 - *magnitude : *magnitude));
  }

  // list = "l" *value "e"
  std::optional<Value> list(unsigned depth) {
    if (depth == 0) return fail("nested too deep");
    ++at_;
    List out;
    while (at_ < text_.size() && text_[at_] != 'e') {
      auto item = value(depth - 1);
      if (!item) return std::nullopt;
      out.push_back(std::move(*item));
    }
    if (at_ == text_.size()) return fail("text ends inside a list");
    ++at_;
    return Value(std::move(out));
  }

  // dictionary = "d" *(string value) "e"
  std::optional<Value> dictionary(unsigned depth) {
    if (depth == 0) return fail("nested too deep");
    ++at_;
    Dictionary out;
    while (at_ < text_.size() && text_[at_] != 'e') {
      const auto start = at_;
      auto key = string();
      if (!key) return std::nullopt;
      if (out.find(*key) != nullptr) {
        at_ = start;
        return fail("key given twice");
      }
      auto item = value(depth - 1);
      if (!item) return std::nullopt;
      out.append(std::move(*key), std::move(*item));
    }
    if (at_ == text_.size()) return fail("text ends inside a dictionary");
    ++at_;
    return Value(std::move(out));
  }

  std::string_view text_;
  const Limits& limits_;
  std::size_t at_ = 0;
  std::size_t elements_ = 0;
  Error error_;
};

void print_string(std::string_view text, std::string& out) {
  out.append(std::to_string(text.size())).push_back(':');
  out.append(text);
}

}  // namespace

Result<Value, Error> parse_bencode(std::string_view text, const Limits& limits) {
  if (text.size() > limits.max_size) return Error{"text too long", limits.max_size};
  Parser parser(text, limits);
  auto value = parser.value(limits.max_depth);
  if (value && !parser.at_end()) parser.fail("something behind the value");
  if (!parser.error().reason.empty()) return parser.error();
  return std::move(*value);
}

void print_bencode(const Dictionary& dictionary, std::string& out) {
  out.push_back('d');
  for (const auto& [key, value] : dictionary.entries()) {
    print_string(key, out);
    print_bencode(value, out);
  }
  out.push_back('e');
}

void print_bencode(const Value& value, std::string& out) {
  if (const auto* text = value.string()) {
    print_string(*text, out);
  } else if (const auto* number = value.integer()) {
    out.append("i").append(std::to_string(*number)).push_back('e');
  } else if (const auto* list = value.list()) {
    out.push_back('l');
    for (const auto& item : *list) print_bencode(item, out);
    out.push_back('e');
  } else {
    print_bencode(*value.dictionary(), out);
  }
}

Result<std::size_t, Error> bencode_length(std::string_view text, const Limits& limits) {
  std::size_t at = 0;
  unsigned depth = 0;
  do {
    if (at >= limits.max_size) return Error{"text too long", limits.max_size};
    if (at >= text.size()) return std::size_t{0};
    const char first = text[at];
    if (first == 'd' || first == 'l') {
      if (++depth > limits.max_depth) return Error{"nested too deep", at};
      ++at;
    } else if (first == 'e' && depth > 0) {
      --depth;
      ++at;
    } else if (first == 'i' || base::is_digit(first)) {
      // Twenty octets hold every number of 64 bits with its sign.
      const auto end = text.substr(at + 1, 21).find(first == 'i' ? 'e' : ':');
      if (end == text.npos && text.size() - at > 21) return Error{"not a number", at};
      if (end == text.npos) return std::size_t{0};
      const auto length = first == 'i' ? 0 : base::parse_uint<std::uint32_t>(text.substr(at, end + 1));
      if (!length) return Error{"not a number", at};
      at += end + 2 + *length;
    } else {
      return Error{"not a value", at};
    }
  } while (depth > 0);
  if (at > limits.max_size) return Error{"text too long", limits.max_size};
  return at <= text.size() ? at : std::size_t{0};
}

}  // namespace ng
