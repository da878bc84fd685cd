#include "proto/msrp/parser.hpp"

#include <algorithm>
#include <cstring>

#include "base/expect.hpp"
#include "proto/msrp/head_line.hpp"

namespace msrp {
namespace {

constexpr Step need_more{};

// Any octet of `word` below 0x20 or equal to 0x7f.
constexpr bool may_hold_control(std::uint64_t word) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101ULL, high = ones * 0x80;
  const auto del = word ^ (ones * 0x7f);
  return ((((word - ones * 0x20) & ~word) | ((del - ones) & ~del)) & high) != 0;
}

std::uint64_t word_at(std::string_view text, std::size_t at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, text.data() + at, sizeof word);
  return word;
}

// utf8text (RFC 4975 9) has no control character but HTAB. Eight octets at a time: this runs over every head.
bool has_control(std::string_view text) noexcept {
  if (text.size() < 8) return !is_text(text);
  bool suspect = may_hold_control(word_at(text, text.size() - 8));
  for (std::size_t i = 0; i + 8 < text.size(); i += 8) suspect |= may_hold_control(word_at(text, i));
  return suspect && !is_text(text);
}

std::size_t find(std::string_view in, std::size_t from, char c) noexcept {
  if (from >= in.size()) return in.npos;
  const auto* hit = static_cast<const char*>(std::memchr(in.data() + from, c, in.size() - from));
  return hit ? static_cast<std::size_t>(hit - in.data()) : in.npos;
}

}  // namespace

Result<Step> Parser::step(std::string_view in) {
  switch (state_) {
    case State::start:
    case State::head:
      return line(in);
    case State::body:
      return body(in);
  }
  return need_more;
}

Result<Step> Parser::line(std::string_view in) {
  if (state_ == State::start && !may_begin_message(in))
    return fail(Errc::bad_start_line);  // a TLS hello or HTTP: say so at once
  base::expect(scanned_ <= in.size());
  const auto lf = find(in, scanned_, '\n');
  const auto seen = lf == in.npos ? in.size() : lf + 1;
  if (seen > limits_.head_octets - head_) return fail(Errc::head_too_long, head_);
  if (lf == in.npos) {
    scanned_ = seen;
    return need_more;
  }
  scanned_ = 0;
  if (lf == 0 || in[lf - 1] != '\r' || has_control(in.substr(0, lf - 1))) return fail(Errc::bad_line, head_);
  const auto text = in.substr(0, lf - 1);
  if (state_ == State::start) return start_line(text, seen);
  return field_line(text, seen);
}

Result<Step> Parser::start_line(std::string_view text, std::size_t consumed) {
  const auto start = parse_start_line(text);
  if (!start) return start.error();
  id_ = start->transaction_id;
  head_ = consumed;
  state_ = State::head;
  return Step{consumed, *start};
}

Result<Step> Parser::field_line(std::string_view text, std::size_t consumed) {
  if (text.empty()) {
    state_ = State::body;
    body_.begin(id_);
    return Step{consumed, BodyStart{}};
  }
  if (const auto flag = end_line_flag(text, id_)) return end(flag, consumed);
  const auto colon = find(text, 0, ':');
  if (colon == text.npos || !is_token(text.substr(0, colon))) return fail(Errc::bad_field, head_);
  if (++fields_ > limits_.fields) return fail(Errc::too_many_fields, head_);
  head_ += consumed;
  auto value = text.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return Step{consumed, Field{text.substr(0, colon), value}};
}

// The end-line of a body that is told first is found again, at once: it is then the first thing there.
Step Parser::body(std::string_view in) {
  const auto found = body_.scan(in);
  if (found.body > 0) return Step{found.body, Body{in.substr(0, found.body)}};
  return found.flag != 0 ? end(found.flag, found.consumed) : need_more;
}

Step Parser::end(char flag, std::size_t consumed) {
  state_ = State::start;
  head_ = 0;
  fields_ = 0;
  return Step{consumed, End{flag}};
}

}  // namespace msrp
