#include "proto/sdp/document.hpp"

#include <gtest/gtest.h>

#include "proto/sdp/attribute.hpp"
#include "proto/sdp/media.hpp"
#include "proto/sdp/msrp_attributes.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sdp_samples.hpp"

namespace sdp {
namespace {

using test::crlf;

Document parsed(std::string_view text) {
  auto out = Document::parse(text);
  if (!out) ADD_FAILURE() << to_string(out.error()) << "\nin:\n" << text;
  return out ? *std::move(out) : *Document::parse("v=0\r\n");
}

std::string error_of(std::string_view text, const Limits& limits = {}) {
  const auto out = Document::parse(text, limits);
  return out ? "none" : to_string(out.error());
}

ErrorCode code_of(std::string_view text, const Limits& limits) {
  const auto out = Document::parse(text, limits);
  EXPECT_FALSE(out);
  return out ? ErrorCode::malformed_value : out.error().code;
}

TEST(Document, WhatIsNotTouchedComesBackByteForByte) {
  for (const auto sample : {test::sdp_plain, test::sdp_tls, test::sdp_file, test::sdp_e2ae, test::sdp_rcs}) {
    const auto lf = std::string(sample.substr(1));
    for (const auto& text : {lf, crlf(sample), lf.substr(0, lf.size() - 1), crlf(sample) + "\r\n",
                             lf + "\n\n", crlf(sample) + "\n\r\n"}) {
      EXPECT_EQ(parsed(text).print(), text);
    }
  }
}

TEST(Document, LineEndingsMayBeMixed) {
  // What a chain of rtpengine behind Kamailio hands on: bare LF inside CRLF.
  const std::string text = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\ns=-\r\nm=message 9 TCP/MSRP *\na=setup:active";
  const auto document = parsed(text);
  EXPECT_EQ(document.print(), text);
  EXPECT_EQ(*setup(document, {1}).value(), Setup::active);
}

TEST(Document, UnknownLinesAndUnusualOrderAreKept) {
  const std::string text =
      "v=0\r\nt=0 0\r\nX=who knows\r\ns=late\r\nm=message 9 TCP/MSRP *\r\na=\r\nb=\r\nc=\r\n";
  EXPECT_EQ(parsed(text).print(), text);
}

TEST(Document, SectionsAreLineRanges) {
  const auto document = parsed("v=0\ns=-\nm=audio 1 RTP/AVP 0\na=x\nm=message 2 TCP/MSRP *\n\n");
  ASSERT_EQ(document.media(), (std::vector<Section>{{1}, {2}}));
  EXPECT_EQ(document.range(session_part).last, 2u);
  EXPECT_EQ(document.range({1}).first, 2u);
  EXPECT_EQ(document.range({1}).last, 4u);
  EXPECT_EQ(document.range({2}).last, 5u) << "the blank line at the end belongs to nobody";
}

TEST(Document, MalformedTextIsRefusedWithItsLine) {
  EXPECT_EQ(error_of(""), "line 1: does not begin with v=0");
  EXPECT_EQ(error_of("\r\n"), "line 1: does not begin with v=0");
  EXPECT_EQ(error_of("o=- 1 1 IN IP4 192.0.2.1\r\nv=0\r\n"), "line 1: does not begin with v=0");
  EXPECT_EQ(error_of("v=1\r\n"), "line 1: does not begin with v=0");
  EXPECT_EQ(error_of("v=0\r\nhello\r\n"), "line 2: not a letter and '=': hello");
  EXPECT_EQ(error_of("v=0\r\n a=x\r\n"), "line 2: not a letter and '=':  a=x");
  EXPECT_EQ(error_of("v=0\r\na =x\r\n"), "line 2: not a letter and '=': a =x");
  EXPECT_EQ(error_of("v=0\r\n=x\r\n"), "line 2: not a letter and '=': =x");
  EXPECT_EQ(error_of("v=0\r\na"), "line 2: not a letter and '=': a");
  EXPECT_EQ(error_of("v=0\r\ns=-\r\n\r\nm=message 9 TCP/MSRP *\r\n"), "line 3: a blank line inside");
}

TEST(Document, AMediaLineNeedsMediaPortAndProto) {
  for (const auto* bad : {"", "message", "message 9", "message x TCP/MSRP *", "message 65536 TCP/MSRP *",
                          "message -1 TCP/MSRP *", "message 9/ TCP/MSRP *", "message 9x TCP/MSRP *"}) {
    EXPECT_TRUE(error_of(std::string("v=0\nm=") + bad).starts_with("line 2: not media, port and proto"))
        << bad;
  }
}

TEST(Document, ForbiddenOctetsCannotHideALine) {
  EXPECT_EQ(error_of(std::string_view("v=0\r\ns=a\0b\r\n", 11)), "line 2: a NUL, or a CR without LF");
  EXPECT_EQ(error_of("v=0\r\ns=a\ra=setup:active\r\n"), "line 2: a NUL, or a CR without LF");
  EXPECT_EQ(error_of("v=0\r\r\n"), "line 1: a NUL, or a CR without LF");
  EXPECT_EQ(error_of("v=0\r\ns=-\r"), "line 2: a NUL, or a CR without LF");
}

TEST(Document, EachLimitIsKept) {
  const std::string text = "v=0\ns=1234567\nm=a 1 b\nm=a 1 b\n";
  EXPECT_EQ(error_of(text, {.octets = 30, .line_octets = 9, .lines = 4, .media = 2}), "none");
  EXPECT_EQ(code_of(text, {.octets = 29}), ErrorCode::too_long);
  EXPECT_EQ(code_of(text, {.line_octets = 8}), ErrorCode::line_too_long);
  EXPECT_EQ(code_of(text, {.lines = 3}), ErrorCode::too_many_lines);
  EXPECT_EQ(code_of(text, {.media = 1}), ErrorCode::too_many_media);
}

TEST(Document, TheDefaultLimitsHoldWhatOneDatagramHolds) {
  std::string text = "v=0\n";
  for (int i = 0; i < 4; ++i) text += "a=" + std::string(16'000, 'x') + '\n';
  EXPECT_EQ(error_of(text), "none");
  EXPECT_EQ(error_of(text + "a=" + std::string(2'000, 'x')), "the description is too long");
  EXPECT_EQ(error_of("v=0\na=" + std::string(16'400, 'x')), "line 2: the line is too long");
  text = "v=0\n";
  for (int i = 0; i < 2'000; ++i) text += "a=\n";
  EXPECT_EQ(error_of(text), "line 2001: too many lines");
  text = "v=0\n";
  for (int i = 0; i < 65; ++i) text += "m=a 1 b\n";
  EXPECT_EQ(error_of(text), "line 66: too many media sections");
}

TEST(DocumentEdit, ReplaceKeepsTheLinesOwnEnding) {
  auto document = parsed("v=0\r\ns=-\nb=1\r\nt=0");
  document.replace(1, "name");
  document.replace(3, "1 2");
  EXPECT_EQ(document.print(), "v=0\r\ns=name\nb=1\r\nt=1 2");
}

TEST(DocumentEdit, ANewLineHasThePrevailingEnding) {
  auto document = parsed("v=0\r\ns=-\nt=0 0\n");
  document.insert_after(0, 'o', "x");
  EXPECT_EQ(document.print(), "v=0\r\no=x\ns=-\nt=0 0\n");
  document = parsed("v=0\r\ns=-\nt=0 0\r\n");
  document.insert_after(1, 'i', "x");
  EXPECT_EQ(document.print(), "v=0\r\ns=-\ni=x\r\nt=0 0\r\n");
}

TEST(DocumentEdit, AMissingFinalEndingStaysMissing) {
  auto document = parsed("v=0\nm=message 9 TCP/MSRP *");
  document.insert_after(1, 'a', "x");
  EXPECT_EQ(document.print(), "v=0\nm=message 9 TCP/MSRP *\na=x");
  document.append_media("message 0 TCP/MSRP *");
  EXPECT_EQ(document.print(), "v=0\nm=message 9 TCP/MSRP *\na=x\nm=message 0 TCP/MSRP *");
}

TEST(DocumentEdit, LinesAreAddedBeforeTheBlankLinesAtTheEnd) {
  auto document = parsed("v=0\r\nm=a 1 b\r\n\r\n");
  set_attribute(document, {1}, "setup", "active");
  document.append_media("c 2 d");
  EXPECT_EQ(document.print(), "v=0\r\nm=a 1 b\r\na=setup:active\r\nm=c 2 d\r\n\r\n");
}

TEST(DocumentEdit, SectionsFollowTheirLines) {
  auto document = parsed("v=0\nm=a 1 b\na=x\nm=c 2 d\na=y\n");
  document.insert_after(0, 's', "-");
  set_attribute(document, {1}, "z");
  document.remove(*document.find({1}, 'a'));
  set_attribute(document, {2}, "w", "1");
  EXPECT_EQ(document.print(), "v=0\ns=-\nm=a 1 b\na=z\nm=c 2 d\na=y\na=w:1\n");
  EXPECT_EQ(media_line(document, {2}).media, "c");
}

TEST(DocumentEditDeathTest, AValueCannotSmuggleALineIn) {
  auto document = parsed("v=0\nm=a 1 b\n");
  EXPECT_DEATH(set_attribute(document, {1}, "x", "1\r\na=y"), "");
  EXPECT_DEATH(document.replace(1, "a 1"), "") << "an m= line that parse() would refuse";
  EXPECT_DEATH(document.remove(1), "");
}

TEST(Attribute, IsReadWithoutItsBlanksAndInAnyCase) {
  const auto document = parsed("v=0\na=x:session\nm=a 1 b\na=Flag\na=x: one two \na=x:2\na=xy:3\n");
  EXPECT_EQ(attribute(document, {1}, "x"), "one two");
  EXPECT_EQ(attribute(document, {1}, "flag"), "");
  EXPECT_EQ(attribute(document, {1}, "none"), std::nullopt);
  EXPECT_EQ(attribute_lines(document, {1}, "x"), (std::vector<std::size_t>{4, 5}));
  EXPECT_EQ(inherited_lines(document, {1}, "x"), (std::vector<std::size_t>{4, 5}));
  EXPECT_EQ(inherited_lines(document, session_part, "x"), (std::vector<std::size_t>{1}));
}

TEST(Attribute, SettingReusesLinesAndLeavesNoDuplicates) {
  const std::string before = "v=0\na=x:s\nm=a 1 b\na=x:1\na=k\na=x: 2 \nm=c 1 d\na=x:9\n";
  auto document = parsed(before);
  set_attributes(document, {1}, "x", {"1", "2"});
  EXPECT_EQ(document.print(), before) << "lines that say the same already are not touched";
  set_attributes(document, {1}, "x", {"1", "3", "4"});
  EXPECT_EQ(document.print(), "v=0\na=x:s\nm=a 1 b\na=x:1\na=k\na=x:3\na=x:4\nm=c 1 d\na=x:9\n");
  set_attribute(document, {1}, "x", "5");
  EXPECT_EQ(document.print(), "v=0\na=x:s\nm=a 1 b\na=x:5\na=k\nm=c 1 d\na=x:9\n");
  remove_attribute(document, {1}, "x");
  EXPECT_EQ(document.print(), "v=0\na=x:s\nm=a 1 b\na=k\nm=c 1 d\na=x:9\n");
  remove_attribute(document, session_part, "x");
  EXPECT_EQ(document.print(), "v=0\nm=a 1 b\na=k\nm=c 1 d\na=x:9\n");
}

// Random documents of plausible and odd lines, random edits.
class RandomDocuments {
 public:
  explicit RandomDocuments(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) {
    std::byte octet[2];
    random_.fill(octet);
    return (std::to_integer<std::size_t>(octet[0]) << 8 | std::to_integer<std::size_t>(octet[1])) % n;
  }

  std::string next() {
    static constexpr std::string_view lines[] = {"m=message 9 TCP/MSRP *",
                                                 "m=audio 4/2  RTP/AVP 0",
                                                 "c=IN IP4 192.0.2.1",
                                                 "c=nonsense",
                                                 "a=setup:active",
                                                 "a=SETUP: passive ",
                                                 "a=msrp-cema",
                                                 "i=info",
                                                 "a=",
                                                 "Z=\xff\x01",
                                                 "a=fingerprint:sha-1 0",
                                                 "a=path: msrp://h:1/s;tcp",
                                                 "b=AS:1",
                                                 "a=3ge2ae:foo",
                                                 "t=0 0"};
    static constexpr std::string_view endings[] = {"\r\n", "\n"};
    std::string out = "v=0\r\n";
    for (auto n = below(20); n > 0; --n) out.append(lines[below(std::size(lines))]).append(endings[below(2)]);
    if (below(4) == 0) out.erase(out.find_last_not_of("\r\n") + 1);
    for (auto n = below(3); n > 0 && out.ends_with('\n'); --n) out.append(endings[below(2)]);
    return out;
  }

 private:
  test::SeededRandom random_;
};

TEST(DocumentProperty, RandomDocumentsComeBackAndOneEditChangesOneLine) {
  RandomDocuments random(20260101);
  for (int round = 0; round < 2'000; ++round) {
    const auto text = random.next();
    auto document = parsed(text);
    ASSERT_EQ(document.print(), text);
    if (document.media_count() == 0) continue;
    const Section media{1 + random.below(document.media_count())};
    const auto before = document.lines();
    set_attribute(document, media, "new-one", "value");
    auto added = attribute_lines(document, media, "new-one");
    ASSERT_EQ(added.size(), 1u);
    ASSERT_EQ(document.lines().size(), before.size() + 1);
    ASSERT_EQ(parsed(document.print()).print(), document.print());
    document.remove(added.front());
    for (std::size_t i = 0; i < before.size(); ++i) ASSERT_EQ(document.lines()[i].text, before[i].text);
    set_connection(document, media, {"IP4", "198.51.100.7"});
    set_port(document, media, 4'000);
    const auto again = parsed(document.print());
    ASSERT_EQ(connection_address(again, media).value()->address, "198.51.100.7");
    ASSERT_EQ(media_line(again, media).port, 4'000);
    ASSERT_EQ(again.media_count(), document.media_count());
  }
}

}  // namespace
}  // namespace sdp
