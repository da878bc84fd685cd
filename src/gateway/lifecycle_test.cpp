#include <sys/resource.h>

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
using test::with_tls;

/// From Reserve to the last socket: limits, ports, descriptors.
struct Lifecycle : ::testing::Test, GatewayRig {
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
  bool released_because(const std::string& reason) {
    if (!await(iq::Event::released) || totals().closed[reason] != 1) return false;
    return std::any_of(events.begin(), events.end(), [&](const iq::Notification& each) {
      return each.event == iq::Event::released && each.reason == reason;
    });
  }
  bool both_closed() {
    return until([&] { return left->tcp_closed() && right->tcp_closed(); });
  }
  void use_ports(std::uint16_t n) {
    for (auto& realm : options.realms) realm.port_high = static_cast<std::uint16_t>(realm.port_low + n - 1);
  }
};

// Failures and time limits.

TEST_F(Lifecycle, a_refused_connect_is_told_and_ends_the_bearer) {
  start();
  const auto nobody = std::make_unique<Ear>()->address;
  call = reserve(anybody(), towards(nobody));
  left = &connect(call.a.local);
  left->say("hello?");
  ASSERT_TRUE(await(iq::Event::tcp_failed));
  EXPECT_NE(cause_of(iq::Event::tcp_failed).find("refused"), std::string::npos);
  EXPECT_TRUE(released_because("tcp_failed"));
  EXPECT_TRUE(ends(*left, MediaPeer::End::fin));
  const auto status = audit(call.context);
  EXPECT_EQ(status[1].state, iq::TerminationState::closed);
  EXPECT_NE(status[1].cause.find("refused"), std::string::npos);
}

TEST_F(Lifecycle, a_peer_that_never_answers_the_syn_is_given_up) {
  options.times.tcp_connect = milliseconds(50);
  start();
  const auto full = net::listen_tcp({*base::IpAddress::parse("127.0.0.1"), 0}, 0);
  const auto deaf = *net::local_address(*full);
  for (int i = 0; i < 3; ++i) connect(deaf);  // fills the backlog: the next SYN is dropped
  call = reserve(anybody(), towards(deaf));
  connect(call.a.local).say("hello?");
  ASSERT_TRUE(await(iq::Event::tcp_failed));
  EXPECT_NE(cause_of(iq::Event::tcp_failed).find("no answer in time"), std::string::npos);
  EXPECT_TRUE(released_because("tcp_failed"));
}

TEST_F(Lifecycle, a_tls_server_that_never_answers_is_given_up) {
  options.times.candidate = milliseconds(50);
  start();
  call = reserve(anybody(), with_tls(towards(ear.address), {identity.fingerprint()}));
  connect(call.a.local).say("hello?");
  accept(ear.listener);
  EXPECT_TRUE(released_because("tls_failed"));
  EXPECT_NE(cause_of(iq::Event::tls_failed).find("in time"), std::string::npos);
}

TEST_F(Lifecycle, configured_and_never_connected_times_out_and_is_forgotten_with_its_ports) {
  options.times.connect = milliseconds(50);
  options.times.ended = milliseconds(50);
  use_ports(1);
  start();
  call = reserve();
  ASSERT_TRUE(await(iq::Event::timed_out));
  EXPECT_TRUE(released_because("timed_out"));
  EXPECT_TRUE(until_gone());
  EXPECT_EQ(error_of({call.context, {iq::Audit{}}}), iq::Errc::unknown_context);
  EXPECT_NO_THROW(reserve());
}

TEST_F(Lifecycle, the_connection_limit_waits_until_all_is_configured) {
  options.times.connect = milliseconds(50);
  start();
  const auto unanswered = reserve({}, {});
  const auto answered = reserve();
  ASSERT_TRUE(await(iq::Event::released));
  EXPECT_EQ(events.back().context, answered.context);
  EXPECT_EQ(audit(unanswered.context)[0].state, iq::TerminationState::waiting);
}

TEST_F(Lifecycle, a_half_closed_session_where_nothing_passes_is_closed) {
  options.times.half_close = milliseconds(50);
  establish();
  left->finish();
  EXPECT_TRUE(released_because("half_close"));
  EXPECT_TRUE(both_closed());
}

TEST_F(Lifecycle, a_session_without_octets_is_closed_where_that_is_configured) {
  options.times.inactivity = milliseconds(60);
  establish();
  ASSERT_TRUE(await(iq::Event::inactive));
  EXPECT_TRUE(released_because("inactive"));
  EXPECT_TRUE(both_closed());
}

TEST_F(Lifecycle, an_ended_bearer_is_remembered_with_its_cause) {
  establish();
  left->finish();
  right->finish();
  ASSERT_TRUE(released_because("closed"));
  const auto status = audit(call.context);
  EXPECT_EQ(status[0].state, iq::TerminationState::closed);
  EXPECT_EQ(status[0].cause, "both peers closed");
  EXPECT_EQ(status[0].counters.octets_in, 5U);
  const auto reply = release(call);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->terminations[0].counters.octets_in, 5U);
  EXPECT_EQ(totals().closed.count("deleted"), 0U) << "it had ended before";
}

TEST_F(Lifecycle, a_release_does_not_wait_for_ever_for_a_peer_that_does_not_read) {
  options.times.drain = milliseconds(50);
  options.times.linger = milliseconds(50);
  establish();
  right->stop_reading();
  left->say(pattern(32 * 1024 * 1024));
  ASSERT_TRUE(eventually([&] { return audit(call.context)[0].counters.octets_in > 256 * 1024; }));
  ASSERT_TRUE(release(call));
  EXPECT_TRUE(until_gone());
}

// Ports and descriptors.

TEST_F(Lifecycle, an_exhausted_pool_says_so_and_leaks_nothing) {
  use_ports(2);
  options.realms[1].port_high = options.realms[1].port_low;
  start();
  call = reserve();
  const auto refused = execute({{}, {iq::Reserve{"access", {}}, iq::Reserve{"core", {}}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, iq::Errc::out_of_ports);
  EXPECT_EQ(refused.error().text, "Ran out of ports");
  ASSERT_TRUE(release(call));
  ASSERT_TRUE(until_gone());
  EXPECT_NO_THROW(reserve());
}

TEST_F(Lifecycle, a_port_that_somebody_else_holds_is_skipped_and_counted) {
  use_ports(2);
  const auto thief = net::listen_tcp({options.realms[0].address, options.realms[0].port_low});
  start();
  call = reserve();
  EXPECT_EQ(call.a.local.port, options.realms[0].port_high);
  EXPECT_EQ(totals().realms[0].ports_skipped, 1U);
}

TEST_F(Lifecycle, an_address_that_is_not_ours_is_named_in_the_error) {
  add_realm("far", "192.0.2.1", 20000, 20001);
  start();
  const auto reply = execute({{}, {iq::Reserve{"far", {}}}});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, iq::Errc::out_of_resources);
  EXPECT_NE(reply.error().text.find("192.0.2.1"), std::string::npos);
}

TEST_F(Lifecycle, sessions_beyond_the_limit_are_refused_before_descriptors_run_out) {
  options.limits.max_contexts = 1;
  start();
  call = reserve();
  const auto reply = execute({{}, {iq::Reserve{"access", {}}}});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, iq::Errc::out_of_resources);
  EXPECT_EQ(reply.error().text, "Parallel session limit reached");
}

TEST_F(Lifecycle, the_session_limit_follows_from_the_descriptor_limit) {
  start();
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_GT(gateway->max_contexts(), 0U);
  EXPECT_LE(2 * gateway->max_contexts(), limit.rlim_cur);
}

/// Lowers the soft descriptor limit for the life of the object.
struct FewDescriptors {
  explicit FewDescriptors(rlim_t soft) {
    getrlimit(RLIMIT_NOFILE, &before);
    auto few = before;
    few.rlim_cur = soft;
    setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before); }
  rlimit before{};
};

TEST_F(Lifecycle, strays_on_many_sessions_are_turned_away_before_descriptors_run_out) {
  const FewDescriptors few(300);
  start();
  std::vector<Call> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(reserve());
  for (const auto& each : calls) {
    connect(each.a.local);
    connect(each.b.local);
  }
  ASSERT_TRUE(await(iq::Event::refused));
  EXPECT_NE(cause_of(iq::Event::refused).find("too many connections wait"), std::string::npos);
}

#ifndef __SANITIZE_ADDRESS__  // UBSan's look at a vptr needs a descriptor of its own
TEST_F(Lifecycle, a_connection_that_finds_no_descriptor_is_taken_as_soon_as_there_is_one) {
  start();
  call = reserve(anybody(), towards(ear.address));
  {
    net::Fd lowest_free(dup(0));
    const FewDescriptors few(static_cast<rlim_t>(lowest_free.get()) + 1);
    lowest_free.reset();
    left = &connect(call.a.local);  // takes the last one
    left->say("hello");
    audit(call.context);  // the shard has had its turn
  }
  EXPECT_TRUE(hears(accept(ear.listener), "hello"));
}
#endif

TEST_F(Lifecycle, a_peer_whose_output_grows_beyond_its_limit_is_closed) {
  options.limits.pending_output = 1000;
  establish();
  right->stop_reading();
  left->say(pattern(32 * 1024 * 1024));
  EXPECT_TRUE(released_because("overload"));
}

TEST_F(Lifecycle, two_hundred_contexts_leave_neither_ports_nor_descriptors_behind) {
  options.times.linger = milliseconds(20);
  options.times.ended = milliseconds(20);
  use_ports(8);
  start();
  const auto before = net::open_descriptors();
  for (int i = 0; i < 200; ++i) {
    if (i % 5 == 0) {
      call = reserve(anybody(), {});
      connect(call.a.local).say("alone");
    } else {
      establish();
    }
    if (i % 5 == 1) left->reset();
    if (i % 5 == 2) right->finish();
    if (i % 5 == 3) left->finish(), right->finish();
    (void)release(call);  // may be gone by itself
    forget_peers();
    ASSERT_TRUE(until_gone()) << "round " << i;
  }
  EXPECT_EQ(net::open_descriptors(), before);
}

}  // namespace
}  // namespace gateway
