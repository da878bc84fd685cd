#include "proto/msrp/head.hpp"

#include <gtest/gtest.h>

#include "proto/msrp/writer.hpp"

namespace {

using msrp::ByteRange;
using msrp::Errc;

msrp::Head head_of(std::string_view wire) {
  msrp::Parser parser;
  msrp::Head head;
  while (!wire.empty()) {
    const auto step = parser.step(wire).value();
    wire.remove_prefix(step.consumed);
    if (const auto* start = std::get_if<msrp::Start>(&step.event)) head.start(*start);
    if (const auto* field = std::get_if<msrp::Field>(&step.event)) head.add(*field);
    if (step.needs_more() || step.event.index() > 2) break;
  }
  return head;
}
msrp::Head with(std::string_view lines) {
  return head_of("MSRP abcd SEND\r\n" + std::string(lines) + "-------abcd$\r\n");
}

TEST(ByteRange, FollowsItsGrammar) {
  EXPECT_EQ(msrp::parse_byte_range("1-16/16").value(), (ByteRange{1, 16, 16}));
  EXPECT_EQ(msrp::parse_byte_range("1-*/15").value(), (ByteRange{1, std::nullopt, 15}));
  EXPECT_EQ(msrp::parse_byte_range("138-*/*").value(), (ByteRange{138, std::nullopt, std::nullopt}));
  EXPECT_EQ(msrp::parse_byte_range("1-0/0").value(), (ByteRange{1, 0, 0}));
  for (const auto* text : {"1-0/0", "5-8/8", "1-*/*", "4611686018427387904-*/4611686018427387904"})
    EXPECT_EQ(msrp::to_string(*msrp::parse_byte_range(text)), text);
}

TEST(ByteRange, RefusesWhatIsNoPosition) {
  for (const auto* text : {"", "1", "1-2", "0-1/1", "-1/1", "1-2/3x", "1 -2/3", "+1-2/3", "*-1/1", "1--1/1",
                           "4611686018427387905-*/*", "1-18446744073709551616/*", "99999999999999999999-1/1"})
    EXPECT_EQ(msrp::parse_byte_range(text).error().code, Errc::bad_byte_range) << text;
}

TEST(Status, HasANamespaceACodeAndAComment) {
  EXPECT_EQ(msrp::parse_status("000 200 OK").value(), (msrp::Status{0, 200, "OK"}));
  EXPECT_EQ(msrp::parse_status("000 413").value(), (msrp::Status{0, 413, ""}));
  EXPECT_EQ(msrp::to_string(msrp::Status{0, 408, "late"}), "000 408 late");
  for (const auto* text : {"", "000", "00 200", "000 20", "000 2000", "000 200x", "0 200 OK", "abc 200"})
    EXPECT_FALSE(msrp::parse_status(text)) << text;
}

TEST(Head, KeepsAllFieldsVerbatimAndInOrder) {
  const auto head = with("To-Path: msrp://b:2/kj;tcp\r\nX-b: 2 \r\nx-A:1\r\nX-b: 3\r\n");
  EXPECT_EQ(head.headers, (std::vector<msrp::Header>{
                              {"To-Path", "msrp://b:2/kj;tcp"}, {"X-b", "2 "}, {"x-A", "1"}, {"X-b", "3"}}));
  EXPECT_EQ(head.find("x-B"), "2");
  EXPECT_EQ(head.find("x-c"), std::nullopt);
}

TEST(Head, ReadsPathsAndRefusesMissingOrRepeatedOnes) {
  EXPECT_EQ(with("to-path: msrp://b:2/kj;tcp msrp://c:3/x;tcp \r\n").to_path()->size(), 2u);
  EXPECT_EQ(with("").to_path().error().code, Errc::missing_field);
  EXPECT_EQ(with("From-Path: msrp://b:2/k;tcp\r\nFROM-PATH: msrp://c:2/k;tcp\r\n").from_path().error().code,
            Errc::missing_field);
  EXPECT_EQ(with("From-Path: sip:bob\r\n").from_path().error().code, Errc::bad_uri);
}

TEST(Head, ReadsReportsWithTheirDefaults) {
  EXPECT_FALSE(with("").success_report());
  EXPECT_EQ(with("").failure_report(), msrp::FailureReport::yes);
  EXPECT_TRUE(with("Success-Report: YES\r\n").success_report());
  EXPECT_FALSE(with("Success-Report: no\r\n").success_report());
  EXPECT_EQ(with("Failure-Report: Partial\r\n").failure_report(), msrp::FailureReport::partial);
  EXPECT_EQ(with("failure-report: no\r\n").failure_report(), msrp::FailureReport::no);
  EXPECT_EQ(with("Failure-Report: maybe\r\n").failure_report(), msrp::FailureReport::yes);
  EXPECT_EQ(with("").byte_range().value(), std::nullopt);
  EXPECT_FALSE(with("Byte-Range: x\r\n").byte_range());
  EXPECT_EQ(with("Status: 000 200 OK\r\n").report_status().value().code, 200);
  EXPECT_EQ(with("").report_status().error().code, Errc::missing_field);
}

TEST(Writer, PrintsPathsFirstAndContentTypeLast) {
  base::Buffer out;
  msrp::print_head(out, head_of("MSRP abcd SEND\r\nContent-Type: text/plain\r\nX: y\r\nFrom-Path: f\r\n"
                                "Message-ID: m\r\nTo-Path: t\r\n\r\n"));
  EXPECT_EQ(out.view(),
            "MSRP abcd SEND\r\nTo-Path: t\r\nFrom-Path: f\r\nX: y\r\nMessage-ID: m\r\nContent-Type: "
            "text/plain\r\n");
}

TEST(Writer, SendsACommentWithEveryResponse) {
  base::Buffer out;
  msrp::print_status_line(out, "abcd", 200);
  msrp::print_status_line(out, "abcd", 481);
  msrp::print_status_line(out, "a", 499);
  msrp::print_status_line(out, "abcd", 413, "enough");
  EXPECT_EQ(out.view(),
            "MSRP abcd 200 OK\r\nMSRP abcd 481 Session Does Not Exist\r\nMSRP a 499 Failed\r\nMSRP abcd 413 "
            "enough\r\n");
}

TEST(Writer, PrintsWhatTheParserReads) {
  msrp::Head head;
  head.transaction_id = "8cV-1.+%=";
  head.method = "SEND";
  head.headers = {{"To-Path", "msrp://b:2/kj;tcp"}, {"From-Path", "msrp://a:1/x;tcp"}, {"X", ""}};
  base::Buffer out;
  msrp::print_head(out, head);
  msrp::print_end_line(out, head.transaction_id, '$', false);
  EXPECT_EQ(head_of(out.view()), head);
}

TEST(WriterDeathTest, AbortsRatherThanSendALineThatWeMadeWrong) {
  base::Buffer out;
  EXPECT_DEATH(msrp::print_field(out, "X", "a\r\nY: b"), "");
  EXPECT_DEATH(msrp::print_field(out, "X Y", "a"), "");
  EXPECT_DEATH(msrp::print_request_line(out, "abc", "SEND"), "");
}

}  // namespace
