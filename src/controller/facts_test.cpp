#include "controller/facts.hpp"

#include <gtest/gtest.h>

#include "tests/support/sdp_samples.hpp"

namespace controller {
namespace {

SectionFacts tls() {
  SectionFacts out;
  out.port = 1000;
  out.path = {"msrp://192.0.2.1:1000/s;tcp"};
  out.tls = true;
  out.fingerprints = {{"sha-256", std::string(32, 'x')}};
  return out;
}

TEST(ConnectionDiffers, InWhatTheConnectionDependsOnAndNothingElse) {
  auto before = tls();
  before.host = "192.0.2.1";
  auto now = before;
  now.cema = true;
  now.e2ae_requested = true;
  now.setup = sdp::Setup::active;
  EXPECT_FALSE(connection_differs(before, true, now, true));
  now = before;
  now.port = 9;
  EXPECT_FALSE(connection_differs(before, true, now, true));
  EXPECT_TRUE(connection_differs(before, false, now, false));
  EXPECT_TRUE(connection_differs(before, false, before, true));
  now = before;
  now.host = "192.0.2.7";
  EXPECT_TRUE(connection_differs(before, true, now, true));
  now = before;
  now.fingerprints.clear();
  EXPECT_TRUE(connection_differs(before, true, now, true));
  now = before;
  now.path = {"msrp://192.0.2.1:1000/another;tcp"};
  EXPECT_TRUE(connection_differs(before, true, now, true));
  now = before;
  now.tls_id = "abcdefghij0123456789";
  EXPECT_TRUE(connection_differs(before, true, now, true));
}

sdp::Document document(const std::string& sections) {
  return *sdp::Document::parse("v=0\r\no=- 1 1 IN IP4 192.0.2.99\r\ns=-\r\nt=0 0\r\n" + sections);
}

TEST(Facts, ANameIsItsAddresses) {
  test::Chat chat;
  chat.ip = "host.example.com";
  const auto parsed = document(chat.section());
  EXPECT_EQ(names_in(parsed, parsed.media()), std::vector<std::string>{"host.example.com"});
  EXPECT_TRUE(read_facts(parsed, parsed.media()[0])->addresses.empty());
  const auto ip = *base::IpAddress::parse("192.0.2.5");
  EXPECT_EQ(read_facts(parsed, parsed.media()[0], {{"host.example.com", {ip}}})->addresses.at(0), ip);
  chat.port = 0;
  const auto refused = document(chat.section());
  EXPECT_TRUE(names_in(refused, refused.media()).empty());  // nobody asks for what is not wanted
}

TEST(Facts, OneSdpMakesFewLookUps) {
  std::string sections;
  for (int i = 0; i < 10; ++i) {
    test::Chat chat;
    chat.ip = "host" + std::to_string(i) + ".example.com";
    sections += chat.section();
  }
  const auto many = document(sections);
  EXPECT_EQ(names_in(many, many.media()).size(), 4u);
}

TEST(Facts, HoldByTheUnspecifiedAddressMovesNobody) {
  auto before = tls(), now = tls();
  before.host = "192.0.2.1";
  before.addresses = {*base::IpAddress::parse(before.host)};
  now.host = "0.0.0.0";
  now.addresses = {*base::IpAddress::parse(now.host)};
  keep_place_on_hold(now, before);
  EXPECT_FALSE(connection_differs(before, false, now, false));
  now.host = "192.0.2.2";
  now.addresses = {*base::IpAddress::parse(now.host)};
  keep_place_on_hold(now, before);
  EXPECT_TRUE(connection_differs(before, false, now, false));
}

TEST(Alternatives, DifferInNothingButSecurityAndAddresses) {
  const auto plain = test::plain_chat(), secure = test::tls_chat();
  const auto are = [](const std::string& a, const std::string& b) {
    const auto both = document(a + b);
    EXPECT_EQ(are_alternatives(both, both.media()[0], both.media()[1]),
              are_alternatives(both, both.media()[1], both.media()[0]));
    return are_alternatives(both, both.media()[0], both.media()[1]);
  };
  auto elsewhere = secure;
  elsewhere.ip = "192.0.2.77";
  elsewhere.session_id = "another";
  elsewhere.setup = "active";
  EXPECT_TRUE(are(plain.section(), elsewhere.section()));
  EXPECT_FALSE(are(plain.section(), plain.section()));  // two sessions
  auto file = secure;
  file.more = "a=file-selector:name:\"x\"\r\n";
  EXPECT_FALSE(are(plain.section(), file.section()));
}

}  // namespace
}  // namespace controller
