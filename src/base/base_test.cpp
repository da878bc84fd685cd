#include <random>

#include <gtest/gtest.h>

#include "base/address.hpp"
#include "base/buffer.hpp"
#include "base/cursor.hpp"
#include "base/fingerprint.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "tests/support/random.hpp"

namespace base {
namespace {

TEST(Buffer, BehavesAsAQueueOfOctets) {
  std::mt19937 dice(7);
  Buffer buffer;
  std::string model;
  for (int i = 0; i < 20000; ++i) {
    const std::string piece(dice() % 50, static_cast<char>('a' + i % 26));
    buffer.append(piece);
    model += piece;
    const auto n = dice() % (model.size() + 1);
    if (dice() % 3 != 0) {
      buffer.consume(n);
      model.erase(0, n);
    }
    ASSERT_EQ(buffer.view(), model);
  }
}

TEST(Buffer, ReleaseGivesTheMemoryBack) {
  Buffer buffer;
  buffer.append(std::string(100000, 'x'));
  buffer.consume(100000);
  EXPECT_GE(buffer.capacity(), 100000U);
  buffer.release();
  EXPECT_EQ(buffer.capacity(), 0U);
  buffer.append("again");
  EXPECT_EQ(buffer.view(), "again");
}

TEST(Result, HoldsAValueOrTheReasonThereIsNone) {
  const Result<int, std::string> good(7);
  const Result<int, std::string> bad(std::string("why"));
  EXPECT_TRUE(good);
  EXPECT_EQ(*good, 7);
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error(), "why");
  EXPECT_DEATH((void)*bad, "broken invariant");
}

TEST(Address, ReadsAndPrintsBothFamilies) {
  for (const auto* text : {"127.0.0.1:80", "[2001:db8::1]:2855", "0.0.0.0:9", "[::1]:65535"}) {
    const auto address = Address::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
  for (const auto* text : {"", ":", "1.2.3:4", "::1:80", "[127.0.0.1]:80", "127.0.0.1:65536",
                           "127.0.0.1:", "host:80", "[::1]80"}) {
    EXPECT_FALSE(Address::parse(text)) << text;
  }
}

TEST(Address, AMappedAddressIsItsIPv4Address) {
  EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.1"), IpAddress::parse("192.0.2.1"));
  EXPECT_EQ(IpAddress::parse("2001:DB8:0:0:0:0:0:1")->to_string(), "2001:db8::1");
}

TEST(Network, ContainsItsBlockAndNothingElse) {
  const auto net = Network::parse("192.0.2.128/25");
  ASSERT_TRUE(net);
  EXPECT_TRUE(net->contains(*IpAddress::parse("192.0.2.200")));
  EXPECT_FALSE(net->contains(*IpAddress::parse("192.0.2.100")));
  EXPECT_FALSE(net->contains(*IpAddress::parse("::1")));
  EXPECT_TRUE(Network::parse("::/0")->contains(*IpAddress::parse("2001:db8::1")));
  EXPECT_FALSE(Network::parse("192.0.2.0/33"));
  EXPECT_FALSE(Network::parse("localhost"));
}

TEST(Fingerprint, ReadsEitherCaseAndPrintsUpperCase) {
  const auto parsed = parse_fingerprint("SHA-1 4a:ad:b9:b1:3f:82:18:3b:54:02:12:df:3e:5d:49:6b:19:e5:7c:ab");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(to_string(*parsed), "sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB");
  EXPECT_FALSE(parse_fingerprint("sha-256 4A:AD"));
  EXPECT_FALSE(parse_fingerprint("sha-1 4A.AD.B9.B1.3F.82.18.3B.54.02.12.DF.3E.5D.49.6B.19.E5.7C.AB"));
  EXPECT_FALSE(parse_fingerprint("sha-1"));
  EXPECT_FALSE(parse_fingerprint(""));
}

TEST(Text, NumbersThatDoNotFitAreRefused) {
  EXPECT_EQ(parse_uint<std::uint16_t>("65535"), 65535);
  for (const auto* text : {"65536", "-1", "+1", "1x", "", " 1"})
    EXPECT_FALSE(parse_uint<std::uint16_t>(text)) << text;
}

TEST(Text, HexRoundTrip) {
  EXPECT_EQ(from_hex(to_hex(std::string("\x00\xff\x10", 3))), std::string("\x00\xff\x10", 3));
  EXPECT_FALSE(from_hex("abc"));
  EXPECT_FALSE(from_hex("zz"));
}

TEST(Text, PrintableHidesControlCharactersAndLength) {
  EXPECT_EQ(printable("a\r\n\x1b[0m"), "a\\x0d\\x0a\\x1b[0m");
  EXPECT_EQ(printable(std::string(100, 'a'), 3), "aaa...");
}

TEST(Cursor, TakesOrLeaves) {
  Cursor in("m=message 2855 X");
  EXPECT_FALSE(in.take("a="));
  EXPECT_TRUE(in.take("m="));
  EXPECT_EQ(in.take_until(' '), "message");
  EXPECT_TRUE(in.take(' '));
  EXPECT_FALSE(in.take_uint<std::uint8_t>());
  EXPECT_EQ(in.take_uint<std::uint16_t>(), 2855);
  EXPECT_EQ(in.offset(), 14U);
}

TEST(Secret, ComparesAndIsEmptyAfterItWasMoved) {
  Secret one("key");
  Secret two = std::move(one);
  EXPECT_TRUE(one.empty());  // NOLINT: that is the point
  EXPECT_TRUE(two.equals(Secret("key").octets()));
  EXPECT_FALSE(two.equals(Secret("kez").octets()));
  EXPECT_FALSE(two.equals(Secret("keys").octets()));
}

TEST(Random, TokensHaveTheirLengthAndAlphabet) {
  test::SeededRandom random;
  const auto token = random_token(random, 40);
  EXPECT_EQ(token.size(), 40U);
  EXPECT_EQ(token.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), token.npos);
  EXPECT_NE(token, random_token(random, 40));
}

TEST(IpAddress, WhereAPeersWordIsEnoughToConnectTo) {
  const auto may = [](const char* from, const char* to) {
    return may_connect(*IpAddress::parse(from), *IpAddress::parse(to));
  };
  EXPECT_TRUE(may("192.0.2.1", "192.0.2.2"));
  EXPECT_TRUE(may("192.0.2.1", "10.0.0.1"));
  EXPECT_TRUE(may("127.0.0.1", "127.0.0.9"));
  EXPECT_TRUE(may("2001:db8::1", "2001:db8::2"));
  EXPECT_TRUE(may("169.254.0.1", "169.254.0.2"));
  for (const auto* to :
       {"127.0.0.1", "0.0.0.0", "224.0.0.1", "239.1.1.1", "255.255.255.255", "169.254.1.1", "2001:db8::2"})
    EXPECT_FALSE(may("192.0.2.1", to)) << to;
  for (const auto* to : {"::1", "::", "ff02::1", "fe80::1", "192.0.2.2", "::ffff:127.0.0.1"})
    EXPECT_FALSE(may("2001:db8::1", to)) << to;
}

}  // namespace
}  // namespace base
