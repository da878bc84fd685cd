#include "proto/sdp/file.hpp"

#include <gtest/gtest.h>

#include "tests/support/sdp_samples.hpp"

namespace sdp {
namespace {

Document with(const std::string& lines) {
  auto out = Document::parse("v=0\nm=message 9 TCP/MSRP *\n" + lines);
  if (!out) ADD_FAILURE() << to_string(out.error());
  return out ? *std::move(out) : *Document::parse("v=0\nm=message 9 TCP/MSRP *\n");
}

FileSelector selector(const std::string& value) {
  const auto out = file_selector(with("a=file-selector:" + value), {1});
  if (!out) ADD_FAILURE() << to_string(out.error());
  return out ? out->value_or(FileSelector{}) : FileSelector{};
}

TEST(File, Rfc5547Figure2IsRead) {
  const auto document = *Document::parse(test::crlf(test::sdp_file));
  const auto file = *file_selector(document, {1}).value();
  EXPECT_EQ(file.name, "My cool picture.jpg");
  EXPECT_EQ(file.size, 32349u);
  EXPECT_EQ(file.type, "image/jpeg");
  ASSERT_EQ(file.hashes.size(), 1u);
  EXPECT_EQ(base::to_string(file.hashes[0]),
            "sha-1 72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E");
  EXPECT_EQ(*file_transfer_id(document, {1}).value(), "vBnG916bdberum2fFEABR1FR3ExZMUrd");
  EXPECT_EQ(*file_disposition(document, {1}).value(), "attachment");
  EXPECT_EQ(file_date(document, {1}).value()->creation, "Mon, 15 May 2006 15:01:31 +0300");
  EXPECT_EQ(*file_icon(document, {1}).value(), "cid:id2@alicepc.example.com");
  EXPECT_EQ(*file_range(document, {1}).value(), (FileRange{1, 32349}));
}

TEST(File, NothingIsThereWithoutTheAttributes) {
  const auto document = with("");
  EXPECT_EQ(file_selector(document, {1}).value(), std::nullopt);
  EXPECT_EQ(file_transfer_id(document, {1}).value(), std::nullopt);
  EXPECT_EQ(file_disposition(document, {1}).value(), std::nullopt);
  EXPECT_EQ(file_date(document, {1}).value(), std::nullopt);
  EXPECT_EQ(file_icon(document, {1}).value(), std::nullopt);
  EXPECT_EQ(file_range(document, {1}).value(), std::nullopt);
}

TEST(File, ABareSelectorIsACapability) {
  EXPECT_EQ(file_selector(with("a=file-selector\n"), {1}).value(), FileSelector{});
}

TEST(File, PercentEncodingIsUndone) {
  EXPECT_EQ(selector("name:\"a%22b%25c%2fd%0D é.txt\"").name, "a\"b%c/d\r é.txt");
  EXPECT_EQ(selector("name:\"50% off %4\"").name, "50% off %4") << "clients forget to encode it";
}

TEST(File, SelectorsComeInAnyOrderAndUnknownOnesArePassedOver) {
  const auto file =
      selector("size:5 future:thing TYPE:text/plain;charset=\"utf 8\";format=flowed  name:\"x y\"");
  EXPECT_EQ(file.size, 5u);
  EXPECT_EQ(file.type, "text/plain");
  EXPECT_EQ(file.type_parameters,
            (std::vector<std::pair<std::string, std::string>>{{"charset", "utf 8"}, {"format", "flowed"}}));
  EXPECT_EQ(file.name, "x y");
}

TEST(File, SeveralHashesAreKept) {
  const auto file = selector("hash:sha-1:" + std::string("00") + [] {
    std::string more;
    for (int i = 1; i < 20; ++i) more += ":0A";
    return more;
  }() + " hash:x-other:AB:CD");
  ASSERT_EQ(file.hashes.size(), 2u);
  EXPECT_EQ(file.hashes[1], (base::Fingerprint{"x-other", "\xAB\xCD"}));
}

TEST(File, MalformedSelectorsAreErrors) {
  for (const auto* bad :
       {"name:x", "name:\"x", "name:\"x\"y", "size:", "size:-1", "size:99999999999999999999", "size:1k",
        "type:text", "type:/plain", "type:text/", "type:text/plain;", "type:text/plain;x",
        "type:text/plain;x=\"y", "hash:sha-1", "hash:sha-1:00", "hash:sha-1:zz"}) {
    EXPECT_FALSE(file_selector(with(std::string("a=file-selector:") + bad), {1})) << bad;
  }
}

TEST(File, DatesAreOneOfEachKind) {
  const auto date =
      *file_date(with("a=file-date:read:\"c\" creation:\"a\" modification:\"b\"\n"), {1}).value();
  EXPECT_EQ(date, (FileDate{"a", "b", "c"}));
  for (const auto* bad : {"", "creation:a", "creation:\"a", "other:\"a\"", "read:\"a\" read:\"b\""}) {
    EXPECT_FALSE(file_date(with(std::string("a=file-date:") + bad), {1})) << bad;
  }
}

TEST(File, RangesAreOneBasedAndMayBeOpen) {
  EXPECT_EQ(*file_range(with("a=file-range:17-*"), {1}).value(), (FileRange{17, std::nullopt}));
  for (const auto* bad : {"", "1", "0-5", "5-4", "1-", "a-b", "1-2x", "1-*x"}) {
    EXPECT_FALSE(file_range(with(std::string("a=file-range:") + bad), {1})) << bad;
  }
}

TEST(File, WhatIsWrittenIsReadBack) {
  FileDescription file;
  file.selector.name = std::string("../a\"%41\\b\r\n\0 ü.bin", 20);
  file.selector.size = 67'108'864;
  file.selector.type = "text/plain";
  file.selector.type_parameters = {{"charset", "utf-8"}, {"x", "a \"b\""}};
  file.selector.hashes = {{"sha-1", std::string(20, '\x7f')}, {"sha-256", std::string(32, '\xf0')}};
  file.transfer_id = "abcdef";
  file.disposition = "render";
  file.date = FileDate{"Mon, 15 May 2006 15:01:31 +0300", std::nullopt, "x"};
  file.icon = "cid:x@y";
  file.range = FileRange{1, std::nullopt};
  auto document = with("");
  set_file(document, {1}, file);
  const auto again = *Document::parse(document.print());
  FileDescription read{*file_selector(again, {1}).value(),   *file_transfer_id(again, {1}).value(),
                       file_disposition(again, {1}).value(), file_date(again, {1}).value(),
                       file_icon(again, {1}).value(),        file_range(again, {1}).value()};
  EXPECT_EQ(read, file);
  EXPECT_TRUE(again.print().find("name:\"..%2fa%22%2541%5cb%0d%0a%00 ü.bin\"") != std::string::npos)
      << again.print();

  file.disposition = std::nullopt;
  file.range = std::nullopt;
  set_file(document, {1}, file);
  EXPECT_EQ(file_disposition(document, {1}).value(), std::nullopt);
  EXPECT_EQ(file_range(document, {1}).value(), std::nullopt);
}

}  // namespace
}  // namespace sdp
