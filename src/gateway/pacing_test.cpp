#include "gateway/pacing.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Direction = iq::SilenceWatch::Direction;

struct VirtualTime {
  base::Time now{};
  net::TimerWheel timers{now};

  void pass(base::Duration time) {
    for (const auto end = now + time; now < end;) {
      now += net::TimerWheel::tick;
      timers.advance(now);
    }
  }
};

struct Pacing : ::testing::Test, VirtualTime {};

TEST_F(Pacing, lets_a_burst_pass_at_once_and_the_rest_as_time_allows) {
  int resumed = 0;
  Policer policer({.octets_per_second = 1000, .burst = 5000}, timers, [&] { ++resumed; });
  EXPECT_EQ(policer.allowance(now, 3000), 3000U);
  policer.take(3000);
  EXPECT_EQ(policer.allowance(now, 3000), 2000U);
  policer.take(2000);
  EXPECT_FALSE(policer.paused());
  EXPECT_EQ(policer.allowance(now, 3000), 0U);
  EXPECT_TRUE(policer.paused());
  pass(milliseconds(16));
  EXPECT_EQ(resumed, 1);
  EXPECT_NEAR(static_cast<double>(policer.allowance(now, 3000)), 16, 1);
  EXPECT_FALSE(policer.paused());
  pass(seconds(100));
  EXPECT_EQ(policer.allowance(now, 100000), 5000U) << "no more than a burst is saved up";
}

TEST_F(Pacing, what_was_overdrawn_is_waited_for) {
  int resumed = 0;
  Policer policer({.octets_per_second = 1000, .burst = 10}, timers, [&] { ++resumed; });
  EXPECT_EQ(policer.left(now, 1000), 10U);
  policer.take(2010);  // a TLS record comes as a whole
  EXPECT_EQ(policer.left(now, 1000), 0U);
  EXPECT_EQ(policer.allowance(now, 1000), 0U);
  pass(milliseconds(1990));
  EXPECT_EQ(resumed, 0);
  pass(milliseconds(24));
  EXPECT_EQ(resumed, 1);
}

TEST_F(Pacing, without_a_burst_it_is_what_a_second_brings) {
  Policer policer({.octets_per_second = 1000, .burst = 0}, timers, [] {});
  EXPECT_EQ(policer.allowance(now, 3000), 1000U);
}

TEST_F(Pacing, takes_any_number) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  Policer fast({.octets_per_second = most, .burst = most}, timers, [] {});
  EXPECT_EQ(fast.allowance(now, std::numeric_limits<std::size_t>::max()),
            std::numeric_limits<std::size_t>::max());
  Policer slow({.octets_per_second = 1, .burst = 1}, timers, [] {});
  slow.take(1'000'000'000);
  EXPECT_EQ(slow.allowance(now, 1), 0U);
}

struct Silence : Pacing {
  SilenceMonitor::Traffic traffic;
  int told = 0;

  SilenceMonitor::Owner owner() {
    return {[this] { return traffic; }, [this] { return now; }, [this] { ++told; }};
  }
};

TEST_F(Silence, is_told_once_when_the_time_is_over) {
  SilenceMonitor monitor({.time = seconds(8)}, timers, owner());
  pass(milliseconds(7990));
  EXPECT_EQ(told, 0);
  pass(milliseconds(32));
  EXPECT_EQ(told, 1);
  ++traffic.in;
  pass(seconds(60));
  EXPECT_EQ(told, 1);
}

TEST_F(Silence, begins_with_the_last_octet) {
  SilenceMonitor monitor({.time = seconds(8)}, timers, owner());
  for (int i = 0; i < 10; ++i) {
    pass(seconds(7));
    i % 2 == 0 ? ++traffic.in : ++traffic.out;
  }
  EXPECT_EQ(told, 0);
  pass(milliseconds(7990));
  EXPECT_EQ(told, 0) << "never too soon";
  pass(milliseconds(1100));
  EXPECT_EQ(told, 1) << "at most an eighth late";
}

TEST_F(Silence, of_one_direction_is_not_broken_by_the_other_one) {
  SilenceMonitor in({.time = seconds(8), .direction = Direction::in}, timers, owner());
  int told_out = 0;
  auto other = owner();
  other.silent = [&] { ++told_out; };
  SilenceMonitor out({.time = seconds(8), .direction = Direction::out}, timers, std::move(other));
  for (int i = 0; i < 20; ++i) {
    ++traffic.in;
    pass(seconds(1));
  }
  EXPECT_EQ(told, 0);
  EXPECT_EQ(told_out, 1);
}

TEST_F(Silence, is_not_told_of_what_is_closed) {
  SilenceMonitor monitor({.time = seconds(8)}, timers, owner());
  pass(seconds(5));
  monitor.pause();
  pass(seconds(60));
  EXPECT_EQ(told, 0);
  monitor.resume();
  pass(seconds(7));
  EXPECT_EQ(told, 0);
  pass(seconds(2));
  EXPECT_EQ(told, 1);
  monitor.resume();
  pass(seconds(60));
  EXPECT_EQ(told, 1);
}

TEST_F(Silence, may_be_as_long_as_a_number_allows) {
  SilenceMonitor monitor({.time = base::Duration::max()}, timers, owner());
  pass(seconds(10));
  EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace gateway
