#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace msrp {

/// Why a peer's octets were not understood.
enum class Errc : std::uint8_t {
  bad_start_line,   // not MSRP at all (a TLS hello, HTTP), or a malformed first line
  bad_line,         // a control character, a bare CR or a bare LF in the head
  bad_field,        // a head line that is neither "name: value" nor this message's end-line
  head_too_long,    // limit: octets of one head
  too_many_fields,  // limit: header fields of one head
  missing_field,    // a header field that the message must have, or one that came twice
  bad_value,        // a header field's value does not follow its grammar
  bad_uri,
  too_many_hops,  // limit: URIs of one path
  bad_byte_range,
  too_many_holes,  // limit: separate ranges of one message
  too_large,       // limit: octets of one message
};

struct Error {
  Errc code{};
  std::uint32_t offset = 0;  // octets into the head or text that was parsed

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = base::Result<T, Error>;

inline Error fail(Errc code, std::size_t at = 0) {
  return {code, static_cast<std::uint32_t>(at)};
}
/// For people: one short phrase.
std::string_view to_string(Errc code) noexcept;

/// A chunk with a longer body must be interruptible, and no chunk but the last should be shorter (RFC
/// 4975 7.1.1).
inline constexpr std::size_t chunk_octets = 2048;
/// The longest transaction id taken from a peer. The grammar says 4 to 32 (RFC 4975 9, ident); UUIDs with
/// hyphens (36) are in the field.
inline constexpr std::size_t max_transaction_id = 64;

/// What one head may cost.
struct ParserLimits {
  /// Octets from the start line to the empty line. MSRP has no limit of its own; 64 paths of long URIs fit.
  std::size_t head_octets = std::size_t{64} * 1024;
  /// Header fields. The standards define fifteen; extensions and MIME fields fit many times.
  std::size_t fields = 128;
};

/// continuation-flag: "$" ends the message, "+" more chunks follow, "#" aborted.
constexpr bool is_flag(char c) {
  return c == '$' || c == '+' || c == '#';
}
/// ident = ALPHANUM 3*31ident-char: what we send.
bool is_ident(std::string_view text) noexcept;
/// What we take for a transaction id: 1 to max_transaction_id ident-chars.
bool is_lenient_ident(std::string_view text) noexcept;
/// 1*tchar of RFC 4975's own token (9).
bool is_token(std::string_view text) noexcept;
/// utf8text: no control character but HTAB.
bool is_text(std::string_view text) noexcept;

/// Method names are case-sensitive (RFC 4975 9).
namespace method {
inline constexpr std::string_view send = "SEND", report = "REPORT", auth = "AUTH", nickname = "NICKNAME";
}

/// Header field names; compared without case.
namespace field {
inline constexpr std::string_view to_path = "To-Path", from_path = "From-Path", message_id = "Message-ID",
                                  success_report = "Success-Report", failure_report = "Failure-Report",
                                  byte_range = "Byte-Range", status = "Status", expires = "Expires",
                                  min_expires = "Min-Expires", max_expires = "Max-Expires",
                                  use_path = "Use-Path", www_authenticate = "WWW-Authenticate",
                                  authorization = "Authorization",
                                  authentication_info = "Authentication-Info", use_nickname = "Use-Nickname",
                                  content_type = "Content-Type";
}

struct StatusCode {
  std::uint16_t code;
  std::string_view phrase;
};
/// Methods, header fields and status codes of the IANA registries (RFC 4975, 4976, 7701).
inline constexpr std::array registered_methods{method::send, method::report, method::auth, method::nickname};
inline constexpr std::array registered_fields{
    field::to_path,        field::from_path,           field::message_id,  field::success_report,
    field::failure_report, field::byte_range,          field::status,      field::expires,
    field::min_expires,    field::max_expires,         field::use_path,    field::www_authenticate,
    field::authorization,  field::authentication_info, field::use_nickname};
inline constexpr std::array registered_codes{
    StatusCode{200, "OK"},
    StatusCode{400, "Bad Request"},
    StatusCode{401, "Unauthorized"},
    StatusCode{403, "Forbidden"},
    StatusCode{404, "Not Found"},
    StatusCode{408, "Request Timeout"},
    StatusCode{413, "Message Too Large"},
    StatusCode{415, "Unsupported Media Type"},
    StatusCode{423, "Parameter Out Of Bounds"},
    StatusCode{424, "Malformed Nickname"},
    StatusCode{425, "Nickname Reserved Or In Use"},
    StatusCode{428, "Private Messages Not Supported"},
    StatusCode{481, "Session Does Not Exist"},
    StatusCode{501, "Unknown Method"},
    StatusCode{506, "Session Already In Use"},
};
/// The comment that is sent with a status code: never empty, since Kamailio takes a response without one for
/// a request.
std::string_view phrase(std::uint16_t status) noexcept;

}  // namespace msrp
