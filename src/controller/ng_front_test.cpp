#include <gtest/gtest.h>

#include "proto/ng/frame.hpp"
#include "proto/ng/request.hpp"
#include "tests/support/controller_room.hpp"

namespace controller {
namespace {

using std::chrono::seconds;
using test::ControllerRoom;

class Front : public testing::Test {
 protected:
  /// The answer to a frame from a local socket, or from that address; empty: none.
  std::string say(std::string_view frame, const char* from = nullptr, const std::string& key = "unix:/x") {
    std::optional<base::IpAddress> ip;
    if (from != nullptr) ip = base::IpAddress::parse(from);
    auto out = std::make_shared<std::string>();
    front.on_frame(frame, from == nullptr ? key : from, ip ? &*ip : nullptr, room.now,
                   [out](std::string payload) { *out = std::move(payload); });
    return *out;
  }
  static std::string frame(std::string_view cookie, const ng::Request& request,
                           ng::Encoding encoding = ng::Encoding::bencode) {
    return ng::print_frame(cookie, encoding, ng::print_request(request));
  }
  static ng::Dictionary parsed(std::string_view answer) {
    const auto split = ng::parse_frame(answer);
    return split ? *ng::parse_payload(split->payload) : ng::Dictionary();
  }
  std::uint64_t counted(const std::string& command, const std::string& result) {
    const auto& all = front.counters().requests;
    const auto found = all.find({command, result});
    return found == all.end() ? 0 : found->second;
  }

  ControllerRoom room;
  NgFront front{
      *room.controller, {*base::Network::parse("127.0.0.0/8"), *base::Network::parse("::1/128")}, room.log};
};

TEST_F(Front, AnswersWithTheCookieAndInTheEncodingOfTheRequest) {
  EXPECT_EQ(say("123_4 d7:command4:pinge"), "123_4 d6:result4:ponge");
  EXPECT_EQ(say("123_5 {\"command\":\"ping\"}"), "123_5 {\"result\":\"pong\"}");
  EXPECT_EQ(counted("ping", "pong"), 2u);
  EXPECT_EQ(front.counters().seconds.at("ping").first, 2u);
}

TEST_F(Front, OnlyTheNetworksOfTheListMayCommand) {
  EXPECT_EQ(say("1 d7:command4:pinge", "127.9.9.9"), "1 d6:result4:ponge");
  EXPECT_EQ(say("2 d7:command4:pinge", "::1"), "2 d6:result4:ponge");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(say("3 d7:command4:pinge", "192.0.2.1"), "");
  EXPECT_EQ(say("nonsense", "192.0.2.1"), "");
  EXPECT_EQ(front.counters().refused_source, 4u);
  EXPECT_EQ(front.counters().malformed, 0u);
  EXPECT_EQ(room.log.count("ng_source_refused source=192.0.2.1"), 1u);
  front.set_allow({});
  EXPECT_EQ(say("4 d7:command4:pinge", "127.0.0.1"), "");
  EXPECT_EQ(say("5 d7:command4:pinge"), "5 d6:result4:ponge");  // a local socket: its file's mode decides
}

TEST_F(Front, WhatHasNoCookieIsDroppedAndCounted) {
  for (const auto* text : {"", "d7:command4:pinge", " ", "nonsense"}) EXPECT_EQ(say(text), "") << text;
  EXPECT_EQ(front.counters().malformed, 4u);
}

TEST_F(Front, WhatIsMalformedBehindACookieIsAnErrorThatNamesTheFault) {
  const auto reason = [&](const std::string& text) {
    const auto reply = parsed(say(text));
    EXPECT_EQ(reply.text("result"), "error") << text;
    return std::string(reply.text("error-reason"));
  };
  EXPECT_NE(reason("1 d7:command").find("octet"), std::string::npos);
  EXPECT_NE(reason("2 {\"command\":").find("octet"), std::string::npos);
  EXPECT_NE(reason("3 what?").find("malformed request"), std::string::npos);
  EXPECT_EQ(reason("4 d7:command5:danceee").empty(), false);
  EXPECT_EQ(reason("5 d7:command5:dancee"), "Unrecognized command");
  EXPECT_EQ(reason("6 d7:command5:offere"), "No call-id in message");
  EXPECT_EQ(reason("7 d7:call-id1:x7:command6:delete8:msrp-tls5:maybee"),
            "Invalid msrp-tls: expected tls, tcp or passthru");
  EXPECT_EQ(front.counters().malformed, 7u);
  EXPECT_EQ(counted("invalid", "error"), 3u);
}

TEST_F(Front, ARetransmissionGetsTheStoredReplyAndIsNotCarriedOutAgain) {
  const auto text = frame("77", room.request(ng::Command::offer, test::Chat().text()));
  const auto first = say(text);
  EXPECT_EQ(parsed(first).text("result"), "ok");
  EXPECT_EQ(say(text), first);
  EXPECT_EQ(room.gateway.requests.size(), 1u);
  EXPECT_EQ(front.counters().retransmissions, 1u);
  EXPECT_EQ(counted("offer", "ok"), 1u);
  say(text, nullptr, "unix:/another");  // the same cookie of somebody else is another request
  EXPECT_EQ(counted("offer", "ok"), 2u);
  room.now += seconds(31);
  say(text);
  EXPECT_EQ(counted("offer", "ok"), 3u);
}

TEST_F(Front, ARetransmissionOfWhatIsUnderWayIsDropped) {
  room.gateway.answers_later = true;
  const auto text = frame("78", room.request(ng::Command::offer, test::Chat().text()));
  auto out = std::make_shared<std::vector<std::string>>();
  const auto send = [&] {
    front.on_frame(text, "k", nullptr, room.now,
                   [out](std::string payload) { out->push_back(std::move(payload)); });
  };
  send();
  send();
  EXPECT_TRUE(out->empty());
  EXPECT_EQ(room.gateway.requests.size(), 1u);
  room.gateway.answer_all();
  EXPECT_EQ(out->size(), 1u);
  EXPECT_EQ(front.counters().retransmissions, 1u);
  send();
  EXPECT_EQ(out->size(), 2u);
}

TEST_F(Front, UnknownKeysAndFlagsAreLoggedOnceEach) {
  for (int i = 0; i < 3; ++i)
    say(std::to_string(i) + " {\"command\":\"ping\",\"ICE\":\"remove\",\"flags\":[\"loop-protect\"]}");
  EXPECT_EQ(room.log.count("ng_unknown kind=key name=ICE"), 1u);
  EXPECT_EQ(room.log.count("ng_unknown kind=flag name=loop-protect"), 1u);
  for (int i = 0; i < 3000; ++i)
    say("x" + std::to_string(i) + " {\"command\":\"ping\",\"k" + std::to_string(i) + "\":\"v\"}");
  EXPECT_EQ(room.log.count("ng_unknown"), 1000u);  // beyond, somebody is playing
}

TEST_F(Front, ErrorsOfTheControllerAreCountedAsSuch) {
  say(frame("1", room.request(ng::Command::answer, test::Chat().text())));
  say(frame("2", room.request(ng::Command::delete_call)));
  EXPECT_EQ(counted("answer", "error"), 1u);
  EXPECT_EQ(counted("delete", "ok"), 1u);
}

TEST_F(Front, AnAnswerThatFitsNoDatagramIsAnError) {
  // Near the limit already, and every section gets an a=setup.
  std::string sdp = test::Chat().text();
  auto chat = test::Chat();
  chat.setup.clear();
  for (int i = 0; i < 60; ++i) sdp += chat.section();
  const std::string filler = "a=x:" + std::string(100, 'x') + "\r\n";
  while (sdp.size() + filler.size() < 65'000) sdp += filler;
  const auto answer = say(frame("1", room.request(ng::Command::offer, sdp)));
  EXPECT_EQ(parsed(answer).text("error-reason"), "the answer does not fit a datagram");
}

}  // namespace
}  // namespace controller
