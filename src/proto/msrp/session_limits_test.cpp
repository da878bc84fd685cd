// Every limit of a session.
#include <gtest/gtest.h>

#include "proto/msrp/session.hpp"
#include "tests/support/msrp_session.hpp"

namespace {

using test::bodiless;
using test::BoundAlice;
using test::MsrpChunk;
using test::MsrpEnd;
using test::print;
using test::report_about;
using test::status_of;
using test::tildes;

TEST(SessionLimits, TheMessagesAndForgetsTheOldestThatOnlyWaitsForReports) {
  auto options = MsrpEnd::alice();
  options.sender.messages = 2;
  BoundAlice alice(std::move(options));
  const auto first = alice.send(tildes(10, msrp::FailureReport::no, true));
  alice.say();
  alice.send(tildes(10));
  alice.send(tildes(10));
  EXPECT_EQ(alice.session.progress(first), std::nullopt);
  EXPECT_EQ(alice.session.send(tildes(10)).error().code, msrp::Errc::too_large);
}

TEST(SessionLimits, TheUnansweredRequests) {
  auto options = MsrpEnd::alice();
  options.sender.transactions = 2;
  BoundAlice alice(std::move(options));
  for (int i = 0; i < 3; ++i) alice.send(tildes(10));
  const auto wire = alice.say();
  EXPECT_EQ(alice.diary.take(), "sent 1\nsent 2\n");
  EXPECT_FALSE(alice.session.has_output());
  alice.hear(test::response_to(wire));
  EXPECT_TRUE(alice.session.has_output());
  alice.say();
  EXPECT_EQ(alice.diary.take(), "accepted 1\nsent 3\n");
  alice.send(tildes(10, msrp::FailureReport::no));  // needs no answer
  alice.say();
  EXPECT_EQ(alice.diary.take(), "sent 4\n");
}

TEST(SessionLimits, TheRequestsThatNobodyNeedsToAnswer) {
  auto options = MsrpEnd::alice();
  options.sender.transactions = 2;
  BoundAlice alice(std::move(options));
  for (int i = 0; i < 5; ++i) alice.send(tildes(10, msrp::FailureReport::partial));
  alice.say();
  EXPECT_EQ(alice.diary.take(), "sent 1\nsent 2\nsent 3\nsent 4\nsent 5\n");
}

TEST(SessionLimits, TheRangesOfSuccessReports) {
  auto options = MsrpEnd::alice();
  options.sender.report_ranges = 2;
  BoundAlice alice(std::move(options));
  const auto id = alice.send(tildes(100, msrp::FailureReport::no, true));
  const auto sent = alice.say();
  for (const auto* range : {"1-1/100", "3-3/100", "5-5/100"})
    alice.hear(report_about(sent, "000 200 OK", range));
  EXPECT_EQ(alice.session.progress(id)->reported, 2u);
}

TEST(SessionLimits, TheTypesRememberedAsRefused) {
  auto options = MsrpEnd::alice();
  options.sender.refused_types = 1;
  BoundAlice alice(std::move(options));
  for (const auto* type : {"a/a", "a/b"}) {
    alice.send(msrp::text_message("x", type));
    alice.hear(test::response_to(alice.say(), "415 no"));
  }
  EXPECT_FALSE(alice.session.send(msrp::text_message("x", "a/a")));
  EXPECT_TRUE(alice.session.send(msrp::text_message("x", "a/b")));
}

TEST(SessionReceives, NoMoreThanItsMaximum) {
  auto options = MsrpEnd::bob();
  options.receiver.max_message = 10;
  MsrpEnd bob(std::move(options));
  bob.hear(print({.range = "1-11/11", .body = "eleven octe"}));
  EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 text/plain\naborted 1 too large\n");
  EXPECT_EQ(status_of(bob.say()), "413");
  // Unannounced, and answered before the chunk has ended.
  const auto wire = print({.body = "twelve octets", .message_id = "m2"});
  bob.hear(wire.substr(0, wire.size() - 5));
  EXPECT_EQ(status_of(bob.say()), "413");
  bob.hear(wire.substr(wire.size() - 5));
  EXPECT_EQ(bob.say(), "");
  EXPECT_EQ(bob.diary.take(), "started 2 text/plain\naborted 2 too large\n");
  // Further chunks of it are refused too.
  bob.hear(print({.body = "x", .message_id = "m2"}));
  EXPECT_EQ(status_of(bob.say()), "413");
  EXPECT_EQ(bob.diary.take(), "");
  bob.hear(print({.body = "ten octets", .message_id = "m3"}));
  EXPECT_EQ(bob.diary.take(), "started 3 text/plain\nreceived 3 [ten octets]\n");
}

TEST(SessionReceives, ALimitedNumberOfIncompleteMessages) {
  auto options = MsrpEnd::bob();
  options.receiver.incomplete = 2;
  MsrpEnd bob(std::move(options));
  for (const auto* id : {"m1", "m2"})
    bob.hear(print({.range = "1-*/9", .body = "a", .flag = '+', .message_id = id}));
  bob.say();
  bob.hear(print({.range = "1-*/9", .body = "a", .flag = '+', .message_id = "m3"}));
  EXPECT_EQ(status_of(bob.say()), "413");
  bob.hear(print({.range = "2-*/9", .body = "b", .message_id = "m1"}));
  EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 text/plain\nstarted 2 text/plain\nreceived 1 [ab]\n");
}

TEST(SessionReceives, ALimitedNumberOfGapsAndNoImpossibleRange) {
  auto options = MsrpEnd::bob();
  options.receiver.ranges = 2;
  MsrpEnd bob(std::move(options));
  for (const auto* range : {"1-1/*", "3-3/*", "5-5/*"})
    bob.hear(print({.range = range, .body = "a", .flag = '+'}));
  EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 text/plain\naborted 1 too large\n");
  bob.hear(print({.range = "5-*/9", .body = "ab", .flag = '$', .message_id = "m2"}));
  bob.say();
  bob.hear(print({.range = "6-*/9", .body = "ab", .flag = '+', .message_id = "m2"}));
  EXPECT_EQ(bob.diary.take(), "started 2 text/plain\naborted 2 bad range\n");
  EXPECT_EQ(status_of(bob.say()), "400");
}

TEST(SessionReceives, AHugeAnnouncementWithoutMinding) {
  MsrpEnd bob(MsrpEnd::bob());
  bob.hear(print({.range = "1-*/99999999999999", .body = "small", .flag = '+'}));
  EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 text/plain\n");
}

TEST(SessionReceives, AndForgetsOldFinishedMessages) {
  auto options = MsrpEnd::bob();
  options.receiver.finished = 1;
  MsrpEnd bob(std::move(options));
  for (const auto* id : {"m1", "m2", "m1"}) bob.hear(print({.body = "x", .message_id = id}));
  EXPECT_EQ(bob.diary.take(),
            "bound\nstarted 1 text/plain\nreceived 1 [x]\nstarted 2 text/plain\nreceived 2 [x]\n"
            "started 3 text/plain\nreceived 3 [x]\n");
}

TEST(SessionReceives, UntilThePeerAsksWithoutListening) {
  auto options = MsrpEnd::bob();
  options.control_high = 200;
  options.control_limit = 1000;
  MsrpEnd bob(std::move(options));
  bob.hear(bodiless());
  EXPECT_FALSE(bob.session.congested());
  bob.hear(bodiless());
  EXPECT_TRUE(bob.session.congested());
  bob.say();
  EXPECT_FALSE(bob.session.congested());
  bool good = true;
  for (int i = 0; i < 10 && good; ++i) good = bob.hear(bodiless());
  EXPECT_FALSE(good);
  EXPECT_EQ(bob.diary.take(), "bound\nsession failed 0 the peer does not read its responses\n");
}

}  // namespace
