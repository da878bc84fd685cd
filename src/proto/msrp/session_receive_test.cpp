// What a session does with requests of its peer.
#include <gtest/gtest.h>

#include "proto/msrp/session.hpp"
#include "tests/support/every_cut.hpp"
#include "tests/support/msrp_session.hpp"

namespace {

using test::bodiless;
using test::MsrpEnd;
using test::print;
using test::status_of;

std::string answer(int status, std::string_view comment, std::string_view tid = "abcd") {
  return "MSRP " + std::string(tid) + " " + std::to_string(status) + " " + std::string(comment) +
         "\r\nTo-Path: " + std::string(test::alice_uri) + "\r\nFrom-Path: " + std::string(test::bob_uri) +
         "\r\n-------" + std::string(tid) + "$\r\n";
}

TEST(SessionReceives, TheBasicSessionOfTheRfc) {  // RFC 4975 11.1 (4), (5): 14 octets that call themselves 16
  MsrpEnd bob(MsrpEnd::bob());
  bob.hear(
      print({.range = "1-16/16", .body = "Hi, I'm Alice!", .message_id = "12339sdqwer", .tid = "d93kswow"}));
  EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 text/plain\nreceived 1 [Hi, I'm Alice!]\n");
  EXPECT_EQ(bob.say(), answer(200, "OK", "d93kswow"));
}

TEST(SessionReceives, TheChunksOfTheRfc) {  // RFC 4975 5.1 figure 3
  MsrpEnd bob(MsrpEnd::bob());
  bob.hear(print({.range = "1-*/8", .body = "abcd", .flag = '+', .tid = "dkei38sd"}));
  EXPECT_EQ(bob.say(), answer(200, "OK", "dkei38sd"));
  bob.hear(print({.range = "5-8/8", .body = "EFGH", .tid = "dkei38ia"}));
  EXPECT_EQ(bob.say(), answer(200, "OK", "dkei38ia"));
  EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 text/plain\nreceived 1 [abcdEFGH]\n");
}

TEST(SessionReceives,
     TheChunkedCpimMessageOfTheRfc) {  // RFC 4975 11.4: 137 and 10 octets, which it calls 148
  const std::string first =
      "To: Bob <sip:bob@example.com>\r\nFrom: Alice <sip:alice@example.com>\r\n"
      "DateTime: 2006-05-15T15:02:31-03:00\r\nContent-Type: text/plain\r\n\r\nABCD";
  ASSERT_EQ(first.size(), 137u);
  MsrpEnd bob(MsrpEnd::bob());
  bob.hear(
      print({.range = "1-137/148", .body = first, .flag = '+', .type = "message/cpim", .tid = "d93kswow"}));
  bob.hear(print({.range = "138-148/148", .body = "1234567890", .type = "message/cpim", .tid = "op2nc9a"}));
  EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 message/cpim\nreceived 1 long\n");
  EXPECT_EQ(bob.diary.body, first + "1234567890");
}

TEST(SessionReceives, TheSystemMessageAndThePositiveReportOfTheRfc) {  // RFC 4975 11.5, 11.6
  MsrpEnd bob(MsrpEnd::bob());
  bob.hear(print({.range = "1-38/38",
                  .body = "This conference will end in 5 minutes",
                  .more = "Failure-Report: no\r\nSuccess-Report: no\r\n"}));
  EXPECT_EQ(bob.say(), "");
  const std::string html =
      "<html><body>\r\n<p>Here is that important link...\r\n"
      "<a href=\"http://www.example.com/foobar\">foobar</a>\r\n</p>\r\n</body></html>";
  ASSERT_EQ(html.size(), 121u);
  bob.hear(print({.range = "1-106/106",
                  .body = html,
                  .message_id = "12339sdqwer",
                  .more = "Success-Report: yes\r\nFailure-Report: no\r\n",
                  .type = "text/html"}));
  const auto wire = bob.say();
  const auto id = test::transaction_of(wire);
  EXPECT_EQ(wire,
            "MSRP " + id + " REPORT\r\nTo-Path: " + std::string(test::alice_uri) +
                "\r\nFrom-Path: " + std::string(test::bob_uri) +
                "\r\nMessage-ID: 12339sdqwer\r\nByte-Range: 1-121/121\r\nStatus: 000 200 OK\r\n-------" + id +
                "$\r\n");
}

TEST(SessionReceives, AnySpellingOfAByteRange) {
  for (const auto* range : {"", "1-*/15", "1-0/0", "1-*/*", "1-14/14"}) {
    MsrpEnd bob(MsrpEnd::bob());
    bob.hear(print({.range = range, .body = "fourteen octet"}));
    EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 text/plain\nreceived 1 [fourteen octet]\n") << range;
  }
}

TEST(SessionReceives, ABodilessSendAndNoMessage) {
  for (const auto* more : {"Message-ID: m1\r\nByte-Range: 1-0/0\r\n", "Message-ID: m1\r\n", ""}) {
    MsrpEnd bob(MsrpEnd::bob());
    bob.hear(bodiless(more));
    EXPECT_EQ(bob.diary.take(), "bound\n");
    EXPECT_EQ(bob.say(), answer(200, "OK", "bind"));
  }
  MsrpEnd silent(MsrpEnd::bob());
  silent.hear(bodiless("Failure-Report: no\r\n"));
  EXPECT_EQ(silent.diary.take(), "bound\n");
  EXPECT_EQ(silent.say(), "");
}

TEST(SessionReceives, AnEmptyMessageAsAMessage) {
  MsrpEnd bob(MsrpEnd::bob());
  bob.hear(print({.range = "1-0/0", .more = "Success-Report: yes\r\n"}));
  EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 text/plain\nreceived 1 []\n");
  EXPECT_NE(bob.say().find("Byte-Range: 1-0/0\r\nStatus: 000 200 OK\r\n"), std::string::npos);
}

TEST(SessionReceives, OnlyWhatIsAddressedToItAndStaysOpen) {
  MsrpEnd bob(MsrpEnd::bob());
  const auto other = "msrp://bob.example.com:8888/guess;tcp";
  EXPECT_TRUE(bob.hear(print({.body = "x", .to = other})));
  EXPECT_EQ(bob.say(), answer(481, "Session Does Not Exist"));
  EXPECT_TRUE(bob.hear(print({.body = "x", .more = "Failure-Report: no\r\n", .to = other})));
  EXPECT_EQ(bob.say(), "");
  EXPECT_TRUE(bob.hear(print({.body = "x", .more = "Failure-Report: partial\r\n", .to = other})));
  EXPECT_EQ(status_of(bob.say()), "481");
  EXPECT_TRUE(
      bob.hear(bodiless({}, std::string(test::bob_uri) + " " + std::string(test::bob_uri))));  // no relay
  EXPECT_EQ(status_of(bob.say()), "481");
  EXPECT_EQ(bob.diary.take(), "");
  EXPECT_EQ(bob.session.state(), msrp::Session::State::idle);
  bob.hear(bodiless());
  EXPECT_EQ(bob.diary.take(), "bound\n");
}

TEST(SessionReceives, ARewrittenToPathOnlyWithSessmatch) {
  const auto rewritten = "msrps://gateway.example:5000/9di4eae923wzd;tcp";
  MsrpEnd strict(MsrpEnd::bob());
  strict.hear(bodiless({}, rewritten));
  EXPECT_EQ(status_of(strict.say()), "481");
  auto options = MsrpEnd::bob();
  options.match = msrp::UriMatch::session_id;
  MsrpEnd lax(std::move(options));
  lax.hear(bodiless({}, rewritten));
  EXPECT_EQ(status_of(lax.say()), "200");
}

TEST(SessionReceives, NothingWhenItIsBoundElsewhere) {
  MsrpEnd bob(MsrpEnd::bob());
  bob.session.set_bound_elsewhere(true);
  bob.hear(print({.body = "x"}));
  EXPECT_EQ(bob.say(), answer(506, "Session Already In Use"));
  EXPECT_EQ(bob.diary.take(), "");
}

TEST(SessionReceives, UnintelligibleRequestsWith400) {
  const auto from = "From-Path: " + std::string(test::alice_uri) + "\r\n";
  MsrpEnd bob(MsrpEnd::bob());
  for (const auto& head : {"To-Path: nonsense\r\n" + from, from,
                           "To-Path: " + std::string(test::bob_uri) + "\r\nTo-Path: x\r\n" + from}) {
    EXPECT_TRUE(bob.hear("MSRP abcd SEND\r\n" + head + "-------abcd$\r\n"));
    EXPECT_EQ(bob.say(), answer(400, "Bad Request"));
  }
  EXPECT_TRUE(bob.hear("MSRP abcd SEND\r\nTo-Path: " + std::string(test::bob_uri) + "\r\n-------abcd$\r\n"));
  EXPECT_EQ(bob.say(), "");  // nowhere to send it
  bob.hear(print({.range = "0-1/1", .body = "x"}));
  EXPECT_EQ(status_of(bob.say()), "400");
  bob.hear(print({.body = "x", .message_id = ""}));
  EXPECT_EQ(status_of(bob.say()), "400");
  bob.hear(print({.body = "x", .message_id = std::string(257, 'm')}));
  EXPECT_EQ(status_of(bob.say()), "400");
  EXPECT_EQ(bob.diary.take(), "bound\n");
}

TEST(SessionReceives, UnknownMethodsWith501AllTheWayBack) {
  MsrpEnd bob(MsrpEnd::bob());
  for (const std::string body : {"", "Content-Type: a/b\r\n\r\nbody\r\n"}) {
    for (const std::string name : {"AUTH", "NICKNAME", "FOO"}) {
      bob.hear("MSRP abcd " + name + "\r\nTo-Path: " + std::string(test::bob_uri) + "\r\nFrom-Path: " +
               "msrp://relay:1/r;tcp " + std::string(test::alice_uri) + "\r\n" + body + "-------abcd$\r\n");
      const auto wire = bob.say();
      EXPECT_EQ(status_of(wire), "501");
      EXPECT_EQ(test::field_of(wire, "To-Path"), "msrp://relay:1/r;tcp " + std::string(test::alice_uri));
    }
  }
}

TEST(SessionReceives, ASendThroughARelayAndAnswersThePreviousHop) {
  MsrpEnd bob(MsrpEnd::bob());
  auto wire = print({.body = "x", .more = "Success-Report: yes\r\n"});
  wire.insert(wire.find("From-Path: ") + 11, "msrp://relay:1/r;tcp ");
  bob.hear(wire);
  const auto out = bob.say();
  EXPECT_EQ(test::field_of(out, "To-Path"), "msrp://relay:1/r;tcp");
  const auto report = out.substr(out.find("MSRP", 1));
  EXPECT_EQ(test::field_of(report, "To-Path"), "msrp://relay:1/r;tcp " + std::string(test::alice_uri));
}

struct ReportCase {
  const char* failure;
  const char* success;
  bool ok_sent, report_sent, error_sent;
};

class Reports : public testing::TestWithParam<ReportCase> {};

// RFC 4975 7.1.3, 7.1.4, 7.2

TEST_P(Reports, AreSentAsTheHeadersAsk) {
  const auto& c = GetParam();
  const auto more = std::string(c.failure) + c.success;
  MsrpEnd bob(MsrpEnd::bob());
  bob.hear(print({.range = "1-2/2", .body = "hi", .more = more}));
  const auto good = bob.say();
  EXPECT_EQ(good.find("200 OK\r\nTo-Path") != good.npos, c.ok_sent);
  EXPECT_EQ(good.find("REPORT") != good.npos, c.report_sent);
  if (c.report_sent) {
    EXPECT_EQ(good.find("-Report:"), good.npos);
    EXPECT_EQ(test::field_of(good, "Byte-Range"), "1-2/2");
    EXPECT_EQ(test::field_of(good, "Status"), "000 200 OK");
    EXPECT_EQ(test::field_of(good, "Message-ID"), "m1");
  }
  bob.hear(print({.range = "0-2/2", .body = "hi", .message_id = "m2", .more = more}));
  EXPECT_EQ(status_of(bob.say()), c.error_sent ? "400" : "");
}

INSTANTIATE_TEST_SUITE_P(
    All, Reports,
    testing::Values(ReportCase{"", "", true, false, true},
                    ReportCase{"", "Success-Report: no\r\n", true, false, true},
                    ReportCase{"", "Success-Report: yes\r\n", true, true, true},
                    ReportCase{"Failure-Report: yes\r\n", "", true, false, true},
                    ReportCase{"Failure-Report: yes\r\n", "Success-Report: yes\r\n", true, true, true},
                    ReportCase{"Failure-Report: partial\r\n", "", false, false, true},
                    ReportCase{"Failure-Report: partial\r\n", "Success-Report: yes\r\n", false, true, true},
                    ReportCase{"Failure-Report: no\r\n", "", false, false, false},
                    ReportCase{"Failure-Report: no\r\n", "Success-Report: no\r\n", false, false, false},
                    ReportCase{"Failure-Report: no\r\n", "Success-Report: yes\r\n", false, true, false}));

TEST(SessionReceives, ChunksInAnyOrderAndTheLastOneWins) {
  MsrpEnd bob(MsrpEnd::bob());
  bob.hear(print({.range = "7-9/9", .body = "GHI", .flag = '$'}));
  bob.hear(print({.range = "1-4/9", .body = "abcd", .flag = '+'}));
  EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 text/plain\n");
  bob.hear(print({.range = "3-6/9", .body = "CDEF", .flag = '+'}));
  EXPECT_EQ(bob.diary.take(), "received 1 [abCDEFGHI]\n");
}

TEST(SessionReceives, SeveralMessagesInterleaved) {
  MsrpEnd bob(MsrpEnd::bob());
  bob.hear(print({.range = "1-*/4", .body = "ab", .flag = '+', .message_id = "m1"}));
  bob.hear(print({.range = "1-*/4", .body = "AB", .flag = '+', .message_id = "m2"}));
  bob.hear(print({.range = "3-*/4", .body = "cd", .message_id = "m1"}));
  bob.hear(print({.range = "3-*/4", .body = "CD", .message_id = "m2"}));
  EXPECT_EQ(bob.diary.take(),
            "bound\nstarted 1 text/plain\nstarted 2 text/plain\nreceived 1 [abcd]\nreceived 2 [ABCD]\n");
}

TEST(SessionReceives, ADuplicateOnceAndAcknowledgesItAgain) {
  MsrpEnd bob(MsrpEnd::bob());
  const auto message = print({.range = "1-2/2", .body = "hi", .more = "Success-Report: yes\r\n"});
  bob.hear(message);
  const auto first = bob.say();
  bob.hear(message);
  const auto second = bob.say();
  EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 text/plain\nreceived 1 [hi]\n");
  EXPECT_EQ(status_of(second), "200");
  EXPECT_EQ(test::field_of(second, "Status"), "000 200 OK");
  EXPECT_EQ(test::field_of(second, "Byte-Range"), test::field_of(first, "Byte-Range"));
}

TEST(SessionReceives, AMessageThatItsSenderAborts) {
  MsrpEnd bob(MsrpEnd::bob());
  bob.hear(print({.range = "1-*/9", .body = "abc", .flag = '+'}));
  bob.hear(print({.range = "4-*/9", .body = "d", .flag = '#'}));
  EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 text/plain\naborted 1 by sender\n");
  bob.hear(print({.range = "1-1/1", .body = "x", .flag = '#', .message_id = "m2"}));
  EXPECT_EQ(bob.diary.take(), "started 2 text/plain\naborted 2 by sender\n");
  EXPECT_EQ(bob.session.counters().received.messages_aborted, 2u);
}

TEST(SessionReceives, ReportsForEachChunkWhenAsked) {
  auto options = MsrpEnd::bob();
  options.receiver.report_each_chunk = true;
  MsrpEnd bob(std::move(options));
  const std::string more = "Success-Report: yes\r\nFailure-Report: no\r\n";
  bob.hear(print({.range = "1-*/8", .body = "abcd", .flag = '+', .more = more}));
  EXPECT_EQ(test::field_of(bob.say(), "Byte-Range"), "1-4/*");
  bob.hear(print({.range = "5-*/8", .body = "efgh", .flag = '$', .more = more}));
  EXPECT_EQ(test::field_of(bob.say(), "Byte-Range"), "5-8/8");
}

TEST(SessionReceives, OnlyTypesThatItTakes) {
  auto options = MsrpEnd::bob();
  options.receiver.accept_types = msrp::MediaTypes::parse("message/cpim text/*").value();
  MsrpEnd bob(std::move(options));
  bob.hear(print({.body = "x", .type = "image/png"}));
  EXPECT_EQ(status_of(bob.say()), "415");
  EXPECT_EQ(bob.diary.take(), "bound\n");
  bob.hear(print({.body = "x", .more = "Failure-Report: no\r\n", .type = "image/png"}));
  EXPECT_EQ(bob.say(), "");
  bob.hear(print({.body = "x", .type = "text/html;charset=utf-8"}));
  EXPECT_EQ(status_of(bob.say()), "200");
}

TEST(SessionReceives, NothingThatItsUserRejects) {
  MsrpEnd bob(MsrpEnd::bob());
  const auto wire = print({.range = "1-*/999999", .body = "some"});
  bob.hear(wire.substr(0, wire.size() - 12));
  bob.session.reject(msrp::IncomingId{1}, 413);
  EXPECT_EQ(bob.say(), answer(413, "Message Too Large"));
  bob.hear(wire.substr(wire.size() - 12));
  EXPECT_EQ(bob.say(), "");
  bob.diary.drain(bob.session);
  EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 text/plain\naborted 1 rejected\n");
  // Between two chunks: the next one is answered.
  bob.hear(print({.range = "1-*/9", .body = "abc", .flag = '+', .message_id = "m2"}));
  bob.say();
  bob.session.reject(msrp::IncomingId{2}, 403);
  EXPECT_EQ(bob.say(), "");
  bob.hear(print({.range = "4-*/9", .body = "abc", .flag = '+', .message_id = "m2"}));
  EXPECT_EQ(status_of(bob.say()), "403");
}

TEST(SessionReceives, AndReportsALateFailure) {
  MsrpEnd bob(MsrpEnd::bob());
  bob.hear(print({.body = "hello"}));
  bob.hear(print({.body = "hello", .message_id = "m2", .more = "Failure-Report: no\r\n"}));
  bob.say();
  EXPECT_TRUE(bob.session.report_failure(msrp::IncomingId{1}, 403, "no disk"));
  const auto wire = bob.say();
  EXPECT_EQ(test::field_of(wire, "Status"), "000 403 no disk");
  EXPECT_EQ(test::field_of(wire, "Byte-Range"), "1-5/5");
  EXPECT_EQ(test::field_of(wire, "Message-ID"), "m1");
  EXPECT_FALSE(bob.session.report_failure(msrp::IncomingId{2}, 403));
  EXPECT_FALSE(bob.session.report_failure(msrp::IncomingId{99}, 403));
  EXPECT_EQ(bob.say(), "");
}

TEST(SessionReceives, GarbageAndFailsWithItsIncompleteMessages) {
  MsrpEnd bob(MsrpEnd::bob());
  bob.hear(print({.range = "1-*/9", .body = "a", .flag = '+'}));
  EXPECT_FALSE(bob.hear("\x16\x03\x01"));
  EXPECT_EQ(
      bob.diary.take(),
      "bound\nstarted 1 text/plain\naborted 1 connection closed\nsession failed 0 not an MSRP start line\n");
  EXPECT_EQ(status_of(bob.say()), "200");  // what was due before is still flushed
  EXPECT_FALSE(bob.hear(bodiless()));
  EXPECT_FALSE(bob.session.send(msrp::text_message("x")));
}

TEST(SessionReceives, NothingAfterTheEnd) {
  MsrpEnd bob(MsrpEnd::bob());
  bob.hear(print({.range = "1-*/9", .body = "a", .flag = '+'}));
  bob.session.on_closed();
  bob.diary.drain(bob.session);
  EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 text/plain\naborted 1 connection closed\n");
  EXPECT_FALSE(bob.session.has_output());
  EXPECT_EQ(bob.say(), "");
  EXPECT_FALSE(bob.hear(bodiless()));
}

TEST(SessionReceives, TheSameStoryHoweverItsOctetsAreCut) {
  const auto unknown = "MSRP abcd FOO\r\nTo-Path: " + std::string(test::bob_uri) +
                       "\r\nFrom-Path: " + std::string(test::alice_uri) + "\r\n-------abcd$\r\n";
  const auto wire =
      print({.body = "x", .to = "msrp://bob.example.com:8888/guess;tcp"}) + bodiless() +
      print({.range = "5-8/8", .body = "EF\r\n-------abce$\r\n", .more = "Success-Report: yes\r\n"}) +
      unknown + print({.range = "1-*/8", .body = "\r\r\r\r\r\n", .flag = '+'}) +
      print({.body = "gone", .flag = '#', .message_id = "m2"}) + "nonsense";
  test::expect_every_cut_tells_the_same(wire, [](const test::Pieces& pieces) {
    MsrpEnd bob(MsrpEnd::bob());
    for (const auto piece : pieces) bob.hear(piece);
    return bob.diary.take() + bob.say();
  });
}

}  // namespace
