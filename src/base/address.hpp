#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// An IPv4 or IPv6 address as a value. An IPv4-mapped IPv6 address becomes its IPv4 address when parsed.
class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0
  static IpAddress v4(std::array<std::uint8_t, 4> octets);
  static IpAddress v6(std::array<std::uint8_t, 16> octets);
  /// Dotted quad or RFC 4291 text, without brackets, zone or mask.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v6() const noexcept { return v6_; }
  bool is_unspecified() const noexcept;
  bool is_loopback() const noexcept;
  bool is_link_local() const noexcept;
  /// More than one host: multicast and IPv4's broadcast.
  bool is_multicast() const noexcept;
  /// Not routed in the Internet: RFC 1918, RFC 6598 (carrier-grade NAT), RFC 4193, and link-local ones.
  bool is_private() const noexcept;
  /// 4 or 16 octets in network order.
  std::string_view octets() const noexcept;
  /// IPv6 in the form of RFC 5952.
  std::string to_string() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  bool v6_ = false;
  std::array<std::uint8_t, 16> octets_{};
};

/// Where a TCP or UDP peer is.
struct Address {
  IpAddress ip;
  std::uint16_t port = 0;

  /// "192.0.2.1:80" or "[2001:db8::1]:80".
  static std::optional<Address> parse(std::string_view text);
  std::string to_string() const;
  friend auto operator<=>(const Address&, const Address&) = default;
};

/// Whether a peer's word is enough to connect from that address of ours to the other one: the same family,
/// one host, and neither this machine's own loopback nor the link's addresses, unless ours is one, too.
bool may_connect(const IpAddress& from, const IpAddress& to) noexcept;

/// An address block, "192.0.2.0/24" or "2001:db8::/32"; a bare address is a block of one.
class Network {
 public:
  Network() = default;                // 0.0.0.0/32
  Network(const IpAddress& address);  // NOLINT: a block of one, implicit by design
  static std::optional<Network> parse(std::string_view text);
  bool contains(const IpAddress& address) const noexcept;
  /// "192.0.2.0/24"; a block of one as a bare address.
  std::string to_string() const;
  friend bool operator==(const Network&, const Network&) = default;

 private:
  IpAddress base_;
  unsigned prefix_ = 32;
};

}  // namespace base
