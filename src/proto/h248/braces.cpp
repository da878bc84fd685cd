#include "proto/h248/braces.hpp"

#include <algorithm>

#include "proto/h248/names.hpp"

namespace h248 {
namespace {

/// What tokens and ids are made of: a termination "a/L" is one word, and no Local descriptor.
bool is_word(char c) {
  return base::is_alnum(c) || std::string_view("_/*$@.-").find(c) != std::string_view::npos;
}

class Scanner {
 public:
  Scanner(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  std::optional<std::size_t> behind_braces() {
    while (at_ < text_.size() && step()) {
    }
    return closed_ ? std::optional(at_) : std::nullopt;
  }

 private:
  /// One piece of text. Whether to go on.
  bool step() {
    const char c = text_[at_];
    if (is_word(c)) return word();
    ++at_;
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return true;
    if (c == ';') return to("\r\n");
    if (c == '"') return to("\"\r\n");
    if (c == '{') ++depth_;
    if (c == '}') closed_ = depth_ == 1;
    if (c == '}' && depth_-- <= 1) return false;
    before_ = c;
    return true;
  }

  bool to(std::string_view ends) {
    const auto end = text_.find_first_of(ends, at_);
    at_ = end == text_.npos ? text_.size() : end + 1;
    before_ = text_[at_ - 1] == '"' ? '"' : before_;
    return true;
  }

  bool word() {
    const auto start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    const auto token = find_token(text_.substr(start, at_ - start));
    const bool first = before_ == '{' || before_ == ',';
    const bool sdp = first && (token == Token::local || token == Token::remote);
    before_ = 'w';
    if (sdp) skip_sdp();
    return true;
  }

  /// Behind Local or Remote: the braces with SDP in them, if these stand here.
  void skip_sdp() {
    while (at_ < text_.size() && text_[at_] != '{' && !is_word(text_[at_])) {
      if (std::string_view(" \t\r\n;").find(text_[at_]) == std::string_view::npos) return;
      if (text_[at_++] == ';') to("\r\n");
    }
    if (at_ == text_.size() || text_[at_] != '{') return;
    ++at_;
    while (at_ < text_.size() && text_[at_] != '}') at_ += text_.substr(at_, 2) == "\\}" ? 2 : 1;
    at_ = std::min(at_ + 1, text_.size());
    before_ = '}';
  }

  std::string_view text_;
  std::size_t at_;
  std::size_t depth_ = 0;
  char before_ = '\0';  // the last character that is no white space; 'w' for a word
  bool closed_ = false;
};

}  // namespace

std::optional<std::size_t> behind_braces(std::string_view text, std::size_t at) {
  return Scanner(text, at).behind_braces();
}

}  // namespace h248
