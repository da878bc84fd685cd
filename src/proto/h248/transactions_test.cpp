#include "proto/h248/acknowledgements.hpp"
#include "tests/support/transaction_bed.hpp"

namespace h248 {
namespace {

using namespace test;

TEST(TransactionsAcks, AReplyThatAsksIsAcknowledgedWheneverItComes) {
  Bed bed;
  const auto id = bed.end.request(bed.now);
  bed.wire.take();
  const Texts ack{"K{" + std::to_string(id) + "}"};
  EXPECT_EQ(bed.hear(reply_text(id, true)), ack);
  EXPECT_TRUE(bed.replied());
  EXPECT_EQ(bed.hear(reply_text(id, true)), ack);
}

TEST(TransactionsAcks, RideWithTheNextMessageAsRanges) {
  Bed bed;
  const auto first = bed.end.request(bed.now);
  for (int i = 1; i < 5; ++i) bed.end.request(bed.now);
  bed.wire.take();
  for (const auto n : {0u, 2u, 1u, 4u}) bed.hear(reply_text(first + n));
  EXPECT_EQ(bed.hear(request_text(7)), Texts{});
  bed.end.transactions.answer(7, TransactionEnd::result(), bed.now);
  const auto range = std::to_string(first) + "-" + std::to_string(first + 2);
  EXPECT_EQ(bed.wire.take(),
            (Texts{"P=7{C=-{AV=ROOT}}\nK{" + range + "," + std::to_string(first + 4) + "}"}));
  EXPECT_EQ(bed.hear(request_text(7)), (Texts{reply_text(7)}));  // once
}

TEST(TransactionsAcks, DoNotMakeALongMessageLonger) {
  Bed bed;
  bed.hear(reply_text(bed.end.request(bed.now)));
  bed.hear(request_text(7));
  bed.end.transactions.answer(7, ErrorDescriptor{500, std::string(1'000, 'x')}, bed.now);
  EXPECT_EQ(bed.wire.take().at(0).find("K{"), std::string::npos);
  EXPECT_NE(bed.hear("T=8{x}").at(0).find("\nK{"), std::string::npos);
}

TEST(TransactionsAcks, TheOldestRangesGoBeyondTheLimit) {
  Acknowledgements acks;
  for (std::uint32_t i = 1; i <= Acknowledgements::most_ranges + 1; ++i) acks.add(10 * i);
  const auto ranges = acks.take().ranges;
  EXPECT_EQ(ranges.size(), Acknowledgements::most_ranges);
  EXPECT_EQ(ranges.front(), (AckRange{20, 20}));
  EXPECT_TRUE(acks.empty());
}

struct Broken {
  std::string_view text;
  Texts answer;
};

TEST(TransactionsBroken, AreAnsweredAtTheirLevel) {
  for (const auto& [text, answer] : std::initializer_list<Broken>{
           {"!/2 mgc\nT=x", {"P=0{ER=403{\"line 2, octet 3: expected a number\"}}"}},
           {"!/2 mgc\nFoo=1{}", {"P=0{ER=403{\"line 2, octet 1: expected a transaction\"}}"}},
           {"!/2 mgc\nT=7{C=x{}}", {"P=7{ER=422{\"line 2, octet 7: expected a number\"}}"}},
           {"!/2 mgc\nT=7{C=1{A=a{M{x}}}}",
            {"P=7{ER=442{\"line 2, octet 15: none of LocalControl, Local and Remote: x\"}}"}},
           {"!/2 mgc\nT=7{C=1{Foo=a}}",
            {"P=7{ER=443{\"line 2, octet 9: none of the names that may stand here: Foo\"}}"}},
           {"!/2 mgc\nT=7{C=1{A=a{Foo}}}", {"P=7{ER=444{\"line 2, octet 13: not a descriptor: Foo\"}}"}},
           {"!/2 mgc\nT=7{C=1{S=a{M{O{MO=IN}}}}}",
            {"P=7{ER=447{\"line 2, octet 13: a descriptor that this command does not take: M\"}}"}},
           {"!/2 mgc\nT=7{C=1{A=a{E,E}}}", {"P=7{ER=448{\"line 2, octet 15: given twice: E\"}}"}},
           {"rubbish", {"ER=400{\"line 1, octet 1: expected MEGACO/ and a version\"}"}},
           {"!/4 mgc\nT=7{C=x{}}", {"ER=406{\"Version not supported\"}"}},
           {"!/0 mgc\nT=7{C=1{S=a}}", {"ER=406{\"Version not supported\"}"}},
           {"!/4 mgc\nK{1}PN=1{}P=1{ER=1{}}", {}},
           {"!/2 mgc\nP=7{IA,C=1{x}}", {}},
           {"!/2 mgc\nPN=x", {}},
           {"!/2 mgc\nK{3-2}", {}},
           {"!/2 mgc\nER=x", {}},
       }) {
    Bed bed;
    bed.end.hear(std::string(text), udp(), bed.now);
    EXPECT_EQ(bed.wire.take(), answer) << text;
    EXPECT_EQ(bed.asked(), 0u);
    EXPECT_EQ(bed.end.transactions.counters().received, 1u);
  }
}

TEST(TransactionsBroken, DoNotStopTheOthersOfTheMessage) {
  Bed bed;
  EXPECT_EQ(bed.hear(request_text(1) + "T=2{C=1{x}}" + request_text(3)).size(), 1u);
  ASSERT_EQ(bed.asked(), 2u);
  EXPECT_EQ(bed.end.asked[1].id, 3u);
}

TEST(TransactionsBroken, AreAnsweredTheSameAgain) {
  Bed bed;
  const auto answer = bed.hear("T=7{C=1{x}}");
  EXPECT_EQ(bed.hear(request_text(7)), answer);
  bed.hear(request_text(8));
  EXPECT_EQ(bed.hear("T=8{C=1{x}}"), (Texts{"PN=8{}"}));
}

TEST(TransactionsBroken, WholeMessagesAreToldOfOnceASecond) {
  Bed bed;
  for (int i = 0; i < 3; ++i) bed.end.hear("x", udp(), bed.now);
  EXPECT_EQ(bed.wire.take().size(), 1u);
  bed.now += 1s;
  bed.end.hear("x", udp(), bed.now);
  EXPECT_EQ(bed.wire.take().size(), 1u);
  EXPECT_EQ(bed.end.transactions.counters().malformed, 4u);
}

TEST(TransactionsBroken, AnErrorOfAMessageGoesToTheUser) {
  Bed bed;
  EXPECT_EQ(bed.hear("ER=400{\"x\"}"), Texts{});
  EXPECT_EQ(bed.end.message_errors, (std::vector<ErrorDescriptor>{{400, "x"}}));
}

TEST(TransactionsForm, IsThatOfTheMoment) {
  Bed bed;
  const auto id = std::to_string(bed.end.request(bed.now));
  bed.end.transactions.set_version(1);
  bed.end.transactions.set_print({.form = Form::pretty});
  bed.end.request(bed.now);
  EXPECT_EQ(bed.wire.sent.at(0).substr(0, 7), "!/2 gw\n");
  EXPECT_EQ(bed.wire.sent.at(1).substr(0, 12), "MEGACO/1 gw\n");
  bed.end.transactions.timers().provisional = 1s;
  bed.hear(request_text(7));
  EXPECT_EQ(bed.pass(100ms), Texts{});
}

}  // namespace
}  // namespace h248
