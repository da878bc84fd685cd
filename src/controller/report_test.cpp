// What is told of calls: query, list, statistics, and that it fits a datagram.
#include <gtest/gtest.h>

#include "proto/ng/frame.hpp"
#include "tests/support/controller_room.hpp"

namespace controller {
namespace {

using test::Chat;
using test::ControllerRoom;
using test::e2ae_chat;
using test::plain_chat;

constexpr std::size_t datagram = 65'507;

std::size_t octets_of(const ng::Dictionary& reply) {
  const auto bencode = ng::print_frame("1", ng::Encoding::bencode, reply).size();
  return std::max(bencode, ng::print_frame("1", ng::Encoding::json, reply).size());
}

TEST(Query, SaysHowTheCallIsServed) {
  ControllerRoom room;
  room.offer(e2ae_chat());
  EXPECT_EQ(room.query().text("state"), "offered");
  room.answer(plain_chat());
  room.gateway.cause = "nothing yet";
  const auto reply = room.query();
  EXPECT_EQ(reply.text("result"), "ok");
  EXPECT_EQ(reply.text("call-id"), "call-1");
  EXPECT_EQ(reply.text("from-tag"), "alice");
  EXPECT_EQ(reply.text("to-tag"), "bob");
  EXPECT_EQ(reply.text("state"), "answered");
  EXPECT_EQ(reply.text("mode"), "agnostic");
  EXPECT_EQ(reply.text("why"),
            "e2ae requested by the offerer: its TLS ends at the gateway; both ends do CEMA: paths untouched");
  const auto& section = *reply.find("sections")->list()->at(0).dictionary();
  EXPECT_EQ(section.text("state"), "answered");
  EXPECT_EQ(section.text("security"), "tls");
  const auto& ends = *section.find("terminations")->list();
  ASSERT_EQ(ends.size(), 2u);
  const auto& access = *ends[0].dictionary();
  EXPECT_EQ(access.text("realm"), "access");
  EXPECT_EQ(access.text("transport"), "TCP/TLS");
  EXPECT_EQ(access.text("setup"), "passive");
  EXPECT_EQ(access.text("cause"), "nothing yet");
  EXPECT_EQ(access.text("fingerprint"), base::to_string(room.gateway.fingerprint));
  EXPECT_EQ(*access.find("octets-in"), 10);
  EXPECT_EQ(*access.find("messages-in")->dictionary()->find("SEND"), 1);
  EXPECT_EQ(ends[1].dictionary()->text("transport"), "TCP");
  EXPECT_EQ(ends[1].dictionary()->find("fingerprint"), nullptr);  // presents no certificate
  EXPECT_EQ(*reply.find("totals")->dictionary()->find("octets"), 30);
  EXPECT_EQ(room.controller->gauges().sessions.at({"agnostic", "tls"}), 1u);
}

TEST(Query, ShowsWhatOnlyAnAwareTerminationCounts) {
  ControllerRoom room;
  room.establish();
  room.gateway.contexts.begin()->second[1].config.transport = iq::Transport::tcp_msrp;
  const auto reply = room.query();
  const auto& ends = *reply.find("sections")->list()->at(0).dictionary()->find("terminations")->list();
  EXPECT_EQ(ends[0].dictionary()->find("payload-in"), nullptr);
  EXPECT_EQ(ends[0].dictionary()->find("rate-pauses"), nullptr);
  const auto& aware = *ends[1].dictionary();
  EXPECT_EQ(*aware.find("payload-in"), 10);
  EXPECT_EQ(*aware.find("too-large"), 1);
  for (const auto* key : {"payload-out", "completed-in", "completed-out", "aborted-in", "aborted-out",
                          "unmatched", "refused-types", "rate-pauses"})
    EXPECT_NE(aware.find(key), nullptr) << key;
}

TEST(Query, OfAnAwareSectionSaysWhatEachEndIsShownAndCountsMessages) {
  ControllerRoom room;
  Chat offer, answer = plain_chat();
  offer.cema = answer.cema = false;
  room.offer(offer);
  room.answer(answer);
  const auto reply = room.query();
  EXPECT_EQ(reply.text("mode"), "aware");
  const auto& section = *reply.find("sections")->list()->at(0).dictionary();
  EXPECT_EQ(section.text("mode"), "aware");
  EXPECT_EQ(section.text("security"), "none");
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& end = *section.find("ends")->list()->at(i).dictionary();
    EXPECT_EQ(end.text("shown-path"), room.context()[i].config.local_path->front());
    const auto& leg = *section.find("terminations")->list()->at(i).dictionary();
    EXPECT_EQ(leg.text("transport"), "TCP/MSRP");
    EXPECT_EQ(*leg.find("completed-in"), int(7 * (i + 1)));
  }
  EXPECT_EQ(room.controller->gauges().sessions.at({"aware", "none"}), 1u);
}

TEST(Query, OfAnUnknownCallIsAnError) {
  ControllerRoom room;
  EXPECT_EQ(room.query().text("error-reason"), "Unknown call-id");
}

TEST(Query, OfManySectionsFitsADatagramAndSaysWhatItLeftOut) {
  ControllerRoom room;
  std::string offer = Chat().text();
  for (int i = 1; i < 64; ++i) offer += Chat().section();
  room.run(room.request(ng::Command::offer, offer));
  room.gateway.cause = std::string(200, '"');  // JSON needs two octets for each
  const auto reply = room.query();
  EXPECT_LT(octets_of(reply), datagram);
  const auto shown = reply.find("sections")->list()->size();
  EXPECT_GT(shown, 10u);
  EXPECT_EQ(*reply.find("sections-omitted"), 64 - std::int64_t(shown));
  EXPECT_EQ(*reply.find("totals")->dictionary()->find("octets"), 64 * 30);  // of all
  EXPECT_LT(octets_of(room.remove()), datagram);
  EXPECT_TRUE(room.is_clean());
}

TEST(List, HasALimitAndFitsADatagram) {
  ControllerRoom room;
  room.gateway.ports_left = 10000;
  for (int i = 0; i < 100; ++i) {
    auto request = room.request(ng::Command::offer, Chat().text());
    request.call_id = std::string(1000, 'x') + std::to_string(i);
    room.run(request);
  }
  auto request = room.request(ng::Command::list);
  EXPECT_EQ(room.run(request).find("calls")->list()->size(), 32u);
  request.limit = 3;
  EXPECT_EQ(room.run(request).find("calls")->list()->size(), 3u);
  request.limit = 1000;
  const auto reply = room.run(request);
  EXPECT_LT(octets_of(reply), datagram);
  EXPECT_GE(reply.find("calls")->list()->size(), 32u);
}

TEST(Statistics, CountCallsAndSessions) {
  ControllerRoom room;
  room.establish();
  auto end_to_end = e2ae_chat();
  end_to_end.e2ae.clear();
  auto second = room.request(ng::Command::offer, end_to_end.text());
  second.call_id = "call-2";
  room.run(second);
  room.remove();
  const auto reply = room.run(room.request(ng::Command::statistics));
  const auto& now = *reply.find("statistics")->dictionary();
  EXPECT_EQ(*now.find("calls"), 1);
  EXPECT_EQ(*now.find("calls-total"), 2);
  EXPECT_EQ(*now.find("offers"), 2);
  EXPECT_EQ(*now.find("answers"), 1);
  EXPECT_EQ(*now.find("sessions")->dictionary()->find("e2e/e2e"), 1);
  EXPECT_EQ(*now.find("closed-sessions")->dictionary()->find("deleted"), 1);
  EXPECT_EQ(room.run(room.request(ng::Command::ping)).text("result"), "pong");
}

}  // namespace
}  // namespace controller
