// A realm's one port for all application-aware sessions.

#include <utility>

#include <gtest/gtest.h>

#include "tests/support/aware_rig.hpp"

namespace {

using test::MediaPeer;

struct SharedPort : test::SharedPortRig {};

TEST_F(SharedPort, CutsOffWhoSaysNothing) {
  hurry();
  start();
  auto& silent = connect(address());
  EXPECT_TRUE(ends(silent, MediaPeer::End::fin));
  EXPECT_EQ(refused(), 1U);
}

TEST_F(SharedPort, CutsOffWhoNamesNoSession) {
  hurry();
  start();
  auto& lost = connect(address());
  const auto nowhere = "msrp://127.0.0.1:1/nobody;tcp";
  lost.say(bare("t1", nowhere, alice));
  EXPECT_TRUE(ends(lost, MediaPeer::End::fin));
  EXPECT_EQ(lost.heard(), no_session("t1", nowhere, alice));
  EXPECT_EQ(refused(), 1U);
  EXPECT_EQ(unmatched(), 1U);
}

TEST_F(SharedPort, GarbageCostsOnlyItsOwnConnection) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), b);
  auto& a = establish(call);
  auto& garbage = connect(address());
  garbage.say("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(ends(garbage, MediaPeer::End::fin));
  auto& tls_garbage = connect(address());
  tls_garbage.say("\x16garbage that is no handshake");
  EXPECT_TRUE(until([&] { return tls_garbage.end() != MediaPeer::End::none; }));
  EXPECT_EQ(refused(), 2U);
  EXPECT_EQ((totals().tls_handshakes[{"protocol", ""}]), 1U);
  a.say(send("t2", call.a.path, alice, "still here"));
  EXPECT_TRUE(hears_of(*b, "still here"));
}

TEST_F(SharedPort, WhoIsNotOfTheSdpFindsNoSession) {
  start();
  auto mine = aware(alice);
  mine.source_filter = {*base::IpAddress::parse("127.0.0.2")};
  const auto call = reserve_with_bob("one", mine, b);
  auto& stranger = connect(address());
  stranger.say(bare("t1", call.a.path, "msrp://m.example:1/x;tcp"));
  EXPECT_TRUE(hears(stranger, no_session("t1", call.a.path, "msrp://m.example:1/x;tcp")));
  auto& a = connect(address(), base::Address{*base::IpAddress::parse("127.0.0.2"), 0});
  a.say(send("t2", call.a.path, alice, "it is me"));
  EXPECT_TRUE(hears_of(*b, "it is me"));
  // In use or not: it does not exist.
  stranger.say(bare("t3", call.a.path, "msrp://m.example:1/x;tcp"));
  EXPECT_TRUE(hears_of(stranger, "MSRP t3 481 Session Does Not Exist\r\n"));
  EXPECT_EQ(unmatched(), 2U);
}

TEST_F(SharedPort, ASecondConnectionHearsThatTheSessionIsInUse) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), b);
  establish(call);
  auto& second = connect(address());
  second.say(bare("t2", call.a.path, alice));
  EXPECT_TRUE(hears(second, answer("t2", "506 Session Already In Use", alice, call.a.path)));
  EXPECT_EQ(audit(call.context).at(0).counters.unmatched, 1U);
}

/// However long the answer takes: others who came later are gone before it.
TEST_F(SharedPort, ARequestWaitsForALateAnswer) {
  hurry();
  start();
  const auto call = reserve_with_bob("one", unanswered(), b);
  auto& a = connect(address());
  a.say(send("t1", call.a.path, alice, "early"));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ends(connect(address()), MediaPeer::End::fin));
  EXPECT_EQ(a.end(), MediaPeer::End::none);
  ASSERT_TRUE(configure(call, call.a, aware(alice)));
  EXPECT_TRUE(hears(*b, send("t1", bob, call.b.path, "early")));
}

TEST_F(SharedPort, ARequestThatWaitsIsRefusedWhenItsSessionIsReleased) {
  start();
  const auto call = reserve_aware("one", unanswered(), aware(bob));
  const auto other = reserve_with_bob("two", aware(alice), b);
  auto& a = establish(other);
  a.say(bare("t1", call.a.path, alice) + send("t2", other.a.path, alice, "behind it"));
  ASSERT_TRUE(audit(other.context).at(0).state == iq::TerminationState::connected);
  ASSERT_TRUE(release(call));
  EXPECT_TRUE(hears_of(a, "MSRP t1 481"));
  EXPECT_TRUE(hears_of(*b, "behind it"));
}

/// What is known already decides at once: a stranger must not see a difference.
TEST_F(SharedPort, AStrangerDoesNotWaitForALateAnswer) {
  start();
  auto late = unanswered();
  late.source_filter = {*base::IpAddress::parse("127.0.0.2")};
  const auto call = reserve_aware("one", late, aware(bob));
  auto& stranger = connect(address());
  stranger.say(bare("t1", call.a.path, alice));
  EXPECT_TRUE(hears(stranger, no_session("t1", call.a.path, alice)));
}

TEST_F(SharedPort, ANewLocalPathIsFoundAndTheOldOneIsNot) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), b);
  iq::TerminationConfig moved;
  moved.local_path = {"msrp://other.example:99/other-id;tcp"};
  ASSERT_TRUE(configure(call, call.a, moved));
  auto& a = connect(address());
  a.say(bare("t1", call.a.path, alice));
  EXPECT_TRUE(hears(a, no_session("t1", call.a.path, alice)));
  a.say(bare("t2", moved.local_path->front(), alice));
  EXPECT_TRUE(hears_of(*b, "MSRP t2"));
  iq::TerminationConfig nameless;
  nameless.local_path = {"msrp://other.example:99;tcp"};
  ASSERT_TRUE(configure(call, call.a, nameless));
  auto& other = connect(address());
  other.say(bare("t3", nameless.local_path->front(), alice));
  EXPECT_TRUE(hears(other, no_session("t3", nameless.local_path->front(), alice)));
}

TEST_F(SharedPort, ItsSessionsStayApplicationAware) {
  start();
  const auto call = reserve_aware("one", unanswered(), unanswered());
  iq::TerminationConfig agnostic;
  agnostic.transport = iq::Transport::tcp;
  const auto result = configure(call, call.a, agnostic);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, iq::Errc::bad_request);
  auto& a = connect(address());
  a.say(bare("t1", call.a.path, alice) + bare("t2", "msrp://127.0.0.1:1/nobody;tcp", alice));
  ASSERT_TRUE(configure(call, call.a, aware(alice)));
  EXPECT_TRUE(is_connected(call, 0));
}

TEST_F(SharedPort, ASessionThatTurnsActiveConnects) {
  start();
  const test::Ear ear;
  const auto call = reserve_with_bob("one", unanswered(), b);
  auto turned = aware(alice);
  turned.setup = iq::Setup::active;
  turned.remote = ear.address;
  ASSERT_TRUE(configure(call, call.a, turned));
  auto& a = accept(ear.listener);
  EXPECT_TRUE(hears(a, bare("bind", alice, call.a.path)));
  auto& other = connect(address());
  other.say(bare("t1", call.a.path, alice));
  EXPECT_TRUE(hears(other, no_session("t1", call.a.path, alice)));
}

/// Only in words: the connection is there, and stays.
TEST_F(SharedPort, ANewRoleDoesNotCostTheConnection) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), b);
  auto& a = establish(call);
  const test::Ear ear;
  ASSERT_TRUE(configure(call, call.a, test::towards(ear.address)));
  a.say(send("t2", call.a.path, alice, "still here"));
  EXPECT_TRUE(hears_of(*b, "still here"));
}

TEST_F(SharedPort, AnActiveLegHasAPortOfItsOwn) {
  start();
  const test::Ear ear;
  auto active = aware(alice);
  active.setup = iq::Setup::active;
  active.remote = ear.address;
  const auto call = reserve_with_bob("one", active, b);
  EXPECT_NE(call.a.local.port, options.realms[0].shared_port);
  auto& a = accept(ear.listener);
  EXPECT_EQ(last_accepted_from, call.a.local);
  EXPECT_TRUE(hears(a, bare("bind", alice, call.a.path)));
}

TEST_F(SharedPort, WhoStopsReadingStopsTheOtherSideAndNothingIsLost) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), b);
  auto& a = establish(call);
  const auto body = test::pattern(40 * 1024 * 1024);  // more than the kernel's buffers take
  for (const std::size_t side : {0, 1}) {
    auto& from = side == 0 ? a : *b;
    auto& to = side == 0 ? *b : a;
    to.stop_reading();
    from.say(side == 0 ? send("t1", call.a.path, alice, body) : send("t1", call.b.path, bob, body));
    std::uint64_t before = 0;
    EXPECT_TRUE(eventually([&] {  // until it stands still
      const auto passed = audit(call.context).at(side).counters.payload_in;
      return passed == std::exchange(before, passed) && passed > body.size() / 20;
    }));
    EXPECT_GT(from.unsent(), 0U);
    to.stop_reading(false);
    EXPECT_TRUE(until([&] { return to.heard().size() > body.size() && to.heard().ends_with("$\r\n"); }));
    EXPECT_EQ(from.unsent(), 0U);
  }
}

/// All octets of a connection are those of its sessions.
TEST_F(SharedPort, CountsTheOctetsOfEachSession) {
  start();
  const auto one = reserve_with_bob("one", aware(alice), b);
  auto* b1 = b;
  const auto two = reserve_with_bob("two", aware(alice), b);
  auto& a = connect(address());
  const auto short_one = bare("t1", one.a.path, alice);
  const auto long_one = send("t2", two.a.path, alice, test::pattern(1024 * 1024));
  a.say(short_one + long_one);
  EXPECT_TRUE(until([&] { return b->heard().size() >= long_one.size() - two.a.path.size(); }));
  EXPECT_TRUE(until([&] { return b->heard().ends_with("$\r\n"); }));
  b1->say(answer("t1", "200 OK", one.b.path, bob));
  b->say(send("t3", two.b.path, bob, std::string(3000, 'x')));
  EXPECT_TRUE(hears_of(a, std::string(3000, 'x') + "\r\n-------") && hears_of(a, "MSRP t1 200"));
  const auto first = audit(one.context).at(0).counters, second = audit(two.context).at(0).counters;
  EXPECT_EQ(first.octets_in, short_one.size());
  EXPECT_EQ(second.octets_in, long_one.size());
  EXPECT_EQ(audit(two.context).at(1).counters.octets_out, b->heard().size());
  EXPECT_TRUE(until([&] { return a.heard().size() >= first.octets_out + second.octets_out; }));
  EXPECT_EQ(a.heard().size(), first.octets_out + second.octets_out);
  EXPECT_EQ(totals().realms[0].octets_in, short_one.size() + long_one.size());
  EXPECT_EQ(totals().realms[0].octets_out, a.heard().size());
}

TEST_F(SharedPort, WaitsForTheOtherSideToConnect) {
  start();
  const test::Ear ear;
  auto active = aware(bob);
  active.setup = iq::Setup::active;
  active.remote = ear.address;
  const auto call = reserve_aware("one", aware(alice), active);
  auto& a = connect(address());
  a.say(send("t1", call.a.path, alice, "first") + send("t2", call.a.path, alice, "second"));
  auto& far = accept(ear.listener);
  EXPECT_TRUE(hears(far, send("t1", bob, call.b.path, "first") + send("t2", bob, call.b.path, "second")));
}

TEST_F(SharedPort, WorksOverIpv6) {
  options.realms[0].address = *base::IpAddress::parse("::1");
  start();
  const auto call = reserve_with_bob("one", aware(alice), b);
  EXPECT_EQ(call.a.path, "msrp://[::1]:" + std::to_string(options.realms[0].shared_port) + "/one-of-a;tcp");
  auto& a = establish(call);
  b->say(send("t1", call.b.path, bob, "and back"));
  EXPECT_TRUE(hears_of(a, "and back"));
}

}  // namespace
