#pragma once
// Clients for the tests of this room: small blocking or loop-driven sockets on loopback.
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "net/control_loop.hpp"
#include "net/datagram_socket.hpp"
#include "net/socket.hpp"

namespace test {

/// Reads the next datagram; empty where none came within seconds.
inline std::string receive_datagram(int fd, sockaddr_storage* from = nullptr) {
  const timeval limit{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  std::string out(70'000, '\0');
  socklen_t size = sizeof *from;
  const auto count =
      ::recvfrom(fd, out.data(), out.size(), 0, reinterpret_cast<sockaddr*>(from), from ? &size : nullptr);
  out.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return out;
}

class UdpClient {
 public:
  explicit UdpClient(int family) : fd_(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const auto loopback = *base::IpAddress::parse(family == AF_INET ? "127.0.0.1" : "::1");
    sockaddr_storage at{};
    const auto size = fill(at, {loopback, 0});
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
  }

  void send(const base::Address& to, std::string_view octets) {
    sockaddr_storage at{};
    const auto size = fill(at, to);
    EXPECT_EQ(::sendto(fd_.get(), octets.data(), octets.size(), 0, reinterpret_cast<sockaddr*>(&at), size),
              static_cast<ssize_t>(octets.size()));
  }

  std::string receive(base::Address* from = nullptr) {
    sockaddr_storage at{};
    auto out = receive_datagram(fd_.get(), &at);
    if (from != nullptr) *from = address_of(at);
    return out;
  }

  base::Address local() const { return *net::local_address(fd_); }

 private:
  static socklen_t fill(sockaddr_storage& out, const base::Address& address) {
    if (address.ip.is_v6()) {
      sockaddr_in6 v6{};
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(address.port);
      std::memcpy(&v6.sin6_addr, address.ip.octets().data(), 16);
      std::memcpy(&out, &v6, sizeof v6);
      return sizeof v6;
    }
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, address.ip.octets().data(), 4);
    std::memcpy(&out, &v4, sizeof v4);
    return sizeof v4;
  }

  static base::Address address_of(const sockaddr_storage& from) {
    sockaddr_in v4{};
    std::memcpy(&v4, &from, sizeof v4);
    std::array<std::uint8_t, 4> octets;
    std::memcpy(octets.data(), &v4.sin_addr, 4);
    return {base::IpAddress::v4(octets), ntohs(v4.sin_port)};
  }

  net::Fd fd_;
};

class UnixClient {
 public:
  /// An empty path: no address of its own; one that begins with a NUL: an abstract one.
  explicit UnixClient(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const auto [at, size] = address_of(path);
    if (!path.empty()) {
      EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&at), size), 0);
    }
  }

  void send(const std::string& path, std::string_view octets) {
    const auto [at, size] = address_of(path);
    EXPECT_EQ(
        ::sendto(fd_.get(), octets.data(), octets.size(), 0, reinterpret_cast<const sockaddr*>(&at), size),
        static_cast<ssize_t>(octets.size()));
  }

  std::string receive() { return receive_datagram(fd_.get()); }

 private:
  static std::pair<sockaddr_un, socklen_t> address_of(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    return {at, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size())};
  }

  net::Fd fd_;
};

/// A TCP connection whose octets are read by the loop of the server that it talks to.
class TcpClient {
 public:
  TcpClient(net::ControlLoop& loop, const base::Address& to) : loop_(loop) {
    auto socket = net::connect_tcp(to, std::nullopt);
    EXPECT_TRUE(socket);
    socket_ = std::move(*socket);
    bool connected = false;
    const auto wait = loop_.watch(socket_.get(), net::Readiness::write, [&] { connected = true; });
    EXPECT_TRUE(loop_.run_until([&] { return connected; }, patience));
    local_ = *net::local_address(socket_);
    const_cast<net::ControlHandle&>(wait).cancel();
    resume();
  }
  ~TcpClient() { reading_.cancel(); }

  void send(std::string_view octets) {
    const auto sent = net::send(socket_, octets);
    EXPECT_TRUE(sent && *sent == octets.size());
  }
  /// As much as the kernel takes.
  std::size_t send_some(std::string_view octets) {
    const auto sent = net::send(socket_, octets);
    return sent ? *sent : 0;
  }
  void finish() { net::shut_write(socket_); }
  void pause() { reading_.cancel(); }
  void resume() {
    reading_ = loop_.watch(socket_.get(), net::Readiness::read, [this] { read(); });
  }

  bool wait_for(std::string_view part) {
    return loop_.run_until([&] { return text_.find(part) != text_.npos; }, patience);
  }
  /// Whether the other side has ended the connection.
  bool wait_for_end() {
    return loop_.run_until([&] { return ended_; }, patience);
  }
  const std::string& text() const { return text_; }
  bool ended() const { return ended_; }
  bool reset() const { return reset_; }  // ended by RST
  base::Address local() const { return local_; }

 private:
  static constexpr auto patience = std::chrono::seconds(10);

  void read() {
    char octets[16 * 1024];
    const auto count = net::receive(socket_, octets);
    if (count) text_.append(octets, *count);
    reset_ = reset_ || (!count && !net::would_block(count.error()));
    ended_ = ended_ || reset_ || (count && *count == 0);
    if (ended_) reading_.cancel();
  }

  net::ControlLoop& loop_;
  net::Fd socket_;
  base::Address local_;
  net::ControlHandle reading_;
  std::string text_;
  bool ended_ = false;
  bool reset_ = false;
};

}  // namespace test
