#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace app {

/// A message as it was found: in a text, or in a capture.
struct FoundText {
  std::string text;
  std::string heading;   // of a capture: when, from where to where
  std::string place;     // before an error's position, "packet 12: "; empty in a text
  std::size_t line = 1;  // of the text's first octet
  std::size_t column = 1;
};

struct FoundTexts {
  std::vector<FoundText> texts;
  std::vector<std::string> complaints;  // about what could not be read at all; one sentence each
};

/// Messages one behind the other, or with blank lines and comments between them. What is no message is one
/// that does not parse.
FoundTexts split_messages(std::string_view text);

/// What UDP datagrams, and TCP connections in TPKT packets, of a pcap or pcapng file carry: all on port 2944,
/// and on others what begins as an H.248 message in text does.
FoundTexts find_messages(std::string_view capture);

/// MEGACO/ or !/, maybe behind white space or an authentication header (H.248.1 B.2).
bool begins_message(std::string_view text) noexcept;

}  // namespace app
