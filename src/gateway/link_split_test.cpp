// Messages that go out in parts: because the receiver wants it, because the gateway itself has something to
// say.
#include <gtest/gtest.h>

#include "tests/support/every_cut.hpp"
#include "tests/support/link_rig.hpp"

namespace gateway {
namespace {

using std::chrono::milliseconds;
using test::LinkPair;
using test::MsrpText;
using test::Sent;

std::vector<std::string> ranges(const std::vector<MsrpText>& parts) {
  std::vector<std::string> out;
  for (const auto& part : parts) out.push_back(part.field("Byte-Range"));
  return out;
}
struct Splitting : ::testing::Test, LinkPair {
  Splitting() : LinkPair({}, {.max_chunk = 4}) {}
};

TEST_F(Splitting, makes_chunks_that_are_no_longer_than_the_limit) {
  const Sent sent{.body = "0123456789", .more = {"X-A: 1"}};
  hear(alice, from_alice(sent));
  const auto parts = test::messages_of(bob.wire.out);
  EXPECT_EQ(test::bodies(parts), sent.body);
  EXPECT_EQ(test::flags(parts), "++$");
  EXPECT_EQ(ranges(parts), (std::vector<std::string>{"1-*/10", "5-*/10", "9-*/10"}));
  for (const auto& part : parts) {
    EXPECT_TRUE(msrp::is_ident(part.id));
    auto fields = part.fields;
    EXPECT_EQ(fields.at(3), "Byte-Range: " + part.field("Byte-Range"));  // where it stood
    fields.erase(fields.begin() + 3);
    EXPECT_EQ(fields, (std::vector<std::string>{"To-Path: " + s.bob, "From-Path: " + s.alice_seen,
                                                "Message-ID: m1", "X-A: 1", "Content-Type: text/plain"}));
  }
}

TEST_F(Splitting, leaves_alone_what_fits_even_if_it_comes_in_pieces) {
  const auto wire = from_alice({.body = "0123"});
  hear(alice, wire.substr(0, wire.size() - 15));
  hear(alice, wire.substr(wire.size() - 15));
  EXPECT_EQ(bob.take(), to_bob({.body = "0123"}));
}

TEST_F(Splitting, does_not_believe_the_byte_range) {
  hear(alice, open_from_alice({.body = "0123", .range = "1-4/4"}));
  hear(alice, "456789" + test::end_line("tid1"));
  const auto parts = test::messages_of(bob.take());
  EXPECT_EQ(parts.at(0).id, "tid1");
  EXPECT_EQ(test::bodies(parts), "0123456789");
  EXPECT_EQ(test::flags(parts), "++$");
  EXPECT_EQ(ranges(parts), (std::vector<std::string>{"1-4/4", "5-*/4", "9-*/4"}));
}

TEST_F(Splitting, begins_where_the_chunk_does_and_keeps_its_flag) {
  hear(alice, from_alice({.body = "01234", .flag = '+', .range = "101-105/*"}));
  EXPECT_EQ(ranges(test::messages_of(bob.wire.out)), (std::vector<std::string>{"101-*/*", "105-*/*"}));
  EXPECT_EQ(test::flags(test::messages_of(bob.take())), "++");
  hear(alice, from_alice({.body = "01234", .flag = '#', .range = "106-*/*"}));
  EXPECT_EQ(test::flags(test::messages_of(bob.take())), "+#");
}

TEST_F(Splitting, adds_the_byte_range_that_was_not_there) {
  hear(alice, "MSRP tid1 SEND\r\nX-A: 1\r\nTo-Path: " + s.bob_seen + "\r\nFrom-Path: " + s.alice +
                  "\r\n\r\n012345\r\n-------tid1$\r\n");
  EXPECT_EQ(ranges(test::messages_of(bob.take())), (std::vector<std::string>{"1-*/*", "5-*/*"}));
}

TEST(Link, splits_the_same_however_it_is_cut) {
  const auto tell = [&](const test::Pieces& pieces) {
    LinkPair rig({}, {.max_chunk = 7});
    for (const auto piece : pieces) rig.hear(rig.alice, piece);
    std::string out;
    for (const auto& part : test::messages_of(rig.bob.take()))
      out += part.field("Byte-Range") + *part.body + part.flag;
    return out;
  };
  LinkPair rig;
  const auto wire = rig.from_alice({.body = "\r\n-------tid2$\r\n-------tid1\r\n--------tid1$"}) +
                    rig.from_alice({.id = "tid2", .body = test::letters(14), .range = "1-*/*"});
  test::expect_every_cut_tells_the_same(wire, tell);
}

TEST_F(Splitting, is_answered_once_when_all_parts_are) {
  hear(alice, from_alice({.body = "0123456789"}));
  const auto parts = test::messages_of(bob.take());
  hear(bob, test::answer_to(parts.at(0)) + test::answer_to(parts.at(2)) + test::answer_to(parts.at(2)));
  EXPECT_EQ(alice.take(), "");
  hear(bob, test::answer_to(parts.at(1), "200 well done"));
  EXPECT_EQ(alice.take(), alice_gets("tid1"));
  hear(bob, test::answer_to(parts.at(1)));
  EXPECT_EQ(alice.take(), "");
}

TEST_F(Splitting, is_answered_after_its_end_even_if_the_receiver_was_faster) {
  hear(alice, open_from_alice({.body = "01234567"}));
  for (const auto& part : test::messages_of(bob.wire.out)) hear(bob, test::answer_to(part));
  EXPECT_EQ(alice.take(), "");
  hear(alice, test::end_line("tid1"));
  EXPECT_EQ(alice.take(), "");
  hear(bob, test::answer_to(test::messages_of(bob.take()).at(1)));
  EXPECT_EQ(alice.take(), alice_gets("tid1"));
}

TEST_F(Splitting, passes_an_error_at_once_and_aborts_the_rest) {
  hear(alice, open_from_alice({.body = "01234567"}));
  const auto first = test::messages_of(bob.wire.out).at(0);
  hear(bob, test::answer_to(first, "413 enough"));
  EXPECT_EQ(alice.take(), alice_gets("tid1", "413 enough"));
  EXPECT_EQ(test::flags(test::messages_of(bob.take())), "+#");
  hear(alice, "89" + test::end_line("tid1") + from_alice({.id = "tid2", .body = "next", .message_id = "m2"}));
  EXPECT_EQ(bob.take(), to_bob({.id = "tid2", .body = "next", .message_id = "m2"}));
  EXPECT_EQ(alice.take(), "");
}

TEST_F(Splitting, passes_only_the_first_error) {
  hear(alice, from_alice({.body = "0123456789", .more = {"Failure-Report: partial"}}));
  const auto parts = test::messages_of(bob.take());
  hear(bob, test::answer_to(parts.at(1), "400 odd") + test::answer_to(parts.at(0), "481 gone") +
                test::answer_to(parts.at(2)));
  EXPECT_EQ(alice.take(), alice_gets("tid1", "400 odd"));
}

TEST_F(Splitting, without_failure_report_yes_is_not_answered_with_200) {
  for (const std::string wanted : {"no", "partial"}) {
    hear(alice, from_alice({.body = "01234", .more = {"Failure-Report: " + wanted}}));
    for (const auto& part : test::messages_of(bob.take())) hear(bob, test::answer_to(part));
  }
  EXPECT_EQ(alice.take(), "");
  hear(alice, from_alice({.body = "01234", .more = {"Failure-Report: no"}}));
  hear(bob, test::answer_to(test::messages_of(bob.take()).at(0), "400 odd"));
  EXPECT_EQ(alice.take(), "");
}

/// The id of a message that went out under its own id, seen again in one that does not.
TEST_F(Splitting, does_not_mix_up_messages_with_the_same_id) {
  hear(alice, open_from_alice({.body = "0123", .range = "1-4/4"}));
  hear(alice, test::end_line("tid1"));
  bob.take();
  hear(alice, from_alice({.body = "0123456789"}));
  for (const auto& part : test::messages_of(bob.take())) hear(bob, test::answer_to(part));
  EXPECT_EQ(alice.take(), alice_gets("tid1"));
}

/// Replies of the gateway itself to Bob while Alice writes to him.
struct OwnReplies : ::testing::Test, LinkPair {
  std::string stray(const std::string& id = "stra") const {
    return test::make_send("msrp://no:1/n;tcp", s.bob, {.id = id}).print();
  }
  std::string refusal(const std::string& id = "stra") const {
    return test::make_answer(s.bob, "msrp://no:1/n;tcp", id, "481 Session Does Not Exist").print();
  }
};

TEST_F(OwnReplies, wait_for_the_end_of_a_short_chunk) {
  hear(alice, open_from_alice({.body = "half"}));
  hear(bob, stray());
  EXPECT_EQ(bob.take(), open_to_bob({.body = "half"}));
  hear(alice, "rest" + test::end_line("tid1"));
  EXPECT_EQ(bob.take(), "rest" + test::end_line("tid1") + refusal());
}

TEST_F(OwnReplies, interrupt_a_long_one) {
  const auto body = test::letters(2048);
  hear(alice, open_from_alice({.body = body}));
  hear(bob, stray());
  EXPECT_EQ(bob.take(), open_to_bob({.body = body}) + test::end_line("tid1", '+') + refusal());
  hear(alice, "rest");
  hear(alice, test::end_line("tid1"));
  const auto rest = test::messages_of(bob.take());
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].body, "rest");
  EXPECT_EQ(rest[0].field("Byte-Range"), "2049-*/*");
  hear(bob, bob_answers("tid1"));  // the first part went out under its own id
  EXPECT_EQ(alice.take(), "");
  hear(bob, test::answer_to(rest[0]));
  EXPECT_EQ(alice.take(), alice_gets("tid1"));
}

TEST_F(OwnReplies, come_when_2048_octets_are_full) {
  hear(alice, open_from_alice({.body = test::letters(2047)}));
  hear(bob, stray());
  hear(alice, "x");
  EXPECT_FALSE(bob.wire.out.ends_with(refusal()));
  hear(alice, "y");
  EXPECT_NE(bob.wire.out.find(test::end_line("tid1", '+') + refusal()), std::string::npos);
}

TEST_F(OwnReplies, do_not_wait_for_a_silent_sender) {
  hear(alice, open_from_alice({.body = "half"}));
  wait(milliseconds(900));
  hear(bob, stray());
  bob.take();
  wait(milliseconds(1000));
  EXPECT_EQ(bob.take(), test::end_line("tid1", '+') + refusal());
  hear(alice, "rest" + test::end_line("tid1"));
  EXPECT_EQ(test::messages_of(bob.take()).at(0).body, "rest");
}

TEST_F(OwnReplies, wait_for_a_sender_that_is_slow_but_not_silent) {
  hear(alice, open_from_alice({.body = "half"}));
  hear(bob, stray());
  bob.take();
  for (int n = 0; n < 3; ++n) {
    wait(milliseconds(600));
    hear(alice, "x");
  }
  EXPECT_EQ(bob.take(), "xxx");
  wait(milliseconds(1000));
  EXPECT_EQ(bob.take(), test::end_line("tid1", '+') + refusal());
}

/// A sender that uses an id again too early gets as many answers as it has sent messages.
TEST_F(OwnReplies, may_interrupt_messages_with_the_same_id) {
  hear(alice, open_from_alice({.body = test::letters(2048)}));
  hear(bob, stray());
  hear(alice, "rest" + test::end_line("tid1") + from_alice({.body = "again"}));
  const auto got = test::messages_of(bob.take());
  hear(bob, bob_answers("tid1") + bob_answers("tid1") + bob_answers("tid1"));
  EXPECT_EQ(alice.take(), alice_gets("tid1"));
  EXPECT_EQ(got.at(2).body, "rest");
  hear(bob, test::answer_to(got.at(2)));
  EXPECT_EQ(alice.take(), alice_gets("tid1"));
}

TEST_F(OwnReplies, may_interrupt_both_of_two_messages_with_the_same_id) {
  for (const auto& end : {test::end_line("tid1"), std::string()}) {
    hear(alice, open_from_alice({.body = test::letters(2048)}));
    hear(bob, stray());
    hear(alice, "rest" + end);
  }
  const auto last = bob.wire.out.substr(bob.wire.out.rfind("MSRP "));
  hear(bob, bob_answers("tid1") + bob_answers("tid1"));
  hear(bob, bob_answers(last.substr(5, last.find(' ', 5) - 5)));
  EXPECT_EQ(alice.take(), "");
  hear(alice, test::end_line("tid1"));
  EXPECT_EQ(alice.take(), alice_gets("tid1"));
}

/// Whoever answers before the end has answered: the parts behind it change nothing.
TEST_F(OwnReplies, may_interrupt_what_was_answered_already) {
  hear(alice, open_from_alice({.body = test::letters(2048)}));
  hear(bob, bob_answers("tid1"));
  EXPECT_EQ(alice.take(), alice_gets("tid1"));
  hear(bob, stray());
  hear(alice, "rest" + test::end_line("tid1"));
  const auto got = test::messages_of(bob.take());
  ASSERT_EQ(got.size(), 3U);
  hear(bob, test::answer_to(got[2]));
  EXPECT_EQ(alice.take(), "");
}

/// Each is still answered exactly once.
TEST_F(OwnReplies, may_interrupt_many_messages) {
  constexpr auto many = 100;
  for (int n = 0; n < many; ++n) {
    const auto id = "tid" + std::to_string(n);
    hear(alice, open_from_alice({.id = id, .body = test::letters(2048)}));
    hear(bob, stray());
    hear(alice, "rest" + test::end_line(id));
  }
  for (const auto& message : test::messages_of(bob.take()))
    if (!message.is_response()) hear(bob, test::answer_to(message));
  std::set<std::string> answered;
  for (const auto& answer : test::messages_of(alice.take()))
    EXPECT_TRUE(answered.insert(answer.id).second) << answer.id;
  EXPECT_EQ(answered.size(), std::size_t{many});
}

}  // namespace
}  // namespace gateway
