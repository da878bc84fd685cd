// Links of several sessions: ids of the gateway's own, and whose turn it is.
#include <gtest/gtest.h>

#include "tests/support/link_rig.hpp"

namespace gateway {
namespace {

using std::chrono::milliseconds;
using test::LinkRig;
using test::MsrpText;
using test::Sent;

/// Two sessions whose peers on one side share a connection.
struct Shared : ::testing::Test, LinkRig {
  Shared() : server(peer(true)), a(peer()), b(peer()), one(session(a, server)), two(session(b, server)) {}
  std::string from_a(const Sent& sent) const {
    return test::make_send(one.bob_seen, one.alice, sent).print();
  }
  std::string from_b(const Sent& sent) const {
    return test::make_send(two.bob_seen, two.alice, sent).print();
  }
  std::string opens_a(const Sent& sent) const { return test::opened(one.bob_seen, one.alice, sent); }
  std::string opens_b(const Sent& sent) const { return test::opened(two.bob_seen, two.alice, sent); }
  test::Peer &server, &a, &b;
  test::LinkSession &one, &two;
};

/// A session whose other end has not come holds up nobody else's messages, and keeps its own in their order.
TEST_F(Shared, sets_messages_aside_until_their_session_is_open) {
  two.b->open = two.a->open = false;
  const auto to_b = [&](const std::string& id) {
    return test::make_send(two.alice_seen, two.bob, {.id = id, .body = "for b " + id}).print();
  };
  const auto to_a = [&](const std::string& id) {
    return test::make_send(one.alice_seen, one.bob, {.id = id}).print();
  };
  hear(server, to_b("t1") + to_a("t2") + to_b("t3") + to_a("t4"));
  EXPECT_EQ(test::messages_of(a.take()).size(), 2U);
  EXPECT_EQ(b.take(), "");
  EXPECT_TRUE(server.link->hungry());
  EXPECT_FALSE(server.link->is_drained());
  two.b->open = two.a->open = true;
  hear(server, to_b("t5"));
  const auto got = test::messages_of(b.take());
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(*got[0].body + *got[1].body + *got[2].body, "for b t1for b t3for b t5");
  EXPECT_TRUE(server.link->is_drained());
}

TEST_F(Shared, sets_aside_no_more_than_its_limit) {
  two.b->open = two.a->open = false;
  const auto message = test::make_send(two.alice_seen, two.bob, {.body = test::letters(20000)}).print();
  hear(server, message + message + message);
  EXPECT_TRUE(server.link->hungry());
  hear(server, message);
  EXPECT_FALSE(server.link->hungry());
  two.b->open = two.a->open = true;
  server.link->wake();
  settle();
  EXPECT_EQ(test::messages_of(b.take()).size(), 4U);
}

TEST_F(Shared, refuses_what_was_set_aside_when_its_session_is_over) {
  two.b->open = two.a->open = false;
  hear(server, test::make_send(two.alice_seen, two.bob, {.id = "t1"}).print());
  two.b.reset();
  settle();
  EXPECT_NE(server.take().find("MSRP t1 481"), std::string::npos);
  EXPECT_TRUE(server.link->is_drained());
}

TEST_F(Shared, tells_apart_transactions_with_the_same_id) {
  hear(a, from_a({.body = "from a"}));
  hear(b, from_b({.body = "from b"}));
  const auto got = test::messages_of(server.take());
  ASSERT_EQ(got.size(), 2U);
  EXPECT_NE(got[0].id, got[1].id);
  EXPECT_EQ(got[1].field("To-Path"), two.bob);
  hear(server, test::answer_to(got[1], "400 odd"));
  EXPECT_EQ(a.take(), "");
  EXPECT_EQ(b.take(), test::make_answer(two.alice, two.bob_seen, "tid1", "400 odd").print());
  hear(server, test::answer_to(got[0]) + test::answer_to(got[0]));
  EXPECT_EQ(a.take(), test::make_answer(one.alice, one.bob_seen, "tid1").print());
}

/// An answer is only good on the connection, and for the session, that was asked.
TEST_F(Shared, takes_no_answer_from_the_other_session) {
  hear(a, from_a({}));
  const auto got = test::messages_of(server.take()).at(0);
  hear(server, test::make_answer(two.alice_seen, two.bob, got.id).print());
  EXPECT_EQ(a.take() + b.take(), "");
}

/// Beyond the limit the oldest requests get no answer; none with an id that their sender does not know.
TEST_F(Shared, forgets_the_oldest_of_too_many_requests) {
  for (std::size_t n = 0; n <= Transactions::most_originals; ++n)
    hear(a, from_a({.id = "tid" + std::to_string(n)}));
  const auto got = test::messages_of(server.take());
  hear(server, test::answer_to(got.front()) + test::answer_to(got.back()));
  EXPECT_EQ(a.take(),
            test::make_answer(one.alice, one.bob_seen, "tid" + std::to_string(Transactions::most_originals))
                .print());
}

TEST_F(Shared, passes_whole_requests_of_other_kinds) {
  MsrpText nick{
      "tid1", "NICKNAME", {"To-Path: " + one.bob_seen, "From-Path: " + one.alice, "Use-Nickname: \"x\""}};
  hear(a, nick.print());
  const auto got = test::messages_of(server.take()).at(0);
  EXPECT_EQ(got.fields.back(), "Use-Nickname: \"x\"");
  hear(server, test::answer_to(got, "425 Taken"));
  EXPECT_EQ(a.take(), test::make_answer(one.alice, one.bob_seen, "tid1", "425 Taken").print());
}

TEST_F(Shared, interrupts_a_long_chunk_for_the_other_session) {
  hear(a, opens_a({.body = test::letters(2047)}));
  hear(b, from_b({.body = "short"}));
  EXPECT_EQ(test::messages_of(server.wire.out).size(), 0U);
  EXPECT_FALSE(b.link->hungry());
  hear(a, "xy");
  hear(a, "z" + test::end_line("tid1"));
  const auto got = test::messages_of(server.take());
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].flag, '+');
  EXPECT_EQ(got[1].body, "short");
  EXPECT_EQ(*got[0].body + *got[2].body, test::letters(2047) + "xyz");
  EXPECT_TRUE(a.link->hungry() && b.link->hungry());
}

TEST_F(Shared, does_not_wait_for_a_silent_session) {
  hear(a, opens_a({.body = "half"}));
  hear(b, from_b({.body = "short"}));
  wait(milliseconds(999));
  EXPECT_EQ(test::messages_of(server.wire.out).size(), 0U);
  wait(milliseconds(1));
  EXPECT_EQ(test::flags(test::messages_of(server.wire.out)), "+$");
  hear(a, "rest" + test::end_line("tid1"));
  EXPECT_EQ(test::bodies(test::messages_of(server.take())), "halfshortrest");
}

/// Two long messages at the same time: each has its turn, and both come out whole.
TEST_F(Shared, lets_long_messages_take_turns) {
  const auto body = test::letters(10000);
  hear(a, opens_a({.body = body.substr(0, 3000)}));
  hear(b, opens_b({.body = body.substr(0, 3000)}));
  for (std::size_t at = 3000; at < body.size(); at += 1000) {
    hear(a, body.substr(at, 1000));
    hear(b, body.substr(at, 1000));
  }
  hear(a, test::end_line("tid1"));
  hear(b, test::end_line("tid1"));
  std::string got_a, got_b;
  std::size_t parts = 0;
  for (const auto& part : test::messages_of(server.take())) {
    (part.field("To-Path") == one.bob ? got_a : got_b) += *part.body;
    ++parts;
    EXPECT_TRUE(part.flag == '$' || part.body->size() >= msrp::chunk_octets);
  }
  EXPECT_EQ(got_a, body);
  EXPECT_EQ(got_b, body);
  EXPECT_GE(parts, 4U);
}

/// Who waits because its peer is too fast, or its session is not open, does not keep the others waiting.
TEST_F(Shared, is_not_held_up_by_who_waits_for_something_else) {
  block(server, true);
  hear(a, from_a({.body = "from a"}));
  hear(b, from_b({.body = "from b"}));
  one.a->open = false;
  block(server, false);
  EXPECT_EQ(test::bodies(test::messages_of(server.take())), "from b");
  EXPECT_TRUE(b.link->hungry());
}

TEST_F(Shared, is_not_held_up_by_a_session_that_ends) {
  hear(a, opens_a({.body = "half"}));
  hear(b, from_b({.body = "from b"}));
  server.wire.out.clear();
  a.link->end();
  one.a->detach();
  settle();
  const auto got = server.take();
  EXPECT_NE(got.find("#\r\nMSRP "), std::string::npos);
  EXPECT_EQ(test::messages_of(std::string_view(got).substr(got.find("#\r\n") + 3)).at(0).body, "from b");
}

TEST_F(Shared, is_not_held_up_by_a_connection_that_goes) {
  block(server, true);
  hear(a, from_a({.body = "from a"}));
  hear(b, from_b({.body = "from b"}));
  one.a->detach();
  a.link.reset();
  block(server, false);
  EXPECT_EQ(test::bodies(test::messages_of(server.take())), "from b");
}

TEST_F(Shared, that_goes_lets_nobody_wait) {
  block(server, true);
  hear(a, from_a({}));
  hear(b, from_b({}));
  one.b->detach();
  two.b->detach();
  server.link.reset();
  settle();
  EXPECT_FALSE(a.link->hungry());  // the session is not open any more
  one.a->detach();
  a.link.reset();
}

/// Small messages of two sources that have waited go out in batches, not one in a turn.
TEST_F(Shared, gives_each_source_a_turn_of_some_length) {
  std::string many;
  constexpr int messages = 1000;
  for (int n = 0; n < messages; ++n)
    many += from_a({.id = "tid" + std::to_string(n), .body = test::letters(100)});
  std::string others;
  for (int n = 0; n < messages; ++n)
    others += from_b({.id = "tid" + std::to_string(n), .body = test::letters(100)});
  block(server, true);
  hear(a, many);
  hear(b, others);
  block(server, false);
  std::size_t changes = 0;
  std::string last;
  const auto got = test::messages_of(server.take());
  EXPECT_EQ(got.size(), 2U * messages);
  for (const auto& message : got)
    changes += std::exchange(last, message.field("To-Path")) != message.field("To-Path");
  EXPECT_GT(changes, 4U);
  EXPECT_LT(changes, 20U);
}

/// Both ends of a session on one connection.
TEST(Link, may_be_its_own_sink) {
  LinkRig rig;
  auto& both = rig.peer(true);
  auto& s = rig.session(both, both);
  rig.hear(both, test::opened(s.bob_seen, s.alice, {.body = test::letters(3000)}));
  rig.hear(both,
           "rest" + test::end_line("tid1") + test::make_send(s.alice_seen, s.bob, {.body = "back"}).print());
  const auto got = test::messages_of(both.take());
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].body, test::letters(3000) + "rest");
  EXPECT_EQ(got[1].body, "back");
  rig.hear(both, test::answer_to(got[0]) + test::answer_to(got[1]));
  EXPECT_EQ(both.take(), test::make_answer(s.alice, s.bob_seen, "tid1").print() +
                             test::make_answer(s.bob, s.alice_seen, "tid1").print());
  rig.hear(both, test::opened(s.bob_seen, s.alice, {.body = "half"}));
  rig.block(both, true);
  rig.hear(both, "rest");
  rig.block(both, false);
  EXPECT_TRUE(both.wire.out.ends_with("halfrest"));
}

}  // namespace
}  // namespace gateway
