#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/msrp/syntax.hpp"

namespace msrp {

/// MSRP-URI = ("msrp" / "msrps") "://" authority ["/" session-id] ";" transport *(";" URI-parameter)
/// (RFC 4975 6, 9). The parts are kept as they were written; "tcp", "ws" and "dc" are the registered
/// transports.
struct Uri {
  std::string scheme = "msrp";
  std::string userinfo;  // without "@"; empty: none
  std::string host;      // a name, an IPv4 address, or an IPv6 address in brackets
  std::optional<std::uint16_t> port;
  std::optional<std::string> session_id;
  std::string transport = "tcp";
  std::vector<std::string> parameters;  // "name" or "name=value"

  bool is_secure() const noexcept;                           // "msrps": the next hop is TLS
  friend bool operator==(const Uri&, const Uri&) = default;  // as written; see same_uri for RFC 4975 6.1
};

/// A path: the leftmost URI is the next hop, the rightmost the session (RFC 4975 7.1).
using Path = std::vector<Uri>;

/// The longest path that is taken; RFC 4976 deployments have two relays, each URI costs us an allocation or
/// two.
inline constexpr std::size_t max_hops = 64;

/// A numeric host must have a port (6), a password is refused (6). Errc::bad_uri otherwise.
/// An IPv6 address without brackets is taken for transport "dc" only, as RFC 8873's example prints it.
Result<Uri> parse_uri(std::string_view text);
/// MSRP-URI *(SP MSRP-URI); several spaces are tolerated. Errc::bad_uri, Errc::too_many_hops.
Result<Path> parse_path(std::string_view text, std::size_t hops = max_hops);

std::string to_string(const Uri& uri);
std::string to_string(const Path& path);

/// RFC 4975 6.1: scheme, host (addresses as addresses, names without case, percent-encoded unreserved
/// characters decoded), port (present in both and equal, or in neither), session-id (octets), transport.
/// Userinfo and other parameters do not count.
bool same_uri(const Uri& a, const Uri& b);
/// The session matching of draft-ietf-simple-msrp-sessmatch: only the session-id counts, and there must be
/// one.
bool same_session(const Uri& a, const Uri& b);

}  // namespace msrp
