// A gateway that answers later: transactions beside each other, and what comes in between.
#include <gtest/gtest.h>

#include "iq/gateway_commands.hpp"
#include "tests/support/commands_rig.hpp"

namespace {

using test::CommandsRig;

const std::string add = "A=ip/1/access/${M{O{MO=SR},L{v=0\nm=message $ TCP -\n}}}";
const std::string one = "T=1{C=${" + add + "}}";

struct Later : testing::Test {
  Later() { rig.form = h248::Form::compact; }

  /// Contexts 1 and 2 with a termination each; from then on the gateway answers when told.
  void begin() {
    rig.run(one);
    rig.run(one);
    rig.gateway.answers_later = true;
  }
  std::string result(std::size_t index) { return rig.results.at(index).value_or("-"); }

  CommandsRig rig;
};

TEST_F(Later, CommandsOfOneContextRunOneBehindTheOther) {
  begin();
  const auto first = rig.start("T=2{C=1{MF=*{M{O{MO=IN}}}}}");
  const auto second = rig.start("T=3{C=1{MF=*{M{O{MO=SO}}}}}");
  const auto third = rig.start("T=4{C=1{AV=*{AT{M{O{MO}}}}}}");
  EXPECT_EQ(rig.gateway.requests.size(), 3u);
  EXPECT_EQ(result(third), "-");
  rig.gateway.answer_one();
  EXPECT_EQ(result(first), "P=2{C=1{MF=ip/1/access/1}}");
  EXPECT_EQ(result(second), "-");
  EXPECT_EQ(rig.gateway.requests.size(), 4u);
  rig.gateway.answer_one();
  EXPECT_EQ(result(second), "P=3{C=1{MF=ip/1/access/1}}");
  EXPECT_EQ(result(third), "P=4{C=1{AV=ip/1/access/1{M{O{MO=SO}}}}}");
}

TEST_F(Later, DifferentContextsDoNotWaitForEachOther) {
  begin();
  const auto first = rig.start("T=2{C=1{MF=*{M{O{MO=IN}}}}}");
  const auto second = rig.start("T=3{C=2{MF=*{M{O{MO=IN}}}}}");
  ASSERT_EQ(rig.gateway.replies.size(), 2u);
  std::swap(rig.gateway.replies[0], rig.gateway.replies[1]);
  rig.gateway.answer_one();
  EXPECT_EQ(result(first), "-");
  EXPECT_NE(result(second), "-");
  rig.gateway.answer_one();
  EXPECT_NE(result(first), "-");
}

TEST_F(Later, ATransactionsActionsRunInOrder) {
  begin();
  const auto both = rig.start("T=2{C=1{MF=*{M{O{MO=IN}}}},C=2{MF=*{M{O{MO=IN}}}}}");
  EXPECT_EQ(rig.gateway.replies.size(), 1u);
  rig.gateway.answer_one();
  EXPECT_EQ(result(both), "-");
  rig.gateway.answer_one();
  EXPECT_EQ(result(both), "P=2{C=1{MF=ip/1/access/1},C=2{MF=ip/1/access/2}}");
}

TEST_F(Later, AContextThatIsBeingReleasedIsUnknownAtOnce) {
  begin();
  const auto waits = rig.start("T=2{C=1{MF=*{M{O{MO=IN}}}}}");
  const auto subtract = rig.start("T=3{C=1{W-S=*{AT{}}}}");
  const auto behind = rig.start("T=4{C=1{MF=*{M{O{MO=SO}}}}}");
  rig.gateway.answer_one();
  EXPECT_NE(result(waits), "-");
  const auto late = rig.start("T=5{C=1{AV=*{AT{}}}}");
  EXPECT_NE(result(late).find("ER=411"), std::string::npos);
  const auto all = rig.start("T=6{C=*{AV=*{AT{}}}}");
  EXPECT_EQ(result(all), "P=6{C=2{AV=ip/1/access/2}}");
  rig.gateway.answer_one();
  EXPECT_EQ(result(subtract), "P=3{C=1{S=*}}");
  EXPECT_NE(result(behind).find("ER=411"), std::string::npos);
}

TEST_F(Later, ANewContextsEventsWaitUntilItsNumberIsTold) {
  rig.gateway.answers_later = true;
  const auto first = rig.start(
      "T=2{C=${A=ip/1/access/${M{L{v=0\nm=message $ TCP -\n}},E=1{tcpbcc/BNCChange}}," + add + "}}");
  rig.gateway.answer_one();
  rig.tell(iq::Event::connected, 1);
  EXPECT_EQ(rig.told(), "");
  rig.gateway.answer_one();
  EXPECT_NE(result(first), "-");
  EXPECT_EQ(rig.told(), "C=1{N=ip/1/access/1{OE=1{tcpbcc/BNCChange{Type=Est}}}}\n");
}

TEST_F(Later, EventsThatHappenDuringACommandAreToldBehindIt) {
  begin();
  rig.gateway.answers_later = false;
  rig.run("T=2{C=1{MF=*{E=1{tcpbcc/BNCChange}}}}");
  rig.gateway.answers_later = true;
  rig.start("T=3{C=1{MF=*{M{O{MO=IN}}}}}");
  rig.tell(iq::Event::connected, 1);
  EXPECT_EQ(rig.told(), "");
  rig.gateway.answer_one();
  EXPECT_NE(rig.told(), "");
  rig.start("T=4{C=1{S=*}}");
  rig.gateway.notify({iq::ContextId{1}, {}, iq::Event::released, "", ""});
  rig.gateway.answer_one();
  EXPECT_EQ(rig.told(), "");
}

TEST_F(Later, ReleaseAllEndsWhatIsUnderway) {
  begin();
  const auto adding = rig.start("T=2{C=${" + add + "," + add + "},C=1{AV=*{AT{}}}}");
  const auto modifying = rig.start("T=3{C=1{MF=*{M{O{MO=IN}}}},C=2{MF=*{M{O{MO=IN}}}}}");
  bool released = false;
  rig.commands.release_all([&] { released = true; });
  EXPECT_FALSE(released);
  rig.gateway.answer_all();
  EXPECT_TRUE(released);
  EXPECT_NE(result(adding).find("ER=502"), std::string::npos) << result(adding);
  EXPECT_NE(result(modifying).find("ER=502"), std::string::npos) << result(modifying);
  EXPECT_TRUE(rig.gateway.contexts.empty());
  EXPECT_EQ(rig.commands.status().contexts, 0u);
  const auto anew = rig.start(one);
  rig.gateway.answer_all();
  EXPECT_NE(result(anew).find("A=ip/1/access/"), std::string::npos);
}

TEST_F(Later, WhoWaitsForAContextWaitsOnce) {
  begin();
  const auto first = rig.start("T=2{C=1{MF=*{M{O{MO=IN}}}}}");
  rig.gateway.answers_later = false;
  // Answered at once where it adds, and then it has to wait.
  const auto second = rig.start("T=3{C=${" + add + "," + add + "},C=1{AV=*{AT{}}}}");
  EXPECT_EQ(result(second), "-");
  rig.gateway.answer_all();
  EXPECT_NE(result(first), "-");
  EXPECT_NE(result(second), "-");
  EXPECT_EQ(rig.run("T=4{C=1{AV=*{AT{}}}}"), "P=4{C=1{AV=ip/1/access/1}}");
}

TEST_F(Later, ManyThatWaitForOneContextAreNoStack) {
  begin();
  for (int i = 0; i < 20'000; ++i) rig.start("T=2{C=1{AV=*{AT{SA}}}}");
  EXPECT_EQ(rig.gateway.replies.size(), 1u);
  rig.gateway.answers_later = false;
  rig.gateway.answer_one();
  for (const auto& each : rig.results) EXPECT_TRUE(each);
}

TEST(Lifetime, AnAnswerAfterTheEndIsNobodys) {
  test::FakeGateway gateway;
  CommandsRig rig;
  {
    iq::GatewayCommands commands(CommandsRig::usual(), gateway, rig, rig.random);
    gateway.answers_later = true;
    const auto message = h248::parse("!/2 [1.1.1.1] " + one);
    const auto& transactions = std::get<std::vector<h248::Transaction>>(message->body);
    commands.execute(std::get<h248::TransactionRequest>(transactions[0]), rig.now,
                     [](const auto&) { ADD_FAILURE() << "answered"; });
  }
  gateway.answer_all();
  gateway.notify({gateway.contexts.begin()->first, {}, iq::Event::released, "", ""});
  EXPECT_EQ(rig.told(), "");
}

}  // namespace
