#include "app/config_names.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "crypto/identity.hpp"
#include "iq/registration.hpp"
#include "net/http_client.hpp"

namespace app {
namespace {

bool is_name_character(char c) {
  return base::is_alnum(c) || c == '_' || c == '-' || c == '.';
}

/// "HOST:PORT"; IPv6 in brackets, which udp6 may leave out (interfaces.md: "udp6:").
bool is_host_port(std::string_view text, bool brackets_needed) {
  if (base::Address::parse(text)) return true;
  const auto colon = text.rfind(':');
  return !brackets_needed && colon != text.npos && base::IpAddress::parse(text.substr(0, colon)) &&
         base::parse_uint<std::uint16_t>(text.substr(colon + 1));
}

/// restricted-name (RFC 6838 4.2).
bool is_restricted_name(std::string_view text) {
  constexpr std::string_view others = "!#$&-^_.+";
  return !text.empty() && text.size() <= 127 && base::is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return base::is_alnum(c) || others.find(c) != others.npos; });
}

/// sun_path holds 108 octets with its end.
constexpr std::size_t max_unix_path = 107;

}  // namespace

std::optional<PortRange> parse_port_range(std::string_view text) {
  const auto low = base::parse_uint<std::uint16_t>(base::trim(base::take_until(text, '-')));
  const auto high = base::parse_uint<std::uint16_t>(base::trim(text));
  if (!low || !high || *low == 0 || *low > *high) return std::nullopt;
  return PortRange{*low, *high};
}

std::string to_string(const PortRange& range) {
  return std::to_string(range.low) + "-" + std::to_string(range.high);
}

NgListen split_ng_listen(std::string_view text) {
  const auto scheme = base::take_until(text, ':');
  return {scheme, text};
}

bool is_any_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), is_name_character);
}

bool is_host(std::string_view text) {
  if (text.empty() || base::IpAddress::parse(text)) return true;
  return text.size() <= 253 && base::is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(), is_name_character);
}

bool is_network(std::string_view text) {
  return base::Network::parse(text).has_value();
}

bool is_hash(std::string_view text) {
  return crypto::is_supported_hash(text);
}

bool is_media_type(std::string_view text) {
  if (text == "*") return true;
  const auto type = base::take_until(text, '/');
  return is_restricted_name(type) && (text == "*" || is_restricted_name(text));
}

bool is_ng_listen(std::string_view text) {
  const auto [scheme, where] = split_ng_listen(text);
  if (scheme == "unix") return where.size() > 1 && where.front() == '/' && where.size() <= max_unix_path;
  if (scheme == "udp6") return is_host_port(where, false);
  return (scheme == "udp" || scheme == "tcp" || scheme == "http") && is_host_port(where, true);
}

bool is_admin_listen(std::string_view text) {
  return text.empty() || is_host_port(text, true);
}

bool is_address_port(std::string_view text) {
  const auto address = base::Address::parse(text);
  return address && address->port != 0;
}

std::optional<H248Place> parse_h248_place(std::string_view text) {
  H248Place out;
  const auto scheme = base::take_until(text, ':');
  for (const auto carrier : {h248::Carrier::udp, h248::Carrier::tcp, h248::Carrier::sctp}) {
    if (scheme != h248::to_string(carrier)) continue;
    out.carrier = carrier;
    if (const auto address = base::Address::parse(text)) {
      out.address = *address;
      return out;
    }
    const bool brackets = text.starts_with('[') && text.ends_with(']');
    const auto ip = base::IpAddress::parse(brackets ? text.substr(1, text.size() - 2) : text);
    if (!ip || ip->is_v6() != brackets) return std::nullopt;
    out.address = {*ip, iq::text_port};
    return out;
  }
  return std::nullopt;
}

std::string to_string(const H248Place& place) {
  return std::string(h248::to_string(place.carrier)) + ":" + place.address.to_string();
}

bool is_h248_place(std::string_view text) {
  return parse_h248_place(text).has_value();
}

bool is_h248_peer(std::string_view text) {
  const auto place = parse_h248_place(text);
  return place && place->address.port != 0 && !place->address.ip.is_unspecified() &&
         !place->address.ip.is_multicast();
}

bool is_message_id(std::string_view text) {
  return text.empty() || iq::parse_message_id(text);
}

bool is_given_profile(std::string_view text) {
  return iq::parse_profile(text).has_value();
}

bool is_profile(std::string_view text) {
  return text.empty() || is_given_profile(text);
}

bool is_http_url(std::string_view text) {
  return text.empty() || net::HttpClient::is_url(text);
}

bool is_gateway_kind(std::string_view text) {
  return text == "local" || text == "h248";
}

std::vector<base::Network> networks(const std::vector<std::string>& texts) {
  std::vector<base::Network> out;
  for (const auto& text : texts) {
    if (const auto network = base::Network::parse(text)) out.push_back(*network);
  }
  return out;
}

}  // namespace app
