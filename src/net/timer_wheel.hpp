#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/time.hpp"

namespace net {

class TimerWheel;

/// One deadline that can be set again and again; intrusive, no allocation a setting. It stays where it is
/// (its wheel points to it) and the wheel outlives it. Cancelled by its destructor. The callback may set,
/// cancel or destroy any timer, this one too.
class Timer {
 public:
  Timer(TimerWheel& wheel, std::function<void()> on_expiry)
      : wheel_(wheel), on_expiry_(std::move(on_expiry)) {}
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Replaces an earlier setting. Past or present: expires in the next tick. base::never: cancels.
  void set(base::Time deadline);
  void cancel() noexcept;
  /// False already while the callback runs, unless that has set it again.
  bool is_set() const noexcept { return slot_ != nullptr; }
  /// As last set, also after it has expired.
  base::Time deadline() const noexcept { return deadline_; }

 private:
  friend class TimerWheel;
  TimerWheel& wheel_;
  std::function<void()> on_expiry_;
  base::Time deadline_{};
  Timer** slot_ = nullptr;  // head of the list that this timer is in
  Timer* next_ = nullptr;
  Timer* prev_ = nullptr;
};

/// A hashed wheel: setting and cancelling cost O(1) whatever the number of timers; a deadline further away
/// than one round stays in its slot for as many rounds as it needs. Not for several threads.
class TimerWheel {
 public:
  /// Our shortest limit is a second: 8 ms are below 1 % of it, and timers of the same tick share a wake-up.
  static constexpr base::Duration tick = std::chrono::milliseconds(8);
  static constexpr std::size_t slots = 2048;  // one round is 16 s

  explicit TimerWheel(base::Time now);
  /// Runs what is due at `now`: a timer never runs before its deadline, and at the first tick after it. In
  /// order of their ticks if called at least once a round. What a callback sets waits for a later call, even
  /// if it is due. At most `slots` slots are looked at, however long the gap. Returns next().
  base::Time advance(base::Time now);
  /// When to call advance() again: the earliest tick that may have something to do; base::never if no timer
  /// is set.
  base::Time next() const noexcept;
  std::size_t size() const noexcept { return size_; }

 private:
  friend class Timer;
  void insert(Timer& timer) noexcept;
  void remove(Timer& timer) noexcept;
  static void link(Timer*& head, Timer& timer) noexcept;
  void unlink(Timer& timer) noexcept;
  void collect(Timer* first, std::int64_t until) noexcept;
  void run_due();
  std::size_t distance_to_occupied(std::size_t from) const noexcept;

  std::vector<Timer*> wheel_;
  std::array<std::uint64_t, slots / 64> occupied_{};  // a bit a slot: so an idle shard sleeps
  std::int64_t done_;                                 // all ticks up to here have been run
  std::size_t size_ = 0;
  Timer* due_ = nullptr;      // collected by advance(), not yet run
  Timer* running_ = nullptr;  // null once it has been destroyed by its own callback
};

}  // namespace net
