// What passes a link, rewritten, and what it answers itself.
#include "gateway/link.hpp"

#include <gtest/gtest.h>

#include "tests/support/every_cut.hpp"
#include "tests/support/link_rig.hpp"

namespace gateway {
namespace {

using test::LinkPair;
using test::MsrpText;
using test::Sent;

struct Rewriting : ::testing::Test, LinkPair {};

TEST_F(Rewriting, changes_the_paths_of_a_send_and_of_its_answer) {
  hear(alice, from_alice());
  EXPECT_EQ(bob.take(), to_bob());
  hear(bob, bob_answers("tid1"));
  EXPECT_EQ(alice.take(), alice_gets("tid1"));
  hear(bob, from_bob({.id = "tid2", .body = "hi"}));
  EXPECT_EQ(alice.take(), to_alice({.id = "tid2", .body = "hi"}));
}

TEST_F(Rewriting, leaves_order_and_spelling_of_all_other_headers) {
  const std::string more = "message-id:  m1 \r\nX-Odd:\r\nX-odd: \t twice\r\nSuccess-report: YES\r\n";
  const std::string tail = "Content-Type: text/plain\r\n\r\nbody\r\n-------tid1$\r\n";
  hear(alice,
       "MSRP tid1 SEND\r\nTo-Path: " + s.bob_seen + "\r\nFrom-Path: " + s.alice + "\r\n" + more + tail);
  EXPECT_EQ(bob.take(),
            "MSRP tid1 SEND\r\nTo-Path: " + s.bob + "\r\nFrom-Path: " + s.alice_seen + "\r\n" + more + tail);
}

/// To-Path and From-Path come first with one space, wherever they stood (peers.md H13).
TEST_F(Rewriting, puts_the_paths_first) {
  hear(alice, "MSRP tid1 SEND\r\nX-A: 1\r\nfrom-path:   " + s.alice + "\r\nX-B: 2\r\nTO-PATH:" + s.bob_seen +
                  " \r\nX-C: 3\r\n-------tid1$\r\n");
  EXPECT_EQ(bob.take(), "MSRP tid1 SEND\r\nTo-Path: " + s.bob + "\r\nFrom-Path: " + s.alice_seen +
                            "\r\nX-A: 1\r\nX-B: 2\r\nX-C: 3\r\n-------tid1$\r\n");
}

TEST_F(Rewriting, passes_a_report_that_nobody_answers) {
  MsrpText report{"tid7",
                  "REPORT",
                  {"To-Path: " + s.alice_seen, "From-Path: " + s.bob, "Message-ID: m1", "Byte-Range: 1-5/5",
                   "Status: 000 200 OK"}};
  hear(bob, report.print());
  report.fields[0] = "To-Path: " + s.alice;
  report.fields[1] = "From-Path: " + s.bob_seen;
  EXPECT_EQ(alice.take(), report.print());
  hear(alice, test::make_answer(s.bob_seen, s.alice, "tid7", "200 Report received").print());  // H3
  EXPECT_EQ(bob.take(), "");
}

/// They are answered along the whole path (RFC 4975 7.2).
TEST_F(Rewriting, passes_methods_that_it_does_not_know) {
  ASSERT_TRUE(s.a->paths.set_remote({"msrp://relay.example:2855/r;tcp", s.alice}));
  MsrpText odd{"tid8",
               "FROBNICATE",
               {"To-Path: " + s.bob_seen, "From-Path: " + s.alice, "Content-Type: x/y"},
               "\r\n-------tid9$\r\n"};
  hear(alice, odd.print());
  odd.fields[0] = "To-Path: " + s.bob;
  odd.fields[1] = "From-Path: " + s.alice_seen;
  EXPECT_EQ(bob.take(), odd.print());
  hear(bob, bob_answers("tid8", "501 Unknown Method"));
  EXPECT_EQ(alice.take(), "MSRP tid8 501 Unknown Method\r\nTo-Path: msrp://relay.example:2855/r;tcp " +
                              s.alice + "\r\nFrom-Path: " + s.bob_seen + "\r\n-------tid8$\r\n");
}

TEST_F(Rewriting, tells_an_empty_body_from_none) {
  const std::string head = " SEND\r\nTo-Path: " + s.bob_seen + "\r\nFrom-Path: " + s.alice + "\r\n";
  const std::string out = " SEND\r\nTo-Path: " + s.bob + "\r\nFrom-Path: " + s.alice_seen + "\r\n";
  hear(alice, "MSRP bind" + head + "-------bind$\r\n");
  EXPECT_EQ(bob.take(), "MSRP bind" + out + "-------bind$\r\n");
  hear(alice, "MSRP none" + head + "Content-Type: a/b\r\n\r\n\r\n-------none$\r\n");
  EXPECT_EQ(bob.take(), "MSRP none" + out + "Content-Type: a/b\r\n\r\n\r\n-------none$\r\n");
}

/// Some leave out the CRLF of a body without octets: it is written.
TEST_F(Rewriting, completes_the_end_of_an_empty_body) {
  hear(alice, "MSRP none SEND\r\nTo-Path: " + s.bob_seen + "\r\nFrom-Path: " + s.alice +
                  "\r\nContent-Type: a/b\r\n\r\n-------none$\r\n");
  EXPECT_EQ(bob.take(), "MSRP none SEND\r\nTo-Path: " + s.bob + "\r\nFrom-Path: " + s.alice_seen +
                            "\r\nContent-Type: a/b\r\n\r\n\r\n-------none$\r\n");
}

/// Binary, with all that looks like an end: the same octets come out, however they came in.
TEST(Link, passes_the_same_however_it_is_cut) {
  using namespace std::literals;
  const std::string body =
      "\r\n-------tid2$\r\n-------tid1\r\n--------tid1$\r\n-------tid1$ \r\n\r\r\n\0"s + "\r";
  const auto tell = [&](const test::Pieces& pieces) {
    LinkPair rig;
    for (const auto piece : pieces) rig.hear(rig.alice, piece);
    EXPECT_TRUE(rig.alice.link->hungry());
    return rig.bob.take() + "|" + rig.alice.take();
  };
  LinkPair rig;
  const auto report = "MSRP rept REPORT\r\nTo-Path: " + rig.s.bob_seen + "\r\nFrom-Path: " + rig.s.alice +
                      "\r\n-------rept$\r\n";
  const auto nick = "MSRP nick NICKNAME\r\nTo-Path: " + rig.s.bob_seen + "\r\nFrom-Path: " + rig.s.alice +
                    "\r\n\r\nbody\r\n-------nick$\r\n";
  const auto wire = rig.from_alice({.body = body}) + report +
                    rig.from_alice({.id = "tid3", .body = "", .flag = '+'}) +
                    test::make_send("msrp://nobody:1/n;tcp", rig.s.alice, {.id = "tid4"}).print() + nick +
                    rig.from_alice({.id = "tid5", .body = "x", .flag = '#'});
  EXPECT_NE(tell({wire}).find(rig.to_bob({.body = body})), std::string::npos);
  test::expect_every_cut_tells_the_same(wire, tell);
}

/// A request that may not be cut waits until it is whole, but not for ever (RFC 4975 7.1.1).
TEST_F(Rewriting, refuses_a_long_body_of_another_method) {
  const std::string head =
      "MSRP nick NICKNAME\r\nTo-Path: " + s.bob_seen + "\r\nFrom-Path: " + s.alice + "\r\n\r\n";
  hear(alice, head + std::string(Link::most_whole, 'x'));
  EXPECT_EQ(alice.take() + bob.take(), "");
  EXPECT_TRUE(alice.link->hungry());
  hear(alice, test::end_line("nick"));
  EXPECT_EQ(test::messages_of(bob.take()).at(0).body, std::string(Link::most_whole, 'x'));
  hear(alice, head + std::string(Link::most_whole + 1, 'x'));
  EXPECT_EQ(alice.take(), alice_gets("nick", "413 Message Too Large"));
  EXPECT_EQ(alice.link->held(), 0U);
  hear(alice, "y" + test::end_line("nick") + from_alice());
  EXPECT_EQ(bob.take(), to_bob());
  iq::Counters counters;
  s.a->fill(counters);
  EXPECT_EQ(counters.too_large, 1U);
}

struct Responses : ::testing::Test, LinkPair {};

TEST_F(Responses, without_a_comment_get_one) {  // H1
  hear(alice, from_alice({.id = "ok"}) + from_alice({.id = "odd"}));
  hear(bob, bob_answers("ok", "200") + bob_answers("odd", "499"));
  const auto answers = test::messages_of(alice.take());
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].what, "200 OK");
  EXPECT_EQ(answers[1].what, "499 " + std::string(msrp::phrase(499)));
  EXPECT_GT(answers[1].what.size(), 4U);
}

TEST_F(Responses, keep_comment_and_further_fields_but_have_no_body) {
  hear(alice, from_alice());
  hear(bob, "MSRP tid1 200 All right \r\nTo-Path: " + s.alice_seen + "\r\nFrom-Path: " + s.bob +
                "\r\nMessage-ID: m1\r\nByte-Range: 1-5/5\r\n\r\nbody\r\n-------tid1+\r\n" + from_bob());
  EXPECT_EQ(alice.take(), "MSRP tid1 200 All right \r\nTo-Path: " + s.alice + "\r\nFrom-Path: " + s.bob_seen +
                              "\r\nMessage-ID: m1\r\nByte-Range: 1-5/5\r\n-------tid1$\r\n" + to_alice());
}

TEST_F(Responses, that_nobody_asked_for_go_nowhere) {
  hear(alice, from_alice());
  hear(bob, bob_answers("tid0") + bob_answers("tid1") + bob_answers("tid1"));
  EXPECT_EQ(alice.take(), alice_gets("tid1"));
  hear(bob, test::make_answer("msrp://nobody:1/n;tcp", s.bob, "tid1").print());
  EXPECT_EQ(alice.take(), "");
  EXPECT_TRUE(bob.link->hungry());
}

TEST_F(Responses, are_not_passed_where_none_was_wanted) {
  hear(alice, from_alice({.more = {"Failure-Report: no"}}));
  hear(bob, bob_answers("tid1", "400 Bad Request"));
  EXPECT_EQ(alice.take(), "");
  hear(alice, from_alice({.more = {"Failure-Report: partial"}}));
  hear(bob, bob_answers("tid1", "400 Bad Request"));
  EXPECT_EQ(alice.take(), alice_gets("tid1", "400 Bad Request"));
}

/// More requests than are remembered: the oldest get no answer, the others do.
TEST_F(Responses, are_awaited_for_a_bounded_number_of_requests) {
  constexpr auto many = 2 * PendingIds::most + 1;
  for (std::size_t n = 0; n < many; ++n)
    alice.link->take(from_alice({.id = "tid" + std::to_string(n), .body = ""}));
  bob.take();
  hear(bob, bob_answers("tid0") + bob_answers("tid" + std::to_string(many - 1)));
  EXPECT_EQ(alice.take(), alice_gets("tid" + std::to_string(many - 1)));
}

struct Refusals : ::testing::Test, LinkPair {
  std::string stray(const std::string& method, const std::string& more = "") const {
    return "MSRP tid1 " + method +
           "\r\nTo-Path: msrp://nobody:1/n;tcp msrp://b:2/m;tcp\r\nFrom-Path: msrp://r:3/r;tcp " + s.alice +
           "\r\n" + more + "\r\nstray\r\n-------tid1$\r\n";
  }
  std::string refused(const std::string& to, const std::string& status) const {
    return "MSRP tid1 " + status + "\r\nTo-Path: " + to +
           "\r\nFrom-Path: msrp://nobody:1/n;tcp\r\n-------tid1$\r\n";
  }
};

TEST_F(Refusals, answer_who_has_no_session) {
  hear(alice, stray("SEND") + stray("AUTH") + from_alice());
  EXPECT_EQ(alice.take(), refused("msrp://r:3/r;tcp", "481 Session Does Not Exist") +
                              refused("msrp://r:3/r;tcp " + s.alice, "481 Session Does Not Exist"));
  EXPECT_EQ(bob.take(), to_bob());
}

TEST_F(Refusals, are_silent_where_no_answer_is_wanted) {
  hear(alice, stray("REPORT") + stray("SEND", "Failure-Report: no\r\n") + from_alice());
  EXPECT_EQ(alice.take(), "");
  EXPECT_EQ(bob.take(), to_bob());
}

TEST_F(Refusals, answer_a_second_connection_with_506) {
  auto& mallory = peer();
  hear(mallory, from_alice());
  EXPECT_EQ(mallory.take(), alice_gets("tid1", "506 Session Already In Use"));
  EXPECT_EQ(bob.take(), "");
}

/// A peer that sends without ever reading: its requests wait, and nothing is lost.
TEST_F(Refusals, that_are_not_taken_stop_the_input) {
  block(alice, true);
  std::size_t sent = 0;
  for (; alice.link->hungry() && sent < 1000; ++sent) hear(alice, stray("SEND"));
  EXPECT_LT(sent, 1000U);
  EXPECT_GT(sent * refused("msrp://r:3/r;tcp", "481 Session Does Not Exist").size(), Link::most_replies);
  hear(alice, from_alice());
  EXPECT_EQ(bob.take(), "");
  block(alice, false);
  EXPECT_TRUE(alice.link->hungry());
  EXPECT_EQ(test::messages_of(alice.take()).size(), sent);
  EXPECT_EQ(bob.take(), to_bob());
  EXPECT_EQ(alice.link->held(), 0U);
}

struct Garbage : ::testing::Test, LinkPair {};

TEST_F(Garbage, breaks_only_its_own_link) {
  hear(alice, from_alice() + "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_TRUE(alice.link->broken());
  EXPECT_FALSE(alice.link->hungry());
  EXPECT_NE(alice.link->why().find("not MSRP"), std::string::npos);
  EXPECT_EQ(bob.take(), to_bob());
  EXPECT_FALSE(bob.link->broken());
  hear(bob, bob_answers("tid1"));
  EXPECT_EQ(alice.take(), alice_gets("tid1"));
  hear(alice, from_alice());
  EXPECT_EQ(bob.take() + std::to_string(alice.link->held()), "0");
}

TEST_F(Garbage, behind_what_waited_is_found_later) {
  block(bob, true);
  hear(alice, from_alice() + "garbage\r\n");
  EXPECT_FALSE(alice.link->broken());
  block(bob, false);
  EXPECT_TRUE(alice.link->broken());
  EXPECT_EQ(alice.link->held(), 0U);
  EXPECT_EQ(bob.take(), to_bob());
}

TEST_F(Garbage, behind_a_head_in_pieces_is_found) {
  const auto good = from_alice();
  hear(alice, good.substr(0, 20));
  hear(alice, good.substr(20) + from_alice() + "garbage\r\n");
  EXPECT_TRUE(alice.link->broken());
  EXPECT_EQ(bob.take(), to_bob() + to_bob());
}

/// With the session's both sides not open yet, all waits; what was half said too.
TEST(Link, waits_until_the_session_is_open) {
  LinkPair rig;
  rig.s.a->open = false;
  rig.hear(rig.alice, rig.from_alice());
  EXPECT_FALSE(rig.alice.link->hungry());
  EXPECT_EQ(rig.alice.link->held(), rig.from_alice().size());
  rig.s.a->open = true;
  rig.alice.link->wake();
  rig.settle();
  EXPECT_EQ(rig.bob.take(), rig.to_bob());
  rig.hear(rig.alice, rig.open_from_alice({.body = "half"}));
  rig.s.a->open = false;  // through-connection is taken away
  rig.hear(rig.alice, "rest" + test::end_line("tid1"));
  EXPECT_EQ(rig.bob.take(), rig.open_to_bob({.body = "half"}));
  rig.s.a->open = true;
  rig.alice.link->go_on();
  EXPECT_EQ(rig.bob.take(), "rest" + test::end_line("tid1"));
}

}  // namespace
}  // namespace gateway
