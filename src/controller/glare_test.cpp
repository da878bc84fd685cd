// Offers that cross, answers that are repeated, forks: what was found by looking for orders that nobody had
// thought of.
#include <gtest/gtest.h>

#include "tests/support/commands.hpp"

namespace controller {
namespace {

using std::chrono::seconds;
using test::active_ue;
using test::answer_from_alice;
using test::answer_of;
using test::Chat;
using test::ControllerRoom;
using test::delete_of;
using test::e2ae_chat;
using test::offer_of;
using test::plain_chat;
using test::reoffer_of;
using test::tls_chat;

TEST(Forks, TheByeOfARefusingOneLeavesTheRunningOne) {
  ControllerRoom room;
  room.run(offer_of(Chat().text()));
  room.run(answer_of(plain_chat().text(), "a"));
  room.gateway.tell(iq::Event::connected);
  room.run(answer_of(test::refusal(), "b"));
  room.run(delete_of("alice", "b"));  // second 2xx is ACKed and BYEd
  for (const auto& leg : room.context()) EXPECT_EQ(leg.restarts, 0);
  room.pass(seconds(61));
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
}

TEST(Forks, ThatAnswerTheSameMoveNothing) {
  ControllerRoom room;
  room.run(offer_of(Chat().text()));
  room.run(answer_of(plain_chat().text(), "a"));
  room.run(answer_of(plain_chat().text(), "b"));
  room.gateway.tell(iq::Event::connected);
  room.run(delete_of("alice", "b"));
  for (const auto& leg : room.context()) EXPECT_EQ(leg.restarts, 0);
  room.pass(seconds(61));
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
}

TEST(Forks, TheEndOfTheOnlyOneThatServesEndsAll) {
  ControllerRoom room;
  room.run(offer_of(Chat().text()));
  room.run(answer_of(plain_chat().text(), "a"));
  room.run(answer_of(test::refusal(), "b"));
  room.run(delete_of("alice", "a"));
  EXPECT_TRUE(room.gateway.contexts.empty());
  EXPECT_TRUE(room.is_clean());
}

TEST(Forks, TheOneThatServesIsFoundByItsTagWhateverOthersRefused) {
  ControllerRoom room;
  room.run(offer_of(Chat().text()));
  room.run(answer_of(plain_chat().text(), "a"));
  room.run(answer_of(test::refusal(), "b"));
  room.pass(seconds(40));
  EXPECT_TRUE(room.run(delete_of("alice", "a")).text("warning").empty());
  EXPECT_TRUE(room.is_clean());
}

TEST(Forks, DeletedOneBehindTheOtherUnderASlowGateway) {
  ControllerRoom room;
  room.run(offer_of(Chat().text()));
  auto other = plain_chat();
  other.ip = "192.0.2.7";
  room.run(answer_of(other.text(), "a"));
  room.run(answer_of(plain_chat().text(), "b"));
  room.gateway.answers_later = true;
  room.gateway.tell(iq::Event::released);  // its Release is under way
  room.run(delete_of("alice", "b"));
  room.run(delete_of("alice", "a"));
  room.gateway.answer_all();
  room.pass(seconds(61));
  room.pass(seconds(61));
  EXPECT_TRUE(room.is_clean());
}

TEST(Repeated, AnswerBehindAnUpdateThatWaits) {
  ControllerRoom room;
  room.run(offer_of(e2ae_chat().text()));
  const auto first = room.run(answer_of(plain_chat().text()));
  auto moved = plain_chat();
  moved.setup = "actpass";
  room.run(reoffer_of("bob", moved.text()));
  const auto again = room.run(answer_of(plain_chat().text()));
  EXPECT_EQ(again.text("result"), "ok") << again.text("error-reason");
}

TEST(Repeated, AnswerBehindAnUpdateThatFailed) {
  ControllerRoom room;
  room.run(offer_of(e2ae_chat().text()));
  const auto first = room.run(answer_of(plain_chat().text()));
  auto bad = tls_chat();
  room.gateway.ports_left = 0;
  auto secure = reoffer_of("bob", tls_chat().text());
  secure.msrp_tls = ng::MsrpTls::tcp;
  EXPECT_EQ(room.run(secure).text("result"), "error");
  const auto again = room.run(answer_of(plain_chat().text()));
  EXPECT_EQ(again.text("result"), "ok") << again.text("error-reason");
}

TEST(Repeated, AnswerAfterBothCrossedWereAnswered) {
  for (int n = 0; n < 2; ++n) {
    ControllerRoom room;
    room.establish();
    room.run(reoffer_of("alice", e2ae_chat().text()));
    auto bob = plain_chat();
    bob.setup = "actpass";
    room.run(reoffer_of("bob", bob.text()));
    const auto x = n ? answer_from_alice(active_ue().text()) : answer_of(plain_chat().text());
    const auto y = n ? answer_of(plain_chat().text()) : answer_from_alice(active_ue().text());
    const auto first = room.run(x);
    room.run(y);
    ASSERT_EQ(room.gateway.contexts.size(), 1u);
    const auto again = room.run(x);
    EXPECT_EQ(again.text("sdp"), first.text("sdp")) << n << again.text("why") << again.text("error-reason");
    EXPECT_EQ(room.gateway.contexts.size(), 1u) << n;
  }
}

TEST(Crossed, AnAnswerToAReplacedContextLeavesWhatGoesOn) {
  ControllerRoom room;
  room.establish();
  bool told = false;
  room.controller->set_on_released([&](const auto&) { told = true; });
  room.run(reoffer_of("bob", plain_chat().text()));  // on the running context
  room.run(reoffer_of("alice", Chat().text()));      // plain: a context of its own
  EXPECT_EQ(room.gateway.contexts.size(), 2u);
  room.run(answer_of(plain_chat().text()));
  ASSERT_EQ(room.gateway.contexts.size(), 1u);
  const auto late = room.run(answer_from_alice(active_ue().text()));
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  EXPECT_FALSE(told);
}

TEST(Crossed, AReplacedContextHidesNoEnd) {
  ControllerRoom room;
  room.establish();
  bool told = false;
  room.controller->set_on_released([&](const auto&) { told = true; });
  room.run(reoffer_of("bob", plain_chat().text()));
  room.run(reoffer_of("alice", Chat().text()));
  room.run(answer_of(plain_chat().text()));
  ASSERT_EQ(room.gateway.contexts.size(), 1u);
  std::size_t sessions = 0;
  for (const auto& [k, v] : room.controller->gauges().sessions) sessions += v;
  EXPECT_EQ(sessions, 1u);
  room.gateway.tell(iq::Event::released);
  EXPECT_TRUE(told);
}

TEST(Crossed, Twice) {
  ControllerRoom room;
  room.establish();
  room.run(reoffer_of("bob", plain_chat().text()));   // c1
  room.run(reoffer_of("alice", Chat().text()));       // c2
  room.run(answer_of(plain_chat().text()));           // c2 runs, c1 gone
  room.run(reoffer_of("alice", e2ae_chat().text()));  // c3, legs as c1
  room.run(answer_of(plain_chat().text()));
  ASSERT_EQ(room.gateway.contexts.size(), 1u);
  const auto late = room.run(answer_from_alice(active_ue().text()));
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
}

TEST(Crossed, ABearerThatEndsMeanwhile) {
  ControllerRoom room;
  room.establish();
  int told = 0;
  room.controller->set_on_released([&](const auto&) { ++told; });
  room.run(reoffer_of("alice", e2ae_chat().text()));
  auto bob = plain_chat();
  bob.setup = "actpass";
  room.run(reoffer_of("bob", bob.text()));
  room.run(answer_from_alice(active_ue().text()));
  room.gateway.tell(iq::Event::released);
  EXPECT_EQ(told, 1);
  for (int i = 0; i < 6; ++i) room.pass(seconds(301));
  EXPECT_TRUE(room.is_clean());
}

TEST(Forks, ReturnToOneThatServes) {
  ControllerRoom room;
  room.run(offer_of(Chat().text()));
  room.run(answer_of(plain_chat().text(), "a"));
  room.run(answer_of(test::refusal(), "b"));
  auto other = plain_chat();
  other.ip = "192.0.2.7";
  room.run(answer_of(other.text(), "c"));
  room.run(delete_of("alice", "c"));
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
}

TEST(Bearer, ThatEndsWhileAnOfferWaitsIsToldWhenNothingComesOfIt) {
  ControllerRoom room;
  room.establish();
  int told = 0;
  room.controller->set_on_released([&](const auto&) { ++told; });
  room.run(reoffer_of("alice", Chat().text()));  // c2
  room.gateway.tell(iq::Event::released);        // c1
  for (int i = 0; i < 4; ++i) room.pass(seconds(301));
  EXPECT_TRUE(room.is_clean());
  EXPECT_EQ(told, 1);
}

TEST(Repeated, AnswerBehindAClosedFirstSection) {
  ControllerRoom room;
  const auto two = [](Chat a, Chat b) { return a.text() + b.section(); };
  auto off = Chat();
  off.port = 0;
  auto poff = plain_chat();
  poff.port = 0;
  room.run(offer_of(two(Chat(), Chat())));
  room.run(answer_of(two(poff, plain_chat())));
  auto bob = plain_chat();
  bob.setup = "actpass";
  room.run(reoffer_of("bob", two(poff, bob)));
  auto act = Chat();
  act.setup = "active";
  const auto b1 = room.run(answer_from_alice(two(off, act)));
  room.run(reoffer_of("alice", two(off, Chat())));
  room.run(answer_of(two(poff, plain_chat())));
  const auto again = room.run(answer_from_alice(two(off, act)));
  EXPECT_EQ(again.text("result"), "ok") << again.text("error-reason");
  EXPECT_EQ(again.text("sdp"), b1.text("sdp")) << again.text("why");
}

TEST(Repeated, AnswerWhenALaterOfferHasFailed) {
  ControllerRoom room;
  room.establish();
  auto bob = plain_chat();
  bob.setup = "actpass";
  room.run(reoffer_of("bob", bob.text()));
  const auto b1 = room.run(answer_from_alice(active_ue().text()));
  room.gateway.ports_left = 0;
  EXPECT_EQ(room.run(reoffer_of("alice", Chat().text())).text("result"), "error");
  const auto again = room.run(answer_from_alice(active_ue().text()));
  EXPECT_EQ(again.text("sdp"), b1.text("sdp")) << again.text("error-reason") << again.text("why");
  const auto stale = room.run(answer_of(plain_chat().text()));  // 200 of the very first INVITE
  EXPECT_EQ(room.gateway.contexts.size(), 1u) << stale.text("why");
}

}  // namespace
}  // namespace controller
