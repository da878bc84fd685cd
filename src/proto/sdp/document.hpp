#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/sdp/error.hpp"

namespace sdp {

/// What a document may cost before it is refused.
struct Limits {
  std::size_t octets = 65'535;  // no UDP datagram, so no NG request over UDP, carries more
  std::size_t line_octets =
      16 * 1'024;             // the longest real line is a=key-mgmt: MIKEY-TICKET in base64, a few KiB
  std::size_t lines = 2'000;  // the largest browser offers have some hundreds
  std::size_t media = 64;     // a peer could make us reserve ports for each; real offers have under ten
};

enum class Ending : std::uint8_t { none, lf, crlf };  // none: only the last line of a document

/// One line as it came. A type letter, '=' and a value, or nothing at all: a blank line at the very end.
struct Line {
  std::string text;  // without its ending
  Ending ending = Ending::crlf;

  char type() const noexcept { return text.empty() ? '\0' : text.front(); }
  std::string_view value() const noexcept { return std::string_view(text).substr(text.empty() ? 0 : 2); }
};

/// A part of a document: 0 is the session part, 1 to n are the media sections in their order. Stays valid
/// for the life of the document, whatever lines are inserted or removed.
struct Section {
  std::size_t index = 0;
  friend auto operator<=>(const Section&, const Section&) = default;
};
inline constexpr Section session_part{0};

/// The lines [first, last) of a section; until lines are inserted or removed.
struct LineRange {
  std::size_t first;
  std::size_t last;
};

/// A session description (RFC 8866) that gives back, byte for byte, all that was not edited: unknown lines,
/// their order, and each line's own ending. Every line but the blank ones at the end is `type=value`, line 0
/// is v=0 and each m= line has media, port and proto: parse() makes sure and edits keep it so.
class Document {
 public:
  /// Lenient where an intermediary must be: CRLF or bare LF line by line, no ending at the end, blank lines
  /// at the end, unknown types, any order. Refuses what two readers could cut into lines differently.
  static Result<Document> parse(std::string_view text, const Limits& limits = {});
  std::string print() const;

  const std::vector<Line>& lines() const noexcept { return lines_; }
  std::vector<Section> media() const;
  std::size_t media_count() const noexcept { return starts_.size() - 1; }
  LineRange range(Section section) const;
  /// The first line of that type in that section.
  std::optional<std::size_t> find(Section section, char type) const;

  // Edits. A value with CR, LF or NUL, or an m= or v= line made invalid, is a bug of the caller
  // (base::expect): values come from documents already parsed or from ourselves.

  /// Keeps the line's type and ending.
  void replace(std::size_t line, std::string_view value);
  /// A new line behind `line`, in the same section, with the ending that prevails in the document. Behind
  /// an unended last line it is the new one that stays unended. Not for v= and m=. Returns where it is.
  std::size_t insert_after(std::size_t line, char type, std::string_view value);
  /// Not for v= and m=: a media section is rejected by port 0, never removed (RFC 3264 6).
  void remove(std::size_t line);
  /// A new media section at the end, of an m= line with this value.
  Section append_media(std::string_view value);

 private:
  Document() = default;
  Ending prevailing_ending() const;
  std::size_t insert(std::size_t at, char type, std::string_view value);

  std::vector<Line> lines_;
  std::vector<std::size_t> starts_{0};  // first line of each section
  std::size_t end_ = 0;                 // behind the last line of the last section; blank lines follow
};

}  // namespace sdp
