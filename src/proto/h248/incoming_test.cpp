#include "tests/support/transaction_bed.hpp"

namespace h248 {
namespace {

using namespace test;

TEST(TransactionsIn, AreExecutedOnceAndAnsweredAsOftenAsTheyCome) {
  Bed bed;
  EXPECT_EQ(bed.hear(request_text(7)), Texts{});
  bed.end.transactions.answer(7, TransactionEnd::result(), bed.now);
  const Texts reply{reply_text(7)};
  EXPECT_EQ(bed.wire.take(), reply);
  EXPECT_EQ(bed.hear(request_text(7)), reply);
  bed.end.hear("!/2 mgc\n" + request_text(7), udp("192.0.2.8:99"), bed.now);
  EXPECT_EQ(bed.wire.routes, (std::vector<Route>{udp("192.0.2.8:99")}));
  EXPECT_EQ(bed.wire.take(), reply);
  EXPECT_EQ(bed.asked(), 1u);
  EXPECT_EQ(bed.end.transactions.counters().repeated, 2u);
  EXPECT_EQ(bed.end.transactions.counters().requests_in, 1u);
}

TEST(TransactionsIn, AreForgottenAfterLongTimer) {
  Bed bed;
  bed.hear(request_text(7));
  bed.end.transactions.answer(7, TransactionEnd::result(), bed.now);
  bed.pass(30s - 1ms);
  EXPECT_EQ(bed.hear(request_text(7)).size(), 1u);
  bed.pass(1ms);
  EXPECT_EQ(bed.end.transactions.deadline(), base::never);
  EXPECT_EQ(bed.hear(request_text(7)), Texts{});
  EXPECT_EQ(bed.asked(), 2u);
}

TEST(TransactionsIn, OfBeforeARestartOfThePeerAreForgotten) {
  Bed bed;
  const auto restart = [](std::string_view time) {
    return "T=1{C=-{SC=ROOT{SV{MT=RS,RE=\"901\",20261123T" + std::string(time) + "}}}}";
  };
  const auto answer = [&](std::uint32_t id) {
    bed.end.transactions.answer(id, TransactionEnd::result(), bed.now);
  };
  bed.hear(restart("00000001"));
  answer(1);
  bed.hear(request_text(2));
  answer(2);
  bed.hear(request_text(3));
  bed.hear(restart("00000001"));  // the network's
  EXPECT_EQ(bed.asked(), 3u);
  bed.hear(restart("00000002"));
  EXPECT_EQ(bed.asked(), 4u);
  answer(1);
  bed.hear(request_text(2));
  bed.hear(request_text(3));
  EXPECT_EQ(bed.asked(), 6u);
}

TEST(TransactionsIn, AreForgottenWhenAllIsCancelled) {
  Bed bed;
  bed.hear(request_text(7));
  bed.end.transactions.answer(7, TransactionEnd::result(), bed.now);
  bed.hear(request_text(8));
  bed.end.transactions.cancel_all();
  EXPECT_EQ(bed.end.transactions.deadline(), base::never);
  EXPECT_FALSE(bed.end.transactions.answer(8, TransactionEnd::result(), bed.now));
  bed.hear(request_text(7));
  EXPECT_EQ(bed.asked(), 3u);
}

TEST(TransactionsIn, TheOldestReplyGoesBeyondTheLimit) {
  Bed bed(with([](auto& options) { options.timers.kept_replies = 2; }));
  for (std::uint32_t id = 1; id <= 3; ++id) {
    bed.hear(request_text(id));
    bed.end.transactions.answer(id, TransactionEnd::result(), bed.now);
    bed.now += 1ms;
  }
  bed.wire.take();
  EXPECT_EQ(bed.hear(request_text(2)).size(), 1u);
  EXPECT_EQ(bed.hear(request_text(3)).size(), 1u);
  EXPECT_EQ(bed.asked(), 3u);
  bed.hear(request_text(1));
  EXPECT_EQ(bed.asked(), 4u);
}

TEST(TransactionsIn, AreToldThatTheyTakeLong) {
  Bed bed;
  bed.hear(request_text(7));
  EXPECT_EQ(bed.pass(500ms - 1ms), Texts{});
  EXPECT_EQ(bed.pass(1ms), (Texts{"PN=7{}"}));
  EXPECT_EQ(bed.pass(400ms), Texts{});
  EXPECT_EQ(bed.hear(request_text(7)), (Texts{"PN=7{}"}));  // and the timer begins anew
  EXPECT_EQ(bed.pass(499ms), Texts{});
  EXPECT_EQ(bed.pass(1ms), (Texts{"PN=7{}"}));
  EXPECT_EQ(bed.asked(), 1u);
  EXPECT_EQ(bed.end.transactions.counters().pendings_out, 3u);
}

TEST(TransactionsIn, HaveFailedAfterTooManyPendings) {
  Bed bed(with([](auto& options) { options.timers.pending_limit = 2; }));
  bed.hear(request_text(7));
  EXPECT_EQ(bed.pass(1s), (Texts{"PN=7{}", "PN=7{}"}));
  EXPECT_EQ(bed.pass(500ms), (Texts{"P=7{IA,ER=506{\"Too many pendings\"}}"}));
  EXPECT_FALSE(bed.end.transactions.answer(7, TransactionEnd::result(), bed.now));
  EXPECT_EQ(bed.wire.take(), Texts{});
}

TEST(TransactionsIn, ALateReplyIsSentAgainUntilItIsAcknowledged) {
  Bed bed;
  bed.hear(request_text(7));
  bed.pass(500ms);
  EXPECT_TRUE(bed.end.transactions.answer(7, TransactionEnd::result(), bed.now));
  EXPECT_EQ(bed.wire.take(), (Texts{reply_text(7, true)}));
  EXPECT_EQ(bed.pass(200ms), (Texts{reply_text(7, true)}));
  EXPECT_EQ(bed.hear("K{1,5-9}"), Texts{});
  EXPECT_EQ(bed.pass(15s), Texts{});
  EXPECT_EQ(bed.hear(request_text(7)), Texts{});  // dropped: the peer has the reply
  EXPECT_EQ(bed.asked(), 1u);
}

TEST(TransactionsIn, ALateReplyIsGivenUp) {
  Bed bed;
  bed.hear(request_text(7));
  bed.pass(500ms);
  bed.end.transactions.answer(7, TransactionEnd::result(), bed.now);
  EXPECT_GE(bed.pass(20s).size(), 8u);
  EXPECT_EQ(bed.pass(20s - 1ms), Texts{});
  EXPECT_NE(bed.end.transactions.deadline(), base::never);
  bed.pass(1ms);
  EXPECT_EQ(bed.end.transactions.deadline(), base::never);
}

TEST(TransactionsIn, ALateReplyOnAConnectionIsSentOnce) {
  Bed bed;
  bed.hear(request_text(7), tcp(1));
  bed.pass(500ms);
  bed.end.transactions.answer(7, TransactionEnd::result(), bed.now);
  EXPECT_EQ(bed.wire.take(), (Texts{reply_text(7, true)}));
  EXPECT_EQ(bed.pass(1min), Texts{});
}

TEST(TransactionsIn, BeyondTheLimitAreRefused) {
  Bed bed(with([](auto& options) { options.timers.running = 1; }));
  bed.hear(request_text(7));
  const auto refused = bed.hear(request_text(8));
  EXPECT_EQ(refused, (Texts{"P=8{ER=510{\"Too many transactions\"}}"}));
  bed.end.transactions.answer(7, TransactionEnd::result(), bed.now);
  bed.wire.take();
  EXPECT_EQ(bed.hear(request_text(8)), refused);  // and stay so
  EXPECT_EQ(bed.asked(), 1u);
}

TEST(TransactionsIn, TheEleventhInAMessageIsRefused) {
  Bed bed;
  std::string text;
  for (std::uint32_t id = 1; id <= 10; ++id) text += request_text(id);
  EXPECT_EQ(bed.hear(text), Texts{});
  EXPECT_EQ(bed.asked(), 10u);
  EXPECT_EQ(bed.hear("K{1}K{2}K{3}K{4}K{5}K{6}K{7}K{8}K{9}K{10}" + request_text(11)),
            (Texts{"P=11{ER=413{\"Too many transactions in a message\"}}"}));
  EXPECT_EQ(bed.asked(), 10u);
}

}  // namespace
}  // namespace h248
