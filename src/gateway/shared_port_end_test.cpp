// How sessions and connections of a shared port end.
#include <gtest/gtest.h>

#include "tests/support/aware_rig.hpp"

namespace {

using std::chrono::milliseconds;
using test::MediaPeer;

struct SharedPortEnd : test::SharedPortRig {};

TEST_F(SharedPortEnd, AConnectionWithoutASessionIsClosed) {
  hurry();
  start();
  const auto call = reserve_with_bob("one", aware(alice), b);
  auto& a = establish(call);
  ASSERT_TRUE(release(call));
  EXPECT_TRUE(ends(a, MediaPeer::End::fin));
  EXPECT_EQ(refused(), 0U);
  EXPECT_TRUE(until_gone());
}

TEST_F(SharedPortEnd, ASessionThatIsRestartedIsBoundAnew) {
  start();
  const auto one = reserve_with_bob("one", aware(alice), b);
  auto* b1 = b;
  const auto two = reserve_with_bob("two", aware(alice), b);
  auto& a = connect(address());
  a.say(bare("t1", one.a.path, alice) + bare("t2", two.a.path, alice));
  EXPECT_TRUE(hears_of(*b1, "MSRP t1"));
  EXPECT_TRUE(hears_of(*b, "MSRP t2"));
  ASSERT_TRUE(execute({one.context, {iq::Restart{one.a.termination}}}));
  a.say(send("t3", two.a.path, alice, "not touched"));
  EXPECT_TRUE(hears_of(*b, "not touched"));
  a.say(send("t4", one.a.path, alice, "anew"));
  EXPECT_TRUE(hears_of(*b1, "anew"));
  EXPECT_EQ(count(iq::Event::connected), 5U);
}

TEST_F(SharedPortEnd, ASessionThatHasEndedIsFoundAgainAfterRestart) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), b);
  establish(call).finish();
  EXPECT_TRUE(await(iq::Event::released));
  auto& late = connect(address());
  late.say(bare("t1", call.a.path, alice));
  EXPECT_TRUE(hears(late, no_session("t1", call.a.path, alice)));
  ASSERT_TRUE(execute({call.context, {iq::Restart{call.a.termination}}}));
  b = &connect(call.b.local);
  b->say(bare("bind", call.b.path, bob));
  late.say(send("t2", call.a.path, alice, "again"));
  EXPECT_TRUE(hears_of(*b, "again"));
}

TEST_F(SharedPortEnd, AllSessionsOfAConnectionEndWithIt) {
  start();
  const auto one = reserve_with_bob("one", aware(alice), b);
  auto* b1 = b;
  const auto two = reserve_with_bob("two", aware(alice), b);
  auto& a = connect(address());
  a.say(bare("t1", one.a.path, alice) + begin("t2", two.a.path, alice, 100) + "the beginning");
  EXPECT_TRUE(hears_of(*b, "the beginning"));
  a.finish();
  EXPECT_TRUE(await(iq::Event::released, 2));
  EXPECT_EQ(reason(), "closed");
  EXPECT_TRUE(ends(*b1, MediaPeer::End::fin));
  EXPECT_TRUE(ends(*b, MediaPeer::End::fin));
  EXPECT_TRUE(hears_of(*b, "the beginning\r\n-------"));
  EXPECT_TRUE(b->heard().ends_with("#\r\n")) << b->heard();
}

TEST_F(SharedPortEnd, AResetIsToldToTheOtherSideAsOne) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), b);
  establish(call).reset();
  EXPECT_TRUE(ends(*b, MediaPeer::End::reset));
  EXPECT_TRUE(await(iq::Event::released));
  EXPECT_EQ(reason(), "reset");
}

TEST_F(SharedPortEnd, GarbageEndsTheSessionsOfItsConnection) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), b);
  auto& a = establish(call);
  a.say("no MSRP at all\r\n");
  EXPECT_TRUE(await(iq::Event::released));
  EXPECT_EQ(reason(), "malformed");
  EXPECT_TRUE(ends(a, MediaPeer::End::fin));
  EXPECT_EQ(refused(), 0U);
}

TEST_F(SharedPortEnd, TheEndOfTheOtherSideEndsTheSessionOnly) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), b);
  auto& a = establish(call);
  b->finish();
  EXPECT_TRUE(await(iq::Event::released));
  EXPECT_EQ(reason(), "closed");
  a.say(bare("t2", call.a.path, alice));
  EXPECT_TRUE(hears_of(a, "MSRP t2 481"));
}

TEST_F(SharedPortEnd, ASessionWhoseOtherSideCannotConnectIsNoMore) {
  start();
  base::Address nobody;
  {
    const test::Ear ear;
    nobody = ear.address;
  }
  auto active = aware(bob);
  active.setup = iq::Setup::active;
  active.remote = nobody;
  const auto call = reserve_aware("one", aware(alice), active);
  auto& a = connect(address());
  a.say(send("t1", call.a.path, alice, "first"));
  EXPECT_TRUE(await(iq::Event::tcp_failed));
  EXPECT_TRUE(hears(a, no_session("t1", call.a.path, alice)));
}

/// A peer that ends behind octets that nobody takes does not hold the session for ever.
TEST_F(SharedPortEnd, AnEndThatCannotBeReadEndsTheSessionInTime) {
  options.times.half_close = milliseconds(50);
  start();
  const auto call = reserve_with_bob("one", aware(alice), b);
  const auto late = reserve_aware("two", unanswered(), aware(bob));
  auto& a = establish(call);
  a.say(bare("t2", late.a.path, alice));
  a.finish();
  EXPECT_TRUE(await(iq::Event::released));
  EXPECT_EQ(reason(), "half_close");
}

TEST_F(SharedPortEnd, DrainingEndsItsConnectionsToo) {
  options.times.linger = GatewayRig::patience;
  start();
  const auto call = reserve_with_bob("one", aware(alice), b);
  auto& a = establish(call);
  auto& silent = connect(address());
  auto& lost = connect(address());
  lost.say(bare("t1", "msrp://127.0.0.1:1/nobody;tcp", alice));
  EXPECT_TRUE(hears_of(lost, "481"));
  bool drained = false;
  gateway->drain([&] { drained = true; });
  EXPECT_TRUE(ends(a, MediaPeer::End::fin));
  EXPECT_TRUE(ends(silent, MediaPeer::End::fin));
  EXPECT_TRUE(ends(lost, MediaPeer::End::fin));
  b->close();
  lost.close();
  EXPECT_TRUE(until_gone());
  EXPECT_FALSE(drained);  // the peer has not ended yet
  a.close();
  EXPECT_TRUE(until([&] { return drained; }));
}

}  // namespace
