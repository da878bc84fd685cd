#include "net/control_loop.hpp"

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace net;

constexpr auto patience = 10s;  // for what must happen; tests that pass never wait for it

TEST(ControlLoop, calls_what_other_threads_post_and_stops_when_told) {
  ControlLoop loop;
  const auto here = std::this_thread::get_id();
  std::vector<int> seen;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i)
      loop.post([&, i] {
        EXPECT_EQ(std::this_thread::get_id(), here);
        seen.push_back(i);
      });
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  other.join();
  ASSERT_EQ(seen.size(), 100U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(ControlLoop, that_was_stopped_before_it_ran_returns_at_once_and_can_run_again) {
  ControlLoop loop;
  loop.stop();
  loop.run();
  bool called = false;
  loop.post([&] {
    called = true;
    loop.stop();
  });
  loop.run();
  EXPECT_TRUE(called);
}

TEST(ControlLoop, calls_timers_in_the_order_of_their_time_and_never_a_cancelled_one) {
  ControlLoop loop;
  std::string order;
  const auto start = loop.now();
  const auto second = loop.after(20ms, [&] { order += 'b'; });
  const auto first = loop.after(1ms, [&] { order += 'a'; });
  auto cancelled = loop.after(2ms, [&] { order += 'x'; });
  {
    const auto dropped = loop.after(2ms, [&] { order += 'y'; });
  }
  cancelled.cancel();
  EXPECT_FALSE(cancelled.active());
  EXPECT_TRUE(loop.run_until([&] { return order.size() >= 2; }, patience));
  EXPECT_EQ(order, "ab");
  EXPECT_GE(loop.now() - start, 20ms);
  EXPECT_FALSE(first.active());
}

TEST(ControlLoop, does_not_call_a_timer_that_was_cancelled_when_it_was_already_due) {
  ControlLoop loop;
  bool called = false;
  ControlHandle victim;
  const auto killer = loop.after(0ms, [&] { victim.cancel(); });
  victim = loop.after(0ms, [&] { called = true; });
  bool later = false;
  const auto last = loop.after(5ms, [&] { later = true; });
  EXPECT_TRUE(loop.run_until([&] { return later; }, patience));
  EXPECT_FALSE(called);
}

TEST(ControlLoop, gives_up_waiting_after_the_limit) {
  ControlLoop loop;
  EXPECT_FALSE(loop.run_until([] { return false; }, 1ms));
}

TEST(ControlLoop, hands_over_signals) {
  ControlLoop loop;
  std::vector<int> seen;
  loop.on_signal({SIGHUP, SIGUSR1}, [&](int number) { seen.push_back(number); });
  std::raise(SIGHUP);
  EXPECT_TRUE(loop.run_until([&] { return seen.size() == 1; }, patience));
  std::raise(SIGUSR1);
  EXPECT_TRUE(loop.run_until([&] { return seen.size() == 2; }, patience));
  EXPECT_EQ(seen, (std::vector{SIGHUP, SIGUSR1}));
  EXPECT_THROW(loop.on_signal({-5}, [](int) {}), std::system_error);
}

TEST(ControlLoop, may_end_while_functions_that_own_handles_still_wait) {
  auto loop = std::make_unique<ControlLoop>();
  auto inner = std::make_shared<ControlHandle>(loop->after(1h, [] {}));
  loop->post([inner] {});
  auto outer = loop->after(1h, [inner] {});
  inner.reset();
  outer.cancel();
  loop.reset();
}

}  // namespace
