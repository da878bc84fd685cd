#include "proto/msrp/reassembly.hpp"

#include <algorithm>
#include <bitset>
#include <string>

#include <gtest/gtest.h>

#include "proto/msrp/end_line.hpp"
#include "proto/msrp/media_type.hpp"
#include "tests/support/random.hpp"

namespace {

using msrp::ByteRange;
using msrp::Errc;

// One chunk at `start` (from 1), `octets` long.
msrp::Result<base::Ok> chunk(msrp::Reassembly& data, std::uint64_t start, std::uint64_t octets,
                             bool last = false) {
  if (auto begun = data.begin_chunk({start, std::nullopt, std::nullopt}); !begun) return begun;
  const auto offset = data.add(octets);
  if (!offset) return offset.error();
  EXPECT_EQ(*offset, start - 1);
  return data.end_chunk(last);
}

TEST(RangeSet, AgreesWithABitmap) {
  test::SeededRandom random(7);
  for (int round = 0; round < 200; ++round) {
    msrp::RangeSet set(64);
    std::bitset<64> bits;
    for (int i = 0; i < 12; ++i) {
      const auto begin = random.next_u64() % 60, end = begin + random.next_u64() % (64 - begin);
      ASSERT_TRUE(set.add(begin, end));
      for (auto at = begin; at < end; ++at) bits.set(at);
      ASSERT_EQ(set.octets(), bits.count());
      for (std::uint64_t at = 0; at < 64; ++at) ASSERT_EQ(set.covers(at, at + 1), bits.test(at));
    }
  }
}

TEST(RangeSet, HoldsItsLimitOfRangesWhateverTheirLength) {
  msrp::RangeSet set(2);
  EXPECT_TRUE(set.add(0, 10));
  EXPECT_TRUE(set.add(1'000'000'000'000, 2'000'000'000'000));
  EXPECT_FALSE(set.add(20, 30));
  EXPECT_EQ(set.octets(), 1'000'000'000'010u);
  EXPECT_TRUE(set.add(10, 30));  // extends one, makes none
  EXPECT_TRUE(set.add(30, 1'000'000'000'000));
  EXPECT_TRUE(set.add(2'000'000'000'001, 2'000'000'000'002));
}

TEST(Reassembly, IsCompleteWhenTheLastChunkCameAndNoGapIsLeft) {
  msrp::Reassembly data(8, 0);
  ASSERT_TRUE(chunk(data, 5, 4, true));  // the "$" chunk first
  EXPECT_EQ(data.total(), 8u);
  EXPECT_FALSE(data.complete());
  ASSERT_TRUE(chunk(data, 1, 2));
  EXPECT_FALSE(data.complete());
  ASSERT_TRUE(chunk(data, 2, 3));  // overlaps
  EXPECT_TRUE(data.complete());
  EXPECT_EQ(data.octets(), 8u);
}

TEST(Reassembly, TrustsTheBodyNotTheByteRange) {
  msrp::Reassembly data(8, 0);  // RFC 4975 11.1 says 1-16/16 about 14 octets
  ASSERT_TRUE(data.begin_chunk({1, 16, 16}));
  ASSERT_TRUE(data.add(14));
  ASSERT_TRUE(data.end_chunk(true));
  EXPECT_TRUE(data.complete());
  EXPECT_EQ(data.total(), 14u);
}

TEST(Reassembly, KnowsAnEmptyMessage) {
  msrp::Reassembly data(8, 0);
  ASSERT_TRUE(data.begin_chunk({1, 0, 0}));
  ASSERT_TRUE(data.end_chunk(true));
  EXPECT_TRUE(data.complete());
}

TEST(Reassembly, RefusesOctetsBehindTheTotal) {
  msrp::Reassembly data(8, 0);
  ASSERT_TRUE(chunk(data, 5, 4, true));
  EXPECT_EQ(chunk(data, 7, 3).error().code, Errc::bad_byte_range);
  msrp::Reassembly other(8, 0);
  ASSERT_TRUE(chunk(other, 5, 4));
  EXPECT_EQ(chunk(other, 1, 4, true).error().code, Errc::bad_byte_range);
}

TEST(Reassembly, LimitsGapsAndSize) {
  msrp::Reassembly holes(2, 0);
  ASSERT_TRUE(chunk(holes, 1, 1));
  ASSERT_TRUE(chunk(holes, 3, 1));
  EXPECT_EQ(chunk(holes, 5, 1).error().code, Errc::too_many_holes);

  msrp::Reassembly small(2, 100);
  EXPECT_EQ(small.begin_chunk({1, std::nullopt, 101}).error().code, Errc::too_large);
  EXPECT_EQ(small.begin_chunk({102, std::nullopt, std::nullopt}).error().code, Errc::too_large);
  ASSERT_TRUE(chunk(small, 1, 100));
  EXPECT_EQ(chunk(small, 101, 1).error().code, Errc::too_large);
}

TEST(Reassembly, SurvivesTheLargestPosition) {
  msrp::Reassembly data(2, 0);
  ASSERT_TRUE(data.begin_chunk({msrp::max_position, std::nullopt, msrp::max_position}));
  EXPECT_TRUE(data.add(1));
  EXPECT_EQ(data.add(1).error().code, Errc::bad_byte_range);
}

TEST(EndLineGuard, StopsBeforeTheEndLineIsComplete) {
  const std::string mark = "-------abcd";
  const std::string body = "x------" + mark + "$ and " + mark;
  for (std::size_t n = 1; n <= body.size(); ++n) {
    msrp::EndLineGuard guard("abcd");
    std::string sent;
    for (std::size_t at = 0; at < body.size(); at += n) {
      const auto piece = std::string_view(body).substr(at, n);
      const auto admitted = guard.admit(piece);
      sent += piece.substr(0, admitted);
      if (admitted < piece.size()) break;
    }
    ASSERT_EQ(sent, body.substr(0, 7 + mark.size() - 1)) << n;
  }
}

TEST(EndLineGuard, LetsAnythingElsePass) {
  msrp::EndLineGuard guard("abcd");
  const std::string text = "-------abce-------abc-------";
  for (int i = 0; i < 3; ++i) {
    for (const char c : text) ASSERT_EQ(guard.admit({&c, 1}), 1u);
  }
  EXPECT_EQ(guard.admit(std::string(100'000, '-')), 100'000u);
  EXPECT_EQ(guard.admit("abcd"), 3u);
}

TEST(MediaTypes, AcceptByTypeWildcardOrAnything) {
  const auto types = msrp::MediaTypes::parse("message/cpim  Text/* image/png;q=1").value();
  EXPECT_TRUE(types.accepts("message/CPIM"));
  EXPECT_TRUE(types.accepts("text/plain; charset=utf-8"));
  EXPECT_TRUE(types.accepts("image/png"));
  EXPECT_FALSE(types.accepts("image/jpeg"));
  EXPECT_FALSE(types.accepts("texts/plain"));
  EXPECT_FALSE(types.accepts("nonsense"));
  EXPECT_FALSE(types.accepts(""));
  EXPECT_TRUE(msrp::MediaTypes::parse("*").value().accepts("application/x-y"));
  EXPECT_TRUE(msrp::MediaTypes::any().accepts("a/b"));
  for (const auto* bad : {"", " ", "text", "text/", "/plain", "a/b/c", "text/pl(ain"})
    EXPECT_FALSE(msrp::MediaTypes::parse(bad)) << bad;
}

TEST(MediaTypes, AListAsConfigurationHasItIsAskedTheSame) {
  const std::vector<std::string> formats{"Message/CPIM", "image/*", "text/plain;charset=utf-8"};
  for (const auto* good : {"message/cpim", "IMAGE/png", "image/*", "text/plain", " text/plain ; charset=x"})
    EXPECT_TRUE(msrp::accepts(formats, good)) << good;
  for (const auto* bad : {"text/html", "image", "images/png", "image/", "text/*", "*", "", "message/cpimx"})
    EXPECT_FALSE(msrp::accepts(formats, bad)) << bad;
  EXPECT_TRUE(msrp::accepts({"*"}, "*"));
  EXPECT_TRUE(msrp::accepts({"*"}, "nonsense"));
  EXPECT_FALSE(msrp::accepts({}, "text/plain"));
}

}  // namespace
