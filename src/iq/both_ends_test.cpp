// The MGC end and the MG end face to face.
#include "tests/support/both_ends.hpp"

using namespace test;

namespace {

constexpr LossyWire::Weather fair{0, 0, 1ms, 2ms};
constexpr LossyWire::Weather foul{15, 10, 1ms, 300ms};

class BothEndsOver : public testing::TestWithParam<h248::Carrier> {};

void expect_nothing_left(BothEnds& both) {
  EXPECT_TRUE(both.registered());
  EXPECT_EQ(both.waiting, 0);
  EXPECT_TRUE(both.calls.empty());
  EXPECT_EQ(both.machine->fake.contexts.size(), 0U);
  EXPECT_EQ(both.gateway_end->status().at(0).contexts, 0U);
  EXPECT_EQ(both.controller_end->status().at(0).contexts, 0U);
  EXPECT_EQ(both.machine->fake.fault, "");
}

TEST_P(BothEndsOver, ACallBeginsAndEnds) {
  BothEnds both(1, GetParam(), fair);
  both.run(3s);
  ASSERT_TRUE(both.registered());
  both.begin_call();
  both.run(1s);
  ASSERT_EQ(both.calls.size(), 1U);
  EXPECT_EQ(both.machine->fake.contexts.size(), 1U);
  EXPECT_EQ(both.gateway_end->status().at(0).contexts, 1U);
  both.configure_call();
  both.run(1s);
  EXPECT_EQ(both.machine->marks.size(), 3U);
  both.end_call();
  both.run(1s);
  EXPECT_EQ(both.failed, 0);
  expect_nothing_left(both);
}

TEST_P(BothEndsOver, AnAssociationLastsWithoutCalls) {
  BothEnds both(1, GetParam(), fair);
  both.run(1h);
  expect_nothing_left(both);
  EXPECT_EQ(both.gateway_end->counters().registrations, 1U);
  EXPECT_EQ(both.gateway_end->counters().lost, 0U);
  EXPECT_EQ(both.controller_end->counters().lost, 0U);
}

/// Something that a controller or a gateway does.
void do_anything(BothEnds& both) {
  switch (both.dice.next_u64() % 8) {
    case 0:
    case 1:
    case 2:
      return both.begin_call();
    case 3:
    case 4:
      return both.configure_call();
    case 5:
    case 6:
      return both.end_call();
    case 7:
      return both.end_bearer();
  }
}

TEST(BothEndsInFoulWeather, EachTransactionIsExecutedAtMostOnceAndEveryCallEndsClean) {
  int made = 0;
  std::uint64_t repeated = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    BothEnds both(seed, h248::Carrier::udp, foul);
    both.run(10s);
    for (int i = 0; i < 300; ++i) {
      do_anything(both);
      both.run(100ms);
    }
    both.run(30s);
    both.end_all_calls();
    both.run(5min);
    expect_nothing_left(both);
    made += both.made;
    repeated += both.gateway_end->status().at(0).counters.repeated;
  }
  EXPECT_GT(made, 1500);
  EXPECT_GT(repeated, 1000U);
}

TEST(BothEndsInFoulWeather, WhoIsKilledAtAnyTimeLeavesNothing) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    BothEnds both(seed, seed % 4 == 0 ? h248::Carrier::tcp : h248::Carrier::udp, foul);
    both.run(10s);
    for (int i = 0; i < 300; ++i) {
      do_anything(both);
      both.run(100ms);
      if (both.dice.next_u64() % 50 != 0) continue;
      const bool gateway = both.dice.next_u64() % 2 == 0;
      gateway ? both.kill_gateway() : both.kill_controller();
      both.run(std::chrono::milliseconds(both.dice.next_u64() % 20'000));
      gateway ? both.make_gateway() : both.make_controller();
    }
    both.run(2min);
    both.end_all_calls();
    both.run(10min);
    expect_nothing_left(both);
  }
}

/// Kills one end at the n-th thing that happens in a call's life, and makes it anew after `pause`.
void kill_at(int n, bool gateway, base::Duration pause, h248::Carrier carrier, bool& happened) {
  BothEnds both(7, carrier, fair);
  int left = n;
  const auto live = [&](base::Duration time) {
    const auto until = both.now() + time;
    while (left > 0 && both.step(until)) --left;
    return left > 0;
  };
  const auto call = [&] {
    if (!live(3s)) return;
    both.begin_call();
    if (!live(1s)) return;
    both.configure_call();
    if (!live(1s)) return;
    both.end_bearer();
    if (!live(1s)) return;
    both.end_all_calls();
    live(1s);
  };
  call();
  happened = left == 0;
  gateway ? both.kill_gateway() : both.kill_controller();
  both.run(pause);
  gateway ? both.make_gateway() : both.make_controller();
  both.run(2min);
  both.end_all_calls();
  both.run(10min);
  expect_nothing_left(both);
}

TEST_P(BothEndsOver, KillingEitherEndAtAnyStepLeavesNothing) {
  for (const bool gateway : {false, true}) {
    for (const base::Duration pause : {base::Duration(0s), base::Duration(1s), base::Duration(2min)}) {
      bool happened = true;
      int n = 1;
      for (; happened && !testing::Test::HasFailure(); ++n) {
        SCOPED_TRACE(std::string(gateway ? "gateway" : "controller") + " at step " + std::to_string(n));
        kill_at(n, gateway, pause, GetParam(), happened);
      }
      EXPECT_GT(n, 20);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Carriers, BothEndsOver, testing::Values(h248::Carrier::udp, h248::Carrier::tcp),
                         [](const auto& carrier) { return std::string(to_string(carrier.param)); });

}  // namespace
