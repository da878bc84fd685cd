#include "proto/msrp/parser.hpp"

#include <gtest/gtest.h>

#include "tests/support/every_cut.hpp"
#include "tests/support/msrp_ear.hpp"

namespace {

std::string tell(const test::Pieces& pieces, msrp::ParserLimits limits = {}) {
  test::MsrpEar ear(limits);
  for (const auto piece : pieces) ear.feed(piece);
  return ear.story();
}
std::string tell_whole(std::string_view wire) {
  return tell({wire});
}

// RFC 4975 11.1 (4) and (5)
const std::string send =
    "MSRP d93kswow SEND\r\n"
    "To-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\n"
    "From-Path: msrp://alicepc.example.com:7777/iau39soe2843z;tcp\r\n"
    "Message-ID: 12339sdqwer\r\n"
    "Byte-Range: 1-16/16\r\n"
    "Content-Type: text/plain\r\n"
    "\r\n"
    "Hi, I'm Alice!\r\n"
    "-------d93kswow$\r\n";
const std::string ok =
    "MSRP d93kswow 200 OK\r\n"
    "To-Path: msrp://alicepc.example.com:7777/iau39soe2843z;tcp\r\n"
    "From-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\n"
    "-------d93kswow$\r\n";
// RFC 4975 11.6
const std::string report =
    "MSRP dkei38sd REPORT\r\n"
    "To-Path: msrp://alicepc.example.com:7777/iau39soe2843z;tcp\r\n"
    "From-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\n"
    "Message-ID: 12339sdqwer\r\n"
    "Byte-Range: 1-106/106\r\n"
    "Status: 000 200 OK\r\n"
    "-------dkei38sd$\r\n";
// Look-alikes of every kind, a body of CRs, and the true end-line without a CRLF before it.
const std::string tricky =
    "MSRP abcd SEND\r\nTo-Path: x\r\n\r\n"
    "\r\n-------abce$\r\n\r\n-------abc$\r\n\r\n-------abcde$\r\n\r\n-------abcd$\r\r\r\r\n-------abcd!\r\n"
    "-------abcd$x-------abcd$\r\n\r\r\r\n\r\n\r\n------\r\n-------abcd\r\n-------abcd+\r\n";

TEST(Parser, TellsARequestOfTheRfc) {
  EXPECT_EQ(tell_whole(send),
            "d93kswow SEND\n"
            "To-Path=msrp://bob.example.com:8888/9di4eae923wzd;tcp\n"
            "From-Path=msrp://alicepc.example.com:7777/iau39soe2843z;tcp\n"
            "Message-ID=12339sdqwer\n"
            "Byte-Range=1-16/16\n"
            "Content-Type=text/plain\n"
            "body [Hi, I'm Alice!] $\n");
}

TEST(Parser, TellsAResponseAndAReportWithoutBody) {
  EXPECT_EQ(tell_whole("MSRP a786hjs2 200 OK\r\nTo-Path: x\r\n-------a786hjs2$\r\n"),
            "a786hjs2 200 <OK>\nTo-Path=x\n[] $\n");
  EXPECT_NE(tell_whole(report).find("Status=000 200 OK\n[] $"), std::string::npos);
}

TEST(Parser, TakesAResponseWithoutCommentOrWithAnEmptyOne) {
  EXPECT_EQ(tell_whole("MSRP abcd 200\r\n-------abcd$\r\n"), "abcd 200 <>\n[] $\n");
  EXPECT_EQ(tell_whole("MSRP abcd 481 \r\n-------abcd$\r\n"), "abcd 481 <>\n[] $\n");
  EXPECT_EQ(tell_whole("MSRP abcd 413 Zu gro\xc3\x9f\r\n-------abcd$\r\n"),
            "abcd 413 <Zu gro\xc3\x9f>\n[] $\n");
}

TEST(Parser, PassesTheMethodsOfRelaysAndConferences) {
  EXPECT_EQ(tell_whole("MSRP 49fh AUTH\r\nTo-Path: msrps://alice@intra.example.com;tcp\r\n-------49fh$\r\n"),
            "49fh AUTH\nTo-Path=msrps://alice@intra.example.com;tcp\n[] $\n");
  EXPECT_EQ(tell_whole("MSRP d93kswow NICKNAME\r\nUse-Nickname: \"Alice the great\"\r\n-------d93kswow$\r\n"),
            "d93kswow NICKNAME\nUse-Nickname=\"Alice the great\"\n[] $\n");
}

TEST(Parser, TellsAnEmptyBodyFromNoBody) {
  EXPECT_EQ(tell_whole("MSRP abcd SEND\r\nA: b\r\n\r\n\r\n-------abcd$\r\n"), "abcd SEND\nA=b\nbody [] $\n");
  EXPECT_EQ(tell_whole("MSRP abcd SEND\r\nA: b\r\n-------abcd$\r\n"), "abcd SEND\nA=b\n[] $\n");
}

TEST(Parser, TakesAnEmptyBodyWhoseOwnCrlfIsMissing) {
  EXPECT_EQ(tell_whole("MSRP abcd SEND\r\nA: b\r\n\r\n-------abcd#\r\n"), "abcd SEND\nA=b\nbody [] #\n");
  EXPECT_EQ(tell_whole("MSRP abcd SEND\r\nA: b\r\n\r\n-------abcde\r\n-------abcd$\r\n"),
            "abcd SEND\nA=b\nbody [-------abcde] $\n");
}

TEST(Parser, TakesOnlyTheTrueEndLineForTheEnd) {
  const auto body = tricky.substr(tricky.find("\r\n\r\n") + 4);
  EXPECT_EQ(tell_whole(tricky), "abcd SEND\nTo-Path=x\nbody [" +
                                    body.substr(0, body.size() - std::string("\r\n-------abcd+\r\n").size()) +
                                    "] +\n");
}

TEST(Parser, EveryCutTellsTheSameStory) {
  const auto empty = std::string("MSRP abcd SEND\r\nA: b\r\n\r\n-------abcd#\r\n");
  test::expect_every_cut_tells_the_same(send + tricky + ok + empty + report + tricky + send,
                                        [](const auto& pieces) { return tell(pieces); });
}

TEST(Parser, EveryCutFindsTheSameError) {
  for (const std::string bad : {"MSRP abcd SEND\r\nTo-Path x\r\n", "MSRP abcd SEND\nTo-Path: x\r\n",
                                "MSRP abcd SEND\r\nTo-Path: x\ry\r\n", "MSRP abcd SEND\r\n: x\r\n",
                                "MSRP abcd SEND\r\n-------abce$\r\n", "MSRP abcd\r\n", "MSRP ab cd SEND\r\n",
                                "MSRP abcd send\r\n", "MSRP abcd 20\r\n", "MSRP abcd 2000 OK\r\n"}) {
    test::expect_every_cut_tells_the_same(ok + bad, [](const auto& pieces) { return tell(pieces); });
    EXPECT_NE(tell_whole(bad).find("error"), std::string::npos) << bad;
  }
}

TEST(Parser, RefusesWhatIsNotMsrpAtItsFirstWrongOctet) {
  const auto refused = "error not an MSRP start line at 0\n";
  EXPECT_EQ(tell_whole("GET / HTTP/1.1\r\n"), refused);
  EXPECT_EQ(tell(test::cut_into("\x16\x03\x01", 1)), refused);
  EXPECT_EQ(tell_whole("MSRQ"), refused);
  EXPECT_EQ(tell_whole("\r\n"), refused);
  EXPECT_EQ(tell_whole("msrp abcd SEND\r\n"), refused);
}

TEST(Parser, RefusesControlCharacters) {
  for (const char c : {'\0', '\r', '\x0b', '\x1b', '\x7f'}) {
    for (std::size_t at : {0, 3, 11, 20}) {
      auto value = std::string(24, 'v');
      value[at] = c;
      EXPECT_EQ(tell_whole("MSRP abcd SEND\r\nX: " + value + "\r\n"),
                "abcd SEND\nerror control character in the head at 16\n");
    }
  }
  EXPECT_EQ(tell_whole("MSRP abcd SEND\r\nX: a\tb\xff\r\n"), "abcd SEND\nX=a\tb\xff\n");
}

TEST(Parser, KeepsWhatItDoesNotKnowAndToleratesSpaces) {
  EXPECT_EQ(tell_whole("MSRP abcd SEND\r\nFrom-Path:  msrps://x\r\nX-Odd:\r\nx-odd:1 : 2 \r\n"),
            "abcd SEND\nFrom-Path=msrps://x\nX-Odd=\nx-odd=1 : 2 \n");
}

TEST(Parser, TakesTransactionIdsOfPeersThatCountDifferently) {
  const std::string uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";
  EXPECT_EQ(tell_whole("MSRP " + uuid + " SEND\r\n-------" + uuid + "$\r\n"), uuid + " SEND\n[] $\n");
  EXPECT_EQ(tell_whole("MSRP a SEND\r\n-------a$\r\n"), "a SEND\n[] $\n");
  EXPECT_EQ(tell_whole("MSRP " + std::string(65, 'a') + " SEND\r\n"), "error not an MSRP start line at 0\n");
  EXPECT_EQ(tell_whole("MSRP ab/c SEND\r\n"), "error not an MSRP start line at 0\n");
}

TEST(Parser, LimitsTheHeadHoweverItIsCut) {
  const msrp::ParserLimits limits{.head_octets = 100, .fields = 128};
  const auto longest = "MSRP abcd SEND\r\nX: " + std::string(100 - 16 - 5, 'x') + "\r\n";
  EXPECT_EQ(tell({longest}, limits).find("error"), std::string::npos);
  const auto story = "abcd SEND\nerror head too long at 16\n";
  EXPECT_EQ(tell({"MSRP abcd SEND\r\nX: " + std::string(80, 'x') + "\r\n"}, limits), story);
  EXPECT_EQ(tell(test::cut_into("MSRP abcd SEND\r\n" + std::string(85, 'x'), 1), limits), story);
}

TEST(Parser, LimitsTheHeaderFields) {
  std::string wire = "MSRP abcd SEND\r\n";
  for (int i = 0; i < 3; ++i) wire += "X: y\r\n";
  const msrp::ParserLimits three{.fields = 3}, two{.fields = 2};
  EXPECT_EQ(tell({wire + "-------abcd$\r\n" + wire + "-------abcd$\r\n"}, three).find("error"),
            std::string::npos);
  EXPECT_EQ(tell({wire}, two), "abcd SEND\nX=y\nX=y\nerror too many header fields at 28\n");
}

TEST(Parser, HoldsBackNoMoreThanTheBeginningOfAnEndLine) {
  test::MsrpEar ear;
  ear.feed("MSRP abcd SEND\r\nA: b\r\n\r\nHi");
  EXPECT_EQ(ear.held(), 0u);
  ear.feed(" there\r\n---");
  EXPECT_EQ(ear.held(), 5u);
  ear.feed("----abc");
  EXPECT_EQ(ear.held(), 12u);
  ear.feed("x");
  EXPECT_EQ(ear.held(), 0u);
  EXPECT_EQ(ear.story(), "abcd SEND\nA=b\nbody [Hi there\r\n-------abcx");
}

TEST(Parser, IsIdleBetweenMessagesOnly) {
  msrp::Parser parser;
  EXPECT_TRUE(parser.idle());
  std::string_view rest = ok;
  while (!rest.empty()) {
    const auto step = parser.step(rest);
    ASSERT_TRUE(step);
    rest.remove_prefix(step->consumed);
    EXPECT_EQ(parser.idle(), rest.empty());
  }
}

}  // namespace
