#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/control_messages.hpp"
#include "tests/support/message_node.hpp"

namespace {

using namespace net;
using test::MessageNode;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto tcp = MessageCarrier::tcp;

/// What TCP and SCTP have in common is tested between two ends of ours, SCTP where the kernel has it.
struct Kind {
  std::string name;
  MessageCarrier carrier;
  std::string host;
};

std::vector<Kind> kinds() {
  std::vector<Kind> all{{"tcp", tcp, "127.0.0.1"}, {"tcp_ipv6", tcp, "[::1]"}};
  if (!has_sctp()) return all;
  all.push_back({"sctp", MessageCarrier::sctp, "127.0.0.1"});
  all.push_back({"sctp_ipv6", MessageCarrier::sctp, "[::1]"});
  return all;
}

class Connections : public testing::TestWithParam<Kind> {
 protected:
  std::string scheme() const { return GetParam().carrier == tcp ? "tcp:" : "sctp:"; }
  std::string place() const { return scheme() + GetParam().host + ":0"; }
  MessagePeer to(const base::Address& address) const { return {GetParam().carrier, address, 0, 0}; }
  /// Where nobody listens.
  base::Address nowhere() {
    MessageNode node(loop);
    return node.listen(place());
  }
  ControlLoop loop;
};
INSTANTIATE_TEST_SUITE_P(Carriers, Connections, testing::ValuesIn(kinds()),
                         [](const auto& test) { return test.param.name; });

TEST_P(Connections, carry_messages_both_ways) {
  MessageNode node(loop), client(loop);
  node.answer = [&](const auto& message, const auto& from) { node.sockets.send(from, "re:" + message); };
  const auto at = node.listen(place());
  client.sockets.send(to(at), "1");  // waits for the connection
  client.sockets.send(to(at), "2");
  ASSERT_TRUE(client.hears(2));
  EXPECT_THAT(client.heard, ElementsAre("re:1", "re:2"));
  EXPECT_EQ(client.peers[0].address, at);
  EXPECT_EQ(client.peers[0].connection, 1U);
  EXPECT_EQ(client.peers[1].connection, 1U);
  EXPECT_EQ(node.peers[0].socket, 1U);
  EXPECT_EQ(node.peers[0].carrier, GetParam().carrier);
  // The connection serves requests of the other end, too: by number, and by address.
  node.sockets.send({GetParam().carrier, node.peers[0].address, 0, 0}, "3");
  ASSERT_TRUE(client.hears(3));
  EXPECT_EQ(client.peers[2].connection, 1U);
}

TEST_P(Connections, carry_messages_of_every_size) {
  MessageNode node(loop, {.max_pending = std::size_t{1} << 24});
  MessageNode client(loop, {.max_pending = std::size_t{1} << 24});
  const auto at = node.listen(place());
  std::vector<std::string> sent;
  for (const std::size_t size : {1U, 2U, 1000U, 16'380U, 16'384U, 16'388U, 40'000U, 65'530U, 65'531U, 7U})
    sent.emplace_back(size, static_cast<char>('a' + sent.size()));
  for (const auto& message : sent) client.sockets.send(to(at), message);
  ASSERT_TRUE(node.hears(sent.size()));
  EXPECT_EQ(node.heard, sent);
}

TEST_P(Connections, keep_going_when_both_ends_have_much_to_send) {
  MessageNode node(loop, {.max_pending = std::size_t{1} << 25});
  MessageNode client(loop, {.max_pending = std::size_t{1} << 25});
  const std::string much(10'000, 'm');
  // More than the kernel takes. Linux' SCTP crawls when both directions of the loopback are full: drops, then
  // waits a second before it sends again.
  const std::size_t count = GetParam().carrier == tcp ? 2'600 : 40;
  const auto at = node.listen(place());
  client.sockets.send(to(at), "go");
  ASSERT_TRUE(node.hears(1));
  for (std::size_t i = 0; i < count; ++i) {
    client.sockets.send(to(at), much);
    node.sockets.send(node.peers[0], much);
  }
  ASSERT_TRUE(node.hears(1 + count));
  ASSERT_TRUE(client.hears(count));
  EXPECT_EQ(node.heard.back(), much);
  EXPECT_EQ(client.heard.back(), much);
}

TEST_P(Connections, say_when_they_end) {
  MessageNode node(loop), client(loop);
  const auto at = node.listen(place());
  client.sockets.send(to(at), "1");
  ASSERT_TRUE(node.hears(1));
  node.sockets.close(node.peers[0]);
  ASSERT_TRUE(client.closes(1));
  EXPECT_EQ(client.closed[0].address, at);
  EXPECT_EQ(client.closed[0].connection, 1U);
  EXPECT_EQ(client.reasons[0], "ended by the other end");
  client.sockets.send(client.closed[0], "gone");
  EXPECT_EQ(client.sockets.counters().unsent, 1U);
  client.sockets.send(to(at), "2");  // a new one, which has a new number on both sides
  ASSERT_TRUE(node.hears(2));
  EXPECT_NE(node.peers[0].connection, node.peers[1].connection);
  EXPECT_TRUE(node.closed.empty());
  node.sockets.close(node.peers[1]);
  ASSERT_TRUE(client.closes(2));
  EXPECT_EQ(client.closed[1].connection, 2U);
}

TEST_P(Connections, say_when_the_other_end_dies) {
  MessageNode client(loop);
  auto node = std::make_unique<MessageNode>(loop);
  const auto at = node->listen(place());
  client.sockets.send(to(at), "1");
  ASSERT_TRUE(node->hears(1));
  client.sockets.send(to(at), "2");  // maybe not read any more: then it is a reset
  node.reset();
  ASSERT_TRUE(client.closes(1));
  EXPECT_THAT(client.reasons[0], HasSubstr("ended"));
}

TEST_P(Connections, say_when_they_cannot_be_made) {
  const auto at = nowhere();
  MessageNode client(loop);
  client.sockets.send(to(at), "1");
  client.sockets.send(to(at), "2");
  EXPECT_TRUE(client.closed.empty());  // not from inside send()
  ASSERT_TRUE(client.closes(1));
  EXPECT_EQ(client.closed[0].address, at);
  EXPECT_EQ(client.closed[0].connection, 1U);
  EXPECT_EQ(client.reasons[0], "cannot connect: Connection refused");
}

TEST_P(Connections, that_cannot_even_be_tried_say_so_from_the_loop) {
  MessageNode client(loop);
  client.sockets.set_source({base::Address::parse(GetParam().host + ":0")->ip.is_v6()
                                 ? *base::IpAddress::parse("2001:db8::1")
                                 : *base::IpAddress::parse("192.0.2.1"),
                             0});
  client.sockets.send(to(nowhere()), "1");
  EXPECT_TRUE(client.closed.empty());
  EXPECT_EQ(client.sockets.counters().unsent, 1U);
  ASSERT_TRUE(client.closes(1));
  EXPECT_EQ(client.reasons[0], "cannot connect: Cannot assign requested address");
}

TEST_P(Connections, end_with_what_waits_sent) {
  MessageNode node(loop), client(loop, {.max_pending = std::size_t{1} << 25});
  const auto at = node.listen(place());
  const std::string much(10'000, 'm');
  for (int i = 0; i < 650; ++i) client.sockets.send(to(at), much);
  client.sockets.close(to(at));  // it is not even made yet
  ASSERT_TRUE(node.hears(650));
  ASSERT_TRUE(node.closes(1));
  EXPECT_EQ(node.reasons[0], "ended by the other end");
  EXPECT_TRUE(client.closed.empty());
  EXPECT_EQ(client.sockets.counters().unsent, 0U);
}

TEST_P(Connections, that_are_closed_before_they_are_made_leave_nothing) {
  MessageNode node(loop), client(loop);
  const auto at = node.listen(place());
  client.sockets.send(to(nowhere()), "never");
  client.sockets.send(to(at), "1");
  client.sockets.close({GetParam().carrier, at, 0, 1});  // the first: its failure is no news any more
  ASSERT_TRUE(node.hears(1));
  client.sockets.close(to(at));
  client.sockets.send(to(at), "2");  // not on the one that ends
  ASSERT_TRUE(node.hears(2));
  EXPECT_NE(node.peers[0].connection, node.peers[1].connection);
  ASSERT_TRUE(node.closes(1));
  EXPECT_EQ(node.closed[0].connection, node.peers[0].connection);
  EXPECT_TRUE(client.closed.empty());
}

TEST_P(Connections, deliver_nothing_after_close_and_leave_others_alone) {
  MessageNode node(loop), client(loop);
  node.answer = [&](const auto&, const auto& from) {
    node.sockets.send(from, "enough");
    node.sockets.close(from);
    node.sockets.close(from);
  };
  const auto at = node.listen(place());
  for (int i = 0; i < 20; ++i) client.sockets.send(to(at), "x");
  ASSERT_TRUE(client.closes(1));
  EXPECT_THAT(client.heard, ElementsAre("enough"));
  EXPECT_EQ(node.heard.size(), 1U);
  EXPECT_TRUE(node.closed.empty());
}

TEST_P(Connections, come_from_the_source_that_was_set) {
  MessageNode node(loop), client(loop);
  const auto at = node.listen(place());
  const auto source = at.ip.is_v6() ? at.ip : *base::IpAddress::parse("127.0.0.9");
  client.sockets.set_source({source, 0});
  client.sockets.send(to(at), "1");
  ASSERT_TRUE(node.hears(1));
  EXPECT_EQ(node.peers[0].address.ip, source);
}

TEST_P(Connections, of_others_are_limited_and_ours_are_not_counted) {
  MessageNode node(loop, {.max_connections = 2});
  const auto at = node.listen(place());
  MessageNode first(loop), second(loop), third(loop);
  const auto elsewhere = first.listen(place());
  first.sockets.send(to(at), "1");
  second.sockets.send(to(at), "2");
  ASSERT_TRUE(node.hears(2));
  node.sockets.send(to(elsewhere), "ours");
  ASSERT_TRUE(first.hears(1));
  third.sockets.send(to(at), "3");
  ASSERT_TRUE(third.closes(1));
  EXPECT_EQ(node.sockets.counters().refused, 1U);
  first.sockets.close(to(at));
  ASSERT_TRUE(node.closes(1));  // and there is room again
  third.sockets.send(to(at), "4");
  ASSERT_TRUE(node.hears(3));
  EXPECT_EQ(node.heard[2], "4");
}

TEST_P(Connections, bring_no_message_that_is_too_long) {
  MessageNode node(loop, {.max_message = 100});
  MessageNode client(loop);
  const auto at = node.listen(place());
  client.sockets.send(to(at), std::string(100, 'a'));
  client.sockets.send(to(at), std::string(101, 'b'));
  ASSERT_TRUE(node.closes(1));
  EXPECT_EQ(node.heard.size(), 1U);
  EXPECT_THAT(node.reasons[0], HasSubstr("too long"));
  EXPECT_EQ(node.sockets.counters().malformed, 1U);
  ASSERT_TRUE(client.closes(1));
}

TEST_P(Connections, die_with_their_owner) {
  MessageNode node(loop);
  const auto at = node.listen(place());
  {
    MessageNode client(loop);
    client.sockets.send(to(at), "half made");
    client.sockets.send(to(nowhere()), "failing");
  }
  MessageNode client(loop);
  client.sockets.send(to(at), "good");
  ASSERT_TRUE(node.until([&] { return !node.heard.empty() && node.heard.back() == "good"; }));
}

TEST(MessageSockets, admits_connections_or_not) {
  ControlLoop loop;
  MessageNode node(loop,
                   {.admit = [](const auto& ip) { return ip != *base::IpAddress::parse("127.0.0.9"); }});
  MessageNode client(loop), stranger(loop);
  const auto at = node.listen("tcp:127.0.0.1:0");
  stranger.sockets.set_source(*base::Address::parse("127.0.0.9:0"));
  stranger.sockets.send({tcp, at, 0, 0}, "1");
  ASSERT_TRUE(stranger.closes(1));
  client.sockets.send({tcp, at, 0, 0}, "2");
  ASSERT_TRUE(node.hears(1));
  EXPECT_THAT(node.heard, ElementsAre("2"));
  EXPECT_EQ(node.sockets.counters().refused, 1U);
  EXPECT_TRUE(node.closed.empty());  // it never was one
}

TEST(MessageSockets, says_that_the_kernel_has_no_sctp) {
  if (has_sctp()) GTEST_SKIP() << "this kernel has SCTP";
  ControlLoop loop;
  MessageNode node(loop);
  const auto opened = node.sockets.listen("sctp:127.0.0.1:0");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason,
            "cannot listen on \"sctp:127.0.0.1:0\": this kernel has no SCTP (module sctp)");
  node.sockets.send({MessageCarrier::sctp, *base::Address::parse("127.0.0.1:2944"), 0, 0}, "x");
  ASSERT_TRUE(node.closes(1));
  EXPECT_EQ(node.reasons[0], "cannot connect: this kernel has no SCTP (module sctp)");
  EXPECT_EQ(node.closed[0].carrier, MessageCarrier::sctp);
}

}  // namespace
