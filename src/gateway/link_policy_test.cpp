// What a link does with what the policy does not want, and when sessions or connections end.
#include <gtest/gtest.h>

#include "tests/support/link_rig.hpp"

namespace gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::LinkPair;
using test::Sent;

iq::Counters counters_of(const Leg& leg) {
  iq::Counters out;
  leg.fill(out);
  return out;
}

const std::string too_large = "413 Message Too Large";

struct MaxMessage : ::testing::Test, LinkPair {
  MaxMessage() : LinkPair({}, {.max_message = 10}) {}
};

TEST_F(MaxMessage, passes_what_fits) {
  hear(alice, from_alice({.body = "0123456789"}));
  EXPECT_EQ(bob.take(), to_bob({.body = "0123456789"}));
}

TEST_F(MaxMessage, refuses_what_is_too_long_before_it_begins) {
  hear(alice, from_alice({.body = "0123456789a"}));
  EXPECT_EQ(bob.take(), "");
  EXPECT_EQ(alice.take(), alice_gets("tid1", too_large));
  hear(alice,
       from_alice({.id = "tid2", .body = "a", .range = "1-*/11", .message_id = "m2"}));  // as it says itself
  EXPECT_EQ(bob.take(), "");
  EXPECT_EQ(alice.take(), alice_gets("tid2", too_large));
  hear(alice,
       from_alice({.id = "tid3", .body = "a", .range = "11-11/*", .message_id = "m3"}));  // its last chunk
  EXPECT_EQ(bob.take(), "");
  EXPECT_EQ(alice.take(), alice_gets("tid3", too_large));
  EXPECT_EQ(counters_of(*s.a).too_large, 3U);
}

/// The receiver is told, the sender once; the rest goes nowhere, nor do further chunks.
TEST_F(MaxMessage, aborts_what_becomes_too_long) {
  hear(alice, open_from_alice({.body = "0123456789"}));
  EXPECT_EQ(bob.take(), open_to_bob({.body = "0123456789"}));
  hear(alice, "abc");
  EXPECT_EQ(bob.take(), test::end_line("tid1", '#'));
  EXPECT_EQ(alice.take(), alice_gets("tid1", too_large));
  hear(alice,
       "more" + test::end_line("tid1", '+') + from_alice({.id = "tid2", .body = "x", .range = "18-18/*"}));
  EXPECT_EQ(bob.take(), "");
  EXPECT_EQ(alice.take(), alice_gets("tid2", too_large));
  hear(alice, from_alice({.id = "tid3", .body = "good", .message_id = "m2"}));
  EXPECT_EQ(bob.take(), to_bob({.id = "tid3", .body = "good", .message_id = "m2"}));
  hear(bob, bob_answers("tid1"));  // of the aborted chunk
  EXPECT_EQ(alice.take(), "");
  EXPECT_EQ(counters_of(*s.a).aborted_in, 1U);
  EXPECT_EQ(counters_of(*s.b).aborted_out, 1U);
}

TEST_F(MaxMessage, is_silent_where_no_answer_is_wanted) {
  const std::vector<std::string> no = {"Failure-Report: no"};
  hear(alice, from_alice({.body = "0123456789a", .more = no}));
  EXPECT_EQ(bob.take() + alice.take(), "");
  hear(alice, open_from_alice({.body = "0123", .message_id = "m2", .more = no}));
  hear(alice, "456789a");
  EXPECT_EQ(alice.take(), "");
  EXPECT_EQ(bob.take(),
            open_to_bob({.body = "0123", .message_id = "m2", .more = no}) + test::end_line("tid1", '#'));
}

/// Messages without a name are not taken for each other.
TEST_F(MaxMessage, forgets_what_has_no_message_id) {
  const std::string head = "MSRP tid1 SEND\r\nTo-Path: " + s.bob_seen + "\r\nFrom-Path: " + s.alice + "\r\n";
  hear(alice, head + "\r\n0123456789a\r\n-------tid1$\r\n");
  EXPECT_EQ(alice.take(), alice_gets("tid1", too_large));
  hear(alice, head + "-------tid1$\r\n");
  EXPECT_EQ(alice.take(), "");
  EXPECT_FALSE(bob.take().empty());
}

/// In parts: the whole of it counts, and it is answered once.
TEST(Link, aborts_a_split_message_that_becomes_too_long) {
  LinkPair rig({}, {.max_chunk = 4, .max_message = 10});
  rig.hear(rig.alice, rig.open_from_alice({.body = "0123456789"}));
  const auto parts = test::messages_of(rig.bob.wire.out);
  ASSERT_EQ(parts.size(), 2U);
  for (const auto& part : parts) rig.hear(rig.bob, test::answer_to(part));
  rig.hear(rig.alice, "a");
  EXPECT_EQ(test::messages_of(rig.bob.take()).at(2).flag, '#');
  EXPECT_EQ(rig.alice.take(), rig.alice_gets("tid1", too_large));
}

TEST(Link, refuses_types_that_are_not_allowed) {
  LinkPair rig({}, {.types = *msrp::MediaTypes::parse("text/plain")});
  rig.hear(rig.alice, rig.from_alice({.type = "image/png"}));
  EXPECT_EQ(rig.alice.take(), rig.alice_gets("tid1", "415 Unsupported Media Type"));
  rig.hear(rig.bob, rig.from_bob({.more = {"Failure-Report: no"}, .type = "image/png"}));
  EXPECT_EQ(rig.alice.take() + rig.bob.take(), "");
  rig.hear(rig.alice, "MSRP tid2 SEND\r\nTo-Path: " + rig.s.bob_seen + "\r\nFrom-Path: " + rig.s.alice +
                          "\r\n\r\nof no type\r\n-------tid2$\r\n");
  EXPECT_EQ(rig.alice.take(), rig.alice_gets("tid2", "415 Unsupported Media Type"));
  rig.hear(rig.alice, rig.from_alice({.message_id = "m2"}) + "MSRP bind SEND\r\nTo-Path: " + rig.s.bob_seen +
                          "\r\nFrom-Path: " + rig.s.alice + "\r\n-------bind$\r\n");
  EXPECT_EQ(test::messages_of(rig.bob.take()).size(), 2U);
  EXPECT_EQ(counters_of(*rig.s.a).refused_types, 2U);
  EXPECT_EQ(counters_of(*rig.s.b).refused_types, 1U);
}

TEST(Link, refuses_what_has_two_types) {
  LinkPair rig({}, {.types = *msrp::MediaTypes::parse("text/plain")});
  rig.hear(rig.alice, rig.from_alice({.more = {"content-type: text/html"}}));
  EXPECT_EQ(rig.alice.take(), rig.alice_gets("tid1", "415 Unsupported Media Type"));
  EXPECT_EQ(rig.bob.take(), "");
}

/// All chunks of a message are of one type (RFC 4975 7.1.1): where one is refused, nothing of the rest
/// passes.
TEST(Link, swallows_the_rest_of_a_message_whose_type_was_refused) {
  LinkPair rig({}, {.types = *msrp::MediaTypes::parse("text/plain")});
  rig.hear(rig.alice, rig.from_alice({.body = "a", .flag = '+', .type = "text/html"}));
  rig.hear(rig.alice, rig.from_alice({.id = "tid2", .body = "b", .range = "2-2/2"}));
  EXPECT_EQ(rig.bob.take(), "");
  EXPECT_EQ(rig.alice.take(), rig.alice_gets("tid1", "415 Unsupported Media Type") +
                                  rig.alice_gets("tid2", "415 Unsupported Media Type"));
  // The receiver of a beginning hears that there is no more.
  rig.hear(rig.alice, rig.from_alice({.id = "tid3", .body = "a", .flag = '+', .message_id = "m2"}));
  rig.bob.take();
  rig.hear(
      rig.alice,
      rig.from_alice({.id = "tid4", .body = "b", .range = "2-2/2", .message_id = "m2", .type = "text/html"}));
  const auto got = test::messages_of(rig.bob.take());
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got.at(0).flag, '#');
  EXPECT_EQ(got.at(0).body, "");
}

TEST(Link, counts_the_octets_of_a_message_that_does_not_say_where_its_chunks_belong) {
  LinkPair rig({}, {.max_message = 10});
  for (const std::string range : {"1-5/5", "1-*/*"}) {
    const auto chunk = [&](const std::string& id, char flag) {
      return rig.from_alice(
          {.id = id, .body = "01234", .flag = flag, .range = range, .message_id = "m" + range});
    };
    rig.hear(rig.alice, chunk("tid1", '+') + chunk("tid2", '+'));
    EXPECT_EQ(test::messages_of(rig.bob.take()).size(), 2U);
    rig.hear(rig.alice, chunk("tid3", '$'));
    EXPECT_EQ(rig.alice.take(), rig.alice_gets("tid3", too_large));
    EXPECT_EQ(test::messages_of(rig.bob.take()).at(0).flag, '#');
  }
}

TEST(Link, counts_them_while_a_chunk_comes_in_too) {
  LinkPair rig({}, {.max_message = 10});
  rig.hear(rig.alice, rig.from_alice({.body = "0123456", .flag = '+', .range = "1-*/*"}));
  rig.bob.take();
  rig.hear(rig.alice, rig.open_from_alice({.id = "tid2", .body = "abc", .range = "1-*/*"}));
  EXPECT_NE(rig.bob.take().find("abc"), std::string::npos);
  rig.hear(rig.alice, "d");
  EXPECT_EQ(rig.bob.take(), test::end_line("tid2", '#'));
  EXPECT_EQ(rig.alice.take(), rig.alice_gets("tid2", too_large));
}

TEST(Link, refuses_a_place_that_is_no_number_where_sizes_are_limited) {
  LinkPair rig({}, {.max_message = 10});
  rig.hear(rig.alice, rig.from_alice({.body = "a", .range = "1-1/9223372036854775808"}));
  EXPECT_EQ(rig.alice.take(), rig.alice_gets("tid1", "400 Bad Request"));
  EXPECT_EQ(rig.bob.take(), "");
}

TEST(Link, lets_messages_wait_that_come_too_fast) {
  LinkPair rig({.message_rate = 3}, {});
  std::string wire;
  for (int n = 0; n < 5; ++n) wire += rig.from_alice({.id = "tid" + std::to_string(n)});
  rig.hear(rig.alice, wire);
  EXPECT_EQ(test::messages_of(rig.bob.wire.out).size(), 3U);
  EXPECT_FALSE(rig.alice.link->hungry());
  rig.wait(milliseconds(300));
  rig.alice.link->go_on();  // for any reason: still too early, and no new pause
  EXPECT_EQ(test::messages_of(rig.bob.wire.out).size(), 3U);
  EXPECT_EQ(counters_of(*rig.s.a).rate_pauses, 1U);
  rig.wait(milliseconds(40));
  EXPECT_EQ(test::messages_of(rig.bob.wire.out).size(), 4U);
  rig.wait(seconds(1));
  EXPECT_EQ(test::messages_of(rig.bob.wire.out).size(), 5U);
  EXPECT_TRUE(rig.alice.link->hungry());
  EXPECT_EQ(counters_of(*rig.s.a).rate_pauses, 2U);
}

TEST(Link, lets_octets_wait_that_come_too_fast) {
  LinkPair rig({.octet_rate = 1000}, {});
  rig.hear(rig.alice, rig.open_from_alice({.body = std::string(3000, 'x')}));
  rig.bob.take();
  rig.hear(rig.alice, "y");
  EXPECT_EQ(rig.bob.take(), "");
  rig.wait(seconds(2));
  EXPECT_EQ(rig.bob.take(), "");
  rig.wait(seconds(2));
  EXPECT_EQ(rig.bob.take(), "y");
  EXPECT_TRUE(rig.alice.link->hungry());
  rig.hear(rig.bob, rig.from_bob());  // the other direction has no limit
  EXPECT_EQ(rig.alice.take(), rig.to_alice());
}

struct Endings : ::testing::Test, LinkPair {
  Endings() { hear(alice, open_from_alice({.body = "half"})); }
  std::string begun() const { return open_to_bob({.body = "half"}); }
};

TEST_F(Endings, abort_what_the_sender_has_begun) {
  alice.link->end();
  EXPECT_EQ(bob.take(), begun() + test::end_line("tid1", '#'));
  EXPECT_EQ(counters_of(*s.a).aborted_in, 1U);
  EXPECT_EQ(counters_of(*s.b).aborted_out, 1U);
  hear(bob, from_bob());  // half-closed: she still reads
  EXPECT_EQ(alice.take(), to_alice());
}

TEST_F(Endings, of_the_senders_leg_abort) {
  s.a->detach();
  EXPECT_EQ(bob.take(), begun() + test::end_line("tid1", '#'));
  hear(alice, "rest" + test::end_line("tid1"));
  EXPECT_EQ(bob.take(), "");
  hear(bob, bob_answers("tid1"));
  EXPECT_EQ(alice.take(), "");
  EXPECT_EQ(s.a->link, nullptr);
  EXPECT_FALSE(s.b->open);
}

TEST_F(Endings, of_the_receivers_leg_abort) {
  hear(bob, open_from_bob({.body = "half"}));
  s.b->detach();
  EXPECT_EQ(bob.take(), begun() + test::end_line("tid1", '#'));
  EXPECT_TRUE(
      alice.take().ends_with(test::end_line("tid1", '#') + alice_gets("tid1", "408 Request Timeout")));
  hear(alice, "rest" + test::end_line("tid1") + from_alice());
  EXPECT_EQ(bob.take(), "");
  EXPECT_FALSE(alice.link->hungry());  // until Bob is back
  auto& again = peer();
  s.b->link = again.link.get();
  s.a->open = s.b->open = true;
  alice.link->wake();
  settle();
  EXPECT_EQ(again.take(), to_bob());
}

TEST_F(Endings, of_a_garbled_link_abort_nothing_twice) {
  hear(alice, test::end_line("tid1") + "garbage\r\n");
  alice.link->end();
  EXPECT_EQ(bob.take(), begun() + test::end_line("tid1"));
}

TEST_F(Endings, wake_who_waited_for_the_sink) {
  block(bob, true);
  hear(alice, "rest");
  EXPECT_FALSE(alice.link->hungry());
  s.b->detach();
  settle();
  EXPECT_TRUE(alice.link->hungry());
  EXPECT_EQ(alice.link->held(), 0U);
  bob.link.reset();
  hear(alice, test::end_line("tid1"));
}

/// Between two chunks: the receiver gets its "#" when there is room.
TEST(Link, aborts_a_message_that_was_interrupted) {
  LinkPair rig({}, {.max_chunk = 4});
  rig.hear(rig.alice, rig.open_from_alice({.body = "0123"}));
  rig.block(rig.bob, true);
  rig.hear(rig.alice, "4");  // another chunk, and no room for it
  rig.alice.link->end();
  rig.block(rig.bob, false);
  const auto parts = test::messages_of(rig.bob.take());
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].flag, '+');
  EXPECT_EQ(parts[0].body, "0123");
  EXPECT_EQ(parts[1].flag, '#');
  EXPECT_EQ(parts[1].body, "");
  EXPECT_EQ(parts[1].field("Byte-Range"), "5-*/*");
}

/// Nothing is kept while nothing comes; with a sink that does not take anything, what came is.
TEST(Link, keeps_octets_only_while_they_cannot_pass) {
  LinkPair rig;
  const std::string body(100000, 'x');
  rig.hear(rig.alice, rig.open_from_alice({.body = body}));
  EXPECT_EQ(rig.alice.link->held(), 0U);
  rig.block(rig.bob, true);
  rig.hear(rig.alice, "y");
  EXPECT_FALSE(rig.alice.link->hungry());
  EXPECT_EQ(rig.alice.link->held(), 1U);
  rig.block(rig.bob, false);
  EXPECT_TRUE(rig.alice.link->hungry());
  EXPECT_EQ(rig.alice.link->held(), 0U);
  EXPECT_EQ(rig.bob.take(), rig.open_to_bob({.body = body}) + "y");
}

}  // namespace
}  // namespace gateway
