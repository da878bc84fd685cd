#pragma once
#include <gtest/gtest.h>

#include "tests/support/transaction_end.hpp"

// For the tests of room h248: one end of an association, whose messages are kept and whose peer is the test.
namespace test {

using namespace std::chrono_literals;
using Kind = h248::Transactions::Failure::Kind;
using Texts = std::vector<std::string>;

inline h248::Route udp(std::string_view peer = "192.0.2.1:2944") {
  return {h248::Carrier::udp, *base::Address::parse(peer)};
}
inline h248::Route tcp(std::uint64_t connection, std::string_view peer = "192.0.2.1:2944") {
  return {h248::Carrier::tcp, *base::Address::parse(peer), 0, connection};
}

struct Bed {
  explicit Bed(h248::Transactions::Options options = TransactionEnd::options("gw")) : end(options, wire) {
    end.transactions.set_route(udp());
  }
  Texts hear(const std::string& body, const h248::Route& from = udp()) {
    end.hear("!/2 mgc\n" + body, from, now);
    return wire.take();
  }
  /// Time passes, with every deadline in between. What was sent.
  Texts pass(base::Duration duration) {
    const auto until = now + duration;
    while (end.transactions.deadline() <= until) {
      now = std::max(now, end.transactions.deadline());
      end.transactions.on_time(now);
    }
    now = until;
    return wire.take();
  }
  Kind failure(std::size_t request = 0) const {
    EXPECT_EQ(end.outcomes.at(request).size(), 1u);
    return end.outcomes.at(request).at(0).error().kind;
  }
  bool replied(std::size_t request = 0) const {
    return end.outcomes.at(request).size() == 1 && end.outcomes.at(request).at(0).has_value();
  }
  /// Requests of the peer that were given to the user.
  std::size_t asked() const { return end.asked.size(); }

  KeptWire wire;
  TransactionEnd end;
  base::Time now{};
};

inline h248::Transactions::Options with(void (*set)(h248::Transactions::Options&)) {
  auto out = TransactionEnd::options("gw");
  set(out);
  return out;
}

inline std::string request_text(std::uint32_t id) {
  return "T=" + std::to_string(id) + "{C=-{AV=ROOT{AT{}}}}";
}
inline std::string reply_text(std::uint32_t id, bool ack = false) {
  return "P=" + std::to_string(id) + (ack ? "{IA,C=-{AV=ROOT}}" : "{C=-{AV=ROOT}}");
}

}  // namespace test
