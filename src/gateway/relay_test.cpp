#include <gtest/gtest.h>

#include "tests/support/gateway_rig.hpp"

namespace gateway {
namespace {

using test::anybody;
using test::Ear;
using test::GatewayRig;
using test::MediaPeer;
using test::pattern;
using test::towards;

/// Plain connections, as every test of this file uses them: a peer that connects, and one that is connected
/// to.
struct Relay : ::testing::Test, GatewayRig {
  Ear ear;
  Call call;
  MediaPeer* left = nullptr;
  MediaPeer* right = nullptr;

  void establish() {
    start();
    call = reserve(anybody(), towards(ear.address));
    left = &connect(call.a.local);
    left->say("first ");
    right = &accept(ear.listener);
    ASSERT_TRUE(hears(*right, "first "));
  }
  /// Everything on the way is full when nothing more leaves the sender for a while.
  void until_stuck() {
    std::size_t before = 0;
    while (left->unsent() != before) {
      before = left->unsent();
      until([&] { return left->unsent() != before; }, std::chrono::milliseconds(300));
    }
  }
};

TEST_F(Relay, an_incoming_connection_triggers_the_outgoing_one_and_octets_pass_both_ways) {
  establish();
  left->say("there");
  right->say("and back");
  EXPECT_TRUE(hears(*right, "first there"));
  EXPECT_TRUE(hears(*left, "and back"));
  ASSERT_TRUE(await(iq::Event::connected, 2));
  EXPECT_EQ(events[0].termination, call.a.termination);
  EXPECT_EQ(events[1].termination, call.b.termination);
}

TEST_F(Relay, the_outgoing_connection_comes_from_the_advertised_port) {
  establish();
  EXPECT_EQ(last_accepted_from, call.b.local);
}

TEST_F(Relay, two_incoming_connections_are_merged) {
  start();
  call = reserve(anybody(), anybody());
  left = &connect(call.a.local);
  left->say("from left");
  right = &connect(call.b.local);
  right->say("from right");
  EXPECT_TRUE(hears(*left, "from right"));
  EXPECT_TRUE(hears(*right, "from left"));
}

TEST_F(Relay, two_outgoing_connections_are_made_at_once) {
  start();
  Ear other;
  call = reserve(towards(other.address), {});
  ASSERT_TRUE(configure(call, call.b, towards(ear.address)));
  left = &accept(other.listener);
  right = &accept(ear.listener);
  right->say("hello");
  EXPECT_TRUE(hears(*left, "hello"));
}

TEST_F(Relay, early_octets_are_held_up_to_the_limit_and_nothing_beyond_is_lost) {
  start();
  call = reserve(anybody(), {});
  left = &connect(call.a.local);
  const auto octets = pattern(3 * options.limits.early_octets + 17);
  left->say(octets);
  ASSERT_TRUE(
      eventually([&] { return audit(call.context)[0].counters.octets_in == options.limits.early_octets; }));
  ASSERT_TRUE(configure(call, call.b, towards(ear.address)));
  right = &accept(ear.listener);
  EXPECT_TRUE(hears(*right, octets));
  EXPECT_EQ(audit(call.context)[0].counters.octets_in, octets.size());
}

TEST_F(Relay, octets_wait_while_the_sides_are_not_through_connected) {
  start();
  auto quiet = towards(ear.address);
  quiet.mode = iq::StreamMode::receive_only;
  call = reserve(anybody(), quiet);
  left = &connect(call.a.local);
  left->say("patience");
  right = &accept(ear.listener);
  ASSERT_TRUE(await(iq::Event::connected, 2));
  auto status = audit(call.context);
  EXPECT_EQ(status[0].counters.octets_in, 8U);
  EXPECT_EQ(status[1].counters.octets_out, 0U);
  iq::TerminationConfig open;
  open.mode = iq::StreamMode::send_receive;
  ASSERT_TRUE(configure(call, call.b, open));
  EXPECT_TRUE(hears(*right, "patience"));
}

TEST_F(Relay, a_reader_that_stops_stops_the_sender_and_loses_nothing) {
  establish();
  right->stop_reading();
  const auto octets = pattern(32 * 1024 * 1024);
  left->say(octets);
  until_stuck();
  ASSERT_GT(left->unsent(), 0U);
  const auto status = audit(call.context);
  EXPECT_EQ(status[0].counters.octets_in, status[1].counters.octets_out);
  EXPECT_LT(status[0].counters.octets_in, octets.size());
  right->stop_reading(false);
  EXPECT_TRUE(hears(*right, "first " + octets));
}

TEST_F(Relay, both_directions_carry_bulk_at_the_same_time) {
  establish();
  const auto there = pattern(8 * 1024 * 1024, 2);
  const auto back = pattern(8 * 1024 * 1024, 3);
  left->say(there);
  right->say(back);
  EXPECT_TRUE(hears(*right, "first " + there));
  EXPECT_TRUE(hears(*left, back));
}

TEST_F(Relay, a_half_close_passes_and_the_other_direction_goes_on) {
  establish();
  left->say("last words");
  left->finish();
  EXPECT_TRUE(ends(*right, MediaPeer::End::fin));
  EXPECT_EQ(right->heard(), "first last words");
  const auto answer = pattern(1024 * 1024);
  right->say(answer);
  EXPECT_TRUE(hears(*left, answer));
  EXPECT_EQ(count(iq::Event::released), 0U);
  right->finish();
  EXPECT_TRUE(ends(*left, MediaPeer::End::fin));
  ASSERT_TRUE(await(iq::Event::released));
  EXPECT_EQ(cause_of(iq::Event::released), "both peers closed");
}

TEST_F(Relay, a_half_close_before_the_other_side_is_connected_is_not_lost) {
  start();
  call = reserve(anybody(), {});
  left = &connect(call.a.local);
  left->say("short and gone");
  left->finish();
  ASSERT_TRUE(await(iq::Event::connected));
  ASSERT_TRUE(configure(call, call.b, towards(ear.address)));
  right = &accept(ear.listener);
  EXPECT_TRUE(ends(*right, MediaPeer::End::fin));
  EXPECT_EQ(right->heard(), "short and gone");
}

TEST_F(Relay, a_reset_passes_as_a_reset) {
  establish();
  left->reset();
  EXPECT_TRUE(ends(*right, MediaPeer::End::reset));
  ASSERT_TRUE(await(iq::Event::released));
  EXPECT_NE(cause_of(iq::Event::released).find("reset"), std::string::npos);
  EXPECT_EQ(totals().closed["reset"], 1U);
}

TEST_F(Relay, a_reset_in_the_half_closed_state_passes_too) {
  establish();
  left->finish();
  ASSERT_TRUE(ends(*right, MediaPeer::End::fin));
  left->reset();
  ASSERT_TRUE(await(iq::Event::released));
  EXPECT_EQ(totals().closed["reset"], 1U);
}

TEST_F(Relay, release_delivers_what_was_taken_from_the_sender_and_closes_in_order) {
  establish();
  right->stop_reading();
  const auto octets = pattern(32 * 1024 * 1024);
  left->say(octets);
  until_stuck();
  const auto reply = release(call);
  ASSERT_TRUE(reply);
  const auto taken = reply->terminations[1].counters.octets_out;
  EXPECT_EQ(reply->terminations[0].counters.octets_in, taken);
  ASSERT_GT(taken, net::Reactor::window_size) << "a whole window waited";
  right->stop_reading(false);
  EXPECT_TRUE(ends(*right, MediaPeer::End::fin));
  EXPECT_EQ(right->heard().size(), taken);
  EXPECT_EQ(right->heard(), ("first " + octets).substr(0, taken));
}

TEST_F(Relay, release_takes_along_what_was_sent_before_it) {
  establish();
  left->say("goodbye");
  ASSERT_TRUE(release(call));
  EXPECT_TRUE(ends(*right, MediaPeer::End::fin));
  EXPECT_EQ(right->heard(), "first goodbye");
}

TEST_F(Relay, ipv6_meets_ipv4) {
  const auto [low, high] = test::free_ports(8);
  add_realm("six", "::1", low, high);
  start();
  Ear six("::1");
  call = reserve(anybody(), towards(six.address), "access", "six");
  EXPECT_EQ(call.b.advertised, "::1");
  left = &connect(call.a.local);
  left->say("from four to six");
  right = &accept(six.listener);
  EXPECT_TRUE(hears(*right, "from four to six"));
  right->say("and back");
  EXPECT_TRUE(hears(*left, "and back"));
}

TEST_F(Relay, octets_and_messages_are_counted_on_both_sides) {
  establish();
  const std::string head =
      "To-Path: msrp://a.example.com:7394/2s93i9ek2a;tcp\r\nFrom-Path: "
      "msrp://b.example.com:8493/si438dsaod;tcp\r\n";
  const auto ok = "MSRP a786hjs2 200 OK\r\n" + head + "-------a786hjs2$\r\n";
  right->say(ok + ok);
  ASSERT_TRUE(hears(*left, ok + ok));
  const auto status = audit(call.context);
  EXPECT_EQ(status[0].counters.octets_in, 6U);
  EXPECT_EQ(status[0].counters.octets_out, 2 * ok.size());
  EXPECT_EQ(status[1].counters.octets_in, 2 * ok.size());
  EXPECT_EQ(status[1].counters.octets_out, 6U);
  EXPECT_EQ(status[1].counters.messages_in.at("200"), 2U);
  EXPECT_EQ(status[0].counters.messages_out.at("200"), 2U);
  EXPECT_TRUE(status[0].counters.messages_in.empty()) << "what left said was not MSRP";
  const auto sum = totals();
  EXPECT_EQ(sum.realms[1].octets_in, 2 * ok.size());
  EXPECT_EQ(sum.realms[0].octets_out, 2 * ok.size());
  EXPECT_EQ(sum.realms[1].messages_in.to_map().at("200"), 2U);
  EXPECT_EQ(sum.realms[0].messages_out.to_map().at("200"), 2U);
  EXPECT_EQ(sum.sessions_tcp, 1U);
  EXPECT_EQ(sum.sessions_tls, 0U);
}

TEST_F(Relay, observing_can_be_switched_off) {
  options.observe = false;
  establish();
  const std::string ok =
      "MSRP a786hjs2 200 OK\r\nTo-Path: msrp://a:1/a;tcp\r\nFrom-Path: "
      "msrp://b:1/b;tcp\r\n-------a786hjs2$\r\n";
  right->say(ok);
  ASSERT_TRUE(hears(*left, ok));
  EXPECT_TRUE(audit(call.context)[1].counters.messages_in.empty());
}

}  // namespace
}  // namespace gateway
