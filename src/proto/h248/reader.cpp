#include "proto/h248/reader.hpp"

#include <array>

namespace h248 {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

constexpr auto name_characters = [] {
  std::array<bool, 256> out{};
  for (unsigned c = 0; c < out.size(); ++c) out[c] = base::is_alnum(static_cast<char>(c)) || c == '_';
  return out;
}();
bool is_name(char c) {
  return name_characters[static_cast<unsigned char>(c)];
}

/// What says no more than how deep the failure stands (H.248.1 8.2.2).
std::uint16_t answer_at(Level level) {
  switch (level) {
    case Level::message:
      return 400;
    case Level::transaction:
      return 403;
    case Level::action:
      return 422;
    case Level::command:
      return 442;
  }
  return 400;
}

}  // namespace

void Reader::enter_transaction(std::uint32_t id) noexcept {
  level_ = Level::transaction;
  transaction_ = id;
}

void Reader::leave_transaction() noexcept {
  level_ = Level::message;
  part_ = Part::message;
  transaction_.reset();
}

Error Reader::resume(std::size_t offset) {
  auto out = *std::exchange(error_, std::nullopt);
  at_ = offset;
  leave_transaction();
  skip();
  return out;
}

void Reader::fail_at(std::size_t offset, ErrorCode code, std::string_view what, std::uint16_t answer) {
  if (error_) return;
  std::size_t line = 1;
  std::size_t start = 0;
  for (std::size_t i = 0; i < offset; ++i) {
    const bool cr_of_crlf = text_[i] == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n';
    if ((text_[i] != '\n' && text_[i] != '\r') || cr_of_crlf) continue;
    ++line;
    start = i + 1;
  }
  error_ = Error{.code = code,
                 .line = line,
                 .column = offset - start + 1,
                 .offset = offset,
                 .what = std::string(what),
                 .level = level_,
                 .transaction = transaction_,
                 .part = part_,
                 .version = version_,
                 .answer = answer != 0 ? answer : answer_at(level_)};
  at_ = text_.size();
}

void Reader::fail_name(ErrorCode code, std::string_view what, std::uint16_t answer) {
  if (!error_) fail_at(name_at_, code, std::string(what) + ": " + base::printable(name_), answer);
}

// LWSP    = *( WSP / COMMENT / EOL )
// COMMENT = ";" *(SafeChar / RestChar / WSP / %x22) EOL
// The message's end ends a comment as well, and a comment may hold any octet.
bool Reader::skip_space() {
  const auto start = at_;
  while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == ';')) {
    if (text_[at_] != ';') {
      ++at_;
      continue;
    }
    const auto end = text_.find_first_of("\r\n", at_);
    at_ = end == text_.npos ? text_.size() : end;
  }
  return at_ > start;
}

void Reader::separator() {
  if (!skip()) fail(ErrorCode::syntax, "expected white space");
}

bool Reader::take_prefix(std::string_view literal) {
  if (!base::iequals(rest().substr(0, literal.size()), literal)) return false;
  at_ += literal.size();
  return true;
}

void Reader::expect(char c) {
  if (!take(c)) fail(ErrorCode::syntax, std::string("expected '") + c + "'");
}

std::string_view Reader::word(std::string_view others, std::size_t most) {
  name_at_ = at_;
  while (at_ < text_.size() && (is_name(text_[at_]) || others.find(text_[at_]) != others.npos)) ++at_;
  name_ = text_.substr(name_at_, at_ - name_at_);
  if (name_.empty()) fail(ErrorCode::syntax, "expected a name");
  if (name_.size() > most) fail_name(ErrorCode::syntax, "name too long");
  return name_;
}

// quotedString = DQUOTE *(SafeChar / RestChar / WSP) DQUOTE
// Octets from 0x80 are taken as well: peers write UTF-8.
std::string_view Reader::quoted() {
  if (!take_raw('"')) {
    fail(ErrorCode::syntax, "expected a quoted string");
    return {};
  }
  const auto start = at_;
  while (at_ < text_.size() && text_[at_] != '"' &&
         (static_cast<unsigned char>(text_[at_]) >= ' ' || peek() == '\t')) {
    ++at_;
  }
  const auto out = text_.substr(start, at_ - start);
  if (!take('"')) fail(ErrorCode::syntax, "quoted string without its end on the line");
  return out;
}

void Reader::look() noexcept {
  if (looked_at_ == at_) return;
  looked_at_ = at_;
  auto end = at_;
  while (end < text_.size() && is_name(text_[end])) ++end;
  here_ = text_.substr(at_, end - at_);
  const bool packaged = end < text_.size() && text_[end] == '/';
  token_here_ = packaged ? Token::none : find_token(here_);
}

Token Reader::peek_token() noexcept {
  look();
  return token_here_;
}

Token Reader::token() {
  const auto out = peek_token();
  name_at_ = at_;
  name_ = here_;
  if (name_.empty()) fail(ErrorCode::syntax, "expected a name");
  at_ += failed() ? 0 : name_.size();
  skip();
  return out;
}

bool Reader::take(Token wanted) {
  if (peek_token() != wanted) return false;
  token();
  return true;
}

void Reader::expect(Token wanted) {
  if (!take(wanted)) fail(ErrorCode::syntax, "expected " + std::string(name_of(wanted)));
}

void Reader::count(std::size_t items_of_list) {
  if (items_of_list > limits_.list_items) fail(ErrorCode::too_many, "too many items in a list");
  if (++items_ > limits_.items) fail(ErrorCode::too_many, "too many items in the message");
}

}  // namespace h248
