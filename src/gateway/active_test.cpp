#include <gtest/gtest.h>

#include "tests/support/gateway_rig.hpp"
#include "tests/support/loopback.hpp"

namespace gateway {
namespace {

using test::anybody;
using test::Ear;
using test::GatewayRig;
using test::MediaPeer;
using test::towards;

/// Terminations that connect, on IPv4 and IPv6: where from, and who gets in there (peers.md H4).
struct Active : ::testing::TestWithParam<const char*>, GatewayRig {
  Ear ear{GetParam()};
  Call call;

  void reserve_active() {
    const auto [low, high] = test::free_ports(8);
    add_realm("far", GetParam(), low, high);
    start();
    call = reserve(anybody(), towards(ear.address), "access", "far");
  }
  /// The near side's peer comes, and the far side is called: that connection.
  MediaPeer& establish(const std::string& words) {
    connect(call.a.local).say(words);
    auto& called = accept(ear.listener);
    EXPECT_TRUE(hears(called, words));
    return called;
  }
  bool refuses_connections(const base::Address& at) {
    const auto socket = net::connect_tcp(at, {});
    if (!socket) return socket.error() == std::errc::connection_refused;
    return test::wait_for(*socket, POLLOUT) && net::connect_error(*socket) == std::errc::connection_refused;
  }
  void expect_call_from_another_port() {
    establish("hello");
    EXPECT_EQ(last_accepted_from.ip, call.b.local.ip);
    EXPECT_NE(last_accepted_from.port, call.b.local.port);
  }
};

INSTANTIATE_TEST_SUITE_P(Ip, Active, ::testing::Values("127.0.0.1", "::1"),
                         [](const auto& each) { return std::string(each.index == 0 ? "v4" : "v6"); });

TEST_P(Active, nobody_gets_in_at_the_port_from_which_it_will_connect) {
  reserve_active();
  EXPECT_TRUE(refuses_connections(call.b.local));
  establish("hello");
  EXPECT_EQ(last_accepted_from, call.b.local);
}

TEST_P(Active, one_that_turns_active_closes_its_port_and_one_that_turns_passive_opens_it) {
  reserve_active();
  auto passive = anybody();
  passive.setup = iq::Setup::passive;
  ASSERT_TRUE(configure(call, call.b, passive));
  auto& peer = connect(call.b.local);
  ASSERT_TRUE(configure(call, call.b, towards(ear.address)));
  EXPECT_TRUE(refuses_connections(call.b.local));
  EXPECT_TRUE(until([&] { return peer.tcp_closed(); }));
}

TEST_P(Active, another_port_is_used_while_the_last_connection_to_that_peer_is_not_over) {
  reserve_active();
  auto& first = establish("hello");
  ASSERT_EQ(last_accepted_from, call.b.local);
  ASSERT_TRUE(execute({call.context, {iq::Restart{call.b.termination}}}));
  ASSERT_TRUE(ends(first, MediaPeer::End::fin));
  expect_call_from_another_port();  // the first one waits for its peer's FIN
}

TEST_P(Active, it_connects_again_while_the_last_connection_to_that_peer_is_in_time_wait) {
  reserve_active();
  auto& first = establish("hello");
  ASSERT_TRUE(execute({call.context, {iq::Restart{call.b.termination}}}));
  ASSERT_TRUE(ends(first, MediaPeer::End::fin)) << "the gateway closes first: TIME_WAIT is its own";
  first.close();
  establish("again");  // the kernel decides whether the same port will do
}

TEST_P(Active, another_port_is_used_where_its_own_leads_to_that_peer_already) {
  reserve_active();
  connect(ear.address, call.b.local);
  accept(ear.listener);
  expect_call_from_another_port();
}

TEST_P(Active, another_port_is_used_where_another_program_listens_at_its_own) {
  reserve_active();
  const auto thief = net::listen_tcp(call.b.local);
  ASSERT_TRUE(thief);
  expect_call_from_another_port();
}

TEST_P(Active, one_that_turns_passive_says_that_another_program_has_its_port) {
  reserve_active();
  const auto thief = net::listen_tcp(call.b.local);
  ASSERT_TRUE(thief);
  auto passive = anybody();
  passive.setup = iq::Setup::passive;
  ASSERT_TRUE(configure(call, call.b, passive));
  ASSERT_TRUE(await(iq::Event::tcp_failed));
  EXPECT_NE(cause_of(iq::Event::tcp_failed).find("listening at " + call.b.local.to_string()),
            std::string::npos);
}

}  // namespace
}  // namespace gateway
