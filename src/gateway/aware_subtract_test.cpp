// An application-aware context that loses a termination: the other one's connection stays.
#include <gtest/gtest.h>

#include "tests/support/aware_rig.hpp"

namespace gateway {
namespace {

using std::chrono::milliseconds;
using test::Ear;
using test::MediaPeer;
using test::towards;

struct AwareSubtraction : test::AwareRig {
  Call call;
  MediaPeer* a = nullptr;
  MediaPeer* b = nullptr;

  void establish() {
    if (!gateway) start();
    call = reserve_aware();
    a = &connect(call.a.local);
    b = &connect(call.b.local);
    b->say(bare("bind", call.b.path, bob));
    a->say(send("t1", call.a.path, alice, "hello"));
    ASSERT_TRUE(hears_of(*b, "hello"));
    ASSERT_TRUE(hears_of(*a, " SEND\r\n"));
  }
  iq::Reserved reserve_for(const iq::TerminationConfig& config, const std::string& session_id) {
    auto reply = execute({call.context, {iq::Reserve{"core", config, session_id}}});
    if (!reply) throw std::runtime_error(reply.error().text);
    return reply->reserved.at(0);
  }
};

TEST_F(AwareSubtraction, messages_wait_for_the_next_companion) {
  establish();
  ASSERT_TRUE(execute({call.context, {iq::Subtract{call.b.termination}}}));
  EXPECT_TRUE(ends(*b, MediaPeer::End::fin));
  a->say(send("t2", call.a.path, alice, "waits"));
  ASSERT_EQ(audit(call.context).size(), 1U);
  EXPECT_EQ(audit(call.context)[0].state, iq::TerminationState::connected);
  const auto next = reserve_for(aware(bob), "session-of-c");
  EXPECT_EQ(next.termination.value, 3U);
  auto& c = connect(next.local);
  c.say(bare("bind2", next.path, bob));
  EXPECT_TRUE(hears(c, send("t2", bob, next.path, "waits")));
  EXPECT_TRUE(hears_of(*a, "MSRP bind2"));
  EXPECT_FALSE(a->tcp_closed());
}

TEST_F(AwareSubtraction, a_message_that_has_begun_has_failed) {
  establish();
  a->say(begin("t2", call.a.path, alice, 5000) + std::string(3000, 'x'));
  ASSERT_TRUE(hears_of(*b, "xxx"));
  ASSERT_TRUE(execute({call.context, {iq::Subtract{call.b.termination}}}));
  EXPECT_TRUE(hears_of(*b, "-------t2#"));
  EXPECT_TRUE(hears_of(*a, "MSRP t2 408")) << "while nobody is on the other side";
}

TEST_F(AwareSubtraction, the_next_companion_that_is_called_hears_from_us_first) {
  establish();
  ASSERT_TRUE(execute({call.context, {iq::Subtract{call.b.termination}}}));
  Ear ear;
  auto active = towards(ear.address);
  active.transport = iq::Transport::tcp_msrp;
  active.remote_path = {bob};
  const auto next = reserve_for(active, "session-of-c");
  auto& c = accept(ear.listener);
  EXPECT_TRUE(hears_of(c, "Failure-Report: no"));
  a->say(send("t2", call.a.path, alice, "hello again"));
  EXPECT_TRUE(hears_of(c, "hello again"));
}

TEST_F(AwareSubtraction, of_a_session_on_a_shared_port_leaves_the_others_of_its_connection) {
  options.realms[0].shared_port = test::free_ports(1).first;
  start();
  const auto one = reserve_aware("one"), two = reserve_aware("two");
  auto& shared = connect(one.a.local);
  auto& b1 = connect(one.b.local);
  auto& b2 = connect(two.b.local);
  b1.say(bare("x", one.b.path, bob));
  b2.say(bare("y", two.b.path, bob));
  shared.say(send("t1", one.a.path, alice, "first") + send("t2", two.a.path, alice, "second"));
  ASSERT_TRUE(hears_of(b1, "first"));
  ASSERT_TRUE(hears_of(b2, "second"));
  ASSERT_TRUE(execute({one.context, {iq::Subtract{one.a.termination}}}));
  shared.say(send("t3", one.a.path, alice, "late") + send("t4", two.a.path, alice, "still here"));
  EXPECT_TRUE(hears_of(b2, "still here"));
  EXPECT_TRUE(hears_of(shared, "MSRP t3 481"));
  ASSERT_TRUE(execute({two.context, {iq::Subtract{two.b.termination}}}));
  EXPECT_TRUE(ends(b2, MediaPeer::End::fin));
  EXPECT_FALSE(shared.tcp_closed());
}

TEST_F(AwareSubtraction, many_rounds_leave_nothing_behind) {
  options.times.linger = milliseconds(20);
  start();
  const auto before = net::open_descriptors();
  for (int i = 0; i < 50; ++i) {
    establish();
    if (i % 3 == 0) a->say(begin("t9", call.a.path, alice, 500) + "begun");
    ASSERT_TRUE(
        execute({call.context, {iq::Subtract{i % 2 == 0 ? call.a.termination : call.b.termination}}}));
    if (i % 5 == 0) reserve_for(aware(bob), "session-of-c");
    ASSERT_TRUE(release(call));
    forget_peers();
    ASSERT_TRUE(until_gone()) << "round " << i;
  }
  EXPECT_EQ(net::open_descriptors(), before);
}

/// A controller may leave a context behind whose terminations do not fit each other.
TEST_F(AwareSubtraction, terminations_that_do_not_fit_each_other_do_no_harm) {
  options.realms[0].shared_port = test::free_ports(1).first;
  establish();
  iq::TerminationConfig plain = test::anybody();
  plain.transport = iq::Transport::tcp;
  const auto refused =
      execute({call.context,
               {iq::Configure{call.b.termination, plain}, iq::Restart{call.b.termination}, iq::Audit{}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, iq::Errc::not_supported);
  EXPECT_EQ(refused.error().procedure, 0U);
  connect(call.b.local).say("not MSRP");
  ASSERT_TRUE(await(iq::Event::connected, 3));
  a->say(send("t2", call.a.path, alice, "hello"));
  EXPECT_EQ(audit(call.context)[1].counters.octets_out, 0U);
  ASSERT_TRUE(execute({call.context, {iq::Subtract{call.b.termination}}}));
  const auto mixed = execute({call.context, {iq::Reserve{"core", plain}}});
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().code, iq::Errc::not_supported);
  reserve_for(aware(bob), "session-of-c");
}

/// Nothing is left of a request whose reservations do not fit.
TEST_F(AwareSubtraction, reservations_that_turn_out_not_to_fit_are_gone) {
  establish();
  ASSERT_TRUE(execute({call.context, {iq::Subtract{call.b.termination}}}));
  iq::TerminationConfig plain = test::anybody();
  plain.transport = iq::Transport::tcp;
  const auto refused = execute(
      {call.context,
       {iq::Reserve{"core", aware(bob), "session-of-c"}, iq::Configure{iq::TerminationId{3}, plain}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().procedure, 1U);
  ASSERT_EQ(audit(call.context).size(), 1U);
  a->say(send("t2", call.a.path, alice, "waits"));
  const auto next = reserve_for(aware(bob), "session-of-d");
  auto& d = connect(next.local);
  d.say(bare("bind2", next.path, bob));
  EXPECT_TRUE(hears_of(d, "waits"));
}

}  // namespace
}  // namespace gateway
