// Branches, forks and crossed offers where they meet with ends, failures and the gateway's own news. What
// usually happens is in the transcripts (tests/scenario/forks).
#include <gtest/gtest.h>

#include "proto/ng/bencode.hpp"
#include "tests/support/commands.hpp"

namespace controller {
namespace {

using std::chrono::seconds;
using test::answer_of;
using test::Chat;
using test::ControllerRoom;
using test::delete_of;
using test::e2ae_chat;
using test::offer_of;
using test::plain_chat;
using test::reoffer_of;
using test::tls_chat;

constexpr std::size_t release = 3;
const std::string audio = "m=audio 30000 RTP/AVP 0\r\n";

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

controller::Options with_strict_realm() {
  auto out = ControllerRoom::two_realms();
  out.realms.push_back(out.realms[1]);
  out.realms[2].name = "strict";
  out.realms[2].e2ae = E2ae::required;
  return out;
}
/// The branch of a call with audio whose MSRP the realm refuses.
ng::Request refused_branch(const std::string& via_branch) {
  auto out = offer_of(Chat().text() + audio, via_branch);
  out.direction = ng::Direction{"access", "strict"};
  return out;
}

TEST(Branches, WhatComesForOneThatIsGoneTouchesNoOther) {
  ControllerRoom room;
  room.run(offer_of(Chat().text(), "b1"));
  room.run(offer_of(Chat().text(), "b2"));
  room.run(answer_of(plain_chat().text(), "bob", "b1"));
  room.pass(seconds(60));  // b2 only rings
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  auto elsewhere = plain_chat();
  elsewhere.ip = "192.0.2.7";
  const auto late = room.run(answer_of(elsewhere.text(), "carol", "b2"));
  EXPECT_TRUE(has(late.text("sdp"), "m=message 0 "));
  EXPECT_EQ(room.context()[1].config.remote, base::Address::parse("192.0.2.2:50000"));
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(room.run(delete_of("alice", {}, "b2")).text("warning").empty());
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  room.run(delete_of("alice"));
  EXPECT_TRUE(room.is_clean());
}

TEST(Branches, OneThatIsRefusedHasItsAnswerAndItsEndForItself) {
  for (const bool refused_first : {true, false}) {
    ControllerRoom room(with_strict_realm());
    if (refused_first) room.run(refused_branch("b2"));
    room.run(offer_of(Chat().text() + audio, "b1"));
    if (!refused_first) room.run(refused_branch("b2"));
    auto without = plain_chat();
    without.port = 0;
    room.run(answer_of(without.text() + audio, "carol", "b2"));
    EXPECT_EQ(room.gateway.contexts.size(), 1u);
    room.run(delete_of("alice", {}, "b2"));
    EXPECT_EQ(room.run(answer_of(plain_chat().text() + audio, "bob", "b1")).text("mode"), "agnostic");
    room.run(delete_of("bob"));
    EXPECT_TRUE(room.is_clean());
  }
}

TEST(Branches, TheTagsOfADialogGoBeforeTheBranchOfItsBye) {
  ControllerRoom room;
  room.run(offer_of(Chat().text(), "0"));
  room.run(offer_of(Chat().text(), "1"));
  room.run(answer_of(plain_chat().text(), "bob", "1"));
  room.run(delete_of("alice", "bob", "0"));
  EXPECT_EQ(room.query().text("state"), "offered");
  EXPECT_EQ(room.query().text("via-branch"), "0");
}

TEST(Branches, AStrangersTagEndsNoneOfSeveral) {
  ControllerRoom room;
  room.run(offer_of(Chat().text(), "b1"));
  room.run(offer_of(Chat().text(), "b2"));
  EXPECT_FALSE(room.run(delete_of("mallory")).text("warning").empty());
  EXPECT_EQ(room.gateway.contexts.size(), 2u);
}

TEST(Branches, AnInviteThatComesAgainWithCredentials) {
  ControllerRoom room;
  room.run(offer_of(Chat().text(), "v1"));
  room.run(offer_of(Chat().text(), "v2"));
  room.run(delete_of("alice", {}, "v1"));  // its 407
  EXPECT_EQ(room.run(answer_of(plain_chat().text(), "bob", "v2")).text("mode"), "agnostic");
  room.run(delete_of("bob"));
  EXPECT_TRUE(room.is_clean());
}

TEST(Branches, HaveALimit) {
  auto options = ControllerRoom::two_realms();
  options.max_branches = 2;
  ControllerRoom room(options);
  EXPECT_EQ(room.run(offer_of(Chat().text(), "b1")).text("result"), "ok");
  EXPECT_EQ(room.run(offer_of(Chat().text(), "b2")).text("result"), "ok");
  EXPECT_EQ(room.run(offer_of(Chat().text(), "b3")).text("error-reason"), "Parallel session limit reached");
}

TEST(Forks, TheChosenDialogsEndEndsAllEvenAfterAnEarlyOne) {
  ControllerRoom room;
  room.run(offer_of(Chat().text()));
  auto early = plain_chat();
  early.ip = "192.0.2.7";
  room.run(answer_of(early.text(), "early"));
  room.run(answer_of(plain_chat().text(), "bob"));
  // At once it might be the end of one of two dialogs; the other one must then come to life.
  room.run(delete_of("alice", "bob"));
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  room.pass(seconds(60));
  EXPECT_TRUE(room.is_clean());

  room.run(offer_of(Chat().text()));
  room.run(answer_of(early.text(), "early"));
  room.run(answer_of(plain_chat().text(), "bob"));
  room.pass(seconds(33));  // other 2xx would have come by now (RFC 3261 13.2.2.4)
  room.run(delete_of("alice", "bob"));
  EXPECT_TRUE(room.is_clean());
}

TEST(Forks, TheOneThatIsReturnedToStaysWhenItConnects) {
  ControllerRoom room;
  room.run(offer_of(Chat().text()));
  room.run(answer_of(plain_chat().text(), "a"));
  room.run(answer_of(plain_chat().text(), "b"));
  room.run(delete_of("alice", "b"));
  room.gateway.tell(iq::Event::connected);
  EXPECT_EQ(room.controller->deadline(), base::never);
  room.run(delete_of("a"));
  EXPECT_TRUE(room.is_clean());
}

TEST(Forks, TheByeOfOneThatWasNotChosenTakesNothing) {
  ControllerRoom room;
  room.run(offer_of(Chat().text()));
  room.run(answer_of(plain_chat().text(), "a"));
  room.run(answer_of(plain_chat().text(), "b"));
  room.run(delete_of("a"));
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  EXPECT_EQ(room.query().text("to-tag"), "b");
}

TEST(Forks, ARefusalHoweverOftenTakesNothingFromTheOther) {
  ControllerRoom room;
  room.run(offer_of(Chat().text()));
  room.run(answer_of(plain_chat().text(), "a"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(has(room.run(answer_of(test::refusal(), "b")).text("sdp"), "m=message 0 "));
    EXPECT_EQ(room.gateway.contexts.size(), 1u);
  }
}

TEST(Forks, AreBoundedAndSoIsWhatIsToldOfThem) {
  ControllerRoom room;
  room.run(offer_of(Chat().text()));
  for (int i = 0; i < 1000; ++i) room.run(answer_of(plain_chat().text(), "fork-" + std::to_string(i)));
  EXPECT_EQ(room.query().find("forks")->list()->size(), 8u);
}

TEST(Crossed, ASectionThatOnlyTheWaitingOfferHasMayBeToldOf) {
  for (const auto event : {iq::Event::refused, iq::Event::released}) {
    ControllerRoom room;
    room.establish();
    room.run(reoffer_of("alice", e2ae_chat().text() + e2ae_chat().section()));
    room.run(reoffer_of("bob", plain_chat().text()));
    ASSERT_EQ(room.gateway.contexts.size(), 2u);
    room.gateway.notify({room.gateway.contexts.rbegin()->first, {}, event, "a stray"});
    EXPECT_EQ(room.log.count(std::string(to_string(event)) + " call_id=call-1"), 1u);
    room.remove();
    EXPECT_TRUE(room.is_clean());
  }
}

TEST(Crossed, AnOfferThatFailsLeavesTheOneThatWaits) {
  ControllerRoom room;
  room.run(offer_of(Chat().text()));
  room.run(answer_of(plain_chat().text()));
  auto moved = Chat();
  moved.ip = "192.0.2.55";
  room.run(reoffer_of("alice", moved.text() + Chat().section()));
  room.gateway.ports_left = 0;
  auto secure = reoffer_of("bob", tls_chat().text());
  secure.msrp_tls = ng::MsrpTls::tcp;
  EXPECT_EQ(room.run(secure).text("error-reason"), "Ran out of ports");
  EXPECT_EQ(room.gateway.contexts.size(), 2u);
  const auto answer = room.run(answer_of(plain_chat().text() + plain_chat().section()));
  EXPECT_FALSE(has(answer.text("sdp"), "m=message 0 "));
  EXPECT_EQ(room.context()[0].config.source_filter->at(0), *base::IpAddress::parse("192.0.2.55"));
}

TEST(Crossed, AnAnswerMayBeRepeated) {
  ControllerRoom room;
  room.run(offer_of(Chat().text()));
  room.run(answer_of(plain_chat().text()));
  room.run(reoffer_of("alice", Chat().text()));
  auto moved = plain_chat();
  moved.port = 50002;
  room.run(reoffer_of("bob", moved.text()));
  auto active = Chat();
  active.setup = "active";
  auto answer = answer_of(active.text(), "alice");
  answer.from_tag = "bob";
  const auto first = room.run(answer);
  EXPECT_EQ(first.text("mode"), "agnostic");
  EXPECT_EQ(room.run(answer), first);
}

TEST(Crossed, BothMayBeAnsweredInEitherOrder) {
  for (const bool alice_first : {true, false}) {
    ControllerRoom room;
    room.establish();
    room.run(reoffer_of("alice", e2ae_chat().text()));
    auto bob = plain_chat();
    bob.setup = "actpass";
    room.run(reoffer_of("bob", bob.text()));
    const auto to_alice = answer_of(plain_chat().text());
    auto ue = e2ae_chat();
    ue.setup = "active";
    auto to_bob = answer_of(ue.text(), "alice");
    to_bob.from_tag = "bob";
    EXPECT_EQ(room.run(alice_first ? to_alice : to_bob).text("mode"), "agnostic");
    EXPECT_NE(room.controller->deadline(), base::never);  // the other one is still waited for
    const auto second = room.run(alice_first ? to_bob : to_alice);
    EXPECT_EQ(second.text("mode"), "agnostic") << second.text("why") << second.text("error-reason");
    EXPECT_EQ(room.gateway.contexts.size(), 1u);
    EXPECT_EQ(room.controller->deadline(), base::never);
    for (const auto& leg : room.context()) EXPECT_EQ(leg.restarts, 0);
    room.remove();
    EXPECT_TRUE(room.is_clean());
  }
}

TEST(Crossed, AnOfferThatIsNeverAnsweredGoesAfterItsTime) {
  ControllerRoom room;
  room.establish();
  room.run(reoffer_of("alice", Chat().text()));  // a context of its own
  room.run(reoffer_of("bob", plain_chat().text()));
  auto ue = e2ae_chat();
  ue.setup = "active";
  auto answer = answer_of(ue.text(), "alice");
  answer.from_tag = "bob";
  room.run(answer);
  EXPECT_EQ(room.gateway.contexts.size(), 2u);
  room.pass(seconds(60));
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  EXPECT_EQ(room.controller->deadline(), base::never);
}

TEST(Crossed, NothingIsReleasedTwice) {
  ControllerRoom room;
  room.establish();
  room.run(reoffer_of("alice", Chat().text()));  // plain now: a context of its own
  room.run(reoffer_of("bob", plain_chat().text()));
  const auto before = room.gateway.count(release);
  room.run(answer_of(plain_chat().text()));
  room.pass(seconds(60));
  EXPECT_EQ(room.gateway.count(release) - before, 1u);
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
}

TEST(Crossed, AnEarlierAnswerMayBeRepeatedBehindALaterOffer) {
  // 183 with SDP, an UPDATE of the callee, answered; then a 200 that says what the 183 said.
  ControllerRoom room;
  room.run(offer_of(e2ae_chat().text()));
  const auto first = room.run(answer_of(plain_chat().text()));
  auto moved = plain_chat();
  moved.ip = "192.0.2.8";
  moved.setup = "actpass";
  room.run(reoffer_of("bob", moved.text()));
  auto ue = e2ae_chat();
  ue.setup = "active";
  auto answer = answer_of(ue.text(), "alice");
  answer.from_tag = "bob";
  room.run(answer);
  const auto again = room.run(answer_of(plain_chat().text()));
  EXPECT_EQ(again.text("sdp"), first.text("sdp"));
  EXPECT_EQ(again.text("mode"), "agnostic");
  EXPECT_EQ(room.context()[1].config.remote, base::Address::parse("192.0.2.8:50000"));  // nothing has changed
  // One that says something else is not what was answered.
  auto other = plain_chat();
  other.ip = "192.0.2.9";
  EXPECT_TRUE(has(room.run(answer_of(other.text())).text("sdp"), "m=message 0 "));
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
}

TEST(Refresh, OfACalleeWithoutASetupKeepsItsRole) {
  for (const bool cema : {true, false}) {
    ControllerRoom room;
    room.run(offer_of(Chat().text()));
    auto bob = plain_chat();
    bob.cema = cema;
    bob.setup.clear();
    room.run(answer_of(bob.text()));
    const auto offer = room.run(reoffer_of("bob", bob.text()));
    EXPECT_EQ(offer.text("result"), "ok") << offer.text("error-reason");
    auto alice = Chat();
    alice.setup = "active";
    auto answer = answer_of(alice.text(), "alice");
    answer.from_tag = "bob";
    EXPECT_EQ(room.run(answer).text("mode"), "agnostic");
    for (const auto& leg : room.context()) EXPECT_EQ(leg.restarts, 0);
  }
}

TEST(Refusal, HasTheTransportOfItsOwnOffer) {
  ControllerRoom room;
  room.run(offer_of(Chat().text()));
  room.run(answer_of(plain_chat().text()));
  room.run(reoffer_of("alice", e2ae_chat().text()));
  EXPECT_TRUE(
      has(room.run(answer_of(test::refusal())).text("sdp"), "m=message 0 TCP/TLS/MSRP"));  // RFC 3264 6
}

TEST(SourceFilter, WithoutAnAddressTheProxysWordCountsUnlessTlsTellsWhoItIs) {
  for (const bool tls : {false, true}) {
    for (const auto* nowhere : {"0.0.0.0", "nowhere.example.com"}) {
      ControllerRoom room;
      auto chat = tls ? e2ae_chat() : Chat();
      chat.ip = nowhere;
      auto offer = offer_of(chat.text());
      offer.received_from = base::IpAddress::parse("198.51.100.7");
      room.run(offer);
      room.run(answer_of(plain_chat().text()));
      EXPECT_EQ(room.context()[0].config.source_filter->size(), tls ? 0u : 1u) << nowhere;
    }
  }
}

TEST(Reach, AnSdpDoesNotLeadTheGatewayToItsOwnMachineOrToMany) {
  for (const auto* nowhere :
       {"127.0.0.1", "127.8.9.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "169.254.1.1"}) {
    ControllerRoom room;
    room.run(offer_of(Chat().text()));
    auto callee = plain_chat();
    callee.ip = nowhere;
    const auto answer = room.run(answer_of(callee.text()));
    EXPECT_TRUE(has(answer.text("sdp"), "m=message 0 ")) << nowhere;
    EXPECT_TRUE(room.gateway.contexts.empty());
  }
  ControllerRoom room;  // in a realm that is loopback itself it is where its ends are
  room.gateway.address = "127.0.0.1";
  room.run(offer_of(Chat().text()));
  auto callee = plain_chat();
  callee.ip = "127.0.0.1";
  EXPECT_EQ(room.run(answer_of(callee.text())).text("mode"), "agnostic");
}

}  // namespace
}  // namespace controller
