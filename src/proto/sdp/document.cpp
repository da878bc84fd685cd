#include "proto/sdp/document.hpp"

#include <algorithm>
#include <utility>

#include "base/expect.hpp"
#include "base/text.hpp"
#include "proto/sdp/media.hpp"

namespace sdp {
namespace {

Error fail(ErrorCode code, std::size_t line, std::string what) {
  return {code, line, std::move(what)};
}

// Cuts the next line off the front of `rest`, which is not empty.
Line take_line(std::string_view& rest) {
  const auto at = rest.find('\n');
  auto text = rest.substr(0, at);
  auto ending = at == rest.npos ? Ending::none : Ending::lf;
  rest.remove_prefix(at == rest.npos ? rest.size() : at + 1);
  if (ending == Ending::lf && text.ends_with('\r')) {
    text.remove_suffix(1);
    ending = Ending::crlf;
  }
  return {std::string(text), ending};
}

constexpr std::string_view forbidden{"\0\r\n", 3};

// record = type "=" value CRLF (RFC 8866 5): exactly one letter, no space around "=".
std::optional<Error> check_line(const Line& line, std::size_t number, const Limits& limits) {
  const auto& text = line.text;
  if (text.size() > limits.line_octets) return fail(ErrorCode::line_too_long, number, "the line is too long");
  if (text.find_first_of(forbidden) != text.npos) {
    return fail(ErrorCode::forbidden_octet, number, "a NUL, or a CR without LF");
  }
  if (text.empty()) return std::nullopt;  // at the end only, which the caller sees
  if (text.size() < 2 || !base::is_alpha(text[0]) || text[1] != '=') {
    return fail(ErrorCode::malformed_line, number, "not a letter and '=': " + base::printable(text, 40));
  }
  // proto-version (RFC 8866 5.1) is 0; there has never been another.
  if (number == 1 && base::trim(text) != "v=0") {
    return fail(ErrorCode::no_version, number, "does not begin with v=0");
  }
  if (text[0] == 'm' && !parse_media_line(line.value())) {
    return fail(ErrorCode::malformed_media, number,
                "not media, port and proto: " + base::printable(text, 40));
  }
  return std::nullopt;
}

}  // namespace

std::string to_string(const Error& error) {
  if (error.line == 0) return error.what;
  return "line " + std::to_string(error.line) + ": " + error.what;
}

Result<Document> Document::parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.octets) return fail(ErrorCode::too_long, 0, "the description is too long");
  Document out;
  while (!text.empty()) {
    const auto number = out.lines_.size() + 1;
    if (number > limits.lines) return fail(ErrorCode::too_many_lines, number, "too many lines");
    out.lines_.push_back(take_line(text));
    const auto& line = out.lines_.back();
    if (auto error = check_line(line, number, limits)) return *std::move(error);
    if (line.text.empty()) continue;
    if (out.end_ != number - 1) return fail(ErrorCode::malformed_line, out.end_ + 1, "a blank line inside");
    out.end_ = number;
    if (line.type() != 'm') continue;
    if (out.media_count() == limits.media) {
      return fail(ErrorCode::too_many_media, number, "too many media sections");
    }
    out.starts_.push_back(number - 1);
  }
  if (out.end_ == 0) return fail(ErrorCode::no_version, 1, "does not begin with v=0");
  return out;
}

std::string Document::print() const {
  std::string out;
  for (const auto& line : lines_) {
    out += line.text;
    if (line.ending == Ending::crlf) out += '\r';
    if (line.ending != Ending::none) out += '\n';
  }
  return out;
}

std::vector<Section> Document::media() const {
  std::vector<Section> out;
  for (std::size_t i = 1; i < starts_.size(); ++i) out.push_back({i});
  return out;
}

LineRange Document::range(Section section) const {
  base::expect(section.index < starts_.size());
  const bool last = section.index + 1 == starts_.size();
  return {starts_[section.index], last ? end_ : starts_[section.index + 1]};
}

std::optional<std::size_t> Document::find(Section section, char type) const {
  const auto [first, last] = range(section);
  for (auto i = first; i < last; ++i) {
    if (lines_[i].type() == type) return i;
  }
  return std::nullopt;
}

void Document::replace(std::size_t line, std::string_view value) {
  base::expect(line < end_ && value.find_first_of(forbidden) == value.npos);
  base::expect(lines_[line].type() != 'm' || parse_media_line(value).has_value());
  base::expect(line != 0 || value == "0");
  lines_[line].text.replace(2, std::string::npos, value);
}

std::size_t Document::insert_after(std::size_t line, char type, std::string_view value) {
  base::expect(line < end_ && type != 'v' && type != 'm');
  for (auto& start : starts_) start += start > line ? 1 : 0;
  return insert(line + 1, type, value);
}

Section Document::append_media(std::string_view value) {
  base::expect(parse_media_line(value).has_value());
  starts_.push_back(end_);
  insert(end_, 'm', value);
  return {starts_.size() - 1};
}

std::size_t Document::insert(std::size_t at, char type, std::string_view value) {
  base::expect(base::is_alpha(type) && value.find_first_of(forbidden) == value.npos);
  Line line{std::string{type, '='}.append(value), prevailing_ending()};
  if (lines_[at - 1].ending == Ending::none) std::swap(line.ending, lines_[at - 1].ending);
  lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(at), std::move(line));
  ++end_;
  return at;
}

void Document::remove(std::size_t line) {
  base::expect(line != 0 && line < end_ && lines_[line].type() != 'm');
  lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(line));
  for (auto& start : starts_) start -= start > line ? 1 : 0;
  --end_;
}

// CRLF is the standard's (RFC 8866 5); a peer that writes bare LF gets bare LF.
Ending Document::prevailing_ending() const {
  const auto lf = std::ranges::count(lines_, Ending::lf, &Line::ending);
  const auto crlf = std::ranges::count(lines_, Ending::crlf, &Line::ending);
  return lf > crlf ? Ending::lf : Ending::crlf;
}

}  // namespace sdp
