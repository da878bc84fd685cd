// Every context is told of once when it is over, with what was known of it.
#include <gtest/gtest.h>

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

std::vector<std::string> causes(const ControllerRoom& room) {
  std::vector<std::string> out;
  for (const auto& session : room.sessions) out.push_back(session.cause);
  return out;
}
using Causes = std::vector<std::string>;

void connect(ControllerRoom& room, std::uint64_t termination) {
  room.gateway.notify(
      {room.gateway.contexts.begin()->first, iq::TerminationId{termination}, iq::Event::connected, ""});
}

TEST(EndedSession, OfADeletedCallTellsWhoAndHowAndHowMuch) {
  ControllerRoom room;
  const auto began = room.now;
  room.establish();
  room.controller->on_time(room.now += seconds(1));
  connect(room, 1);
  room.controller->on_time(room.now += seconds(1));
  connect(room, 2);
  room.controller->on_time(room.now += seconds(1));
  connect(room, 2);  // anew
  room.now += seconds(1);
  EXPECT_TRUE(room.sessions.empty());
  room.remove();
  ASSERT_EQ(room.sessions.size(), 1u);
  const auto& session = room.sessions[0];
  EXPECT_EQ(session.call_id, "call-1");
  EXPECT_EQ(session.via_branch, "");
  EXPECT_EQ(session.from_tag, "alice");
  EXPECT_EQ(session.to_tag, "bob");
  EXPECT_EQ(session.section, 1u);
  EXPECT_EQ(session.reserved, began);
  EXPECT_EQ(session.connected, began + seconds(2));
  EXPECT_EQ(session.ended, began + seconds(4));
  EXPECT_EQ(session.mode, "agnostic");
  EXPECT_EQ(session.security, "tls");
  EXPECT_TRUE(session.why.starts_with("e2ae requested by the offerer")) << session.why;
  EXPECT_EQ(session.cause, "deleted");
  EXPECT_EQ(session.legs[0].realm, "access");
  EXPECT_EQ(session.legs[0].counters.octets_in, 10u);
  EXPECT_EQ(session.legs[1].realm, "core");
  EXPECT_EQ(session.legs[1].counters.octets_in, 20u);
  EXPECT_TRUE(room.is_clean());
}

/// The first termination is the offerer's, who may be the callee.
TEST(EndedSession, HasTheCallersLegFirstWhoeverOffered) {
  ControllerRoom room;
  room.establish();
  auto secure = reoffer_of("bob", test::tls_chat().text());
  secure.msrp_tls = ng::MsrpTls::tls;
  room.run(secure);
  room.run(test::answer_from_alice(test::active_ue().text()));
  room.remove();
  ASSERT_EQ(causes(room), (Causes{"replaced", "deleted"}));
  EXPECT_EQ(room.sessions[1].legs[0].realm, "access");
  EXPECT_EQ(room.sessions[1].legs[0].termination, iq::TerminationId{2});
  EXPECT_EQ(room.sessions[1].legs[1].realm, "core");
}

TEST(EndedSession, TakesTheGatewaysWordForItsEnd) {
  const auto cause_of = [](const std::vector<iq::Notification>& told) {
    ControllerRoom room;
    room.establish();
    for (auto notification : told) {
      notification.context = room.gateway.contexts.begin()->first;
      room.gateway.notify(notification);
    }
    EXPECT_EQ(room.sessions.size(), 1u);
    room.remove();  // the bearer had ended before: nothing more is told
    EXPECT_TRUE(room.is_clean());
    return room.sessions[0].cause + "/" + room.sessions[0].cause_text;
  };
  using iq::Event;
  EXPECT_EQ(cause_of({{{}, {}, Event::released, "both peers closed", "closed"}}), "closed/both peers closed");
  EXPECT_EQ(cause_of({{{}, {}, Event::released, "x", "half_close"}}), "half_close/x");
  EXPECT_EQ(cause_of({{{}, {}, Event::tcp_failed, "refused"}, {{}, {}, Event::released, "refused"}}),
            "tcp_failed/refused");
  EXPECT_EQ(cause_of({{{}, {}, Event::timed_out, "not connected in time"}}),
            "timed_out/not connected in time");
  EXPECT_EQ(cause_of({{{}, {}, Event::inactive, ""}}), "inactive/");
  EXPECT_EQ(cause_of({{{}, {}, Event::released, "far away"}}), "released/far away");
}

TEST(EndedSession, WaitsForItsTotals) {
  ControllerRoom room;
  room.establish();
  room.gateway.answers_later = true;
  room.gateway.tell(iq::Event::released);
  EXPECT_TRUE(room.sessions.empty());
  room.gateway.answer_all();
  ASSERT_EQ(room.sessions.size(), 1u);
  EXPECT_EQ(room.sessions[0].legs[1].counters.octets_in, 20u);
}

TEST(EndedSession, IsToldWithoutTotalsWhereTheGatewayHasForgottenThem) {
  ControllerRoom room;
  room.establish();
  room.gateway.errors.push_back({iq::Errc::unknown_context, "unknown"});
  room.remove();
  ASSERT_EQ(causes(room), Causes{"deleted"});
  const auto& leg = room.sessions[0].legs[0];
  EXPECT_EQ(leg.realm, "access");
  EXPECT_EQ(leg.local.to_string(), "192.0.2.10:20000");
  EXPECT_EQ(leg.counters.octets_in, 0u);
}

TEST(EndedSession, ThatWasNeverAnswered) {
  ControllerRoom room;
  room.offer(Chat());
  room.pass(seconds(60));
  room.offer(Chat());
  room.remove();
  ASSERT_EQ(causes(room), (Causes{"offer_timeout", "deleted"}));
  EXPECT_EQ(room.sessions[0].to_tag, "");
  EXPECT_FALSE(room.sessions[0].connected);
  EXPECT_EQ(room.sessions[0].ended - room.sessions[0].reserved, seconds(60));
  EXPECT_TRUE(room.is_clean());
}

TEST(EndedSession, ThatAnAnswerRefusesSaysWhy) {
  ControllerRoom room;
  room.offer(Chat());
  room.run(answer_of(test::refusal()));
  ASSERT_EQ(causes(room), Causes{"refused"});
  EXPECT_EQ(room.sessions[0].cause_text, "the answerer refused the section");
  EXPECT_NE(room.sessions[0].why, room.sessions[0].cause_text);
  room.remove();
  EXPECT_TRUE(room.is_clean());
}

TEST(EndedSession, OfAnOfferThatFailsHalfway) {
  ControllerRoom room;
  room.gateway.ports_left = 2;
  room.run(offer_of(Chat().text() + Chat().section()));
  EXPECT_EQ(causes(room), Causes{"offer_failed"});
}

TEST(EndedSession, OfAForkIsOneForEachContext) {
  ControllerRoom room;
  room.run(offer_of(Chat().text(), "b1"));
  room.run(offer_of(Chat().text(), "b2"));
  room.run(answer_of(plain_chat().text(), "bob", "b1"));
  room.run(answer_of(plain_chat().text(), "carol", "b1"));  // forked behind the proxy: the same context
  room.run(delete_of("alice"));
  ASSERT_EQ(causes(room), (Causes{"deleted", "deleted"}));
  EXPECT_EQ(room.sessions[0].via_branch, "b1");
  EXPECT_EQ(room.sessions[0].to_tag, "carol");
  EXPECT_EQ(room.sessions[1].via_branch, "b2");
  EXPECT_TRUE(room.is_clean());
}

TEST(EndedSession, ThatIsFreedWhileItIsBeingReserved) {
  ControllerRoom room;
  room.gateway.answers_later = true;
  room.offer(Chat());
  room.controller->release_all(room.now, [] {});
  room.gateway.answer_all();
  ASSERT_EQ(causes(room), Causes{"deleted"});
  EXPECT_EQ(room.sessions[0].call_id, "call-1");
  EXPECT_EQ(room.sessions[0].from_tag, "alice");
  EXPECT_TRUE(room.is_clean());
}

TEST(EndedSession, OfEachSectionIsToldAtTheShutdown) {
  ControllerRoom room;
  room.run(offer_of(Chat().text() + Chat().section()));
  room.controller->release_all(room.now, [] {});
  ASSERT_EQ(causes(room), (Causes{"shutdown", "shutdown"}));
  EXPECT_EQ(room.sessions[1].section, 2u);
  EXPECT_TRUE(room.is_clean());
}

}  // namespace
}  // namespace controller
