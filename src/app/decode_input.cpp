#include "app/decode_input.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "proto/h248/codec.hpp"

namespace app {
namespace {

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && base::iequals(text.substr(0, word.size()), word);
}

std::size_t skip_space(std::string_view text) {
  return std::min(text.find_first_not_of(" \t\r\n"), text.size());
}

/// Cuts a text into messages and keeps count of where each begins.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  FoundTexts run() {
    std::size_t begin = 0;
    for (std::size_t line = 0; line < text_.size(); line = next_line(line)) {
      const bool blank = text_.substr(begin, line - begin).find_first_not_of(" \t\r\n") == text_.npos;
      const bool starts = begins_message(text_.substr(line, next_line(line) - line));
      if (!starts || blank || only_comments(begin, line)) continue;
      cut(begin, line);
      begin = line;
    }
    cut(begin, text_.size());
    return std::move(out_);
  }

 private:
  std::size_t next_line(std::size_t at) const {
    const auto end = text_.find('\n', at);
    return end == text_.npos ? text_.size() : end + 1;
  }

  /// They belong to the message behind them; so does an authentication header on lines of its own.
  bool only_comments(std::size_t begin, std::size_t end) const {
    for (; begin < end; begin = next_line(begin)) {
      const auto line = base::trim(text_.substr(begin, next_line(begin) - begin));
      const bool plain = line.find_first_not_of("\r\n") == line.npos || line.front() == ';';
      if (!plain && !starts_with_word(line, "Authentication") && !starts_with_word(line, "AU=") &&
          !starts_with_word(line, "AU ="))
        return false;
    }
    return true;
  }

  /// Messages may follow each other on one line, too: where the grammar's end is followed by another
  /// beginning.
  void cut(std::size_t begin, std::size_t end) {
    while (begin < end) {
      const auto piece = text_.substr(begin, end - begin);
      if (skip_space(piece) == piece.size()) return;
      const auto parsed = h248::parse(piece);
      const auto at = parsed ? 0 : parsed.error().offset;
      const bool another = at > 0 && begins_message(piece.substr(at)) && h248::parse(piece.substr(0, at));
      add(begin, another ? at : piece.size());
      begin += another ? at : piece.size();
    }
  }

  void add(std::size_t begin, std::size_t size) {
    const auto before = text_.substr(0, begin);
    const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    const auto start = before.rfind('\n');
    const auto column = start == before.npos ? begin + 1 : begin - start;
    out_.texts.push_back({std::string(text_.substr(begin, size)), {}, {}, line, column});
  }

  std::string_view text_;
  FoundTexts out_;
};

}  // namespace

bool begins_message(std::string_view text) noexcept {
  text.remove_prefix(skip_space(text));
  return starts_with_word(text, "MEGACO/") || text.starts_with("!/") || starts_with_word(text, "AU=") ||
         starts_with_word(text, "AU =") || starts_with_word(text, "Authentication");
}

FoundTexts split_messages(std::string_view text) {
  return Splitter(text).run();
}

}  // namespace app
