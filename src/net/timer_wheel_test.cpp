#include "net/timer_wheel.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/random.hpp"

namespace net {
namespace {

using namespace std::chrono_literals;

constexpr base::Time start{100h};

base::Time tick_after(base::Time time) {
  const auto past = time.time_since_epoch() % TimerWheel::tick;
  return past == 0ns ? time : time - past + TimerWheel::tick;
}

struct Fixture : testing::Test {
  TimerWheel wheel{start};
  int fired = 0;
};
using TimerWheelTest = Fixture;

TEST_F(TimerWheelTest, ATimerRunsWithinOneTickAfterItsDeadlineAndNeverBefore) {
  Timer timer(wheel, [&] { ++fired; });
  const auto deadline = start + 100ms + 1ns;
  timer.set(deadline);
  EXPECT_TRUE(timer.is_set());
  EXPECT_EQ(timer.deadline(), deadline);
  wheel.advance(deadline - 1ns);
  EXPECT_EQ(fired, 0);
  wheel.advance(deadline + TimerWheel::tick);
  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(timer.is_set());
  wheel.advance(deadline + 1h);
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheelTest, SettingAgainReplacesTheDeadline) {
  Timer timer(wheel, [&] { ++fired; });
  timer.set(start + 1s);
  timer.set(start + 3s);
  EXPECT_EQ(wheel.size(), 1U);
  wheel.advance(start + 2s);
  EXPECT_EQ(fired, 0);
  wheel.advance(start + 3s);
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheelTest, CancellingSettingNeverAndDestroyingAllStopATimer) {
  Timer cancelled(wheel, [&] { ++fired; });
  Timer never(wheel, [&] { ++fired; });
  auto destroyed = std::make_unique<Timer>(wheel, [&] { ++fired; });
  for (Timer* timer : {&cancelled, &never, destroyed.get()}) timer->set(start + 1s);
  cancelled.cancel();
  cancelled.cancel();
  never.set(base::never);
  destroyed.reset();
  EXPECT_EQ(wheel.size(), 0U);
  EXPECT_EQ(wheel.advance(start + 2s), base::never);
  EXPECT_EQ(fired, 0);
  EXPECT_FALSE(never.is_set());
}

TEST_F(TimerWheelTest, ADeadlineBeyondOneRoundWaitsForItsRound) {
  const auto round = TimerWheel::tick * static_cast<int>(TimerWheel::slots);
  Timer soon(wheel, [&] { ++fired; });
  Timer later(wheel, [&] { fired += 10; });  // the same slot, three rounds later
  soon.set(start + 1s);
  later.set(start + 1s + 3 * round);
  wheel.advance(start + 1s);
  EXPECT_EQ(fired, 1);
  for (int rounds = 1; rounds < 3; ++rounds) wheel.advance(start + 1s + rounds * round);
  EXPECT_EQ(fired, 1);
  wheel.advance(start + 1s + 3 * round);
  EXPECT_EQ(fired, 11);
}

TEST_F(TimerWheelTest, TimersRunInTheOrderOfTheirTicksAndThenOfTheirSetting) {
  std::vector<int> order;
  Timer a(wheel, [&] { order.push_back(1); });
  Timer b(wheel, [&] { order.push_back(2); });
  Timer c(wheel, [&] { order.push_back(3); });
  c.set(start + 900ms);
  a.set(start + 100ms);
  b.set(start + 100ms);
  wheel.advance(start + 1s);
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST_F(TimerWheelTest, ATimerThatSetsItselfToAPastDeadlineRunsOnceATick) {
  std::optional<Timer> timer;
  timer.emplace(wheel, [&] {
    ++fired;
    timer->set(start);
  });
  timer->set(start);
  EXPECT_EQ(wheel.advance(start), start + TimerWheel::tick);
  EXPECT_EQ(fired, 0);
  wheel.advance(start + TimerWheel::tick);
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(wheel.advance(start + 2 * TimerWheel::tick), start + 3 * TimerWheel::tick);
  EXPECT_EQ(fired, 2);
  wheel.advance(start + 1h);  // however long the gap
  EXPECT_EQ(fired, 3);
  EXPECT_EQ(wheel.advance(start + 1h + TimerWheel::tick), start + 1h + 2 * TimerWheel::tick);
  EXPECT_EQ(fired, 4);
}

TEST_F(TimerWheelTest, ACallbackMayDestroyItsOwnTimerAndStillUseWhatItHolds) {
  auto held = std::make_shared<int>(0);
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(wheel, [&timer, held] {
    timer.reset();
    ++*held;
  });
  timer->set(start + 1s);
  wheel.advance(start + 2s);
  EXPECT_EQ(*held, 1);
  EXPECT_EQ(held.use_count(), 1);  // the callback went with its timer
}

TEST_F(TimerWheelTest, ACallbackMayStopOthersThatAreDueAtTheSameMoment) {
  auto destroyed = std::make_unique<Timer>(wheel, [&] { fired += 100; });
  Timer cancelled(wheel, [&] { fired += 100; });
  Timer postponed(wheel, [&] { ++fired; });
  Timer first(wheel, [&] {
    destroyed.reset();
    cancelled.cancel();
    postponed.set(start + 5s);
  });
  first.set(start + 1s);
  for (Timer* timer : {destroyed.get(), &cancelled, &postponed}) timer->set(start + 1s);
  wheel.advance(start + 2s);
  EXPECT_EQ(fired, 0);
  EXPECT_EQ(wheel.size(), 1U);
  wheel.advance(start + 5s);
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheelTest, ATimerCanBeUsedAgainAfterItHasRun) {
  Timer timer(wheel, [&] { ++fired; });
  for (int i = 1; i <= 3; ++i) {
    timer.set(start + i * 1min);
    wheel.advance(start + i * 1min);
    EXPECT_EQ(fired, i);
  }
}

// Looking at every tick of a hundred years would take minutes.
TEST_F(TimerWheelTest, AGapOfManyYearsCostsNoMoreThanOneRound) {
  Timer timer(wheel, [&] { ++fired; });
  Timer beyond(wheel, [&] { fired += 100; });
  timer.set(start + 50 * 8766h);
  beyond.set(start + 200 * 8766h);
  wheel.advance(start + 100 * 8766h);
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheelTest, TimeThatGoesBackOrStandsStillRunsNothing) {
  Timer timer(wheel, [&] { ++fired; });
  timer.set(start - 1h);
  wheel.advance(start - 2h);
  wheel.advance(start);
  EXPECT_EQ(fired, 0);
}

TEST_F(TimerWheelTest, NextNamesTheOneTickInWhichSomethingHappens) {
  EXPECT_EQ(wheel.next(), base::never);
  Timer far(wheel, [&] { ++fired; });
  Timer near(wheel, [&] { ++fired; });
  far.set(start + 15s);
  near.set(start + 1001ms);
  EXPECT_EQ(wheel.next(), tick_after(start + 1001ms));
  near.cancel();
  EXPECT_EQ(wheel.next(), tick_after(start + 15s));
  wheel.advance(start + 15s);
  EXPECT_EQ(wheel.next(), base::never);
}

/// The wheel beside a sorted map that does the same: deadlines from the past to hours ahead.
struct Model {
  explicit Model(std::uint64_t seed) : random(seed) {
    for (std::size_t i = 0; i < 100; ++i)
      timers.push_back(std::make_unique<Timer>(wheel, [this, i] { ran.push_back(i); }));
  }

  std::uint64_t below(std::uint64_t limit) { return random.next_u64() % limit; }
  base::Duration some_time() {
    constexpr base::Duration scales[] = {10us, 20ms, 3s, 40s, 5h};
    return base::Duration(below(static_cast<std::uint64_t>(scales[below(5)].count())));
  }
  void forget(std::size_t i) {
    std::erase_if(expected, [i](const auto& entry) { return entry.second == i; });
  }
  void set(std::size_t i) {
    const auto deadline = below(8) == 0 ? now - some_time() : now + some_time();
    forget(i);
    const auto earliest = now - now.time_since_epoch() % TimerWheel::tick + TimerWheel::tick;
    expected.emplace(std::max(tick_after(deadline), earliest), i);
    timers[i]->set(deadline);
  }
  void cancel(std::size_t i) {
    forget(i);
    timers[i]->cancel();
  }
  /// Runs both to `to` and compares who ran.
  void advance(base::Time to) {
    now = to;
    std::vector<std::size_t> due;
    for (auto end = expected.upper_bound(now); expected.begin() != end; expected.erase(expected.begin()))
      due.push_back(expected.begin()->second);
    wheel.advance(now);
    std::ranges::sort(due);
    std::ranges::sort(ran);
    ASSERT_EQ(ran, due);
    ran.clear();
    ASSERT_EQ(wheel.size(), expected.size());
    if (expected.empty()) {
      ASSERT_EQ(wheel.next(), base::never);
    } else {
      ASSERT_GT(wheel.next(), now);
      ASSERT_LE(wheel.next(), expected.begin()->first);
    }
  }

  test::SeededRandom random;
  base::Time now = start;
  TimerWheel wheel{start};
  std::vector<std::unique_ptr<Timer>> timers;
  std::multimap<base::Time, std::size_t> expected;
  std::vector<std::size_t> ran;
};

TEST(TimerWheelModel, RandomSettingCancellingAndWaitingAgreesWithASortedMap) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Model model(seed);
    for (int step = 0; step < 2000; ++step) {
      const auto i = model.below(model.timers.size());
      switch (model.below(4)) {
        case 0:
        case 1:
          model.set(i);
          break;
        case 2:
          model.cancel(i);
          break;
        default:
          ASSERT_NO_FATAL_FAILURE(model.advance(model.now + model.some_time())) << "seed " << seed;
      }
    }
    ASSERT_NO_FATAL_FAILURE(model.advance(model.now + 10h));
    EXPECT_EQ(model.wheel.size(), 0U);
  }
}

// What the reactor does: it sleeps until next(), and every timer must run at the very tick of its deadline.
TEST(TimerWheelModel, WhoSleepsUntilNextMissesNothing) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Model model(seed);
    for (std::size_t i = 0; i < model.timers.size(); ++i) model.set(i);
    while (model.wheel.size() > 0) {
      const auto first = model.expected.begin()->first;
      const auto next = model.wheel.next();
      ASSERT_LE(next, first);
      ASSERT_NO_FATAL_FAILURE(model.advance(next));
    }
  }
}

}  // namespace
}  // namespace net
