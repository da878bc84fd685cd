#include "proto/sdp/media.hpp"

#include <gtest/gtest.h>

#include "proto/sdp/attribute.hpp"
#include "tests/support/sdp_samples.hpp"

namespace sdp {
namespace {

Document parsed(std::string_view text) {
  auto out = Document::parse(text);
  if (!out) ADD_FAILURE() << to_string(out.error());
  return out ? *std::move(out) : *Document::parse("v=0\r\n");
}

TEST(MediaLine, HasPortCountProtoAndFormats) {
  const auto document = parsed("v=0\nm=video 49170/2 RTP/AVP 31 32\nm=message  9  tcp/msrp  *\nm=x 0 y\n");
  EXPECT_EQ(media_line(document, {1}), (MediaLine{"video", 49170, 2, "RTP/AVP", {"31", "32"}}));
  EXPECT_EQ(media_line(document, {2}), (MediaLine{"message", 9, 1, "tcp/msrp", {"*"}}));
  EXPECT_EQ(media_line(document, {3}), (MediaLine{"x", 0, 1, "y", {}}));
  EXPECT_EQ(to_string(media_line(document, {1})), "video 49170/2 RTP/AVP 31 32");
  for (const auto media : document.media()) {
    EXPECT_EQ(parse_media_line(to_string(media_line(document, media))), media_line(document, media));
  }
}

TEST(MediaLine, PortAndProtoAreReplacedWhereTheyStand) {
  auto document = parsed("v=0\r\nm=message  2855/3   TCP/MSRP * x \nm=a 1 b\r\n");
  set_port(document, {1}, 40000);
  EXPECT_EQ(document.print(), "v=0\r\nm=message  40000   TCP/MSRP * x \nm=a 1 b\r\n");
  set_proto(document, {1}, tcp_tls_msrp);
  EXPECT_EQ(document.print(), "v=0\r\nm=message  40000   TCP/TLS/MSRP * x \nm=a 1 b\r\n");
  set_port(document, {1}, 0);
  EXPECT_EQ(document.print(), "v=0\r\nm=message  0   TCP/TLS/MSRP * x \nm=a 1 b\r\n");
}

TEST(MediaLine, MsrpIsMessageOverTcpOrTlsInAnyCase) {
  const auto document = parsed(
      "v=0\nm=message 9 TCP/MSRP *\nm=MESSAGE 9 tcp/tls/msrp *\nm=message 9 UDP/MSRP *\nm=application 9 "
      "TCP/MSRP *\n"
      "m=message 9 TCP/WSS/MSRP *\n");
  EXPECT_TRUE(is_msrp(document, {1}));
  EXPECT_FALSE(is_msrps(document, {1}));
  EXPECT_TRUE(is_msrp(document, {2}));
  EXPECT_TRUE(is_msrps(document, {2}));
  for (const std::size_t other : {3, 4, 5}) EXPECT_FALSE(is_msrp(document, {other})) << other;
}

TEST(Connection, TheSectionsOwnCountsBeforeTheSessions) {
  const auto document = parsed(
      "v=0\nc=IN IP4 host.example.com\nm=a 1 b\nm=a 1 b\nc=IN IP6 2001:db8::1\nm=a 1 b\nc=in ip4 "
      "224.2.1.1/127/3\n");
  EXPECT_EQ(*connection_address(document, {1}).value(), (ConnectionAddress{"IP4", "host.example.com"}));
  EXPECT_EQ(*connection_address(document, {2}).value(), (ConnectionAddress{"IP6", "2001:db8::1"}));
  EXPECT_EQ(*connection_address(document, {3}).value(), (ConnectionAddress{"IP4", "224.2.1.1"}));
  EXPECT_EQ(*connection_address(document, session_part).value(),
            (ConnectionAddress{"IP4", "host.example.com"}));
}

TEST(Connection, AbsentAndMalformedAreTwoThings) {
  EXPECT_EQ(connection_address(parsed("v=0\nm=a 1 b\n"), {1}).value(), std::nullopt);
  for (const auto* bad : {"", "IN IP4", "IN IP5 x", "ATM IP4 x", "IN IP4 x y", "IN IP4 /3"}) {
    const auto out = connection_address(parsed(std::string("v=0\nm=a 1 b\nc=") + bad), {1});
    ASSERT_FALSE(out) << bad;
    EXPECT_EQ(out.error().line, 3u);
    EXPECT_EQ(out.error().code, ErrorCode::malformed_value);
  }
}

TEST(Connection, ASectionThatInheritsGetsItsOwnBehindMediaAndInformation) {
  auto document =
      parsed("v=0\r\nc=IN IP4 192.0.2.1\r\nm=a 1 b\r\ni=x\r\nb=AS:1\r\nm=a 1 b\r\na=x\r\nm=a 1 b");
  set_connection(document, {1}, {"IP4", "198.51.100.1"});
  set_connection(document, {2}, connection_of("2001:db8::1"));
  set_connection(document, {3}, connection_of("gw.example.com"));
  EXPECT_EQ(document.print(),
            "v=0\r\nc=IN IP4 192.0.2.1\r\nm=a 1 b\r\ni=x\r\nc=IN IP4 198.51.100.1\r\nb=AS:1\r\nm=a 1 b\r\n"
            "c=IN IP6 2001:db8::1\r\na=x\r\nm=a 1 b\r\nc=IN IP4 gw.example.com");
}

TEST(Connection, ReplacingTouchesNoOtherLine) {
  auto document =
      parsed("v=0\nc=IN IP4 192.0.2.1\nm=a 1 b\na=x\nc=IN IP4 224.0.0.1/1\r\nc=IN IP4 224.0.0.2/1\na=y\n");
  set_connection(document, {1}, {"IP4", "198.51.100.1"});
  EXPECT_EQ(document.print(), "v=0\nc=IN IP4 192.0.2.1\nm=a 1 b\na=x\nc=IN IP4 198.51.100.1\r\na=y\n");
}

TEST(Connection, NothingChangesWhereItHoldsAlready) {
  const std::string text = "v=0\nc=IN  IP4 192.0.2.1\nm=a 1 b\nm=a 1 b\nc=IN IP4  192.0.2.1 \n";
  auto document = parsed(text);
  set_connection(document, {1}, {"IP4", "192.0.2.1"});
  set_connection(document, {2}, {"IP4", "192.0.2.1"});
  EXPECT_EQ(document.print(), text);
}

TEST(Connection, AMalformedLineIsReplaced) {
  auto document = parsed("v=0\nm=a 1 b\nc=broken\n");
  set_connection(document, {1}, {"IP4", "192.0.2.1"});
  EXPECT_EQ(document.print(), "v=0\nm=a 1 b\nc=IN IP4 192.0.2.1\n");
}

TEST(Connection, TheSessionsGoesBehindItsInformation) {
  auto document = parsed("v=0\no=- 1 1 IN IP4 x\ns=-\ni=x\nb=AS:1\nt=0 0\n");
  set_connection(document, session_part, {"IP4", "192.0.2.1"});
  EXPECT_EQ(document.print(), "v=0\no=- 1 1 IN IP4 x\ns=-\ni=x\nc=IN IP4 192.0.2.1\nb=AS:1\nt=0 0\n");
}

TEST(Origin, IsReadAndReplaced) {
  auto document = parsed("v=0\r\no=alice 99999999999999999999999 2 IN IP6 2001:db8::1\r\ns=-\r\n");
  auto value = *origin(document).value();
  EXPECT_EQ(value, (Origin{"alice", "99999999999999999999999", "2", {"IP6", "2001:db8::1"}}));
  value.address = {"IP4", "192.0.2.1"};
  set_origin(document, value);
  EXPECT_EQ(document.print(), "v=0\r\no=alice 99999999999999999999999 2 IN IP4 192.0.2.1\r\ns=-\r\n");
}

TEST(Origin, MayBeAbsentOrMalformed) {
  auto document = parsed("v=0\ns=-\n");
  EXPECT_EQ(origin(document).value(), std::nullopt);
  set_origin(document, {"-", "1", "2", {"IP4", "x"}});
  EXPECT_EQ(document.print(), "v=0\no=- 1 2 IN IP4 x\ns=-\n");
  EXPECT_EQ(origin(parsed("v=0\no=- 1 IN IP4 x\n")).error().line, 2u);
}

TEST(Direction, TheSectionsOwnThenTheSessionsThenBoth) {
  const auto document = parsed("v=0\na=inactive\nm=a 1 b\nm=a 1 b\na=sendonly\nm=a 1 b\na=x\na=RECVONLY \n");
  EXPECT_EQ(direction(document, {1}), Direction::inactive);
  EXPECT_EQ(direction(document, {2}), Direction::sendonly);
  EXPECT_EQ(direction(document, {3}), Direction::recvonly);
  EXPECT_EQ(direction(parsed("v=0\nm=a 1 b\na=sendonly2\n"), {1}), Direction::sendrecv);
}

}  // namespace
}  // namespace sdp
