#include "net/socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <limits>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/expect.hpp"

namespace net {
namespace {

std::error_code last_error() noexcept {
  return {errno, std::system_category()};
}

/// base::Address in the kernel's form.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  SocketAddress() = default;
  explicit SocketAddress(const base::Address& address) noexcept;
  sockaddr* data() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  base::Address value() const noexcept;
};

SocketAddress::SocketAddress(const base::Address& address) noexcept {
  const auto octets = address.ip.octets();
  if (address.ip.is_v6()) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    std::memcpy(&v6.sin6_addr, octets.data(), octets.size());
    size = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, octets.data(), octets.size());
    size = sizeof v4;
  }
}

base::Address SocketAddress::value() const noexcept {
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), &v6.sin6_addr, octets.size());
    return {base::IpAddress::v6(octets), ntohs(v6.sin6_port)};
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
  std::array<std::uint8_t, 4> octets{};
  std::memcpy(octets.data(), &v4.sin_addr, octets.size());
  return {base::IpAddress::v4(octets), ntohs(v4.sin_port)};
}

bool set_option(const Fd& socket, int level, int name, int value) noexcept {
  return setsockopt(socket.get(), level, name, &value, sizeof value) == 0;
}

IoResult<Fd> open_stream(int protocol, const base::IpAddress& family_of) {
  const int family = family_of.is_v6() ? AF_INET6 : AF_INET;
  Fd socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
  if (!socket) return last_error();
  return socket;
}

std::error_code bind_to(const Fd& socket, const base::Address& at) noexcept {
  if (!set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1)) return last_error();
  SocketAddress address(at);
  if (bind(socket.get(), address.data(), address.size) != 0) return last_error();
  return {};
}

/// For the kernel's timeouts: rounded up, so that a short one does not become "none".
template <class Unit>
int whole(base::Duration duration) noexcept {
  const auto count = std::chrono::ceil<Unit>(duration).count();
  return static_cast<int>(std::clamp<std::int64_t>(count, 1, std::numeric_limits<int>::max()));
}

IoResult<Fd> listen_stream(int protocol, const base::Address& at, int backlog) {
  auto socket = open_stream(protocol, at.ip);
  if (!socket) return socket;
  if (at.ip.is_v6() && !set_option(*socket, IPPROTO_IPV6, IPV6_V6ONLY, 1)) return last_error();
  if (const auto error = bind_to(*socket, at)) return error;
  if (listen(socket->get(), backlog) != 0) return last_error();
  return socket;
}

IoResult<Fd> connect_stream(int protocol, const base::Address& to, const std::optional<base::Address>& from,
                            std::uint8_t dscp) {
  if (from && from->ip.is_v6() != to.ip.is_v6())
    return std::make_error_code(std::errc::address_family_not_supported);
  auto socket = open_stream(protocol, to.ip);
  if (!socket) return socket;
  if (from) {
    // Lets the kernel choose the port at connect, when it knows the peer: the same port can then serve
    // several peers. A hint only: without it ports are merely used up sooner. IPPROTO_IP for IPv6 too: see
    // ip(7).
    if (from->port == 0) set_option(*socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    if (const auto error = bind_to(*socket, *from)) return error;
  }
  if (dscp != 0) set_dscp(*socket, dscp);
  SocketAddress peer(to);
  // An interrupted connect goes on by itself, like one that is in progress; a second call would fail
  // (EALREADY).
  if (connect(socket->get(), peer.data(), peer.size) != 0 && errno != EINPROGRESS && errno != EINTR)
    return last_error();
  return socket;
}

template <class Call>
auto retry_interrupted(Call call) noexcept {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

IoResult<std::size_t> octet_count(ssize_t result) noexcept {
  if (result < 0) return last_error();
  return static_cast<std::size_t>(result);
}

}  // namespace

IoResult<Fd> listen_tcp(const base::Address& at, int backlog) {
  return listen_stream(IPPROTO_TCP, at, backlog);
}

IoResult<Fd> listen_sctp(const base::Address& at, int backlog) {
  return listen_stream(IPPROTO_SCTP, at, backlog);
}

IoResult<Fd> connect_tcp(const base::Address& to, const std::optional<base::Address>& from,
                         std::uint8_t dscp) {
  return connect_stream(IPPROTO_TCP, to, from, dscp);
}

IoResult<Fd> connect_sctp(const base::Address& to, const std::optional<base::Address>& from) {
  return connect_stream(IPPROTO_SCTP, to, from, 0);
}

std::error_code connect_error(const Fd& socket) noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return last_error();
  return {error, std::system_category()};
}

IoResult<Accepted> accept_tcp(const Fd& listener) {
  for (;;) {
    SocketAddress peer;
    Fd socket(accept4(listener.get(), peer.data(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) return Accepted{std::move(socket), peer.value()};
    // accept(2): a connection that died in the queue reports its own error here.
    if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO) return last_error();
  }
}

/// Best effort: the kernel refuses a value, or the peer has closed already; the connection is good without.
void tune_tcp(const Fd& socket, const KeepAlive& keep_alive) noexcept {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  const bool probing = keep_alive.idle > base::Duration::zero();
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, probing ? 1 : 0);
  if (probing) {
    set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, whole<std::chrono::seconds>(keep_alive.idle));
    set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, whole<std::chrono::seconds>(keep_alive.interval));
    set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, keep_alive.probes);
  }
  if (keep_alive.user_timeout > base::Duration::zero())
    set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT,
               whole<std::chrono::milliseconds>(keep_alive.user_timeout));
}

/// Best effort, like tune_tcp(). The kernel keeps the two bits of ECN to itself.
void set_dscp(const Fd& socket, std::uint8_t dscp) noexcept {
  int family = 0;
  socklen_t size = sizeof family;
  getsockopt(socket.get(), SOL_SOCKET, SO_DOMAIN, &family, &size);
  const bool v6 = family == AF_INET6;
  set_option(socket, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, dscp << 2);
}

IoResult<base::Address> local_address(const Fd& socket) {
  SocketAddress address;
  if (getsockname(socket.get(), address.data(), &address.size) != 0) return last_error();
  return address.value();
}

IoResult<base::Address> peer_address(const Fd& socket) {
  SocketAddress address;
  if (getpeername(socket.get(), address.data(), &address.size) != 0) return last_error();
  return address.value();
}

// Connecting a datagram socket sends nothing: the kernel only looks up the route.
std::optional<base::IpAddress> source_towards(const base::Address& to) noexcept {
  const Fd socket(::socket(to.ip.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  SocketAddress peer(to);
  if (!socket || connect(socket.get(), peer.data(), peer.size) != 0) return std::nullopt;
  const auto own = local_address(socket);
  return own ? std::optional(own->ip) : std::nullopt;
}

IoResult<std::size_t> receive(const Fd& socket, std::span<char> into) noexcept {
  base::expect(!into.empty());  // zero octets would look like the end of the stream
  return octet_count(retry_interrupted([&] { return recv(socket.get(), into.data(), into.size(), 0); }));
}

IoResult<std::size_t> send(const Fd& socket, std::string_view octets) noexcept {
  return octet_count(
      retry_interrupted([&] { return ::send(socket.get(), octets.data(), octets.size(), MSG_NOSIGNAL); }));
}

IoResult<std::size_t> send(const Fd& socket, std::span<const std::string_view> pieces) noexcept {
  std::array<iovec, 64> places;
  const auto count = std::min(pieces.size(), places.size());
  for (std::size_t i = 0; i < count; ++i)
    places[i] = {.iov_base = const_cast<char*>(pieces[i].data()), .iov_len = pieces[i].size()};
  msghdr message{};
  message.msg_iov = places.data();
  message.msg_iovlen = count;
  return octet_count(retry_interrupted([&] { return sendmsg(socket.get(), &message, MSG_NOSIGNAL); }));
}

void shut_write(const Fd& socket) noexcept {
  shutdown(socket.get(), SHUT_WR);
}

void reset_close(Fd& socket) noexcept {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  socket.reset();
}

bool would_block(const std::error_code& error) noexcept {
  return error == std::errc::resource_unavailable_try_again || error == std::errc::operation_would_block;
}

DescriptorLimit raise_descriptor_limit() noexcept {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return {.soft_before = before, .now = limit.rlim_cur};
}

std::size_t open_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc/self/fd"), closedir);
  if (!directory) return 0;
  std::size_t count = 0;
  while (const dirent* entry = readdir(directory.get()))
    if (entry->d_name[0] != '.') ++count;
  return count - 1;  // without the one that reads the directory
}

}  // namespace net
