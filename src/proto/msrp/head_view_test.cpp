#include "proto/msrp/head_view.hpp"

#include <gtest/gtest.h>

#include "tests/support/every_cut.hpp"
#include "tests/support/msrp_tale.hpp"
#include "tests/support/random.hpp"

namespace {

using msrp::Errc;

const std::string paths = "To-Path: msrp://b:1/x;tcp\r\nFrom-Path: msrp://a:2/y;tcp\r\n";

msrp::HeadView scan(std::string_view head, msrp::ParserLimits limits = {}) {
  const auto found = msrp::HeadScanner(limits).scan(head);
  if (!found || !*found) {
    ADD_FAILURE() << "no head: " << head;
    return {};
  }
  return **found;
}
Errc refusal(std::string_view head, msrp::ParserLimits limits = {}) {
  const auto found = msrp::HeadScanner(limits).scan(head);
  return found ? Errc::too_large : found.error().code;  // too_large: that is none of a head's
}

/// The parser and the scanner read the pieces side by side and always know the same.
void expect_agreement(const test::Pieces& pieces, msrp::ParserLimits limits = {}) {
  test::ParserTale parser(limits);
  test::ScannerTale scanner(limits);
  for (const auto piece : pieces) {
    parser.feed(piece);
    scanner.feed(piece);
    ASSERT_EQ(scanner.story(), parser.story());
  }
}
void expect_agreement_however_cut(std::string_view wire, msrp::ParserLimits limits = {}) {
  for (std::size_t n = 1; n <= wire.size(); ++n) expect_agreement(test::cut_into(wire, n), limits);
  for (std::size_t at = 1; at < wire.size(); ++at)
    expect_agreement({wire.substr(0, at), wire.substr(at)}, limits);
}

TEST(HeadScanner, TellsTheParts) {
  const std::string rest =
      "Message-ID: 12\r\nX-Odd: 1\r\nByte-Range: 1-2/2\r\nSuccess-Report: yes\r\n"
      "Failure-Report: no\r\nContent-Type: text/plain \t\r\n";
  const auto wire = "MSRP d93k SEND\r\n" + paths + rest + "\r\nHi\r\n-------d93k$\r\n";
  const auto head = scan(wire);
  EXPECT_EQ(head.transaction_id, "d93k");
  EXPECT_EQ(head.method, "SEND");
  EXPECT_TRUE(head.is_request());
  EXPECT_EQ(head.to_path, "msrp://b:1/x;tcp");
  EXPECT_EQ(head.from_path, "msrp://a:2/y;tcp");
  EXPECT_EQ(head.message_id, "12");
  EXPECT_EQ(head.byte_range, "1-2/2");
  EXPECT_EQ(head.success_report, "yes");
  EXPECT_EQ(head.failure_report, "no");
  EXPECT_EQ(head.content_type, "text/plain");
  EXPECT_EQ(head.fields[0], "");
  EXPECT_EQ(head.fields[1], "");
  EXPECT_EQ(head.fields[2], rest);
  EXPECT_EQ(head.flag, 0);
  EXPECT_EQ(wire.substr(head.size, 2), "Hi");
}

TEST(HeadScanner, TellsAResponse) {
  const auto wire = "MSRP d93k 413 Too large\r\n" + paths + "-------d93k$\r\nMSRP next";
  const auto head = scan(wire);
  EXPECT_FALSE(head.is_request());
  EXPECT_EQ(head.status, 413);
  EXPECT_EQ(head.comment, "Too large");
  EXPECT_EQ(head.flag, '$');
  EXPECT_EQ(wire.substr(head.size), "MSRP next");
}

TEST(HeadScanner, KeepsTheOrderOfFieldsAroundThePaths) {
  const auto head = scan(
      "MSRP d93k SEND\r\nA: 1\r\nB: 2\r\nfROM-pATH:a\r\nC: 3\r\nTO-PATH:  b  \r\n"
      "D: 4\r\n-------d93k+\r\n");
  EXPECT_EQ(head.from_path, "a");
  EXPECT_EQ(head.to_path, "b");
  EXPECT_EQ(head.fields, (std::array<std::string_view, 3>{"A: 1\r\nB: 2\r\n", "C: 3\r\n", "D: 4\r\n"}));
}

TEST(HeadScanner, TellsAbsentFromEmptyAndTakesTheFirstOfTwo) {
  const auto text = "MSRP d93k SEND\r\n" + paths +
                    "Message-ID:\r\nByte-Range: 1-1/1\r\nByte-Range: 2-2/2\r\n-------d93k$\r\n";
  const auto head = scan(text);
  EXPECT_NE(head.message_id.data(), nullptr);
  EXPECT_EQ(head.message_id, "");
  EXPECT_EQ(head.byte_range, "1-1/1");
  EXPECT_EQ(head.content_type.data(), nullptr);
}

TEST(HeadScanner, RefusesAPathThatIsMissingOrDoubled) {
  const auto with = [](const std::string& fields) { return "MSRP d93k SEND\r\n" + fields + "\r\n"; };
  EXPECT_EQ(refusal(with("")), Errc::missing_field);
  EXPECT_EQ(refusal(with("To-Path: a\r\n")), Errc::missing_field);
  EXPECT_EQ(refusal(with("From-Path: a\r\n")), Errc::missing_field);
  EXPECT_EQ(refusal(with("To-Path: a\r\nto-path: b\r\n")), Errc::missing_field);
  EXPECT_EQ(refusal(with(paths + "To-Path: c\r\n")), Errc::missing_field);
  EXPECT_EQ(refusal(with(paths + "From-Path:\r\n")), Errc::missing_field);
  EXPECT_EQ(refusal(with(paths + "To-Pathx: c\r\nxTo-Path: c\r\nTo-Pat: c\r\n")), Errc::too_large);
}

TEST(HeadScanner, AgreesWithTheParser) {
  const auto start = "MSRP d93k SEND\r\n" + paths;
  const auto head = [&](const std::string& fields) {
    return start + fields + "\r\nbody\r\n-------d93k$\r\n";
  };
  for (const auto& wire : {head(""),
                           head("Message-id:1\r\nX:\r\n-y: z\r\n"),
                           head("Content-Type: a/b\r\n") + start + "-------d93k#\r\n",
                           head("To-Path: again\r\n"),
                           head("no colon\r\n"),
                           head(": no name\r\n"),
                           head("Message-ID : x\r\n"),
                           head("a b: c\r\n"),
                           head("\tTo-Path: c\r\n"),
                           head("Content-\x1fType: c\r\n"),
                           head("a\r: b\r\n"),
                           head("a: b\r\r\n"),
                           head("a: b\n"),
                           head("a: b\tc \xff\r\n"),
                           start + "-------d93\r\n",
                           start + "-------d93k!\r\n",
                           start + "-------d93k$$\r\n",
                           start + "-------d93k:$\r\n\r\n",
                           start + "-------d94k$\r\n",
                           start + "\n",
                           std::string("MSRP d93k\r\n"),
                           std::string("MSRP d9 3k SEND\r\n"),
                           std::string("MSRP d93k 20\r\n"),
                           std::string("MSRP d93k 200\r\n") + paths + "-------d93k$\r\n",
                           std::string("MSRP d93k 200 \r\n\r\n"),
                           std::string("GET / HTTP/1.1\r\n"),
                           std::string("MSRQ"),
                           "MSRP " + std::string(65, 'a') + " SEND\r\n",
                           std::string("MSRP d93k SEND\n")})
    expect_agreement_however_cut(head("") + wire);
}

// At every place of a head that is longer than the blocks in which it is looked at.
TEST(HeadScanner, FindsEveryControlCharacter) {
  const auto good = "MSRP d93k SEND\r\n" + paths + "X: " + std::string(100, 'x') + "\r\nY:\r\n\r\n";
  for (std::size_t at = 5; at < good.size(); ++at) {
    for (const char c : {'\0', '\t', '\n', '\r', '\x1f', ' ', '\x7f', '\x80', '\xff'}) {
      auto wire = good;
      wire[at] = c;
      expect_agreement({wire});
      expect_agreement({std::string_view(wire).substr(0, at), std::string_view(wire).substr(at)});
    }
  }
}

TEST(HeadScanner, HoldsItsLimitsHoweverTheHeadIsCut) {
  const auto wire = "MSRP d93k SEND\r\n" + paths + "X: yyyyyyyyyy\r\nY:z\r\n\r\n";
  for (std::size_t octets = 1; octets <= wire.size(); ++octets)
    expect_agreement_however_cut(wire, {.head_octets = octets});
  EXPECT_EQ(refusal(wire, {.head_octets = wire.size() - 1}), Errc::head_too_long);
  EXPECT_EQ(scan(wire, {.head_octets = wire.size(), .fields = 4}).size, wire.size());
  EXPECT_EQ(refusal(wire, {.fields = 3}), Errc::too_many_fields);
  expect_agreement_however_cut(wire, {.fields = 3});
}

std::string body_told(const test::Pieces& pieces, std::string_view transaction_id) {
  msrp::BodyScanner scanner;
  scanner.begin(transaction_id);
  std::string pending, told;
  for (const auto piece : pieces) {
    pending += piece;
    const auto found = scanner.scan(pending);
    told += pending.substr(0, found.body);
    pending.erase(0, found.consumed);
    if (found.flag != 0) return "[" + told + "]" + found.flag + pending;
  }
  return "[" + told;
}

TEST(BodyScanner, FindsTheEndBehindABodyOfAnySize) {
  for (std::size_t size = 0; size < 300; ++size) {
    for (const char filling : {'x', '-', '\r', '\n'}) {
      const auto body = std::string(size, filling);
      EXPECT_EQ(body_told({body + "\r\n-------abcd+\r\nMSRP"}, "abcd"), "[" + body + "]+MSRP");
    }
  }
}

// Bodies made of what end-lines are made of, against a search that looks at each octet.
TEST(BodyScanner, TakesOnlyTheTrueEndLine) {
  test::SeededRandom random;
  const std::array<std::string_view, 12> parts{
      "\r\n", "-------", "ab-d", "$",     "\r\n-------ab-d",  "\r",
      "\n",   "-",       "x",    "+\r\n", "-------ab-d#\r\n", "----"};
  for (int round = 0; round < 2000; ++round) {
    std::string wire;
    for (auto count = random.next_u64() % 40; count > 0; --count)
      wire += parts[random.next_u64() % parts.size()];
    const auto end = test::body_end(wire, "ab-d");
    const auto told = body_told({wire}, "ab-d");
    ASSERT_EQ(told.find(']') == told.npos, end == wire.npos) << wire;
    if (end != wire.npos) {
      ASSERT_EQ(told.substr(0, end + 2), "[" + wire.substr(0, end) + "]") << wire;
    }
    for (std::size_t n = 1; n < 24; ++n) {
      auto cut = body_told(test::cut_into(wire, n), "ab-d");
      ASSERT_EQ(cut.substr(0, cut.find(']')), told.substr(0, told.find(']')))
          << wire << " in pieces of " << n;
    }
  }
}

TEST(BodyScanner, HoldsBackNoMoreThanWhatMayBeAnEndLine) {
  const auto held = [](std::string_view first, std::string_view in) {
    msrp::BodyScanner scanner;
    scanner.begin("abcd");
    EXPECT_EQ(scanner.scan(first).consumed, first.size());
    return in.size() - scanner.scan(in).consumed;
  };
  EXPECT_EQ(held("", "-------ab"), 9u);
  EXPECT_EQ(held("", "-------abcd+\r"), 13u);
  EXPECT_EQ(held("Hi", "-------ab"), 0u);
  EXPECT_EQ(held("Hi", "-------abcd$\r\nx"), 0u);
  EXPECT_EQ(held("Hi", "Hi\r"), 1u);
  EXPECT_EQ(held("Hi", "\r\n--"), 4u);
  EXPECT_EQ(held("Hi", "\r\n-------abcd"), 13u);
  EXPECT_EQ(held("Hi", "\r\n-------abcd+\r"), 15u);
  EXPECT_EQ(held("Hi", "\r\n-------abce"), 0u);
  EXPECT_EQ(held("Hi", "\r\n-------abcd\r"), 1u);
}

}  // namespace
