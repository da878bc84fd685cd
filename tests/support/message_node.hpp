#pragma once
// An end of MessageSockets that keeps what it hears, and TPKT by hand for those who talk to it over a bare
// socket.
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "net/control_messages.hpp"

namespace test {

inline std::string tpkt(std::string_view message) {
  const auto length = message.size() + 4;
  std::string out{'\3', '\0', static_cast<char>(length >> 8), static_cast<char>(length & 0xFF)};
  return out.append(message);
}

struct MessageNode {
  explicit MessageNode(net::ControlLoop& in, net::MessageOptions options = {})
      : loop(in),
        sockets(in,
                {.on_message =
                     [this](std::string_view message, const net::MessagePeer& from) {
                       heard.emplace_back(message);
                       peers.push_back(from);
                       if (answer) answer(heard.back(), from);
                     },
                 .on_closed =
                     [this](const net::MessagePeer& peer, const std::string& why) {
                       closed.push_back(peer);
                       reasons.push_back(why);
                     }},
                std::move(options)) {}

  /// Its address: that of the last listener.
  base::Address listen(std::string_view place) {
    const auto socket = sockets.listen(place);
    EXPECT_TRUE(socket) << socket.error().reason;
    return socket ? sockets.address(*socket) : base::Address{};
  }
  bool hears(std::size_t count) {
    return until([&] { return heard.size() >= count; });
  }
  bool closes(std::size_t count) {
    return until([&] { return closed.size() >= count; });
  }
  /// The loop serves what is ready now.
  bool turns() {
    bool turned = false;
    loop.post([&] { loop.post([&] { turned = true; }); });
    return until([&] { return turned; });
  }
  bool until(const std::function<bool()>& done) { return loop.run_until(done, std::chrono::seconds(10)); }

  net::ControlLoop& loop;
  std::vector<std::string> heard, reasons;
  std::vector<net::MessagePeer> peers, closed;  // of heard, and of reasons
  std::function<void(const std::string& message, const net::MessagePeer& from)> answer;
  net::MessageSockets sockets;
};

}  // namespace test
