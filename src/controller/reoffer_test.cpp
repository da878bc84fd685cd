// Later offers: what was answered goes on until they are answered too (RFC 3264 8). And commands that a
// gateway elsewhere makes wait.
#include <gtest/gtest.h>

#include "tests/support/controller_room.hpp"

namespace controller {
namespace {

using std::chrono::seconds;
using test::Chat;
using test::ControllerRoom;
using test::e2ae_chat;
using test::plain_chat;
using test::tls_chat;

constexpr std::size_t reserve = 0, restart = 2;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

/// The callee's offer inside the dialog: tags and realms swapped, and no flags.
ng::Request from_callee(const Chat& chat) {
  auto out = ControllerRoom::request(ng::Command::offer, chat.text());
  out.from_tag = "bob";
  out.to_tag = "alice";
  out.direction = ng::Direction{"core", "access"};
  return out;
}
ng::Request answer_of_caller(const Chat& chat) {
  auto out = ControllerRoom::request(ng::Command::answer, chat.text());
  out.from_tag = "bob";
  out.to_tag = "alice";
  return out;
}

TEST(Reoffer, UnchangedKeepsPortsContextAndConnection) {
  ControllerRoom room;
  const auto offer = room.offer(e2ae_chat());
  const auto answer = room.answer(plain_chat());
  EXPECT_EQ(room.offer(e2ae_chat()), offer);
  EXPECT_EQ(room.answer(plain_chat()), answer);
  EXPECT_EQ(room.gateway.count(reserve), 2u);
  EXPECT_EQ(room.gateway.count(restart), 0u);
  EXPECT_EQ(room.controller->deadline(), base::never);
}

TEST(Reoffer, WithAnotherAddressOrKeyRestartsAfterItsAnswer) {
  auto moved = e2ae_chat(), rekeyed = e2ae_chat();
  moved.ip = "192.0.2.7";
  rekeyed.fingerprint = test::fingerprint_of_other;
  for (const auto& chat : {moved, rekeyed}) {
    ControllerRoom room;
    room.establish();
    const auto before = room.context()[0].config;
    room.offer(chat);
    EXPECT_EQ(room.gateway.count(restart), 0u);
    EXPECT_EQ(room.context()[0].config.source_filter, before.source_filter);  // not before the answer
    EXPECT_EQ(room.context()[0].config.remote_fingerprints, before.remote_fingerprints);
    room.answer(plain_chat());
    EXPECT_EQ(room.context()[0].restarts, 1);
    EXPECT_EQ(room.gateway.count(reserve), 2u);
    EXPECT_EQ(room.context()[0].config.source_filter->at(0), *base::IpAddress::parse(chat.ip));
    EXPECT_EQ(base::to_string(room.context()[0].config.remote_fingerprints->at(0)), chat.fingerprint);
  }
}

TEST(Reoffer, WithoutDirectionMeansTheRealmsOfTheCall) {
  ControllerRoom room;
  room.establish();
  auto again = room.request(ng::Command::offer, e2ae_chat().text());
  again.direction.reset();
  room.run(again);
  room.answer(plain_chat());
  EXPECT_EQ(room.gateway.count(reserve), 2u);
  EXPECT_EQ(room.context()[1].realm, "core");
}

TEST(Reoffer, OfTheCalleeKeepsTheCallersE2ae) {
  ControllerRoom room;
  room.establish();
  auto callee = plain_chat();
  callee.setup = "actpass";
  const auto offer = room.run(from_callee(callee));
  // Nothing was said of the caller's TLS, and so nothing is taken away from it.
  EXPECT_TRUE(has(offer.text("sdp"), "m=message 20000 TCP/TLS/MSRP *")) << offer.text("sdp");
  EXPECT_TRUE(has(offer.text("sdp"), "a=3ge2ae:applied"));
  auto caller = e2ae_chat();
  caller.e2ae.clear();
  caller.setup = "active";
  const auto answer = room.run(answer_of_caller(caller));
  EXPECT_TRUE(has(answer.text("sdp"), "m=message 20001 TCP/MSRP *")) << answer.text("sdp");
  EXPECT_FALSE(has(answer.text("sdp"), "fingerprint"));
  EXPECT_EQ(room.gateway.count(reserve), 2u);
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
}

TEST(Reoffer, KeepsTlsThatAnEarlierCommandGaveTheRecipient) {
  ControllerRoom room;
  auto request = room.request(ng::Command::offer, Chat().text());
  request.msrp_tls = ng::MsrpTls::tls;
  room.run(request);
  room.answer(tls_chat());
  EXPECT_TRUE(has(room.offer(Chat()).text("sdp"), "m=message 20001 TCP/TLS/MSRP *"));
  request.msrp_tls = ng::MsrpTls::tcp;  // unless it is told
  EXPECT_TRUE(has(room.run(request).text("sdp"), "TCP/MSRP *"));
}

TEST(Reoffer, WithOtherSecurityHasAContextOfItsOwnUntilItsAnswer) {
  ControllerRoom room;
  room.establish();
  const auto running = room.gateway.contexts.begin()->first;
  auto request = room.request(ng::Command::offer, e2ae_chat().text());
  request.flags = {"msrp-e2ae"};
  room.run(request);
  EXPECT_EQ(room.gateway.contexts.size(), 2u);
  EXPECT_EQ(*room.query().find("sections")->list()->at(0).dictionary()->find("why"),
            "e2ae requested by the offerer: its TLS ends at the gateway; both ends do CEMA: paths untouched");
  room.answer(tls_chat());
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  EXPECT_FALSE(room.gateway.contexts.contains(running));
  room.remove();
  EXPECT_TRUE(room.is_clean());
}

TEST(Reoffer, ThatFailsOrIsNeverAnsweredLeavesTheRunningCall) {
  ControllerRoom room;
  room.establish();
  const auto running = room.gateway.contexts.begin()->first;
  auto request = room.request(ng::Command::offer, e2ae_chat().text());
  request.flags = {"msrp-e2ae"};
  const auto ports = std::exchange(room.gateway.ports_left, 1);
  EXPECT_EQ(room.run(request).text("error-reason"), "Ran out of ports");
  room.gateway.ports_left = ports;
  auto malformed = e2ae_chat();
  malformed.fingerprint = "sha-256 00";
  EXPECT_EQ(room.offer(malformed).text("result"), "error");
  EXPECT_EQ(room.controller->deadline(), base::never);

  room.run(request);  // the far end says 488: nobody tells us
  EXPECT_EQ(room.gateway.contexts.size(), 2u);
  room.pass(seconds(60));
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  EXPECT_TRUE(room.gateway.contexts.contains(running));
  const auto late = room.answer(tls_chat());
  EXPECT_TRUE(has(late.text("why"), "too late"));
  EXPECT_TRUE(has(late.text("sdp"), "m=message 0 "));
  EXPECT_EQ(room.offer(e2ae_chat()).text("result"), "ok");
  room.answer(plain_chat());
  EXPECT_EQ(room.gateway.count(restart), 0u);
  EXPECT_TRUE(room.gateway.contexts.contains(running));
  room.remove();
  EXPECT_TRUE(room.is_clean());
}

TEST(Reoffer, WithPort0OrWithoutTheSectionEndsItWithTheAnswer) {
  auto removed = e2ae_chat();
  removed.port = 0;
  for (const auto& offer : {removed.text(), std::string("v=0\r\nm=audio 1 RTP/AVP 0\r\n")}) {
    ControllerRoom room;
    room.establish();
    room.run(room.request(ng::Command::offer, offer));
    EXPECT_EQ(room.gateway.contexts.size(), 1u);
    room.run(room.request(ng::Command::answer, offer));
    EXPECT_TRUE(room.gateway.contexts.empty());
    EXPECT_FALSE(
        room.query().find("sections")->list()->at(0).dictionary()->find("terminations")->list()->empty());
    room.pass(seconds(60));
    EXPECT_TRUE(room.is_clean());
  }
}

TEST(Reoffer, RevivesACallWhoseBearerHasEnded) {
  ControllerRoom room;
  room.establish();
  room.gateway.tell(iq::Event::released, "peer closed");
  room.pass(seconds(1));
  room.establish();
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  room.pass(seconds(100));
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  EXPECT_EQ(room.controller->deadline(), base::never);
}

/// Replies of commands that may come later, in the order in which they came.
struct Replies {
  std::vector<ng::Dictionary> all;
  void run(ControllerRoom& room, const ng::Request& request) {
    room.controller->execute(request, room.now,
                             [this](const ng::Value& value) { all.push_back(*value.dictionary()); });
  }
};

TEST(Later, CommandsOfACallGoOneBehindTheOther) {
  ControllerRoom room;
  room.gateway.answers_later = true;
  Replies replies;
  replies.run(room, room.request(ng::Command::offer, Chat().text() + Chat().section()));
  replies.run(room, room.request(ng::Command::answer, plain_chat().text() + plain_chat().section()));
  replies.run(room, room.request(ng::Command::query));
  replies.run(room, room.request(ng::Command::delete_call));
  replies.run(room, room.request(ng::Command::delete_call));
  EXPECT_TRUE(replies.all.empty());
  EXPECT_EQ(room.gateway.requests.size(), 1u);
  room.gateway.answer_all();
  ASSERT_EQ(replies.all.size(), 5u);
  EXPECT_TRUE(has(replies.all[0].text("sdp"), "m=message 20001 "));
  EXPECT_TRUE(has(replies.all[1].text("sdp"), "m=message 20000 "));
  EXPECT_EQ(replies.all[2].text("state"), "answered");
  EXPECT_EQ(*replies.all[3].find("totals")->dictionary()->find("octets"), 60);
  EXPECT_FALSE(replies.all[4].text("warning").empty());
  EXPECT_TRUE(room.is_clean());
}

TEST(Later, TooManyCommandsOfOneCallAreRefusedAndOtherCallsGoOn) {
  ControllerRoom room;
  room.gateway.answers_later = true;
  Replies replies;
  replies.run(room, room.request(ng::Command::offer, Chat().text()));
  for (int i = 0; i < 16; ++i) replies.run(room, room.request(ng::Command::query));
  EXPECT_TRUE(replies.all.empty());
  replies.run(room, room.request(ng::Command::query));
  ASSERT_EQ(replies.all.size(), 1u);
  EXPECT_TRUE(has(replies.all[0].text("error-reason"), "too many commands"));
  auto other = room.request(ng::Command::offer, Chat().text());
  other.call_id = "call-2";
  replies.run(room, other);
  EXPECT_EQ(room.gateway.requests.size(), 2u);
  room.gateway.answer_all();
  EXPECT_EQ(replies.all.size(), 19u);
}

TEST(Later, ErrorsAtEveryStepLeakNothing) {
  const iq::Error failure{iq::Errc::not_supported, "the gateway cannot"};
  for (const bool later : {false, true}) {
    for (std::size_t failing = 0; failing < 4; ++failing) {  // Reserve, Reserve, Configure, Configure
      ControllerRoom room;
      room.gateway.answers_later = later;
      std::vector<ng::Dictionary> replies;
      const auto step = [&](const ng::Request& request) {
        room.controller->execute(request, room.now,
                                 [&](const ng::Value& v) { replies.push_back(*v.dictionary()); });
        while (!room.gateway.replies.empty()) {
          if (room.gateway.requests.size() == failing) room.gateway.errors = {failure};
          room.gateway.answer_one();
        }
      };
      if (failing == 0) room.gateway.errors = {failure};
      step(room.request(ng::Command::offer, Chat().text() + Chat().section()));
      step(room.request(ng::Command::answer, plain_chat().text() + plain_chat().section()));
      ASSERT_EQ(replies.size(), 2u);
      if (later || failing == 0) {
        EXPECT_TRUE(has(replies[0].text("why"), failure.text) || has(replies[1].text("why"), failure.text))
            << failing;
        EXPECT_TRUE(has(replies[1].text("sdp"), "m=message 0 ")) << failing;
        EXPECT_EQ(room.gateway.contexts.size(), 1u);
      }
      step(room.request(ng::Command::delete_call));
      EXPECT_TRUE(room.is_clean()) << failing;
    }
  }
}

TEST(Later, ACallFreedWhileItIsBeingServedLeaksNothing) {
  // By shutdown, at every point of an offer and an answer of two sections.
  for (std::size_t answered = 0; answered < 5; ++answered) {
    ControllerRoom room;
    room.gateway.answers_later = true;
    Replies replies;
    replies.run(room, room.request(ng::Command::offer, Chat().text() + Chat().section()));
    replies.run(room, room.request(ng::Command::answer, plain_chat().text() + plain_chat().section()));
    for (std::size_t i = 0; i < answered && !room.gateway.replies.empty(); ++i) room.gateway.answer_one();
    bool done = false;
    room.controller->release_all(room.now, [&] { done = true; });
    room.gateway.answer_all();
    EXPECT_TRUE(done);
    EXPECT_EQ(replies.all.size(), 2u);
    EXPECT_TRUE(room.is_clean()) << answered;
  }
}

TEST(Later, TimeThatComesUnderACommandWaitsForIt) {
  ControllerRoom room;
  room.establish();
  auto request = room.request(ng::Command::offer, e2ae_chat().text());
  request.flags = {"msrp-e2ae"};
  room.run(request);
  room.gateway.answers_later = true;
  Replies replies;
  replies.run(room, room.request(ng::Command::answer, tls_chat().text()));
  room.pass(seconds(60));
  room.gateway.answer_all();
  ASSERT_EQ(replies.all.size(), 1u);
  EXPECT_EQ(replies.all[0].text("mode"), "agnostic");
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  EXPECT_EQ(room.controller->deadline(), base::never);

  request.call_id = "call-2";
  replies.run(room, request);
  room.pass(seconds(60));
  EXPECT_EQ(room.gateway.contexts.size(), 2u);
  room.gateway.answer_all();
  room.pass(seconds(1));  // then its time has come
  room.gateway.answer_all();
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
}

TEST(Later, ABearerThatEndsUnderAnAnswerRefusesIt) {
  ControllerRoom room;
  room.offer(Chat());
  room.gateway.answers_later = true;
  Replies replies;
  replies.run(room, room.request(ng::Command::answer, plain_chat().text()));
  room.gateway.tell(iq::Event::released, "peer closed");
  room.gateway.answer_all();
  ASSERT_EQ(replies.all.size(), 1u);
  EXPECT_TRUE(has(replies.all[0].text("sdp"), "m=message 0 "));
  room.gateway.answers_later = false;
  room.pass(seconds(60));
  EXPECT_TRUE(room.is_clean());
}

}  // namespace
}  // namespace controller
