// What a session makes of responses, REPORTs, silence and the end of its connection.
#include <gtest/gtest.h>

#include "proto/msrp/session.hpp"
#include "tests/support/msrp_session.hpp"

namespace {

using test::BoundAlice;
using test::flag_of;
using test::MsrpEnd;
using test::report_about;
using test::tildes;
using namespace std::chrono_literals;

TEST(SessionHears, That200AcceptsEachChunk) {
  auto options = MsrpEnd::alice();
  options.sender.fixed_chunk = 2048;
  BoundAlice alice(std::move(options));
  const auto id = alice.send(tildes(3000));
  const auto wire = alice.say();
  EXPECT_EQ(alice.diary.take(), "sent 1\n");
  alice.hear(test::response_to(wire.substr(wire.find("MSRP", 1)), "200"));  // no comment, out of order
  EXPECT_EQ(alice.diary.take(), "");
  EXPECT_EQ(alice.session.progress(id)->accepted, 952u);
  alice.hear(test::response_to(wire));
  EXPECT_EQ(alice.diary.take(), "accepted 1\n");
  EXPECT_EQ(alice.session.progress(id), std::nullopt);
  EXPECT_EQ(alice.session.deadline(), base::never);
}

TEST(SessionHears, A200ThatComesBeforeTheChunkHasEnded) {
  BoundAlice alice;
  alice.send(tildes(100'000));
  const auto wire = alice.say_once(5000);
  alice.hear(test::response_to(wire));
  EXPECT_EQ(alice.diary.take(), "");
  alice.say();
  EXPECT_EQ(alice.diary.take(), "sent 1\naccepted 1\n");
  EXPECT_EQ(alice.session.deadline(), base::never);
}

TEST(SessionHears, RefusalsOfAMessage) {
  for (const auto* status :
       {"400 Bad", "403 Forbidden", "408 late", "413 big", "423 bounds", "501 what", "404 who"}) {
    BoundAlice alice;
    alice.send(tildes(10));
    alice.hear(test::response_to(alice.say(), status));
    EXPECT_EQ(alice.diary.take(), "sent 1\nfailed 1 " + std::string(status) + "\n");
    EXPECT_EQ(alice.session.state(), msrp::Session::State::bound);
    EXPECT_EQ(alice.session.deadline(), base::never);
  }
}

TEST(SessionHears, ThatTheSessionIsGone) {
  for (const auto* status : {"481", "506"}) {
    BoundAlice alice;
    alice.send(tildes(10));
    alice.send(tildes(100'000));
    auto wire = alice.say_once(5000);
    EXPECT_FALSE(alice.hear(test::response_to(wire, status)));
    const auto phrase = std::string(msrp::phrase(static_cast<std::uint16_t>(std::stoi(status))));
    EXPECT_EQ(alice.diary.take(), "sent 1\nfailed 1 " + std::string(status) + " " + phrase +
                                      "\nfailed 2 0 session failed\nsession failed " + status + " " + phrase +
                                      "\n");
    EXPECT_EQ(flag_of(alice.say()), '#');
    EXPECT_FALSE(alice.session.has_output());
  }
  MsrpEnd binding(MsrpEnd::alice());
  binding.connect();
  EXPECT_FALSE(binding.hear(test::response_to(binding.say(), "481 gone")));
}

TEST(SessionHears, A413InTheMiddleOfAChunkAndStops) {
  BoundAlice alice;
  alice.send(tildes(1 << 20));
  const auto wire = alice.say_once(5000);
  alice.hear(test::response_to(wire, "413 enough"));
  EXPECT_EQ(alice.diary.take(), "failed 1 413 enough\n");
  const auto end = alice.say();
  EXPECT_EQ(end, "\r\n-------" + test::transaction_of(wire) + "#\r\n");
}

TEST(SessionHears, A415AndDoesNotSendThatTypeAgain) {
  BoundAlice alice;
  alice.send(msrp::text_message("x", "image/PNG"));
  alice.hear(test::response_to(alice.say(), "415 no pictures"));
  EXPECT_EQ(alice.session.send(msrp::text_message("x", "image/png;q=1")).error().code, msrp::Errc::bad_value);
  EXPECT_TRUE(alice.session.send(msrp::text_message("x", "image/gif")));
}

TEST(SessionHears, ResponsesToNothingAndIgnoresThem) {
  BoundAlice alice;
  alice.hear("MSRP rprt 200 Report received\r\nTo-Path: " + std::string(test::alice_uri) +
             "\r\nByte-Range: 1-5/5\r\n-------rprt$\r\n");
  alice.hear("MSRP rprt 481 no\r\n-------rprt$\r\n");
  EXPECT_EQ(alice.diary.take(), "");
  EXPECT_EQ(alice.session.counters().ignored_responses, 2u);
  EXPECT_EQ(alice.say(), "");
}

TEST(SessionTimer, RunsFor30SecondsFromTheLastOctet) {
  BoundAlice alice;
  alice.send(tildes(100'000));
  alice.say_once(50'000);
  EXPECT_EQ(alice.session.deadline(), base::never);
  alice.now += 100s;
  alice.say();
  EXPECT_EQ(alice.session.deadline(), alice.now + 30s);
  alice.wait(30s - 1ns);
  EXPECT_EQ(alice.diary.take(), "sent 1\n");
  alice.wait(1ns);
  EXPECT_EQ(alice.diary.take(), "failed 1 408 no response in time\n");
  EXPECT_EQ(alice.session.deadline(), base::never);
  EXPECT_EQ(alice.session.counters().timeouts, 1u);
  EXPECT_EQ(alice.session.state(), msrp::Session::State::bound);
}

TEST(SessionTimer, MeansNothingWithoutFailureReportsOrForBinding) {
  MsrpEnd alice(MsrpEnd::alice());
  alice.connect();
  ASSERT_TRUE(alice.session.send(tildes(10, msrp::FailureReport::partial)));
  ASSERT_TRUE(alice.session.send(tildes(10, msrp::FailureReport::no)));
  alice.say();
  alice.wait(31s);
  EXPECT_EQ(alice.diary.take(), "bound\nsent 1\nsent 2\n");
  EXPECT_EQ(alice.session.deadline(), base::never);
}

TEST(SessionHears, AnErrorWithPartialFailureReports) {
  BoundAlice alice;
  alice.send(tildes(10, msrp::FailureReport::partial));
  alice.hear(test::response_to(alice.say(), "403 no"));
  EXPECT_EQ(alice.diary.take(), "sent 1\nfailed 1 403 no\n");
}

TEST(SessionHears, SuccessReportsInPartsThatOverlap) {
  BoundAlice alice;
  const auto id = alice.send(tildes(100, msrp::FailureReport::no, true));
  const auto sent = alice.say();
  alice.hear(report_about(sent, "000 200 OK", "51-100/100"));
  EXPECT_EQ(alice.session.progress(id)->reported, 50u);
  EXPECT_EQ(alice.diary.take(), "sent 1\nreported 1 000 200 OK of 51-100/100\n");
  alice.hear(report_about(sent, "000 200", "1-60/*"));
  EXPECT_EQ(alice.diary.take(), "reported 1 000 200 of 1-60/*\ndelivered 1\n");
  alice.hear(report_about(sent, "000 200", "1-100/100"));  // nothing waits for it any more
  EXPECT_EQ(alice.diary.take(), "");
  EXPECT_EQ(alice.say(), "");  // no response to a REPORT, ever
}

TEST(SessionHears, ASuccessReportWithoutRangeAndOneBeforeThe200) {
  BoundAlice alice;
  alice.send(tildes(100, msrp::FailureReport::yes, true));
  const auto sent = alice.say();
  alice.hear(report_about(sent, "000 200 OK"));
  alice.hear(report_about(sent, "000 200 OK"));
  alice.hear(test::response_to(sent));
  EXPECT_EQ(alice.diary.take(),
            "sent 1\nreported 1 000 200 OK\ndelivered 1\nreported 1 000 200 OK\naccepted 1\n");
}

TEST(SessionHears, ReportsThatItCannotPlaceAndIgnoresThem) {
  BoundAlice alice;
  alice.send(tildes(100, msrp::FailureReport::no, true));
  const auto sent = alice.say();
  alice.diary.take();
  alice.hear(report_about("\r\nMessage-ID: other\r\n", "000 481 gone", "1-100/100"));
  alice.hear(report_about(sent, "001 481 gone", "1-100/100"));
  alice.hear(report_about(sent, "nonsense", "1-100/100"));
  alice.hear(report_about(sent, "000 200 OK", "0-100/100"));
  EXPECT_EQ(alice.diary.take(), "");
  EXPECT_EQ(alice.session.counters().ignored_reports, 4u);
  EXPECT_EQ(alice.session.state(), msrp::Session::State::bound);
}

TEST(SessionHears, AFailureReportOfLostOctetsAndFails) {  // RFC 4975 7.3.2
  BoundAlice alice;
  alice.send(tildes(100));
  EXPECT_FALSE(alice.hear(report_about(alice.say(), "000 408 lost", "1-100/100")));
  EXPECT_EQ(alice.diary.take(),
            "sent 1\nreported 1 000 408 lost of 1-100/100\nfailed 1 408 lost\nsession failed 408 the peer "
            "reports lost "
            "octets\n");
}

TEST(SessionHears, AReportThatTheMessageIsNotWantedAndGoesOn) {
  BoundAlice alice;
  alice.send(tildes(1 << 20));
  const auto wire = alice.say_once(5000);
  EXPECT_TRUE(alice.hear(report_about(wire, "000 413 enough", "1-2048/1048576")));
  EXPECT_EQ(alice.diary.take(), "reported 1 000 413 enough of 1-2048/1048576\nfailed 1 413 enough\n");
  EXPECT_EQ(flag_of(alice.say()), '#');
}

TEST(SessionEnds, WithAnEventForEachUnfinishedMessage) {
  BoundAlice alice;
  alice.send(tildes(10, msrp::FailureReport::partial));   // finished as far as one can know
  alice.send(tildes(10, msrp::FailureReport::no, true));  // its success REPORT never came
  alice.send(tildes(10));                                 // nor this one's 200
  alice.say();
  alice.send(tildes(10));
  alice.diary.take();
  alice.session.on_closed();
  alice.diary.drain(alice.session);
  EXPECT_EQ(alice.diary.take(),
            "failed 2 0 connection closed\nfailed 3 0 connection closed\nfailed 4 0 connection closed\n");
  EXPECT_EQ(alice.session.deadline(), base::never);
  EXPECT_FALSE(alice.session.send(tildes(1)));
  alice.session.on_closed();
  alice.diary.drain(alice.session);
  EXPECT_EQ(alice.diary.take(), "");
}

}  // namespace
