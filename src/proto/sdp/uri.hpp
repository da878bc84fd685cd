#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sdp {

/// Where an MSRP URI points. The rest of its grammar is proto/msrp's: an SDP editor needs no more.
struct Authority {
  std::string host;  // a name or an address; IPv6 without its brackets
  std::optional<std::uint16_t> port;

  friend bool operator==(const Authority&, const Authority&) = default;
};

/// Host and port of scheme://[userinfo@]host[:port][/session-id];transport. Nothing where there are none, or
/// an IPv6 address stands without brackets.
std::optional<Authority> uri_authority(std::string_view uri);
/// The URI with another host and port (an IPv6 address is put in brackets), all else as it was, which is what
/// an ALG does to a=path (sessmatch). Nothing where uri_authority gives nothing.
std::optional<std::string> with_authority(std::string_view uri, std::string_view host, std::uint16_t port);

}  // namespace sdp
