#pragma once
#include <deque>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "net/datagram_socket.hpp"
#include "net/reactor.hpp"
#include "proto/ng/frame.hpp"

namespace test {

/// A postern that remembers what it was asked, and answers when it is told to or by `reply`.
class NgServer final : net::Handler {
 public:
  explicit NgServer(net::Reactor& reactor) : reactor_(reactor) {
    EXPECT_FALSE(socket_.open_udp({base::IpAddress::v4({127, 0, 0, 1}), 0}));
    registration_ = reactor_.add(socket_.fd(), *this);
  }
  ~NgServer() { reactor_.remove(registration_); }
  base::Address address() const { return socket_.local_address(); }
  void answer(std::size_t index, const ng::Dictionary& what) {
    socket_.send(peer_, ng::print_frame(cookies.at(index), ng::Encoding::bencode, what));
  }
  std::deque<std::string> cookies;
  std::deque<ng::Dictionary> requests;
  std::function<ng::Dictionary(const ng::Dictionary& request)> reply;

 private:
  void on_ready(std::uint32_t) override {
    std::error_code error;
    while (const auto datagram = socket_.receive(error)) {
      peer_ = datagram->peer;
      const auto frame = ng::parse_frame(datagram->payload);
      cookies.emplace_back(frame->cookie);
      requests.push_back(*ng::parse_payload(frame->payload));
      if (reply) answer(requests.size() - 1, reply(requests.back()));
    }
  }
  net::Reactor& reactor_;
  net::DatagramSocket socket_;
  net::DatagramPeer peer_;
  net::Registration registration_ = 0;
};

}  // namespace test
