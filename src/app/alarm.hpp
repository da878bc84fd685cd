#pragma once
#include <algorithm>
#include <functional>
#include <utility>

#include "base/time.hpp"
#include "net/control_loop.hpp"

namespace app {

/// The clock of something that has none: keeps one timer of the loop at its deadline.
class Alarm {
 public:
  /// Neither function may end the alarm.
  Alarm(net::ControlLoop& loop, std::function<base::Time()> deadline, std::function<void(base::Time)> on_time)
      : loop_(loop), deadline_(std::move(deadline)), on_time_(std::move(on_time)) {}

  /// The deadline may be another one now.
  void set() {
    const auto deadline = deadline_();
    if (deadline == base::never) return timer_.cancel();
    const auto now = loop_.now();
    const auto delay = deadline <= now ? base::Duration::zero() : std::min(deadline - now, longest_sleep);
    timer_ = loop_.after(delay, [this] {
      on_time_(loop_.now());
      set();
    });
  }

 private:
  /// Deadlines further away are looked at again then; keeps sums with the clock far from overflow.
  static constexpr base::Duration longest_sleep = std::chrono::hours(1);

  net::ControlLoop& loop_;
  std::function<base::Time()> deadline_;
  std::function<void(base::Time)> on_time_;
  net::ControlHandle timer_;
};

}  // namespace app
