#include "base/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>

#include "base/text.hpp"

namespace base {
namespace {

bool is_mapped(const std::array<std::uint8_t, 16>& octets) {
  return std::all_of(octets.begin(), octets.begin() + 10, [](auto o) { return o == 0; }) &&
         octets[10] == 0xff && octets[11] == 0xff;
}

}  // namespace

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> octets) {
  IpAddress out;
  std::copy(octets.begin(), octets.end(), out.octets_.begin());
  return out;
}

IpAddress IpAddress::v6(std::array<std::uint8_t, 16> octets) {
  if (is_mapped(octets)) return v4({octets[12], octets[13], octets[14], octets[15]});
  IpAddress out;
  out.v6_ = true;
  out.octets_ = octets;
  return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  char copy[INET6_ADDRSTRLEN]{};
  std::memcpy(copy, text.data(), text.size());
  if (std::strlen(copy) != text.size()) return std::nullopt;
  if (std::array<std::uint8_t, 4> four{}; inet_pton(AF_INET, copy, four.data()) == 1) return v4(four);
  if (std::array<std::uint8_t, 16> six{}; inet_pton(AF_INET6, copy, six.data()) == 1) return v6(six);
  return std::nullopt;
}

bool IpAddress::is_unspecified() const noexcept {
  return std::all_of(octets_.begin(), octets_.end(), [](auto octet) { return octet == 0; });
}

bool IpAddress::is_loopback() const noexcept {
  if (!v6_) return octets_[0] == 127;
  return octets_[15] == 1 && std::all_of(octets_.begin(), octets_.end() - 1, [](auto o) { return o == 0; });
}

bool IpAddress::is_link_local() const noexcept {
  if (v6_) return octets_[0] == 0xfe && (octets_[1] & 0xc0) == 0x80;
  return octets_[0] == 169 && octets_[1] == 254;
}

bool IpAddress::is_multicast() const noexcept {
  if (v6_) return octets_[0] == 0xff;
  return (octets_[0] & 0xf0) == 224 ||
         std::all_of(octets_.begin(), octets_.begin() + 4, [](auto o) { return o == 255; });
}

bool IpAddress::is_private() const noexcept {
  const auto a = octets_[0], b = octets_[1];
  if (v6_) return (a & 0xfe) == 0xfc || (a == 0xfe && (b & 0xc0) == 0x80);
  return a == 10 || (a == 172 && (b & 0xf0) == 16) || (a == 192 && b == 168) || (a == 169 && b == 254) ||
         (a == 100 && (b & 0xc0) == 64);
}

std::string_view IpAddress::octets() const noexcept {
  return {reinterpret_cast<const char*>(octets_.data()), v6_ ? 16U : 4U};
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN]{};
  inet_ntop(v6_ ? AF_INET6 : AF_INET, octets_.data(), text, sizeof text);
  return text;
}

bool may_connect(const IpAddress& from, const IpAddress& to) noexcept {
  if (from.is_v6() != to.is_v6() || to.is_unspecified() || to.is_multicast()) return false;
  if (to.is_loopback()) return from.is_loopback();
  return !to.is_link_local() || from.is_link_local();
}

std::optional<Address> Address::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto ip = IpAddress::parse(host);
  const auto port = parse_uint<std::uint16_t>(text.substr(colon + 1));
  if (!ip || !port || (host.find(':') != host.npos) != bracketed) return std::nullopt;
  return Address{*ip, *port};
}

std::string Address::to_string() const {
  const auto host = ip.to_string();
  return (ip.is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Network::Network(const IpAddress& address) : base_(address), prefix_(address.is_v6() ? 128 : 32) {}

std::string Network::to_string() const {
  const bool one = prefix_ == (base_.is_v6() ? 128U : 32U);
  return one ? base_.to_string() : base_.to_string() + '/' + std::to_string(prefix_);
}

std::optional<Network> Network::parse(std::string_view text) {
  Network out;
  const auto slash = text.find('/');
  const auto ip = IpAddress::parse(text.substr(0, slash));
  if (!ip) return std::nullopt;
  const unsigned most = ip->is_v6() ? 128 : 32;
  const auto prefix = slash == text.npos ? most : parse_uint<unsigned>(text.substr(slash + 1));
  if (!prefix || *prefix > most) return std::nullopt;
  out.base_ = *ip;
  out.prefix_ = *prefix;
  return out;
}

bool Network::contains(const IpAddress& address) const noexcept {
  if (address.is_v6() != base_.is_v6()) return false;
  const auto whole = prefix_ / 8;
  const auto a = address.octets();
  const auto b = base_.octets();
  if (a.substr(0, whole) != b.substr(0, whole)) return false;
  if (prefix_ % 8 == 0) return true;
  const auto mask = static_cast<unsigned char>(0xff << (8 - prefix_ % 8));
  return ((static_cast<unsigned char>(a[whole]) ^ static_cast<unsigned char>(b[whole])) & mask) == 0;
}

}  // namespace base
