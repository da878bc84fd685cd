#include <gtest/gtest.h>

#include "tests/support/gateway_rig.hpp"

namespace gateway {
namespace {

using test::anybody;
using test::Ear;
using test::GatewayRig;
using test::MediaPeer;
using test::towards;

iq::TerminationConfig only(const char* ip) {
  iq::TerminationConfig out;
  out.source_filter = {*base::IpAddress::parse(ip)};
  return out;
}

/// Who becomes a plain termination's connection, and who does not.
struct Admission : ::testing::Test, GatewayRig {
  Ear ear;
  Call call;

  void listen(iq::TerminationConfig left) {
    start();
    call = reserve(std::move(left), towards(ear.address));
  }
  MediaPeer& connect_from(const char* ip) {
    return connect(call.a.local, base::Address{*base::IpAddress::parse(ip), 0});
  }
  iq::TerminationStatus left() { return audit(call.context).at(0); }
  bool nobody_is_called() { return net::would_block(net::accept_tcp(ear.listener).error()); }
  bool is_bound(MediaPeer& peer) {
    peer.say("the right one");
    return hears(accept(ear.listener), "the right one");
  }
};

TEST_F(Admission, the_first_that_sends_an_octet_is_bound_and_the_others_are_closed) {
  listen(anybody());
  auto& silent = connect(call.a.local);
  auto& speaks = connect(call.a.local);
  EXPECT_TRUE(is_bound(speaks));
  EXPECT_TRUE(until([&] { return silent.tcp_closed(); }));
  EXPECT_EQ(left().counters.refused_connections, 1U);
  EXPECT_EQ(left().peer, *net::local_address(speaks.socket()));
}

TEST_F(Admission, once_bound_nobody_else_can_connect) {
  listen(anybody());
  auto& first = connect(call.a.local);
  ASSERT_TRUE(is_bound(first));
  auto& late = connect(call.a.local);
  EXPECT_TRUE(ends(late, MediaPeer::End::reset));
  first.say("!");
  EXPECT_TRUE(eventually([&] { return left().counters.octets_in == 14; }));
}

TEST_F(Admission, a_port_scan_is_counted_and_changes_nothing) {
  listen(anybody());
  for (std::uint64_t i = 1; i <= 20; ++i) {
    connect(call.a.local).close();
    ASSERT_TRUE(eventually([&] { return left().counters.refused_connections == i; }));
  }
  EXPECT_TRUE(nobody_is_called());
  EXPECT_EQ(count(iq::Event::refused), options.limits.refused_notifications) << "the rest is only counted";
  EXPECT_EQ(totals().realms[0].refused_connections, 20U);
  EXPECT_TRUE(is_bound(connect(call.a.local)));
}

TEST_F(Admission, more_candidates_than_may_wait_are_left_in_the_backlog_until_there_is_room) {
  options.times.candidate = std::chrono::milliseconds(100);
  listen(anybody());
  std::vector<MediaPeer*> silent;
  for (std::size_t i = 0; i < options.limits.candidates; ++i) silent.push_back(&connect(call.a.local));
  EXPECT_TRUE(is_bound(connect(call.a.local)));
  EXPECT_EQ(left().counters.refused_connections, options.limits.candidates);
  for (auto* each : silent) EXPECT_TRUE(until([&] { return each->tcp_closed(); }));
}

TEST_F(Admission, a_silent_candidate_is_closed_after_its_time) {
  options.times.candidate = std::chrono::milliseconds(30);
  listen(anybody());
  auto& silent = connect(call.a.local);
  EXPECT_TRUE(until([&] { return silent.tcp_closed(); }));
  ASSERT_TRUE(await(iq::Event::refused));
  EXPECT_NE(cause_of(iq::Event::refused).find("no octet in time"), std::string::npos);
  EXPECT_TRUE(is_bound(connect(call.a.local)));
}

TEST_F(Admission, only_addresses_of_the_source_filter_come_in_whatever_their_port) {
  listen(only("127.0.0.7"));
  auto& foreign = connect_from("127.0.0.8");
  foreign.say("let me in");
  ASSERT_TRUE(await(iq::Event::refused));
  EXPECT_TRUE(until([&] { return foreign.tcp_closed(); }));
  EXPECT_TRUE(nobody_is_called());
  EXPECT_TRUE(is_bound(connect_from("127.0.0.7")));
}

TEST_F(Admission, before_the_filter_is_known_a_connection_waits_with_its_octets) {
  options.times.candidate = std::chrono::milliseconds(50);
  listen({});
  auto& foreign = connect_from("127.0.0.8");
  foreign.say("first");
  auto& ours = connect_from("127.0.0.7");
  ours.say("second");
  connect_from("127.0.0.7");  // says nothing: its refusal shows that the time of the others has passed too
  ASSERT_TRUE(await(iq::Event::refused));
  EXPECT_TRUE(nobody_is_called());
  EXPECT_EQ(left().state, iq::TerminationState::waiting);
  ASSERT_TRUE(configure(call, call.a, only("127.0.0.7")));
  EXPECT_TRUE(hears(accept(ear.listener), "second"));
  EXPECT_TRUE(until([&] { return foreign.tcp_closed(); }));
}

TEST_F(Admission, a_candidate_that_leaves_before_the_answer_makes_room) {
  options.limits.candidates = 1;
  listen({});
  auto& leaves = connect(call.a.local);
  leaves.say("never mind");
  leaves.finish();
  ASSERT_TRUE(await(iq::Event::refused));
  leaves.close();
  auto& stays = connect(call.a.local);
  stays.say("I stay");
  ASSERT_TRUE(configure(call, call.a, anybody()));
  EXPECT_TRUE(hears(accept(ear.listener), "I stay"));
}

TEST_F(Admission, one_that_speaks_and_ends_at_once_is_heard) {
  listen(anybody());
  auto& brief = connect(call.a.local);
  brief.say("that was all");
  brief.finish();
  auto& core = accept(ear.listener);
  EXPECT_TRUE(ends(core, MediaPeer::End::fin));
  EXPECT_EQ(core.heard(), "that was all");
}

TEST_F(Admission, a_termination_that_becomes_active_no_longer_takes_connections) {
  start();
  Ear other;
  call = reserve({}, towards(ear.address));
  auto& waiting = connect(call.a.local);
  waiting.say("hello");
  ASSERT_TRUE(configure(call, call.a, towards(other.address)));
  EXPECT_TRUE(until([&] { return waiting.tcp_closed(); }));
  accept(other.listener).say("called");
  EXPECT_TRUE(hears(accept(ear.listener), "called"));
}

}  // namespace
}  // namespace gateway
