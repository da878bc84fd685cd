#include <algorithm>
#include <array>
#include <optional>

#include "app/capture.hpp"

// From a frame to what UDP or TCP carries: only as much of IP as that takes.
namespace app {
namespace {

constexpr std::uint16_t ether_ipv4 = 0x0800, ether_ipv6 = 0x86DD, ether_vlan = 0x8100, ether_vlans = 0x88A8;
constexpr std::uint8_t protocol_tcp = 6, protocol_udp = 17;

std::uint8_t u8(std::string_view in, std::size_t at) {
  return static_cast<std::uint8_t>(in[at]);
}
std::uint16_t u16(std::string_view in, std::size_t at) {
  return static_cast<std::uint16_t>(u8(in, at) << 8 | u8(in, at + 1));
}
std::uint32_t u32(std::string_view in, std::size_t at) {
  return std::uint32_t{u16(in, at)} << 16 | u16(in, at + 2);
}

template <std::size_t n>
std::array<std::uint8_t, n> octets(std::string_view in, std::size_t at) {
  std::array<std::uint8_t, n> out{};
  std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(at), n, out.begin());
  return out;
}

bool is_ip(std::uint16_t ether_type) {
  return ether_type == ether_ipv4 || ether_type == ether_ipv6;
}

/// The IP packet behind a header that ends with an EtherType at `at`; VLAN tags may stand between.
std::string_view behind_ether_type(std::string_view in, std::size_t at) {
  while (in.size() >= at + 6 && (u16(in, at) == ether_vlan || u16(in, at) == ether_vlans)) at += 4;
  if (in.size() < at + 2 || !is_ip(u16(in, at))) return {};
  return in.substr(at + 2);
}

std::string_view ip_packet(const CapturedFrame& frame) {
  const auto behind = [&](std::size_t n) { return frame.octets.substr(std::min(n, frame.octets.size())); };
  switch (frame.link_type) {
    case 0:  // BSD loopback: the family in the byte order of the machine
    case 108:
      return behind(4);
    case 1:
      return behind_ether_type(frame.octets, 12);
    case 12:  // raw IP
    case 14:
    case 101:
    case 228:
    case 229:
      return frame.octets;
    case 113:
      return behind_ether_type(frame.octets, 14);  // Linux cooked
    case 276:                                      // and its version 2, which says the protocol first
      return frame.octets.size() >= 20 && is_ip(u16(frame.octets, 0)) ? behind(20) : std::string_view{};
    default:
      return {};
  }
}

/// What IP carries, as far as it matters here.
struct IpPacket {
  base::IpAddress from, to;
  std::uint8_t protocol = 0;
  std::string_view payload;
};

std::optional<IpPacket> read_ipv4(std::string_view in) {
  if (in.size() < 20) return std::nullopt;
  const std::size_t header = std::size_t{u8(in, 0) & 0x0FU} * 4;
  const std::size_t total = u16(in, 2);
  const bool fragment = (u16(in, 6) & 0x3FFF) != 0;
  if (header < 20 || total < header || total > in.size() || fragment) return std::nullopt;
  return IpPacket{base::IpAddress::v4(octets<4>(in, 12)), base::IpAddress::v4(octets<4>(in, 16)), u8(in, 9),
                  in.substr(header, total - header)};
}

/// Options headers are stepped over; a fragment's header is no known protocol.
std::optional<IpPacket> read_ipv6(std::string_view in) {
  if (in.size() < 40 || in.size() - 40 < u16(in, 4)) return std::nullopt;
  IpPacket out{base::IpAddress::v6(octets<16>(in, 8)), base::IpAddress::v6(octets<16>(in, 24)), u8(in, 6),
               in.substr(40, u16(in, 4))};
  while ((out.protocol == 0 || out.protocol == 43 || out.protocol == 60) && out.payload.size() >= 8) {
    const std::size_t size = (std::size_t{u8(out.payload, 1)} + 1) * 8;
    if (size > out.payload.size()) return std::nullopt;
    out.protocol = u8(out.payload, 0);
    out.payload.remove_prefix(size);
  }
  return out;
}

std::optional<IpPacket> read_ip(std::string_view in) {
  if (in.empty()) return std::nullopt;
  return u8(in, 0) >> 4 == 4 ? read_ipv4(in) : u8(in, 0) >> 4 == 6 ? read_ipv6(in) : std::nullopt;
}

}  // namespace

std::optional<Datagram> read_datagram(const CapturedFrame& frame) {
  const auto ip = read_ip(ip_packet(frame));
  if (!ip || ip->payload.size() < 8) return std::nullopt;
  const auto in = ip->payload;
  Datagram out{{ip->from, u16(in, 0)}, {ip->to, u16(in, 2)}};
  if (ip->protocol == protocol_udp) {
    const std::size_t length = u16(in, 4);
    if (length < 8 || length > in.size()) return std::nullopt;
    out.octets = in.substr(8, length - 8);
    return out;
  }
  if (ip->protocol != protocol_tcp || in.size() < 20) return std::nullopt;
  const std::size_t header = std::size_t{u8(in, 12)} / 16 * 4;
  if (header < 20 || header > in.size()) return std::nullopt;
  out.tcp = true;
  out.begins = (u8(in, 13) & 2) != 0;
  out.sequence = u32(in, 4);
  out.octets = in.substr(header);
  return out;
}

}  // namespace app
