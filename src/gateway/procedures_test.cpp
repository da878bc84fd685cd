#include <array>

#include <gtest/gtest.h>

#include "tests/support/gateway_rig.hpp"

namespace gateway {
namespace {

using std::chrono::milliseconds;
using test::anybody;
using test::Ear;
using test::GatewayRig;
using test::MediaPeer;
using test::pattern;
using test::towards;

/// What a controller may ask, and what it gets.
struct Procedures : ::testing::Test, GatewayRig {
  Ear ear;
  Call call;
  MediaPeer* left = nullptr;
  MediaPeer* right = nullptr;

  void establish() {
    if (!gateway) start();
    call = reserve(anybody(), towards(ear.address));
    connect_both();
  }
  void connect_both() {
    left = &connect(call.a.local);
    left->say("hello");
    right = &accept(ear.listener);
    ASSERT_TRUE(hears(*right, "hello"));
  }
  iq::Errc error_of(iq::Request request) {
    const auto reply = execute(std::move(request));
    return reply ? iq::Errc{0xff} : reply.error().code;
  }
  bool both_closed() {
    return until([&] { return left->tcp_closed() && right->tcp_closed(); });
  }
  void use_ports(std::uint16_t n) {
    for (auto& realm : options.realms) realm.port_high = static_cast<std::uint16_t>(realm.port_low + n - 1);
  }
};

TEST_F(Procedures, restart_lets_both_sides_connect_anew_at_the_same_ports) {
  establish();
  auto* const old_left = left;
  auto* const old_right = right;
  ASSERT_TRUE(execute({call.context, {iq::Restart{call.a.termination}}}));
  EXPECT_TRUE(until([&] { return old_left->tcp_closed() && old_right->tcp_closed(); }));
  connect_both();
  right->say("again");
  EXPECT_TRUE(hears(*left, "again"));
  const auto status = audit(call.context);
  EXPECT_EQ(status[0].counters.octets_in, 10U) << "counters go on";
  EXPECT_EQ(count(iq::Event::released), 0U);
}

TEST_F(Procedures, restart_revives_a_bearer_that_has_ended) {
  establish();
  left->finish();
  right->finish();
  ASSERT_TRUE(await(iq::Event::released));
  ASSERT_TRUE(execute({call.context, {iq::Restart{call.a.termination}}}));
  connect_both();
  EXPECT_EQ(audit(call.context)[0].state, iq::TerminationState::connected);
}

TEST_F(Procedures, restart_goes_where_configure_said) {
  establish();
  Ear moved;
  ASSERT_TRUE(execute(
      {call.context,
       {iq::Configure{call.b.termination, towards(moved.address)}, iq::Restart{call.b.termination}}}));
  auto& again = connect(call.a.local);
  again.say("new place");
  EXPECT_TRUE(hears(accept(moved.listener), "new place"));
}

TEST_F(Procedures, a_reoffer_that_changes_nothing_leaves_the_connections_alone) {
  establish();
  ASSERT_TRUE(configure(call, call.a, anybody()));
  ASSERT_TRUE(configure(call, call.b, towards(ear.address)));
  left->say(" and on");
  EXPECT_TRUE(hears(*right, "hello and on"));
}

TEST_F(Procedures, the_transport_cannot_change_under_a_connection_but_with_a_restart) {
  establish();
  iq::TerminationConfig tls;
  tls.transport = iq::Transport::tcp_tls;
  EXPECT_EQ(error_of({call.context, {iq::Configure{call.a.termination, tls}}}), iq::Errc::bad_request);
  EXPECT_TRUE(
      execute({call.context, {iq::Configure{call.a.termination, tls}, iq::Restart{call.a.termination}}}));
  EXPECT_EQ(audit(call.context)[0].transport, iq::Transport::tcp_tls);
}

TEST_F(Procedures, a_setup_that_the_answer_changes_connects_instead_of_waiting) {
  start();
  Ear caller;
  call = reserve(anybody(), anybody());
  ASSERT_TRUE(configure(call, call.b, towards(ear.address)));
  left = &connect(call.a.local);
  left->say("hi");
  EXPECT_TRUE(hears(accept(ear.listener), "hi"));
}

TEST_F(Procedures, requests_that_make_no_sense_are_refused) {
  start();
  call = reserve();
  const iq::TerminationId third{3};
  iq::TerminationConfig aware;
  aware.transport = iq::Transport::tcp_msrp;
  EXPECT_EQ(error_of({{}, {}}), iq::Errc::bad_request);
  EXPECT_EQ(error_of({{}, {iq::Audit{}}}), iq::Errc::bad_request);
  EXPECT_EQ(error_of({{}, {iq::Reserve{"nowhere", {}}}}), iq::Errc::unknown_realm);
  EXPECT_EQ(error_of({{}, {iq::Reserve{"access", aware}, iq::Reserve{"core", {}}}}), iq::Errc::not_supported);
  EXPECT_EQ(error_of({iq::ContextId{12345}, {iq::Audit{}}}), iq::Errc::unknown_context);
  EXPECT_EQ(error_of({call.context, {iq::Configure{third, {}}}}), iq::Errc::unknown_termination);
  EXPECT_EQ(error_of({call.context, {iq::Restart{third}}}), iq::Errc::unknown_termination);
  EXPECT_EQ(error_of({call.context, {iq::Configure{call.a.termination, aware}}}), iq::Errc::not_supported);
  EXPECT_EQ(error_of({call.context, {iq::Reserve{"core", {}}}}), iq::Errc::bad_request);
  EXPECT_EQ(error_of({call.context, {iq::Release{}, iq::Audit{}}}), iq::Errc::bad_request);
  EXPECT_EQ(error_of({call.context, {iq::Audit{}}}), iq::Errc::unknown_context) << "released after all";
}

TEST_F(Procedures, a_request_that_fails_takes_the_context_it_made_with_it) {
  use_ports(2);
  start();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(error_of({{}, {iq::Reserve{"access", {}}, iq::Reserve{"nowhere", {}}}}),
              iq::Errc::unknown_realm);
  }
  EXPECT_EQ(totals().contexts, 0U);
  EXPECT_NO_THROW(reserve());
}

TEST_F(Procedures, reservations_are_answered_at_once) {
  start();
  bool answered = false;
  gateway->execute({{}, {iq::Reserve{"access", {}}, iq::Reserve{"core", {}}}}, [&](auto reply) {
    answered = true;
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->reserved[0].termination.value, 1U);
    EXPECT_EQ(reply->reserved[1].termination.value, 2U);
    EXPECT_EQ(reply->reserved[0].advertised, "127.0.0.1");
    EXPECT_EQ(reply->reserved[0].fingerprints[0], identity.fingerprint("sha-256"));
  });
  EXPECT_TRUE(answered);
}

TEST_F(Procedures, what_a_realm_advertises_may_be_a_name) {
  options.realms[0].advertise = "media.example.net";
  start();
  EXPECT_EQ(reserve().a.advertised, "media.example.net");
}

TEST_F(Procedures, contexts_are_spread_over_the_shards_and_all_of_them_relay) {
  options.shards = 2;
  start();
  std::vector<std::pair<MediaPeer*, MediaPeer*>> pairs;
  std::array<int, 2> per_shard{};
  for (int i = 0; i < 8; ++i) {
    establish();
    ++per_shard.at(call.context.value & 0xff);
    pairs.emplace_back(left, right);
  }
  EXPECT_EQ(per_shard, (std::array{4, 4}));
  const auto octets = pattern(1024 * 1024);
  for (auto& [a, b] : pairs) a->say(octets);
  for (auto& [a, b] : pairs) EXPECT_TRUE(hears(*b, "hello" + octets));
  const auto sum = totals();
  EXPECT_EQ(sum.contexts, 8U);
  EXPECT_EQ(sum.realms[0].octets_in, 8 * (5 + octets.size()));
}

TEST_F(Procedures, draining_closes_every_session_in_order_and_takes_no_new_ones) {
  options.times.linger = milliseconds(50);
  establish();
  reserve();
  bool drained = false;
  gateway->drain([&] { drained = true; });
  EXPECT_EQ(error_of({{}, {iq::Reserve{"access", {}}}}), iq::Errc::out_of_resources);
  EXPECT_TRUE(ends(*left, MediaPeer::End::fin));
  EXPECT_TRUE(ends(*right, MediaPeer::End::fin));
  EXPECT_TRUE(until([&] { return drained; }));
  EXPECT_EQ(totals().contexts, 0U);
}

TEST_F(Procedures, a_gateway_that_ends_closes_everything_at_once) {
  establish();
  gateway.reset();
  EXPECT_TRUE(both_closed());
}

TEST_F(Procedures, a_configuration_that_cannot_work_is_refused) {
  options.realms[0].port_low = 0;
  EXPECT_FALSE(LocalGateway::make(options, [](auto) {}));
  options.realms.clear();
  EXPECT_FALSE(LocalGateway::make(options, [](auto) {}));
}

}  // namespace
}  // namespace gateway
