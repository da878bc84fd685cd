#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace sdp {

enum class ErrorCode : std::uint8_t {
  too_long,         // Limits::octets
  line_too_long,    // Limits::line_octets
  too_many_lines,   // Limits::lines
  too_many_media,   // Limits::media
  forbidden_octet,  // NUL, or a CR that no LF follows (RFC 8866 9: byte-string)
  malformed_line,   // not a type letter and '='
  no_version,       // does not begin with v=0
  malformed_media,  // an m= line without media, port and proto
  malformed_value,  // one attribute or c=/o= line that was asked for; the document itself is usable
};

/// What is wrong, and in which line (counted from 1; 0: the document as a whole).
struct Error {
  ErrorCode code;
  std::size_t line;
  std::string what;

  friend bool operator==(const Error&, const Error&) = default;
};

/// "line 7: a=setup: neither active, passive, actpass nor holdconn".
std::string to_string(const Error& error);

template <class T>
using Result = base::Result<T, Error>;

/// What typed access gives: the value, nothing where the line is absent, or an Error where it is there and
/// malformed. A gateway must not take a broken fingerprint for a missing one.
template <class T>
using Found = Result<std::optional<T>>;

}  // namespace sdp
