#include "proto/h248/reader.hpp"

namespace h248 {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_name(char c) {
  return base::is_alnum(c) || c == '_';
}

}  // namespace

void Reader::enter_transaction(std::uint32_t id) noexcept {
  level_ = Level::transaction;
  transaction_ = id;
}

void Reader::leave_transaction() noexcept {
  level_ = Level::message;
  transaction_.reset();
}

void Reader::fail_at(std::size_t offset, ErrorCode code, std::string_view what) {
  if (error_) return;
  std::size_t line = 1;
  std::size_t start = 0;
  for (std::size_t i = 0; i < offset; ++i) {
    const bool cr_of_crlf = text_[i] == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n';
    if ((text_[i] != '\n' && text_[i] != '\r') || cr_of_crlf) continue;
    ++line;
    start = i + 1;
  }
  error_ = Error{code, line, offset - start + 1, offset, std::string(what), level_, transaction_};
  at_ = text_.size();
}

void Reader::fail_name(ErrorCode code, std::string_view what) {
  if (!error_) fail_at(name_at_, code, std::string(what) + ": " + base::printable(name_));
}

// LWSP    = *( WSP / COMMENT / EOL )
// COMMENT = ";" *(SafeChar / RestChar / WSP / %x22) EOL
// The message's end ends a comment as well, and a comment may hold any octet.
bool Reader::skip() {
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

bool Reader::take_raw(char c) {
  if (at_end() || text_[at_] != c) return false;
  ++at_;
  return true;
}

bool Reader::take_prefix(std::string_view literal) {
  if (!base::iequals(rest().substr(0, literal.size()), literal)) return false;
  at_ += literal.size();
  return true;
}

bool Reader::take(char c) {
  if (!take_raw(c)) return false;
  skip();
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

std::string_view Reader::name_here() const noexcept {
  std::size_t n = 0;
  while (at_ + n < text_.size() && is_name(text_[at_ + n])) ++n;
  return text_.substr(at_, n);
}

Token Reader::peek_token() const noexcept {
  const auto name = name_here();
  const auto behind = at_ + name.size();
  const bool packaged = behind < text_.size() && text_[behind] == '/';
  return packaged ? Token::none : find_token(name);
}

Token Reader::token() {
  const auto out = peek_token();
  name_at_ = at_;
  name_ = name_here();
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
