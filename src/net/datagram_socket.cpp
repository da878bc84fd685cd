#include "net/datagram_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace net {
namespace {

std::error_code last_error() {
  return {errno, std::generic_category()};
}

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un unix;
};

template <class Octets>
Octets octets_of(const base::IpAddress& ip) {
  Octets out;
  ip.octets().copy(reinterpret_cast<char*>(&out), sizeof out);
  return out;
}

socklen_t fill(SocketAddress& out, const base::Address& address, unsigned scope) {
  std::memset(&out, 0, sizeof out);
  if (address.ip.is_v6()) {
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(address.port);
    out.v6.sin6_addr = octets_of<in6_addr>(address.ip);
    out.v6.sin6_scope_id = scope;
    return sizeof out.v6;
  }
  out.v4.sin_family = AF_INET;
  out.v4.sin_port = htons(address.port);
  out.v4.sin_addr = octets_of<in_addr>(address.ip);
  return sizeof out.v4;
}

/// The path must fit; it may hold NULs (an abstract address).
socklen_t fill(SocketAddress& out, std::string_view path) {
  std::memset(&out, 0, sizeof out);
  out.unix.sun_family = AF_UNIX;
  std::memcpy(out.unix.sun_path, path.data(), path.size());
  // An abstract address ends where its length says, a path with a NUL unless it fills the array.
  const auto size = offsetof(sockaddr_un, sun_path) + path.size() + (path.front() == '\0' ? 0 : 1);
  return static_cast<socklen_t>(std::min(size, sizeof out.unix));
}

base::IpAddress ip_of(const in_addr& address) {
  std::array<std::uint8_t, 4> octets;
  std::memcpy(octets.data(), &address, octets.size());
  return base::IpAddress::v4(octets);
}

base::IpAddress ip_of(const in6_addr& address) {
  std::array<std::uint8_t, 16> octets;
  std::memcpy(octets.data(), &address, octets.size());
  return base::IpAddress::v6(octets);
}

DatagramPeer peer_of(const SocketAddress& from, socklen_t size) {
  DatagramPeer peer;
  if (size >= sizeof from.any.sa_family && from.any.sa_family == AF_INET) {
    peer.address = base::Address{ip_of(from.v4.sin_addr), ntohs(from.v4.sin_port)};
  } else if (size >= sizeof from.any.sa_family && from.any.sa_family == AF_INET6) {
    peer.address = base::Address{ip_of(from.v6.sin6_addr), ntohs(from.v6.sin6_port)};
    peer.scope = from.v6.sin6_scope_id;
  } else if (size > offsetof(sockaddr_un, sun_path)) {
    peer.path.assign(from.unix.sun_path, size - offsetof(sockaddr_un, sun_path));
    if (peer.path.front() != '\0') peer.path.resize(std::strlen(peer.path.c_str()));
  }
  return peer;
}

/// Whether somebody listens on that socket file.
bool answers(const SocketAddress& address, socklen_t size) {
  const Fd probe(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return !probe || ::connect(probe.get(), &address.any, size) == 0 || errno != ECONNREFUSED;
}

/// Removes a socket file that a program left behind.
std::error_code remove_stale(const std::string& path, const SocketAddress& address, socklen_t size) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return errno == ENOENT ? std::error_code{} : last_error();
  if (!S_ISSOCK(status.st_mode)) return std::make_error_code(std::errc::file_exists);
  if (answers(address, size)) return std::make_error_code(std::errc::address_in_use);
  return ::unlink(path.c_str()) == 0 ? std::error_code{} : last_error();
}

Fd datagram_socket(int family) {
  return Fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

}  // namespace

std::error_code DatagramSocket::open_udp(const base::Address& local) {
  const bool v6 = local.ip.is_v6();
  Fd fd = datagram_socket(v6 ? AF_INET6 : AF_INET);
  if (!fd) return last_error();
  const int on = 1;
  if (v6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  // Says which of our addresses was asked: on 0.0.0.0 the kernel would answer from another one.
  const int failed = v6 ? ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)
                        : ::setsockopt(fd.get(), IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  SocketAddress address;
  const auto size = fill(address, local, 0);
  if (failed != 0 || ::bind(fd.get(), &address.any, size) != 0) return last_error();
  fd_ = std::move(fd);
  return {};
}

std::error_code DatagramSocket::open_unix(const std::string& path) {
  if (path.empty() || path.front() == '\0') return std::make_error_code(std::errc::invalid_argument);
  if (path.size() >= sizeof sockaddr_un{}.sun_path) return std::make_error_code(std::errc::filename_too_long);
  Fd fd = datagram_socket(AF_UNIX);
  if (!fd) return last_error();
  SocketAddress address;
  const auto size = fill(address, path);
  if (const auto error = remove_stale(path, address, size)) return error;
  if (::bind(fd.get(), &address.any, size) != 0) return last_error();
  fd_ = std::move(fd);
  path_ = path;
  return {};
}

void DatagramSocket::close() noexcept {
  if (fd_ && !path_.empty()) ::unlink(path_.c_str());
  fd_.reset();
}

base::Address DatagramSocket::local_address() const {
  SocketAddress address;
  socklen_t size = sizeof address;
  if (::getsockname(fd_.get(), &address.any, &size) != 0) return {};
  return peer_of(address, size).address.value_or(base::Address{});
}

std::optional<Datagram> DatagramSocket::receive(std::error_code& error) {
  buffer_.resize(max_datagram);
  SocketAddress from;
  alignas(cmsghdr) char control[256];
  iovec octets{buffer_.data(), buffer_.size()};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &octets;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const auto size = ::recvmsg(fd_.get(), &message, 0);
  error = size < 0 ? last_error() : std::error_code{};
  if (size >= 0 && (message.msg_flags & MSG_TRUNC) != 0)
    error = std::make_error_code(std::errc::message_size);
  if (error) return std::nullopt;
  Datagram out{peer_of(from, message.msg_namelen), {buffer_.data(), static_cast<std::size_t>(size)}};
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      out.peer.asked = ip_of(info.ipi_spec_dst);
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      out.peer.asked = ip_of(info.ipi6_addr);
    }
  }
  return out;
}

namespace {

/// Puts the source address of an answer into the message.
template <class Info>
void say_source(msghdr& message, char* control, int level, int type, const Info& info) {
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(sizeof info);
  auto* part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = level;
  part->cmsg_type = type;
  part->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(part), &info, sizeof info);
}

}  // namespace

std::error_code DatagramSocket::send(const DatagramPeer& peer, std::string_view payload) noexcept {
  if (!peer.address && peer.path.empty())
    return std::make_error_code(std::errc::destination_address_required);
  SocketAddress to;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in6_pktinfo))]{};
  iovec octets{const_cast<char*>(payload.data()), payload.size()};  // sendmsg only reads
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = peer.address ? fill(to, *peer.address, peer.scope) : fill(to, peer.path);
  message.msg_iov = &octets;
  message.msg_iovlen = 1;
  if (peer.address && peer.asked.is_v6()) {
    in6_pktinfo info{};
    info.ipi6_addr = octets_of<in6_addr>(peer.asked);
    info.ipi6_ifindex = peer.scope;
    say_source(message, control, IPPROTO_IPV6, IPV6_PKTINFO, info);
  } else if (peer.address) {
    in_pktinfo info{};
    info.ipi_spec_dst = octets_of<in_addr>(peer.asked);
    say_source(message, control, IPPROTO_IP, IP_PKTINFO, info);
  }
  if (::sendmsg(fd_.get(), &message, MSG_NOSIGNAL) < 0) return last_error();
  return {};
}

}  // namespace net
