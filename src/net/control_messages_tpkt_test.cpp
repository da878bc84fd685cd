#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/control_messages.hpp"
#include "net/socket.hpp"
#include "tests/support/control_client.hpp"
#include "tests/support/message_node.hpp"

namespace {

using namespace net;
using namespace std::chrono_literals;
using test::MessageNode;
using test::TcpClient;
using test::tpkt;
using testing::ElementsAre;

constexpr auto tcp = MessageCarrier::tcp;

/// TPKT as seen from a bare TCP socket.
class TpktConnections : public testing::Test {
 protected:
  ControlLoop loop;
};

TEST_F(TpktConnections, take_messages_in_single_octets_and_many_in_one) {
  MessageNode node(loop);
  TcpClient client(loop, node.listen("tcp:127.0.0.1:0"));
  const auto wire = tpkt("one") + tpkt("two") + tpkt("three");
  for (const char octet : wire) {
    client.send({&octet, 1});
    ASSERT_TRUE(node.turns());  // the loop reads this octet before the next is sent
  }
  ASSERT_TRUE(node.hears(3));
  client.send(wire);
  ASSERT_TRUE(node.hears(6));
  EXPECT_THAT(node.heard, ElementsAre("one", "two", "three", "one", "two", "three"));
  node.sockets.send(node.peers[0], "re");
  ASSERT_TRUE(client.wait_for(tpkt("re")));
}

TEST_F(TpktConnections, end_at_what_is_no_tpkt_but_what_came_before_counts) {
  const std::string empty("\x03\0\0\x04", 4);
  for (const auto& [bad, why] : {std::pair{empty, "sent a TPKT without a message"},
                                 {"!/2 [192.0.2.1]", "sent no TPKT of version 3"}}) {
    MessageNode node(loop);
    node.answer = [&](const auto&, const auto& from) { node.sockets.send(from, "re"); };
    TcpClient client(loop, node.listen("tcp:127.0.0.1:0"));
    client.send(tpkt("good") + bad);
    ASSERT_TRUE(node.closes(1));
    EXPECT_THAT(node.heard, ElementsAre("good"));
    EXPECT_EQ(node.reasons[0], why);
    EXPECT_EQ(node.sockets.counters().malformed, 1U);
    ASSERT_TRUE(client.wait_for_end());
    EXPECT_EQ(client.text(), tpkt("re"));
  }
}

TEST_F(TpktConnections, end_when_a_message_stays_incomplete) {
  MessageNode node(loop, {.partial = 50ms});
  TcpClient client(loop, node.listen("tcp:127.0.0.1:0"));
  client.send(tpkt("whole"));
  ASSERT_TRUE(node.hears(1));
  const auto began = loop.now();
  client.send("\x03");
  ASSERT_TRUE(node.closes(1));
  EXPECT_GE(loop.now() - began, 50ms);
  EXPECT_EQ(node.reasons[0], "left a message incomplete");
  ASSERT_TRUE(client.wait_for_end());
}

TEST_F(TpktConnections, that_are_idle_between_messages_live) {
  MessageNode node(loop, {.partial = 20ms});
  TcpClient client(loop, node.listen("tcp:127.0.0.1:0"));
  client.send(tpkt("1").substr(0, 3));
  ASSERT_TRUE(node.turns());
  client.send(tpkt("1").substr(3));
  ASSERT_TRUE(node.hears(1));
  bool later = false;
  const auto timer = loop.after(80ms, [&] { later = true; });
  ASSERT_TRUE(node.until([&] { return later; }));
  EXPECT_TRUE(node.closed.empty());
  client.send(tpkt("2"));
  ASSERT_TRUE(node.hears(2));
}

/// Octets now and then do not make an incomplete message last.
TEST_F(TpktConnections, count_the_time_from_a_messages_beginning) {
  MessageNode node(loop, {.partial = 100ms});
  TcpClient client(loop, node.listen("tcp:127.0.0.1:0"));
  client.send(tpkt(std::string(60'000, 'x')).substr(0, 4));
  ControlHandle drip;
  std::size_t drops = 0;
  std::function<void()> next = [&] {
    ++drops;
    client.send_some("x");
    drip = loop.after(10ms, next);
  };
  next();
  ASSERT_TRUE(node.closes(1));
  EXPECT_GT(drops, 1U);
  EXPECT_EQ(node.reasons[0], "left a message incomplete");
}

TEST_F(TpktConnections, answer_a_client_that_has_ended_its_side) {
  MessageNode node(loop, {.max_pending = std::size_t{1} << 25});
  const std::string much(65'000, 'm');
  node.answer = [&](const auto&, const auto& from) {
    for (int i = 0; i < 200; ++i) node.sockets.send(from, much);
  };
  TcpClient client(loop, node.listen("tcp:127.0.0.1:0"));
  client.pause();
  client.send(tpkt("1"));
  client.finish();
  ASSERT_TRUE(node.hears(1));
  EXPECT_TRUE(node.closed.empty());
  client.resume();
  ASSERT_TRUE(client.wait_for_end());
  EXPECT_EQ(client.text().size(), 200 * tpkt(much).size());
  ASSERT_TRUE(node.closes(1));
  EXPECT_EQ(node.reasons[0], "ended by the other end");
}

TEST_F(TpktConnections, give_up_a_client_that_has_ended_its_side_and_takes_nothing) {
  MessageNode node(loop, {.max_pending = std::size_t{1} << 25, .partial = 50ms});
  node.answer = [&](const auto&, const auto& from) {
    for (int i = 0; i < 400; ++i) node.sockets.send(from, std::string(65'000, 'm'));
  };
  TcpClient client(loop, node.listen("tcp:127.0.0.1:0"));
  client.pause();
  client.send(tpkt("1"));
  client.finish();
  ASSERT_TRUE(node.closes(1));
  EXPECT_EQ(node.reasons[0], "ended by the other end, which does not take what it is sent");
}

TEST_F(TpktConnections, deliver_nothing_after_close_while_something_waits) {
  MessageNode node(loop, {.max_pending = std::size_t{1} << 25});
  node.answer = [&](const auto&, const auto& from) {
    for (int i = 0; i < 400; ++i) node.sockets.send(from, std::string(65'000, 'm'));
    node.sockets.close(from);
  };
  TcpClient client(loop, node.listen("tcp:127.0.0.1:0"));
  client.pause();
  client.send(tpkt("1") + tpkt("2"));
  ASSERT_TRUE(node.hears(1));
  client.send(tpkt("3"));
  client.resume();
  ASSERT_TRUE(client.wait_for_end());
  EXPECT_EQ(client.text().size(), 400 * tpkt(std::string(65'000, 'm')).size());
  EXPECT_EQ(node.heard.size(), 1U);
}

TEST_F(TpktConnections, end_when_the_client_ends_inside_a_message) {
  MessageNode node(loop);
  TcpClient client(loop, node.listen("tcp:127.0.0.1:0"));
  client.send(tpkt("1") + tpkt("2").substr(0, 4));
  client.finish();
  ASSERT_TRUE(node.closes(1));
  EXPECT_THAT(node.heard, ElementsAre("1"));
  EXPECT_EQ(node.reasons[0], "ended inside a message");
}

TEST_F(TpktConnections, end_when_too_much_waits) {
  MessageNode node(loop, {.max_pending = 200'000});
  TcpClient client(loop, node.listen("tcp:127.0.0.1:0"));
  client.pause();
  client.send(tpkt("1"));
  ASSERT_TRUE(node.hears(1));
  const std::string much(65'000, 'm');
  std::size_t sent = 0;
  while (node.sockets.counters().unsent == 0 && sent < 10'000) {
    node.sockets.send(node.peers[0], much);
    ++sent;
  }
  EXPECT_EQ(node.sockets.counters().unsent, 1U);
  EXPECT_TRUE(node.closed.empty());  // not from inside send()
  ASSERT_TRUE(node.closes(1));
  EXPECT_EQ(node.reasons[0], "does not take what it is sent");
}

TEST_F(TpktConnections, wait_for_the_connection_with_a_limit) {
  MessageNode node(loop, {.max_pending = 10});
  node.sockets.send({tcp, node.listen("tcp:127.0.0.1:0"), 0, 0}, "123456");
  node.sockets.send({tcp, node.sockets.address(1), 0, 0}, "1");
  EXPECT_EQ(node.sockets.counters().unsent, 1U);
  ASSERT_TRUE(node.closes(1));
  EXPECT_EQ(node.reasons[0], "does not take what it is sent");
}

TEST_F(TpktConnections, that_shall_end_do_not_wait_for_ever) {
  MessageNode node(loop, {.max_pending = std::size_t{1} << 25, .partial = 50ms});
  TcpClient client(loop, node.listen("tcp:127.0.0.1:0"));
  client.pause();
  client.send(tpkt("1"));
  ASSERT_TRUE(node.hears(1));
  const auto before = open_descriptors();
  for (int i = 0; i < 400; ++i) node.sockets.send(node.peers[0], std::string(65'000, 'm'));
  node.sockets.close(node.peers[0]);
  ASSERT_TRUE(node.until([&] { return open_descriptors() < before; }));
  EXPECT_TRUE(node.closed.empty());
}

TEST_F(TpktConnections, that_shall_end_before_they_are_made_do_not_wait_for_ever) {
  const auto silent = listen_tcp(*base::Address::parse("127.0.0.1:0"));  // nobody reads what it accepts
  ASSERT_TRUE(silent);
  MessageNode node(loop, {.max_pending = std::size_t{1} << 25, .partial = 50ms});
  const MessagePeer to{tcp, *local_address(*silent), 0, 0};
  for (int i = 0; i < 400; ++i) node.sockets.send(to, std::string(65'000, 'm'));
  node.sockets.close(to);
  const auto before = open_descriptors();
  ASSERT_TRUE(node.until([&] { return open_descriptors() < before; }));
  EXPECT_TRUE(node.closed.empty());
}

TEST_F(TpktConnections, lose_nothing_when_closed_with_something_unread) {
  MessageNode node(loop);
  node.answer = [&](const auto&, const auto& from) {
    node.sockets.send(from, "last words");
    node.sockets.close(from);
  };
  TcpClient client(loop, node.listen("tcp:127.0.0.1:0"));
  client.send(tpkt("1") + std::string(200'000, 'x'));  // unread octets at close would reset the connection
  ASSERT_TRUE(client.wait_for_end());
  EXPECT_EQ(client.text(), tpkt("last words"));
  EXPECT_FALSE(client.reset());
}

TEST_F(TpktConnections, that_nobody_answers_are_given_up) {
  auto silent = listen_tcp(*base::Address::parse("127.0.0.1:0"), 0);
  ASSERT_TRUE(silent);
  const auto at = *local_address(*silent);
  std::vector<Fd> queue;  // fills its backlog: what comes then is not answered
  for (int i = 0; i < 4; ++i) queue.push_back(std::move(*connect_tcp(at, std::nullopt)));
  MessageNode node(loop, {.connect = 50ms});
  const auto began = loop.now();
  node.sockets.send({tcp, at, 0, 0}, "1");
  ASSERT_TRUE(node.closes(1));
  EXPECT_GE(loop.now() - began, 50ms);
  EXPECT_EQ(node.reasons[0], "cannot connect: no answer in time");
}

}  // namespace
