#pragma once
#include <string>
#include <string_view>

#include "proto/ng/error.hpp"
#include "proto/ng/value.hpp"

namespace ng {

enum class Encoding : std::uint8_t { bencode, json };

/// frame = cookie SP payload. The views point into the text that was parsed.
struct Frame {
  std::string_view cookie;
  std::string_view payload;
};

/// A cookie is some twenty octets long (Kamailio: pid_random_count); it is kept with each answer.
inline constexpr std::size_t max_cookie = 128;

/// Splits a request or an answer. White space behind the payload is not part of it (people type line ends).
/// An error here means that there is nobody to answer: the text is dropped.
base::Result<Frame, Error> parse_frame(std::string_view text, const Limits& limits = {});

/// The payload's encoding by its first octet: 'd' or '{'.
base::Result<Encoding, Error> encoding_of(std::string_view payload);

/// The payload's dictionary, in the encoding that its first octet says. Offsets count from the payload's
/// beginning.
base::Result<Dictionary, Error> parse_payload(std::string_view payload, const Limits& limits = {});

std::string print_frame(std::string_view cookie, Encoding encoding, const Dictionary& dictionary);

/// For streams, as rtpengine's --listen-tcp-ng: the length of the first whole frame in the text, which begins
/// with the cookie; 0 where more of it is needed; an error where it cannot become a frame.
base::Result<std::size_t, Error> frame_length(std::string_view text, const Limits& limits = {});

}  // namespace ng
