#include "proto/sdp/uri.hpp"

#include "base/address.hpp"
#include "base/text.hpp"

namespace sdp {
namespace {

// host [":" port] of the URI, behind the userinfo; nothing where the URI has no authority.
std::optional<std::string_view> host_port(std::string_view uri) {
  const auto scheme = uri.find("://");
  if (scheme == uri.npos || scheme == 0) return std::nullopt;
  auto rest = uri.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("/;?#"));
  if (const auto at = rest.rfind('@'); at != rest.npos) rest.remove_prefix(at + 1);
  if (rest.empty() || rest.find_first_of(" \t\r\n") != rest.npos) return std::nullopt;
  return rest;
}

}  // namespace

// authority = [ userinfo "@" ] host [ ":" port ]; IP-literal = "[" IPv6address "]" (RFC 3986 3.2)
std::optional<Authority> uri_authority(std::string_view uri) {
  const auto found = host_port(uri);
  if (!found) return std::nullopt;
  auto rest = *found;
  Authority out;
  if (rest.starts_with('[')) {
    const auto close = rest.find(']');
    if (close == rest.npos || !base::IpAddress::parse(rest.substr(1, close - 1))) return std::nullopt;
    out.host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  } else {
    out.host = rest.substr(0, rest.find(':'));
    rest.remove_prefix(out.host.size());
  }
  if (out.host.empty()) return std::nullopt;
  if (rest.empty()) return out;
  out.port = base::parse_uint<std::uint16_t>(rest.substr(1));
  if (rest.front() != ':' || !out.port) return std::nullopt;
  return out;
}

std::optional<std::string> with_authority(std::string_view uri, std::string_view host, std::uint16_t port) {
  if (!uri_authority(uri)) return std::nullopt;
  const auto old = *host_port(uri);
  const bool v6 = host.find(':') != host.npos;
  auto to = v6 ? '[' + std::string(host) + ']' : std::string(host);
  to += ':' + std::to_string(port);
  return std::string(uri).replace(static_cast<std::size_t>(old.data() - uri.data()), old.size(), to);
}

}  // namespace sdp
