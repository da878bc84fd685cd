// Modes: which way octets pass; and when a termination connects.
#include <gtest/gtest.h>

#include "tests/support/aware_rig.hpp"

namespace gateway {
namespace {

using std::chrono::milliseconds;
using test::anybody;
using test::Ear;
using test::MediaPeer;
using test::pattern;
using test::towards;
using Mode = iq::StreamMode;

iq::TerminationConfig in_mode(Mode mode, iq::TerminationConfig config = {}) {
  config.mode = mode;
  return config;
}

struct Gate : ::testing::Test, test::GatewayRig {
  Ear ear;
  Call call;
  MediaPeer* left = nullptr;
  MediaPeer* right = nullptr;

  void establish(Mode a = Mode::send_receive, Mode b = Mode::send_receive) {
    start();
    call = reserve(in_mode(a, anybody()), in_mode(b, anybody()));
    left = &connect(call.a.local);
    left->say("<");
    right = &connect(call.b.local);
    right->say(">");
    ASSERT_TRUE(await(iq::Event::connected, 2));
  }
  base::Result<iq::Reply, iq::Error> set(const iq::Reserved& which, Mode mode) {
    return configure(call, which, in_mode(mode));
  }
  std::uint64_t octets_out(std::size_t which) { return audit(call.context).at(which).counters.octets_out; }
};

struct Way {
  Mode a, b;
  bool to_b, to_a;
};
struct EachWay : Gate, ::testing::WithParamInterface<Way> {};

TEST_P(EachWay, passes_where_one_receives_and_the_other_one_sends) {
  const auto& way = GetParam();
  establish(way.a, way.b);
  EXPECT_TRUE(!way.to_b || hears(*right, "<"));
  EXPECT_TRUE(!way.to_a || hears(*left, ">"));
  const auto status = audit(call.context);  // all that came has had its turn
  EXPECT_EQ(status[0].counters.octets_in + status[1].counters.octets_in, 2U);
  EXPECT_EQ(status[1].counters.octets_out, way.to_b ? 1U : 0U);
  EXPECT_EQ(status[0].counters.octets_out, way.to_a ? 1U : 0U);
  ASSERT_TRUE(set(call.a, Mode::send_receive));
  ASSERT_TRUE(set(call.b, Mode::send_receive));
  EXPECT_TRUE(hears(*right, "<"));
  EXPECT_TRUE(hears(*left, ">"));
}

constexpr Way ways[] = {
    {Mode::send_receive, Mode::send_receive, true, true},
    {Mode::receive_only, Mode::send_receive, true, false},
    {Mode::send_only, Mode::send_receive, false, true},
    {Mode::send_receive, Mode::send_only, true, false},
    {Mode::receive_only, Mode::send_only, true, false},
    {Mode::send_only, Mode::send_only, false, false},
    {Mode::inactive, Mode::send_receive, false, false},
    {Mode::receive_only, Mode::receive_only, false, false},
};
INSTANTIATE_TEST_SUITE_P(Modes, EachWay, ::testing::ValuesIn(ways));

TEST_F(Gate, that_closes_stops_the_sender_and_opens_without_a_loss) {
  establish();
  ASSERT_TRUE(hears(*right, "<"));
  ASSERT_TRUE(set(call.a, Mode::send_only));
  const auto octets = pattern(16 * 1024 * 1024);
  left->say(octets);
  std::size_t before = 0;
  while (left->unsent() != before) {
    before = left->unsent();
    until([&] { return left->unsent() != before; }, milliseconds(200));
  }
  ASSERT_GT(left->unsent(), 0U) << "it is not read";
  EXPECT_EQ(right->heard(), "<");
  right->say("still this way");
  EXPECT_TRUE(hears(*left, ">still this way"));
  ASSERT_TRUE(set(call.a, Mode::send_receive));
  EXPECT_TRUE(hears(*right, "<" + octets));
}

TEST_F(Gate, a_peer_that_ended_behind_it_is_not_late) {
  options.times.half_close = milliseconds(40);
  establish(Mode::send_only);
  left->say("last words");
  left->finish();
  const auto other = reserve();  // whose time passes meanwhile
  auto& a = connect(other.a.local);
  a.say("x");
  connect(other.b.local).say("y");
  a.finish();
  ASSERT_TRUE(await(iq::Event::released));
  EXPECT_EQ(events.back().context, other.context);
  ASSERT_TRUE(set(call.a, Mode::send_receive));
  EXPECT_TRUE(ends(*right, MediaPeer::End::fin));
  EXPECT_EQ(right->heard(), "<last words");
  EXPECT_TRUE(await(iq::Event::released, 2)) << "open, it is late after all";
}

TEST_F(Gate, does_not_keep_back_an_end_that_nothing_came_before) {
  start();
  call = reserve(in_mode(Mode::inactive, towards(ear.address)), in_mode(Mode::inactive, anybody()));
  ASSERT_TRUE(execute(
      {call.context,
       {iq::Configure{call.a.termination, in_mode(Mode::send_only)}, iq::Establish{call.a.termination}}}));
  left = &accept(ear.listener);
  right = &connect(call.b.local);
  right->say("held");
  ASSERT_TRUE(await(iq::Event::connected, 2));
  left->finish();
  EXPECT_TRUE(ends(*right, MediaPeer::End::fin));
  EXPECT_EQ(left->heard(), "");
}

TEST_F(Gate, a_reset_behind_it_ends_the_bearer) {
  establish(Mode::inactive);
  left->reset();
  EXPECT_TRUE(await(iq::Event::released));
}

TEST_F(Gate, an_active_one_does_not_connect_while_it_is_inactive) {
  options.times.connect = milliseconds(40);
  start();
  call = reserve(anybody(), in_mode(Mode::inactive, towards(ear.address)));
  left = &connect(call.a.local);
  left->say("hello");
  ASSERT_TRUE(await(iq::Event::connected));
  reserve();
  ASSERT_TRUE(await(iq::Event::timed_out)) << "that other one";
  EXPECT_NE(events.back().context, call.context) << "nobody is late while the gate is shut";
  EXPECT_TRUE(net::would_block(net::accept_tcp(ear.listener).error()));
  ASSERT_TRUE(set(call.b, Mode::send_receive));
  EXPECT_TRUE(hears(accept(ear.listener), "hello"));
}

TEST_F(Gate, a_time_limit_ends_where_a_mode_forbids_to_connect) {
  options.times.connect = milliseconds(60);
  start();
  call = reserve(anybody(), towards(ear.address));
  ASSERT_TRUE(set(call.b, Mode::inactive));
  const auto other = reserve();
  ASSERT_TRUE(await(iq::Event::timed_out));
  EXPECT_EQ(events.front().context, other.context);
  EXPECT_EQ(audit(call.context)[1].state, iq::TerminationState::waiting);
}

// Establish.

TEST_F(Gate, establish_does_not_wait_for_the_other_side) {
  start();
  call = reserve(anybody(), towards(ear.address));
  ASSERT_TRUE(execute({call.context, {iq::Establish{call.b.termination}}}));
  right = &accept(ear.listener);
  ASSERT_TRUE(await(iq::Event::connected));
  ASSERT_TRUE(execute({call.context, {iq::Establish{call.b.termination}}})) << "it goes on as it is";
  right->say("early");
  EXPECT_EQ(audit(call.context)[0].state, iq::TerminationState::waiting);
  left = &connect(call.a.local);
  left->say("here");
  EXPECT_TRUE(hears(*left, "early"));
  EXPECT_TRUE(hears(*right, "here"));
}

TEST_F(Gate, establish_of_one_that_is_alone_or_inactive_waits_for_its_gate_only) {
  start();
  auto reply = execute({{}, {iq::Reserve{"core", in_mode(Mode::inactive, towards(ear.address))}}});
  ASSERT_TRUE(reply);
  call = {reply->context, {}, reply->reserved[0]};
  ASSERT_TRUE(execute({call.context, {iq::Establish{call.b.termination}}}));
  EXPECT_EQ(audit(call.context)[0].state, iq::TerminationState::waiting);
  ASSERT_TRUE(set(call.b, Mode::send_receive));
  accept(ear.listener);
  EXPECT_TRUE(await(iq::Event::connected));
}

TEST_F(Gate, establish_is_refused_where_it_makes_no_sense) {
  start();
  iq::TerminationConfig nowhere;
  nowhere.setup = iq::Setup::active;
  call = reserve(anybody(), nowhere);
  for (const auto& which : {call.a, call.b}) {
    const auto reply = execute({call.context, {iq::Audit{}, iq::Establish{which.termination}}});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, iq::Errc::bad_request);
    EXPECT_EQ(reply.error().procedure, 1U);
  }
  const auto unknown = execute({call.context, {iq::Establish{iq::TerminationId{9}}}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, iq::Errc::unknown_termination);
}

TEST_F(Gate, an_establishment_that_fails_ends_the_bearer_which_can_be_restarted) {
  start();
  const auto nobody = std::make_unique<Ear>()->address;
  auto reply = execute({{}, {iq::Reserve{"core", towards(nobody)}}});
  ASSERT_TRUE(reply);
  const auto which = reply->reserved[0].termination;
  ASSERT_TRUE(execute({reply->context, {iq::Establish{which}}}));
  ASSERT_TRUE(await(iq::Event::tcp_failed));
  ASSERT_TRUE(await(iq::Event::released));
  EXPECT_FALSE(execute({reply->context, {iq::Establish{which}}}));
  ASSERT_TRUE(
      execute({reply->context,
               {iq::Configure{which, towards(ear.address)}, iq::Restart{which}, iq::Establish{which}}}));
  accept(ear.listener);
}

/// Whoever is added to a bearer that has ended goes with it.
TEST_F(Gate, a_bearer_that_ended_is_forgotten_with_who_was_added_since) {
  options.times.ended = milliseconds(30);
  start();
  const auto nobody = std::make_unique<Ear>()->address;
  auto reply = execute({{}, {iq::Reserve{"core", towards(nobody)}}});
  ASSERT_TRUE(reply);
  ASSERT_TRUE(execute({reply->context, {iq::Establish{reply->reserved[0].termination}}}));
  ASSERT_TRUE(await(iq::Event::released));
  (void)execute({reply->context, {iq::Reserve{"access", anybody()}}});
  EXPECT_TRUE(until_gone());
}

// Application-aware.

struct AwareGate : test::AwareRig {
  Call call;
  MediaPeer* a = nullptr;
  MediaPeer* b = nullptr;

  void establish(Mode of_a = Mode::send_receive) {
    start();
    call = reserve_aware("session", in_mode(of_a, aware(alice)), aware(bob));
    a = &connect(call.a.local);
    b = &connect(call.b.local);
    a->say(send("t1", call.a.path, alice, "hello"));
    b->say(send("u1", call.b.path, bob, "hi"));
    ASSERT_TRUE(await(iq::Event::connected, 2));
  }
};

TEST_F(AwareGate, holds_messages_of_one_direction_and_the_answers_that_go_that_way) {
  establish(Mode::send_only);  // alice hears, and is not heard
  ASSERT_TRUE(hears_of(*a, "hi"));
  a->say(answer("u1", "200 OK", call.a.path, alice));
  b->say(send("u2", call.b.path, bob, "more"));
  ASSERT_TRUE(hears_of(*a, "more"));
  EXPECT_EQ(audit(call.context)[1].counters.octets_out, 0U);
  ASSERT_TRUE(configure(call, call.a, in_mode(Mode::send_receive)));
  EXPECT_TRUE(hears_of(*b, "hello"));
  EXPECT_TRUE(hears_of(*b, "MSRP u1 200")) << "no answer is lost";
}

TEST_F(AwareGate, holds_the_rest_of_a_message_that_has_begun) {
  establish();
  ASSERT_TRUE(hears_of(*b, "hello"));
  a->say(begin("t2", call.a.path, alice, 200000) + std::string(100000, 'x'));
  ASSERT_TRUE(until([&] { return b->heard().size() > 100000; }));
  ASSERT_TRUE(configure(call, call.b, in_mode(Mode::receive_only)));
  const auto before = audit(call.context)[1].counters.octets_out;
  a->say(std::string(100000, 'y') + "\r\n-------t2$\r\n");
  b->say(send("u2", call.b.path, bob, "more"));
  ASSERT_TRUE(hears_of(*a, "more"));
  EXPECT_EQ(audit(call.context)[1].counters.octets_out, before);
  ASSERT_TRUE(configure(call, call.b, in_mode(Mode::send_receive)));
  EXPECT_TRUE(hears_of(*b, "y\r\n-------t2$"));
}

TEST_F(AwareGate, what_is_answered_by_us_passes_a_closed_one) {
  establish(Mode::inactive);
  auto& second = connect(call.a.local);
  second.say(bare("t2", call.a.path, alice));
  EXPECT_TRUE(hears(second, answer("t2", "506 Session Already In Use", alice, call.a.path)));
}

TEST_F(AwareGate, one_of_several_sessions_of_a_connection_does_not_hold_up_the_others) {
  options.realms[0].shared_port = test::free_ports(1).first;
  start();
  const auto one = reserve_aware("one"), two = reserve_aware("two");
  auto& shared = connect(one.a.local);
  auto& b1 = connect(one.b.local);
  auto& b2 = connect(two.b.local);
  b1.say(bare("x", one.b.path, bob));
  b2.say(bare("y", two.b.path, bob));
  shared.say(bare("t1", one.a.path, alice) + bare("t2", two.a.path, alice));
  ASSERT_TRUE(hears_of(b1, "MSRP "));
  ASSERT_TRUE(hears_of(b2, "MSRP "));
  b1.say(send("u1", one.b.path, bob, "a question"));
  ASSERT_TRUE(hears_of(shared, "a question"));
  ASSERT_TRUE(configure(one, one.a, in_mode(Mode::send_only)));
  const auto at = shared.heard().rfind("MSRP ", shared.heard().find("a question"));
  const auto id = shared.heard().substr(at + 5, shared.heard().find(' ', at + 5) - at - 5);
  shared.say(answer(id, "200 OK", one.a.path, alice) + send("t3", one.a.path, alice, "held") +
             send("t4", two.a.path, alice, "not held"));
  EXPECT_TRUE(hears_of(b2, "not held"));
  EXPECT_EQ(b1.heard().find("held"), std::string::npos);
  ASSERT_TRUE(configure(one, one.a, in_mode(Mode::send_receive)));
  EXPECT_TRUE(hears_of(b1, "held"));
  EXPECT_TRUE(hears_of(b1, "MSRP u1 200"));
}

}  // namespace
}  // namespace gateway
