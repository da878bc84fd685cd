#include <gtest/gtest.h>

#include "tests/support/lossy_wire.hpp"
#include "tests/support/transaction_end.hpp"

namespace h248 {
namespace {

using namespace std::chrono_literals;

/// Two ends that ask each other over a bad network, each answering some at once and some later.
class Pair {
 public:
  Pair(std::uint64_t seed, test::LossyWire::Weather weather, Carrier carrier)
      : net_(seed, weather),
        a_wire_(net_, *base::Address::parse("192.0.2.1:2944")),
        b_wire_(net_, *base::Address::parse("192.0.2.2:2944")),
        a_(test::TransactionEnd::options("a"), a_wire_, seed),
        b_(test::TransactionEnd::options("b"), b_wire_, seed + 1000),
        dice_(seed) {
    join(a_, a_wire_, b_wire_, carrier);
    join(b_, b_wire_, a_wire_, carrier);
  }

  void run(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      a_.request(net_.now());
      if (i % 3 == 0) b_.request(net_.now());
      step(net_.now() + std::chrono::milliseconds(dice_.next_u64() % 300));
    }
    while (deadline() != base::never) step(deadline());
  }

  void check() {
    for (auto* end : {&a_, &b_}) {
      for (const auto& [id, times] : end->executed) EXPECT_EQ(times, 1) << id;
      for (const auto& outcomes : end->outcomes) EXPECT_EQ(outcomes.size(), 1u);
      EXPECT_EQ(end->transactions.waiting(), 0u);
    }
  }
  std::size_t succeeded() const {
    std::size_t out = 0;
    for (const auto& outcomes : a_.outcomes) out += outcomes.at(0).has_value() ? 1 : 0;
    return out;
  }
  const Transactions::Counters& counters() const { return a_.transactions.counters(); }

 private:
  struct Due {
    base::Time when;
    test::TransactionEnd* end;
    std::uint32_t id;
  };

  void join(test::TransactionEnd& end, test::LossyWire::End& own, test::LossyWire::End& other,
            Carrier carrier) {
    end.transactions.set_route({carrier, other.address()});
    net_.listen(own.address(), [this, &end](const std::string& text, const Route& from, base::Time now) {
      const auto before = end.asked.size();
      end.hear(text, from, now);
      for (auto i = before; i < end.asked.size(); ++i) execute(end, end.asked[i].id, now);
    });
  }
  void execute(test::TransactionEnd& end, std::uint32_t id, base::Time now) {
    if (dice_.next_u64() % 2 == 0)
      return void(end.transactions.answer(id, test::TransactionEnd::result(), now));
    running_.push_back({now + std::chrono::milliseconds(dice_.next_u64() % 3000), &end, id});
  }
  base::Time deadline() const {
    auto out = std::min({net_.deadline(), a_.transactions.deadline(), b_.transactions.deadline()});
    for (const auto& one : running_) out = std::min(out, one.when);
    return out;
  }
  void step(base::Time until) {
    while (deadline() <= until) {
      net_.advance(deadline());
      a_.transactions.on_time(net_.now());
      b_.transactions.on_time(net_.now());
      finish(net_.now());
    }
    net_.advance(until);
  }
  void finish(base::Time now) {
    std::erase_if(running_, [&](const Due& one) {
      if (one.when > now) return false;
      one.end->transactions.answer(one.id, test::TransactionEnd::result(), now);
      return true;
    });
  }

  test::LossyWire net_;
  test::LossyWire::End a_wire_;
  test::LossyWire::End b_wire_;
  test::TransactionEnd a_;
  test::TransactionEnd b_;
  test::SeededRandom dice_;
  std::vector<Due> running_;
};

TEST(TransactionsOverALossyWire, AreExecutedOnceAndNothingIsLeft) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Pair pair(seed, {.lost = 30, .doubled = 30, .least = 1ms, .most = 2s}, Carrier::udp);
    pair.run(100);
    pair.check();
    EXPECT_GE(pair.succeeded(), 98u);
    EXPECT_GT(pair.counters().retransmissions, 10u);
  }
}

TEST(TransactionsOverALossyWire, HardlyAnythingComesThroughAndAllOfItEnds) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Pair pair(seed, {.lost = 90, .doubled = 50, .least = 0ms, .most = 8s}, Carrier::udp);
    pair.run(100);
    pair.check();
    EXPECT_LT(pair.succeeded(), 100u);
    EXPECT_GT(pair.counters().timed_out, 0u);
  }
}

TEST(TransactionsOverALossyWire, ConnectionsNeedNoRetransmission) {
  Pair pair(1, {.lost = 30, .doubled = 30, .least = 1ms, .most = 2s}, Carrier::tcp);
  pair.run(100);
  pair.check();
  EXPECT_EQ(pair.succeeded(), 100u);
  EXPECT_EQ(pair.counters().retransmissions, 0u);
}

}  // namespace
}  // namespace h248
