// Registration and what follows it: audits, cleaning, re-registration.
#include "iq/controller_end.hpp"

#include "tests/support/mgc_room.hpp"

namespace iq {
namespace {

using std::chrono::seconds;
using test::first_name;
using test::has;
using test::usual;

using MgcRegistration = test::MgcTest;

TEST_F(MgcRegistration, AGatewayRegistersIsAuditedAndServes) {
  says(change("Restart", 9998, ",Profile=IqProfile/1,Version=2,20261123T12000000"));
  const auto reply = next();
  EXPECT_TRUE(has(reply, "P=9998{C=-{SC=ROOT{SV{PF=IqProfile/1,V=2}}}}")) << reply;
  EXPECT_EQ(state(), "auditing");
  reserve();
  EXPECT_EQ(outcomes.back()->error().code, Errc::unreachable);  // not yet
  audits();
  EXPECT_EQ(state(), "registered");
  serves(5);
  const auto status = end->status().at(0);
  EXPECT_EQ(status.peer, first_name);
  EXPECT_EQ(status.route, "udp:192.0.2.20:2944");
  EXPECT_EQ(status.role, "mg");
  EXPECT_EQ(status.profile, "IqProfile/1");
  EXPECT_EQ(status.version, 2u);
  EXPECT_EQ(status.form, "compact");
  EXPECT_EQ(status.contexts, 1u);
  EXPECT_EQ(end->counters().registrations, 1u);
  EXPECT_EQ(log.count("gateway_registered"), 1u);
}

TEST_F(MgcRegistration, HeadersHaveTheVersionThatWasAgreed) {
  says(change("Restart", 1, ",Version=3"));
  ASSERT_EQ(wire.sent.size(), 2u);
  EXPECT_TRUE(has(wire.sent[0], "V=2")) << wire.sent[0];
  EXPECT_TRUE(wire.sent[0].starts_with("!/1 ")) << wire.sent[0];
  EXPECT_TRUE(wire.sent[1].starts_with("!/2 ")) << wire.sent[1];
}

TEST_F(MgcRegistration, WhoProposesNothingGetsAReplyWithoutServices) {
  says(change("Restart"));
  EXPECT_EQ(next(), "P=1{C=-{SC=ROOT}}");
}

TEST_F(MgcRegistration, APackageThatItHasIsUsed) {
  auto options = usual();
  options.gateways = {{"[192.0.2.20]", {"access", "core"}, 7}};  // the port is the usual one
  make(options);
  says(change("Restart"));
  next();
  expect("AT{PG}", "C=-{AV=ROOT{PG{it-1,OCP-1,chp-1,ipra-1}}}");
  expect("AV=ROOT{AT{M}}", "C=-{AV=ROOT{M{TS{ipra/ar=[\"access\",\"core\"]}}}}");
  expect("C=-{MF=ROOT{E=1{it/ito{mit=3000},ocp/mg_overload,chp/mgcon,ipra/arc}}}", "C=-{MF=ROOT}");
  expect("C=*{AV=*", "C=*{AV=*{ER=431{}}}");
  EXPECT_EQ(state(), "registered");
}

TEST_F(MgcRegistration, WhatItTellsOfItsRealmsCounts) {
  says(change("Restart"));
  next();
  expect("AT{PG}", "C=-{AV=ROOT{PG{ipra-1}}}");
  expect("AV=ROOT{AT{M}}", "C=-{AV=ROOT{M{TS{ipra/ar=\"access, core\"}}}}");
  expect("ipra/arc", "C=-{MF=ROOT{ER=512{}}}");  // it cannot tell: then it does not
  expect("C=*{AV=*", "C=*{AV=*{ER=431{}}}");
  pool.execute({{}, {Reserve{"moon", {}}}}, [](auto result) { EXPECT_FALSE(result); });
  EXPECT_EQ(next(), "");
  serves(5);
  says("T=7{C=-{N=ROOT{OE=1{ipra/arc}}}}");
  EXPECT_TRUE(has(next(), "P=7{C=-{N=ROOT}}"));
  expect("AV=ROOT{AT{M}}", "C=-{AV=ROOT{M{TS{ipra/ar=\"moon\"}}}}");
  reserve();
  EXPECT_EQ(outcomes.back()->error().code, Errc::unreachable);
}

TEST_F(MgcRegistration, AGatewayThatCannotBeAskedIsTakenAsItIs) {
  says(change("Restart"));
  next();
  expect("AT{PG}", "ER=501{\"no audits here\"}");
  expect("AV=ROOT{AT{M}}", "ER=501{}");
  expect("MF=ROOT", "ER=501{}");
  expect("C=*{AV=*", "ER=501{}");
  expect("C=*{O-W-S=*{AT{}}}", "ER=501{}");
  EXPECT_EQ(state(), "registered");
}

TEST_F(MgcRegistration, ContextsOfAnEarlierTimeAreSubtracted) {
  says(change("Restart"));
  next();
  expect("AT{PG}", "C=-{AV=ROOT{PG{g-1}}}");
  std::string reply;
  for (int i = 1; i <= 23; ++i)
    reply += (i == 1 ? "" : ",") + ("C=" + std::to_string(i)) + "{AV=ip/1/a/" + std::to_string(i) + "}";
  expect("C=*{AV=*{AT{}}}", reply);
  const auto first = next();
  EXPECT_TRUE(has(first, "{C=1{O-W-S=*{AT{}}},")) << first;
  EXPECT_TRUE(has(first, ",C=20{")) << first;
  EXPECT_FALSE(has(first, ",C=21{")) << first;  // twenty in a message
  EXPECT_EQ(state(), "auditing");
  says("Reply=" + first.substr(2, first.find('{') - 2) + "{C=1{S=*}}");
  expect("{C=21{O-W-S=*{AT{}}},C=22{", "ER=411{}");
  EXPECT_EQ(state(), "registered");
  EXPECT_EQ(log.count("gateway_ready gateway=[192.0.2.20]:2944 contexts=0 subtracted=23"), 1u);
}

TEST_F(MgcRegistration, WhoComesBackKeepsItsContexts) {
  registers();
  serves(5);
  serves(6);
  says(change("Disconnected", 2));
  EXPECT_TRUE(has(next(), "P=2{C=-{SC=ROOT"));
  EXPECT_EQ(state(), "auditing");
  expect("AT{PG}", "C=-{AV=ROOT{PG{tcpbcc-1}}}");
  expect("C=*{AV=*", "C=6{AV=ip/1/access/1},C=9{AV=ip/1/access/1}");
  expect("{C=9{O-W-S=*{AT{}}}}", "C=9{S=*}");
  EXPECT_EQ(state(), "registered");
  ASSERT_EQ(told.size(), 1u);  // context 5 is gone; 6 goes on
  EXPECT_EQ(told[0].event, Event::released);
  EXPECT_EQ(told[0].reason, "gateway_lost");
  EXPECT_EQ(end->status().at(0).contexts, 1u);
}

/// It has registered, serves contexts 1 to so many, has come back and does not tell all of them at once.
class MgcManyContexts : public test::MgcTest {
 protected:
  void comes_back_with(unsigned contexts, const std::string& error) {
    registers();
    for (unsigned i = 1; i <= contexts; ++i) serves(i);
    says(change("Disconnected", 2));
    next();
    expect("AT{PG}", "C=-{AV=ROOT{PG{tcpbcc-1}}}");
    expect("C=*{AV=*", error);
  }
  static std::string there(unsigned from, unsigned to) {
    std::string out;
    for (unsigned i = from; i <= to; ++i)
      out += (i == from ? "C=" : ",C=") + std::to_string(i) + "{AV=ip/1/access/1}";
    return out;
  }
};

TEST_F(MgcManyContexts, EachIsAskedFor) {
  comes_back_with(23, "C=*{AV=*{ER=533{\"too large\"}}}");
  const auto first = next();
  EXPECT_TRUE(has(first, "{C=1{AV=*{AT{}}},C=2{")) << first;
  EXPECT_TRUE(has(first, ",C=20{")) << first;
  EXPECT_FALSE(has(first, ",C=21{")) << first;
  EXPECT_EQ(next(), "");  // one transaction after the other
  says("Reply=" + first.substr(2, first.find('{') - 2) + "{" + there(1, 4) + ",C=5{ER=411{}}}");
  EXPECT_EQ(state(), "auditing");
  expect("{C=6{AV=*{AT{}}},", there(6, 22) + ",C=23{AV=*{ER=431{}}}");  // the error ended the transaction
  EXPECT_EQ(state(), "registered");
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].reason, "gateway_lost");
  EXPECT_EQ(end->status().at(0).contexts, 21u);
  EXPECT_EQ(next(), "");
}

/// Whatever else it answers, nothing is lost by it.
TEST_F(MgcManyContexts, ErrorsThatSayNothingLoseNoContext) {
  comes_back_with(3, "ER=510{}");
  expect("{C=1{AV=*{AT{}}},C=2{", "ER=533{}");  // too large again: one by one
  expect("{C=1{AV=*{AT{}}}}", "ER=510{}");
  expect("{C=2{AV=*{AT{}}}}", "ER=411{}");
  expect("{C=3{AV=*{AT{}}}}", "C=9{AV=a/1}");
  EXPECT_EQ(state(), "registered");
  EXPECT_EQ(told.size(), 1u);
  EXPECT_EQ(end->status().at(0).contexts, 2u);
}

TEST_F(MgcManyContexts, WhoCannotBeAuditedIsNotAskedOnAndOn) {
  comes_back_with(3, "ER=501{}");
  expect("{C=1{AV=*{AT{}}},C=2{", "C=1{AV=*{ER=501{}}}");
  EXPECT_EQ(state(), "registered");
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(next(), "");
}

TEST_F(MgcManyContexts, WhoComesBackAgainIsAskedAnew) {
  comes_back_with(21, "ER=533{}");
  const auto first = next();
  says(change("Disconnected", 3));
  EXPECT_TRUE(has(next(), "P=3{"));
  says("Reply=" + first.substr(2, first.find('{') - 2) + "{C=1{ER=411{}}}");
  expect("AT{PG}", "C=-{AV=ROOT{PG{tcpbcc-1}}}");
  expect("C=*{AV=*", "ER=533{}");
  expect("{C=1{AV=*{AT{}}},", there(1, 20));
  expect("{C=21{AV=*{AT{}}}}", there(21, 21));
  EXPECT_EQ(state(), "registered");
  EXPECT_TRUE(told.empty());
}

/// A context that is being made could be in the audit or not.
TEST_F(MgcRegistration, ContextsThatAreBeingMadeAreWaitedFor) {
  registers();
  reserve();
  const auto add = next();
  says(change("Disconnected", 2));
  next();
  expect("AT{PG}", "C=-{AV=ROOT{PG{tcpbcc-1}}}");
  EXPECT_EQ(next(), "");
  says("Reply=" + add.substr(2, add.find('{') - 2) + "{" + added(5) + "}");
  expect("C=*{AV=*", "C=5{AV=ip/1/access/1}");
  EXPECT_EQ(state(), "registered");
  EXPECT_TRUE(told.empty());
}

TEST_F(MgcRegistration, ARestartEndsTheCallsOfBefore) {
  registers();
  serves(5);
  reserve();
  next();
  says(change("Restart", 77));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].reason, "gateway_restarted");
  EXPECT_EQ(outcomes.back()->error().code, Errc::unreachable);  // the one that was being made
  EXPECT_TRUE(has(next(), "P=77{"));
  audits();
  EXPECT_EQ(state(), "registered");
  EXPECT_EQ(end->status().size(), 1u);
  EXPECT_EQ(end->counters().registrations, 2u);
}

TEST_F(MgcRegistration, ARepeatedRestartIsAnsweredAgainAndChangesNothing) {
  registers();
  serves(5);
  says(change("Restart"));
  EXPECT_TRUE(has(next(), "P=1{C=-{SC=ROOT"));
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(state(), "registered");
  // The same octets long after are another restart: no network keeps a datagram that long.
  for (int i = 0; i < 5; ++i) {
    pass(seconds(9));
    says("T=9" + std::to_string(i) + "{C=-{N=ROOT{OE=1{it/ito}}}}");
    next();
  }
  says(change("Restart"));
  EXPECT_EQ(told.size(), 1u);
}

/// In other octets, with an acknowledgement that has come to it, from another port.
TEST_F(MgcRegistration, ARestartIsRepeatedWhereItsTransactionIs) {
  registers();
  serves(5);
  auto port = test::first_place;
  port.peer.port = 40000;
  says("K{7}" + change("Restart"), port);
  EXPECT_TRUE(has(next(), "P=1{C=-{SC=ROOT"));
  says("T=1{\r\n C=- { SC = ROOT { SV { MT = RS, RE = \"901 Cold Boot\" } } } }");
  EXPECT_TRUE(has(next(), "P=1{C=-{SC=ROOT"));
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(end->counters().registrations, 1u);
  says(change("Restart", 1, ",20261123T12000000"));  // its number by chance
  EXPECT_EQ(told.size(), 1u);
  EXPECT_EQ(end->counters().registrations, 2u);
}

/// Sent again over the connection that follows the one that ended.
TEST_F(MgcRegistration, ALostGatewaysRestartIsNoRepetition) {
  auto tcp = test::first_place;
  tcp.carrier = h248::Carrier::tcp;
  tcp.connection = 3;
  registers(tcp);
  end->route_lost(tcp, now);
  tcp.connection = 4;
  registers(tcp);
  EXPECT_EQ(state(), "registered");
}

TEST_F(MgcRegistration, TransactionIdsOfTheEarlierOneMeanNothing) {
  registers();
  serves(5);
  says("T=2{C=5{N=ip/1/access/1{OE=1{hangterm/thb}}}}");
  EXPECT_TRUE(has(next(), "P=2{C=5{N="));
  says(change("Restart", 3));
  next();
  audits();
  says("T=2{C=5{N=ip/1/access/1{OE=1{hangterm/thb}}}}");
  EXPECT_TRUE(has(next(), "ER=411"));
}

}  // namespace
}  // namespace iq
