#include "proto/msrp/uri.hpp"

#include <gtest/gtest.h>

namespace {

using msrp::Errc;
using msrp::parse_path;
using msrp::parse_uri;

msrp::Uri uri(std::string_view text) {
  return parse_uri(text).value();
}

TEST(Uri, HasTheseParts) {
  const auto full = uri("msrps://alice@bob.example.com:8888/9di4/eae+92=;tcp;foo;bar=baz");
  EXPECT_EQ(full.scheme, "msrps");
  EXPECT_TRUE(full.is_secure());
  EXPECT_EQ(full.userinfo, "alice");
  EXPECT_EQ(full.host, "bob.example.com");
  EXPECT_EQ(full.port, 8888);
  EXPECT_EQ(full.session_id, "9di4/eae+92=");
  EXPECT_EQ(full.transport, "tcp");
  EXPECT_EQ(full.parameters, (std::vector<std::string>{"foo", "bar=baz"}));
}

TEST(Uri, ComesBackAsItWasWritten) {
  for (const auto* text :
       {"msrp://bob.example.com:8888/9di4eae923wzd;tcp", "MSRPS://Host.Example:1/A;TCP",
        "msrp://[2001:db8::1]:2855/s;tcp", "msrps://intra.example.com;tcp", "msrp://10.0.0.1:7777/a;ws",
        "msrps://a@h:9/s;tcp;x=y;z", "msrp://a%20b.example:1/s;dc"}) {
    const auto parsed = parse_uri(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(msrp::to_string(*parsed), text);
  }
}

TEST(Uri, IsRefusedWhenMalformed) {
  for (const auto* text : {"",
                           "msrp:",
                           "http://h:1/s;tcp",
                           "msrp://h:1/s",
                           "msrp://h:1/s;",
                           "msrp://:1/s;tcp",
                           "msrp://h:/s;tcp",
                           "msrp://h:65536/s;tcp",
                           "msrp://h:1/;tcp",
                           "msrp://h:1/s;t-p",
                           "msrp://h:1/s;tcp;",
                           "msrp://h:1/s;tcp;a=",
                           "msrp://h:1/s;tcp;=b",
                           "msrp://u:password@h:1/s;tcp",
                           "msrp://@h:1/s;tcp",
                           "msrp://[::1]/s;tcp",
                           "msrp://192.0.2.1/s;tcp",
                           "msrp://[x]:1/s;tcp",
                           "msrp://[192.0.2.1]:1/s;tcp",
                           "msrp://::1:2855/s;tcp",
                           "msrp://h:1/s s;tcp",
                           "msrp://h/a<b;tcp",
                           " msrp://h:1/s;tcp"}) {
    EXPECT_FALSE(parse_uri(text)) << text;
  }
}

TEST(Uri, TakesTheUnbracketedAddressOfRfc8873ForDataChannelsOnly) {
  const auto parsed = uri("msrps://2001:db8::3:54111/si438dsaodes;dc");
  EXPECT_EQ(parsed.host, "[2001:db8::3]");
  EXPECT_EQ(parsed.port, 54111);
}

// RFC 4975 6.1
TEST(Uri, ComparesByTheRulesOfTheRfc) {
  const auto same = [](std::string_view a, std::string_view b) { return msrp::same_uri(uri(a), uri(b)); };
  EXPECT_TRUE(same("msrp://h.example:1/s;tcp", "MSRP://H.Example:1/s;TCP"));
  EXPECT_FALSE(same("msrp://h:1/s;tcp", "msrps://h:1/s;tcp"));
  EXPECT_FALSE(same("msrp://h:1/s;tcp", "msrp://h:1/S;tcp"));
  EXPECT_FALSE(same("msrp://h:1/s;tcp", "msrp://h:1;tcp"));
  EXPECT_FALSE(same("msrp://h:2855/s;tcp", "msrp://h/s;tcp"));
  EXPECT_FALSE(same("msrp://h:1/s;tcp", "msrp://h:2/s;tcp"));
  EXPECT_FALSE(same("msrp://h:1/s;tcp", "msrp://h:1/s;ws"));
  EXPECT_TRUE(same("msrp://alice@h:1/s;tcp", "msrp://bob@h:1/s;tcp"));
  EXPECT_TRUE(same("msrp://h:1/s;tcp;x=1", "msrp://h:1/s;tcp"));
  EXPECT_TRUE(same("msrp://%68%6F%73t:1/s;tcp", "msrp://host:1/s;tcp"));
  EXPECT_FALSE(same("msrp://a%2Fb:1/s;tcp", "msrp://a%2Cb:1/s;tcp"));
  EXPECT_TRUE(same("msrp://[2001:db8:0:0::1]:1/s;tcp", "msrp://[2001:DB8::1]:1/s;tcp"));
  EXPECT_FALSE(same("msrp://[2001:db8::1]:1/s;tcp", "msrp://[2001:db8::2]:1/s;tcp"));
  EXPECT_FALSE(same("msrp://192.0.2.1:1/s;tcp", "msrp://192.0.2.10:1/s;tcp"));
}

TEST(Uri, MatchesASessionByItsIdAlone) {
  const auto same = [](std::string_view a, std::string_view b) { return msrp::same_session(uri(a), uri(b)); };
  EXPECT_TRUE(same("msrp://gateway:9/s;tcp", "msrps://phone:1/s;tcp"));
  EXPECT_FALSE(same("msrp://h:1/s;tcp", "msrp://h:1/t;tcp"));
  EXPECT_FALSE(same("msrp://h:1;tcp", "msrp://h:1;tcp"));
}

TEST(Path, IsAListOfUris) {
  const auto path = parse_path("msrps://relay.example:2855/r;tcp  msrp://bob:8888/9di;tcp");
  ASSERT_TRUE(path);
  ASSERT_EQ(path->size(), 2u);
  EXPECT_EQ(path->front().host, "relay.example");
  EXPECT_EQ(msrp::to_string(*path), "msrps://relay.example:2855/r;tcp msrp://bob:8888/9di;tcp");
  EXPECT_EQ(parse_path("").error().code, Errc::bad_uri);
  EXPECT_EQ(parse_path("msrp://h:1/s;tcp nonsense").error(), (msrp::Error{Errc::bad_uri, 17}));
}

TEST(Path, IsLimited) {
  std::string text;
  for (int i = 0; i < 64; ++i) text += "msrp://h:1/s;tcp ";
  EXPECT_TRUE(parse_path(text));
  EXPECT_EQ(parse_path(text + "msrp://h:1/s;tcp").error().code, Errc::too_many_hops);
  EXPECT_EQ(parse_path("msrp://h:1/s;tcp msrp://h:1/s;tcp", 1).error().code, Errc::too_many_hops);
}

}  // namespace
