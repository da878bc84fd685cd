// A context that loses a termination, and gets another one.
#include <gtest/gtest.h>

#include "tests/support/gateway_rig.hpp"

namespace gateway {
namespace {

using std::chrono::milliseconds;
using test::anybody;
using test::Ear;
using test::MediaPeer;
using test::pattern;
using test::towards;

struct Subtraction : ::testing::Test, test::GatewayRig {
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
  base::Result<iq::Reply, iq::Error> subtract(const iq::Reserved& which) {
    return execute({call.context, {iq::Subtract{which.termination}}});
  }
  iq::Errc error_of(iq::Request request) {
    const auto reply = execute(std::move(request));
    return reply ? iq::Errc{0xff} : reply.error().code;
  }
  void use_ports(std::uint16_t n) {
    for (auto& realm : options.realms) realm.port_high = static_cast<std::uint16_t>(realm.port_low + n - 1);
  }
};

TEST_F(Subtraction, closes_one_and_its_companion_waits_for_another_one) {
  establish();
  auto* const old_left = left;
  const auto reply = subtract(call.b);
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->terminations.size(), 1U);
  EXPECT_EQ(reply->terminations[0].termination, call.b.termination);
  EXPECT_EQ(reply->terminations[0].state, iq::TerminationState::closed);
  EXPECT_EQ(reply->terminations[0].counters.octets_out, 5U);
  EXPECT_TRUE(ends(*right, MediaPeer::End::fin));
  EXPECT_TRUE(ends(*old_left, MediaPeer::End::fin));
  const auto rest = audit(call.context);
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].termination, call.a.termination);
  EXPECT_EQ(rest[0].state, iq::TerminationState::waiting);

  const auto added = execute({call.context, {iq::Reserve{"core", towards(ear.address)}}});
  ASSERT_TRUE(added);
  EXPECT_EQ(added->reserved[0].termination.value, 3U) << "numbers are not given twice";
  connect_both();
  right->say("welcome");
  EXPECT_TRUE(hears(*left, "welcome"));
  EXPECT_EQ(audit(call.context)[0].counters.octets_in, 10U) << "counters go on";
  EXPECT_EQ(count(iq::Event::released), 0U);
}

TEST_F(Subtraction, what_was_taken_is_still_delivered) {
  establish();
  right->stop_reading();
  const auto octets = pattern(32 * 1024 * 1024);
  left->say(octets);
  ASSERT_TRUE(eventually([&] { return audit(call.context)[0].counters.octets_in > 256 * 1024; }));
  const auto reply = subtract(call.a);
  ASSERT_TRUE(reply);
  const auto taken = reply->terminations[0].counters.octets_in;
  right->stop_reading(false);
  ASSERT_TRUE(ends(*right, MediaPeer::End::fin));
  EXPECT_EQ(right->heard().size(), taken);
  EXPECT_TRUE(("hello" + octets).compare(0, taken, right->heard()) == 0);
}

TEST_F(Subtraction, counts_messages_of_all_companions) {
  const std::string message =
      "MSRP a1 SEND\r\nTo-Path: msrp://a:1/b;tcp\r\nFrom-Path: msrp://c:1/d;tcp\r\n"
      "Message-ID: 1\r\n-------a1$\r\n";
  start();
  call = reserve(anybody(), towards(ear.address));
  for (int round = 1; round <= 2; ++round) {
    if (round == 2) {
      ASSERT_TRUE(subtract(call.a));
      const auto added = execute({call.context, {iq::Reserve{"access", anybody()}}});
      ASSERT_TRUE(added);
      call.a = added->reserved[0];
    }
    connect(call.a.local).say(message);
    ASSERT_TRUE(hears(accept(ear.listener), message));
  }
  const auto status = audit(call.context);
  EXPECT_EQ(status[0].counters.messages_out.at("SEND"), 2U);
  EXPECT_EQ(status[1].counters.messages_in.at("SEND"), 1U);
}

TEST_F(Subtraction, gives_the_port_back_as_soon_as_it_is_closed) {
  use_ports(1);
  options.times.linger = milliseconds(20);
  start();
  call = reserve();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(subtract(call.b));
    ASSERT_TRUE(eventually([&] {
      const auto added = execute({call.context, {iq::Reserve{"core", anybody()}}});
      if (added) call.b = added->reserved[0];
      return added.has_value();
    }));
  }
  EXPECT_EQ(call.b.local.port, options.realms[1].port_low);
  EXPECT_EQ(error_of({call.context, {iq::Reserve{"core", anybody()}}}), iq::Errc::bad_request)
      << "two at a time";
}

TEST_F(Subtraction, a_port_is_kept_while_its_connection_is_being_closed) {
  use_ports(1);
  establish();
  ASSERT_TRUE(subtract(call.b));
  EXPECT_EQ(error_of({call.context, {iq::Reserve{"core", anybody()}}}), iq::Errc::out_of_ports);
  right->finish();
  EXPECT_TRUE(
      eventually([&] { return execute({call.context, {iq::Reserve{"core", anybody()}}}).has_value(); }));
}

TEST_F(Subtraction, the_last_one_ends_the_context) {
  establish();
  const auto reply =
      execute({call.context, {iq::Subtract{call.a.termination}, iq::Subtract{call.b.termination}}});
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->terminations.size(), 2U);
  EXPECT_EQ(reply->terminations[0].counters.octets_in, 5U);
  EXPECT_EQ(reply->terminations[1].counters.octets_out, 5U);
  EXPECT_EQ(error_of({call.context, {iq::Audit{}}}), iq::Errc::unknown_context);
  EXPECT_TRUE(ends(*left, MediaPeer::End::fin));
  EXPECT_TRUE(ends(*right, MediaPeer::End::fin));
  left->finish();
  right->finish();
  EXPECT_TRUE(until_gone());
  EXPECT_EQ(totals().closed["deleted"], 1U);
}

TEST_F(Subtraction, one_that_is_gone_is_unknown) {
  establish();
  ASSERT_TRUE(subtract(call.b));
  EXPECT_EQ(error_of({call.context, {iq::Subtract{call.b.termination}}}), iq::Errc::unknown_termination);
  EXPECT_EQ(error_of({call.context, {iq::Configure{call.b.termination, {}}}}), iq::Errc::unknown_termination);
  EXPECT_EQ(error_of({call.context, {iq::Subtract{iq::TerminationId{7}}}}), iq::Errc::unknown_termination);
  EXPECT_EQ(error_of({call.context, {iq::Subtract{call.a.termination}, iq::Reserve{"core", {}}}}),
            iq::Errc::bad_request);
}

TEST_F(Subtraction, revives_an_ended_bearer_for_the_other_one) {
  establish();
  left->finish();
  right->finish();
  ASSERT_TRUE(await(iq::Event::released));
  ASSERT_TRUE(subtract(call.b));
  ASSERT_TRUE(execute({call.context, {iq::Reserve{"core", towards(ear.address)}}}));
  connect_both();
}

TEST_F(Subtraction, one_alone_is_not_waited_for) {
  options.times.connect = milliseconds(50);
  start();
  call = reserve();
  ASSERT_TRUE(subtract(call.b));
  const auto other = reserve();
  ASSERT_TRUE(await(iq::Event::timed_out));
  EXPECT_EQ(events.front().context, other.context);
  EXPECT_EQ(audit(call.context).size(), 1U);
}

TEST_F(Subtraction, release_takes_those_that_are_being_closed_along) {
  options.times.linger = milliseconds(20);
  use_ports(1);
  establish();
  ASSERT_TRUE(subtract(call.b));
  const auto reply = release(call);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->terminations.size(), 1U);
  EXPECT_TRUE(until_gone());
  EXPECT_NO_THROW(reserve());
}

/// What a request that fails has not done is as it was.
TEST_F(Subtraction, is_taken_back_where_something_before_it_fails) {
  establish();
  iq::TerminationConfig tls;
  tls.transport = iq::Transport::tcp_tls;  // not under a connection
  const auto reply =
      execute({call.context,
               {iq::Configure{call.a.termination, anybody()}, iq::Configure{call.a.termination, tls},
                iq::Subtract{call.b.termination}, iq::Subtract{call.a.termination}}});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, iq::Errc::bad_request);
  EXPECT_EQ(reply.error().procedure, 1U);
  left->say(" again");
  EXPECT_TRUE(hears(*right, "hello again"));
  const auto released = execute({call.context, {iq::Configure{call.a.termination, tls}, iq::Release{}}});
  ASSERT_FALSE(released);
  EXPECT_EQ(audit(call.context).size(), 2U) << "not released either";
  EXPECT_TRUE(subtract(call.b));
}

TEST_F(Subtraction, a_reservation_behind_a_failure_never_was) {
  use_ports(2);
  start();
  call = reserve();
  ASSERT_TRUE(subtract(call.b));
  left = &connect(call.a.local);
  left->say("hello");
  ASSERT_TRUE(await(iq::Event::connected));
  iq::TerminationConfig tls;
  tls.transport = iq::Transport::tcp_tls;
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(error_of({call.context, {iq::Configure{call.a.termination, tls}, iq::Reserve{"core", {}}}}),
              iq::Errc::bad_request);
  EXPECT_TRUE(execute({call.context, {iq::Reserve{"core", anybody()}}}));
  EXPECT_EQ(audit(call.context).size(), 2U);
}

TEST_F(Subtraction, an_error_names_the_procedure) {
  start();
  const auto none = execute({{}, {iq::Reserve{"access", {}}, iq::Reserve{"nowhere", {}}}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().procedure, 1U);
  call = reserve();
  iq::TerminationConfig aware;
  aware.transport = iq::Transport::tcp_msrp;
  const auto mixed = execute(
      {call.context, {iq::Audit{}, iq::Audit{}, iq::Configure{call.a.termination, aware}, iq::Audit{}}});
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().procedure, 2U);
}

}  // namespace
}  // namespace gateway
