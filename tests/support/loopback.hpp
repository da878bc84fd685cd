#pragma once
#include <algorithm>
#include <chrono>
#include <poll.h>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "net/socket.hpp"

namespace test {

/// Longer than anything here takes, so that a bug ends as a failure and not as a hang.
inline constexpr std::chrono::seconds patience{20};

inline base::Address loopback4() {
  return {base::IpAddress::v4({127, 0, 0, 1}), 0};
}
inline base::Address loopback6() {
  return {base::IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 0};
}

/// Some containers have no ::1.
inline bool has_loopback(const base::Address& at) {
  return net::listen_tcp(at).has_value();
}

/// Waits until the descriptor has one of poll()'s `events`, an error or a hang-up; false: never.
inline bool wait_for(const net::Fd& fd, short events) {
  pollfd poll_for{fd.get(), events, 0};
  return poll(&poll_for, 1, std::chrono::milliseconds(patience).count()) == 1;
}

struct TcpPair {
  net::Fd active;
  net::Fd passive;
};

/// Two connected non-blocking ends.
inline TcpPair tcp_pair(const base::Address& at = loopback4()) {
  const auto listener = net::listen_tcp(at);
  auto active = net::connect_tcp(net::local_address(*listener).value(), std::nullopt);
  EXPECT_TRUE(active && wait_for(*active, POLLOUT) && wait_for(*listener, POLLIN));
  auto accepted = net::accept_tcp(*listener);
  return {std::move(*active), std::move(accepted->socket)};
}

/// Octets up to the end of the stream, or up to `at_most`.
inline std::string read_octets(const net::Fd& socket, std::size_t at_most) {
  std::string all;
  char some[4096];
  while (all.size() < at_most && wait_for(socket, POLLIN)) {
    const auto count =
        net::receive(socket, std::span(some).first(std::min(sizeof some, at_most - all.size())));
    if (!count || *count == 0) break;
    all.append(some, *count);
  }
  return all;
}

}  // namespace test
