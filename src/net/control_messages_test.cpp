#include "net/control_messages.hpp"

#include <set>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/socket.hpp"
#include "tests/support/control_client.hpp"
#include "tests/support/message_node.hpp"

namespace {

using namespace net;
using test::MessageNode;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto udp = MessageCarrier::udp;

std::string error_of(std::string_view place) {
  ControlLoop loop;
  MessageNode node(loop);
  const auto opened = node.sockets.listen(place);
  return opened ? "opened" : opened.error().reason;
}

TEST(MessageSockets, says_why_it_cannot_listen) {
  EXPECT_EQ(error_of("2944"), "cannot listen on \"2944\": expected udp:, tcp: or sctp: before the address");
  EXPECT_THAT(error_of("udp6:[::1]:0"), HasSubstr("expected udp:, tcp: or sctp:"));
  EXPECT_THAT(error_of("udp:localhost:0"), HasSubstr("expected IPv4 ADDRESS:PORT or [IPv6 ADDRESS]:PORT"));
  EXPECT_THAT(error_of("tcp:127.0.0.1"), HasSubstr("expected IPv4"));
  EXPECT_THAT(error_of("tcp:127.0.0.1:70000"), HasSubstr("expected IPv4"));
  EXPECT_THAT(error_of(""), HasSubstr("expected"));
  EXPECT_THAT(error_of("udp:192.0.2.1:0"), HasSubstr("Cannot assign requested address"));
}

TEST(MessageSockets, refuses_binary_encoding) {
  for (const char* place : {"udp:127.0.0.1:2945", "tcp:[::1]:2945", "sctp:127.0.0.1:2945",
                            "ber:127.0.0.1:2944", "binary:127.0.0.1:0"})
    EXPECT_EQ(error_of(place),
              "cannot listen on \"" + std::string(place) +
                  "\": binary encoding (BER, port 2945) is not supported; text encoding is on "
                  "port 2944");
}

TEST(MessageSockets, does_not_share_a_port) {
  ControlLoop loop;
  MessageNode node(loop);
  for (const std::string carrier : {"udp:", "tcp:"})
    EXPECT_THAT(error_of(carrier + node.listen(carrier + "127.0.0.1:0").to_string()),
                HasSubstr("Address already in use"));
}

TEST(MessageSockets, names_its_listeners) {
  ControlLoop loop;
  MessageNode node(loop);
  EXPECT_EQ(node.sockets.addresses(), "");
  const auto first = node.listen("udp:127.0.0.1:0");
  const auto second = node.listen("tcp:[::1]:0");
  EXPECT_NE(first.port, 0);
  EXPECT_EQ(node.sockets.addresses(), "udp:" + first.to_string() + ", tcp:" + second.to_string());
  EXPECT_EQ(node.sockets.address(1), first);
  EXPECT_EQ(node.sockets.address(2), second);
  for (const std::uint32_t none : {0U, 3U, 0xFFFFFFFFU})
    EXPECT_EQ(node.sockets.address(none), base::Address{});
}

class Datagrams : public testing::TestWithParam<std::string> {
 protected:
  std::string place() const { return "udp:" + GetParam() + ":0"; }
  ControlLoop loop;
};
INSTANTIATE_TEST_SUITE_P(Loopback, Datagrams, testing::Values("127.0.0.1", "[::1]"),
                         [](const auto& test) { return test.index == 0 ? "ipv4" : "ipv6"; });

TEST_P(Datagrams, go_there_and_back) {
  MessageNode one(loop), other(loop);
  const auto here = one.listen(place());
  const auto there = other.listen(place());
  one.sockets.send({udp, there, 0, 0}, "request");
  ASSERT_TRUE(other.hears(1));
  EXPECT_EQ(other.heard[0], "request");
  EXPECT_EQ(other.peers[0].address, here);
  EXPECT_EQ(other.peers[0].socket, 1U);
  EXPECT_EQ(other.peers[0].connection, 0U);
  other.sockets.send(other.peers[0], "reply");
  ASSERT_TRUE(one.hears(1));
  EXPECT_EQ(one.heard[0], "reply");
  EXPECT_EQ(one.peers[0].address, there);
}

TEST_P(Datagrams, are_answered_from_the_socket_that_heard_them) {
  MessageNode node(loop), client(loop);
  std::vector<base::Address> at;
  for (int i = 0; i < 3; ++i) at.push_back(node.listen(place()));
  node.answer = [&](const auto& message, const auto& from) { node.sockets.send(from, "re:" + message); };
  client.listen(place());
  for (std::size_t i = 3; i-- > 0;) {
    client.sockets.send({udp, at[i], 0, 0}, "m");
    ASSERT_TRUE(client.hears(3 - i));
    EXPECT_EQ(client.peers.back().address, at[i]);
    EXPECT_EQ(node.peers.back().socket, i + 1);
  }
}

TEST_P(Datagrams, need_no_listener_to_be_sent) {
  MessageNode node(loop), client(loop);
  const auto at = node.listen(place());
  node.answer = [&](const auto& message, const auto& from) { node.sockets.send(from, "re:" + message); };
  client.sockets.send({udp, at, 0, 0}, "1");
  client.sockets.send({udp, at, 0, 0}, "2");
  ASSERT_TRUE(client.hears(2));
  EXPECT_THAT(client.heard, ElementsAre("re:1", "re:2"));
  EXPECT_EQ(node.peers[0].address, node.peers[1].address);
  EXPECT_EQ(client.sockets.address(client.peers[0].socket), node.peers[0].address);
  EXPECT_EQ(client.sockets.addresses(), "");
}

TEST_P(Datagrams, of_the_longest_size_arrive_and_longer_ones_are_counted) {
  MessageNode node(loop), client(loop);
  const auto at = node.listen(place());
  const std::string longest(GetParam() == "[::1]" ? 65'527 : 65'507, 'x');
  client.sockets.send({udp, at, 0, 0}, longest);
  ASSERT_TRUE(node.hears(1));
  EXPECT_EQ(node.heard[0], longest);
  client.sockets.send({udp, at, 0, 0}, longest + "x");  // the kernel refuses it
  EXPECT_EQ(client.sockets.counters().unsent, 1U);
}

TEST(MessageSockets, drops_datagrams_that_are_empty_or_too_long) {
  ControlLoop loop;
  MessageNode node(loop, {.max_message = 5});
  const auto at = node.listen("udp:127.0.0.1:0");
  test::UdpClient client(AF_INET);
  client.send(at, "");
  client.send(at, "123456");
  client.send(at, "12345");
  ASSERT_TRUE(node.hears(1));
  EXPECT_THAT(node.heard, ElementsAre("12345"));
  EXPECT_EQ(node.sockets.counters().malformed, 1U);
}

TEST(MessageSockets, does_not_send_what_is_empty_or_too_long_or_from_nowhere) {
  ControlLoop loop;
  MessageNode node(loop, {.max_message = 5});
  const auto at = node.listen("udp:127.0.0.1:0");
  const auto stream = node.listen("tcp:127.0.0.1:0");
  for (const auto& to : {MessagePeer{udp, at, 0, 0}, MessagePeer{MessageCarrier::tcp, stream, 0, 0}}) {
    node.sockets.send(to, "");
    node.sockets.send(to, "123456");
  }
  EXPECT_EQ(node.sockets.counters().unsent, 4U);
  node.sockets.send({udp, at, 2, 0}, "1");  // not one for datagrams
  node.sockets.send({udp, at, 9, 0}, "1");
  node.sockets.send({MessageCarrier::tcp, stream, 0, 77}, "1");
  EXPECT_EQ(node.sockets.counters().unsent, 7U);
  node.sockets.send({udp, at, 0, 0}, "12345");
  ASSERT_TRUE(node.hears(1));
  EXPECT_THAT(node.heard, ElementsAre("12345"));
  EXPECT_EQ(node.sockets.counters().unsent, 7U);
}

TEST(MessageSockets, sends_datagrams_from_its_source_where_nothing_listens) {
  ControlLoop loop;
  MessageNode node(loop), client(loop);
  const auto v4 = node.listen("udp:127.0.0.1:0");
  const auto v6 = node.listen("udp:[::1]:0");
  client.sockets.set_source(*base::Address::parse("127.0.0.7:0"));
  client.listen("udp:[::1]:0");
  client.sockets.send({udp, v4, 0, 0}, "4");
  client.sockets.send({udp, v6, 0, 0}, "6");
  ASSERT_TRUE(node.hears(2));
  for (std::size_t i : {0U, 1U})
    EXPECT_EQ(node.peers[i].address.ip.to_string(), node.heard[i] == "4" ? "127.0.0.7" : "::1");
}

TEST(MessageSockets, counts_a_datagram_whose_source_is_not_ours) {
  ControlLoop loop;
  MessageNode client(loop);
  client.sockets.set_source(*base::Address::parse("192.0.2.1:0"));
  client.sockets.send({udp, *base::Address::parse("127.0.0.1:9"), 0, 0}, "x");
  EXPECT_EQ(client.sockets.counters().unsent, 1U);
}

TEST(MessageSockets, answers_from_the_address_that_was_asked_of_a_wildcard) {
  ControlLoop loop;
  MessageNode node(loop);
  const auto wildcard = node.listen("udp:0.0.0.0:0");
  test::UdpClient client(AF_INET);
  std::set<std::uint32_t> numbers;
  for (const char* ip : {"127.0.0.3", "127.0.0.2", "127.0.0.3"}) {
    const base::Address to{*base::IpAddress::parse(ip), wildcard.port};
    node.heard.clear();
    client.send(to, "c");
    ASSERT_TRUE(node.hears(1));
    EXPECT_EQ(node.sockets.address(node.peers.back().socket), to);
    node.sockets.send(node.peers.back(), "re");
    base::Address from;
    EXPECT_EQ(client.receive(&from), "re");
    EXPECT_EQ(from, to);
    numbers.insert(node.peers.back().socket);
  }
  EXPECT_EQ(numbers.size(), 2U);
  EXPECT_EQ(node.sockets.addresses(), "udp:" + wildcard.to_string());
}

TEST(MessageSockets, answers_from_a_wildcard_of_ipv6) {
  ControlLoop loop;
  MessageNode node(loop), client(loop);
  node.answer = [&](const auto& message, const auto& from) { node.sockets.send(from, "re:" + message); };
  const auto wildcard = node.listen("udp:[::]:0");
  const base::Address to{*base::IpAddress::parse("::1"), wildcard.port};
  client.sockets.send({udp, to, 0, 0}, "m");
  ASSERT_TRUE(client.hears(1));
  EXPECT_EQ(client.peers[0].address, to);
  node.sockets.send({udp, node.peers[0].address, 1, 0}, "from any");
  ASSERT_TRUE(client.hears(2));
}

TEST(MessageSockets, numbers_at_most_64_addresses_of_a_wildcard) {
  ControlLoop loop;
  MessageNode node(loop);
  const auto wildcard = node.listen("udp:0.0.0.0:0");
  test::UdpClient client(AF_INET);
  std::set<std::uint32_t> numbers;
  for (unsigned i = 1; i <= 70; ++i) {
    client.send({base::IpAddress::v4({127, 0, 1, static_cast<std::uint8_t>(i)}), wildcard.port}, "c");
    ASSERT_TRUE(node.hears(i));
    numbers.insert(node.peers.back().socket);
  }
  EXPECT_EQ(numbers.size(), 65U);  // and the wildcard's own
  node.sockets.send(node.peers.back(), "re");
  EXPECT_EQ(client.receive(), "re");
}

TEST(MessageSockets, lets_others_have_the_loop_between_bursts) {
  ControlLoop loop;
  MessageNode node(loop, {.burst = 2});
  const auto at = node.listen("udp:127.0.0.1:0");
  std::size_t seen = 0;
  node.answer = [&](const auto&, const auto&) {
    if (node.heard.size() == 1) loop.post([&] { seen = node.heard.size(); });
  };
  test::UdpClient client(AF_INET);
  for (int i = 0; i < 6; ++i) client.send(at, "x");
  ASSERT_TRUE(node.hears(6));
  EXPECT_EQ(seen, 2U);
}

}  // namespace
