#include "tests/support/transaction_bed.hpp"

namespace h248 {
namespace {

using namespace test;

TEST(TransactionsOut, AreSentAgainWithGrowingWaitsUntilTheyAreGivenUp) {
  Bed bed;
  const auto id = bed.end.request(bed.now);
  EXPECT_EQ(bed.wire.take(), (Texts{request_text(id)}));
  base::Duration full = 200ms;
  base::Time last = bed.now;
  int again = 0;
  while (bed.end.outcomes[0].empty()) {
    bed.now = bed.end.transactions.deadline();
    bed.end.transactions.on_time(bed.now);
    const auto sent = bed.wire.take();
    if (sent.empty()) break;
    EXPECT_EQ(sent, (Texts{request_text(id)}));
    EXPECT_GE(bed.now - last, full * 3 / 4);
    EXPECT_LE(bed.now - last, full);
    last = bed.now;
    full = std::min<base::Duration>(full * 2, 4s);
    ++again;
  }
  EXPECT_GE(again, 8);
  EXPECT_EQ(bed.now, base::Time{} + 20s);
  EXPECT_EQ(bed.failure(), Kind::timed_out);
  EXPECT_EQ(bed.end.transactions.deadline(), base::never);
  EXPECT_EQ(bed.end.transactions.counters().retransmissions, static_cast<std::uint64_t>(again));
  EXPECT_EQ(bed.end.transactions.counters().timed_out, 1u);
  EXPECT_EQ(bed.end.transactions.waiting(), 0u);
}

TEST(TransactionsOut, WaitsDifferFromTimeToTime) {
  std::set<base::Time> deadlines;
  Bed bed;
  for (int i = 0; i < 20; ++i) {
    const auto id = bed.end.request(bed.now);
    deadlines.insert(bed.end.transactions.deadline());
    bed.hear(reply_text(id));
  }
  EXPECT_GT(deadlines.size(), 10u);
}

TEST(TransactionsOut, EndWithTheFirstReply) {
  Bed bed;
  const auto id = bed.end.request(bed.now);
  EXPECT_EQ(bed.hear(reply_text(id)).size(), 1u);  // the request itself
  EXPECT_TRUE(bed.replied());
  EXPECT_EQ(bed.hear(reply_text(id)), Texts{});
  EXPECT_EQ(bed.hear("PN=" + std::to_string(id) + "{}"), Texts{});
  EXPECT_EQ(bed.end.outcomes[0].size(), 1u);
  EXPECT_EQ(bed.pass(1min), Texts{});
}

TEST(TransactionsOut, GiveTheErrorThatThePeerReplies) {
  Bed bed;
  const auto id = bed.end.request(bed.now);
  bed.hear("P=" + std::to_string(id) + "{ER=505{}}");
  EXPECT_EQ(std::get<ErrorDescriptor>(bed.end.outcomes[0].at(0)->result).code, 505);
}

TEST(TransactionsOut, OnReliableRoutesAreOnlyGivenUp) {
  Bed bed;
  bed.end.transactions.set_route(tcp(1));
  const auto id = bed.end.request(bed.now);
  bed.wire.take();
  EXPECT_EQ(bed.pass(20s - 1ms), Texts{});
  bed.hear("PN=" + std::to_string(id) + "{}", tcp(1));
  EXPECT_EQ(bed.pass(20s - 1ms), Texts{});
  EXPECT_TRUE(bed.end.outcomes[0].empty());
  EXPECT_EQ(bed.pass(1ms), Texts{});
  EXPECT_EQ(bed.failure(), Kind::timed_out);
}

TEST(TransactionsOut, AreSentAgainWhenTheirRouteIsLost) {
  Bed bed;
  bed.end.transactions.set_route(tcp(0));
  const auto id = bed.end.request(bed.now);
  bed.wire.take();
  bed.end.transactions.route_lost(tcp(0, "192.0.2.9:1"), bed.now);
  EXPECT_EQ(bed.wire.take(), Texts{});
  bed.end.transactions.route_lost(tcp(7), bed.now);
  EXPECT_EQ(bed.wire.take(), (Texts{request_text(id)}));
}

TEST(TransactionsOut, WaitForANewRouteWhereTheirsIsLost) {
  Bed bed;
  bed.end.transactions.set_route(tcp(7));
  const auto id = bed.end.request(bed.now);
  bed.wire.take();
  bed.end.transactions.route_lost(tcp(7), bed.now);
  EXPECT_EQ(bed.pass(1s), Texts{});
  bed.end.transactions.set_route(tcp(8));
  bed.end.transactions.on_time(bed.now);
  ASSERT_EQ(bed.wire.routes, (std::vector<Route>{tcp(8)}));
  EXPECT_EQ(bed.wire.take(), (Texts{request_text(id)}));
  bed.end.transactions.route_lost(tcp(7), bed.now);
  EXPECT_EQ(bed.wire.take(), Texts{});
  EXPECT_EQ(bed.pass(18s), Texts{});
}

TEST(TransactionsOut, GoOnOnTheNewRouteWithTheirNextRetransmission) {
  Bed bed;
  bed.end.request(bed.now);
  bed.end.transactions.set_route(udp("192.0.2.7:1"));
  bed.wire.take();
  bed.now = bed.end.transactions.deadline();
  bed.end.transactions.on_time(bed.now);
  EXPECT_EQ(bed.wire.routes, (std::vector<Route>{udp("192.0.2.7:1")}));
}

TEST(TransactionsOut, AreAskedForAgainLaterWhenThePeerIsAtWork) {
  Bed bed;
  const auto id = bed.end.request(bed.now);
  bed.wire.take();
  bed.hear("PN=" + std::to_string(id) + "{}");
  EXPECT_EQ(bed.pass(5s - 1ms), Texts{});
  EXPECT_EQ(bed.pass(1ms), (Texts{request_text(id)}));
  bed.hear("PN=" + std::to_string(id) + "{}");
  EXPECT_EQ(bed.pass(20s - 1ms).size(), 6u);  // T-MAX has begun anew
  EXPECT_TRUE(bed.end.outcomes[0].empty());
  bed.pass(1ms);
  EXPECT_EQ(bed.failure(), Kind::timed_out);
}

TEST(TransactionsOut, FailWithTooManyPendings) {
  Bed bed(with([](auto& options) { options.timers.pending_limit = 2; }));
  const auto pending = "PN=" + std::to_string(bed.end.request(bed.now)) + "{}";
  bed.hear(pending);
  bed.hear(pending);
  EXPECT_TRUE(bed.end.outcomes[0].empty());
  bed.hear(pending);
  EXPECT_EQ(bed.failure(), Kind::too_many_pendings);
}

TEST(TransactionsOut, BeyondTheLimitFailAtOnce) {
  Bed bed(with([](auto& options) { options.timers.in_flight = 1; }));
  bed.end.request(bed.now);
  bed.wire.take();
  bed.end.request(bed.now);
  EXPECT_EQ(bed.failure(1), Kind::too_many_requests);
  EXPECT_EQ(bed.wire.take(), Texts{});
}

TEST(TransactionsOut, AreCancelledTogether) {
  Bed bed;
  bed.end.request(bed.now);
  bed.end.request(bed.now);
  bed.hear(request_text(7));
  bed.end.transactions.cancel_all();
  EXPECT_EQ(bed.failure(0), Kind::cancelled);
  EXPECT_EQ(bed.failure(1), Kind::cancelled);
  EXPECT_FALSE(bed.end.transactions.answer(7, TransactionEnd::result(), bed.now));
  EXPECT_EQ(bed.wire.take(), Texts{});
  EXPECT_EQ(bed.end.transactions.deadline(), base::never);
}

TEST(TransactionsOut, FailWhereTheReplyCannotBeRead) {
  Bed bed;
  const auto id = bed.end.request(bed.now);
  bed.wire.take();
  EXPECT_EQ(bed.hear("P=" + std::to_string(id) + "{C=-{Foo}}"), Texts{});
  EXPECT_EQ(bed.failure(), Kind::malformed_reply);
}

/// Gives the same number for the first draw, and zeros.
class FixedRandom final : public base::Random {
 public:
  explicit FixedRandom(std::uint64_t first) : next_(first) {}
  void fill(std::span<std::byte> out) override {
    for (auto& octet : out) {
      octet = static_cast<std::byte>(next_ & 255);
      next_ >>= 8;
    }
  }

 private:
  std::uint64_t next_;
};

TEST(TransactionsOut, IdsWrapAroundWithoutZero) {
  KeptWire wire;
  TransactionEnd user(TransactionEnd::options("gw"), wire);
  FixedRandom random(0xFFFF'FFFDu);
  Transactions transactions(TransactionEnd::options("gw"), wire, user, random);
  const auto ask = [&] { return transactions.request(std::vector<ActionRequest>(1), {}, [](auto) {}); };
  EXPECT_EQ(ask(), 0xFFFF'FFFEu);
  EXPECT_EQ(ask(), 0xFFFF'FFFFu);
  EXPECT_EQ(ask(), 1u);
}

}  // namespace
}  // namespace h248
