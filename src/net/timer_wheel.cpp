#include "net/timer_wheel.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/expect.hpp"

namespace net {
namespace {

using Ticks = std::chrono::duration<std::int64_t, std::ratio<8, 1000>>;
static_assert(Ticks(1) == TimerWheel::tick);
static_assert(std::has_single_bit(TimerWheel::slots) && TimerWheel::slots % 64 == 0);

/// The first tick at or after `deadline`: rounding up is what keeps a timer from being early.
std::int64_t tick_of(base::Time deadline) {
  return std::chrono::ceil<Ticks>(deadline).time_since_epoch().count();
}

std::size_t slot_of(std::int64_t tick) {
  return static_cast<std::uint64_t>(tick) % TimerWheel::slots;
}

}  // namespace

Timer::~Timer() {
  cancel();
  if (wheel_.running_ == this) wheel_.running_ = nullptr;
}

void Timer::set(base::Time deadline) {
  cancel();
  deadline_ = deadline;
  if (deadline != base::never) wheel_.insert(*this);
}

void Timer::cancel() noexcept {
  if (is_set()) wheel_.remove(*this);
}

TimerWheel::TimerWheel(base::Time now)
    : wheel_(slots), done_(std::chrono::floor<Ticks>(now).time_since_epoch().count()) {}

base::Time TimerWheel::advance(base::Time now) {
  const auto until = std::chrono::floor<Ticks>(now).time_since_epoch().count();
  if (until <= done_) return next();
  const auto behind = std::min(until - done_, static_cast<std::int64_t>(slots));
  // Backwards, because collect() puts each timer before those it already has.
  for (auto at = done_ + behind; at > done_; --at) collect(wheel_[slot_of(at)], until);
  done_ = until;  // before the callbacks: what they set is for later ticks
  run_due();
  return next();
}

base::Time TimerWheel::next() const noexcept {
  if (size_ == 0) return base::never;
  const auto distance = distance_to_occupied(slot_of(done_ + 1));
  return base::Time(Ticks(done_ + 1 + static_cast<std::int64_t>(distance)));
}

void TimerWheel::insert(Timer& timer) noexcept {
  const auto slot = slot_of(std::max(tick_of(timer.deadline_), done_ + 1));
  link(wheel_[slot], timer);
  occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
  ++size_;
}

void TimerWheel::remove(Timer& timer) noexcept {
  unlink(timer);
  --size_;
}

void TimerWheel::link(Timer*& head, Timer& timer) noexcept {
  timer.slot_ = &head;
  timer.prev_ = nullptr;
  timer.next_ = head;
  if (head != nullptr) head->prev_ = &timer;
  head = &timer;
}

void TimerWheel::unlink(Timer& timer) noexcept {
  Timer** const head = std::exchange(timer.slot_, nullptr);
  base::expect(head != nullptr);
  (timer.prev_ != nullptr ? timer.prev_->next_ : *head) = timer.next_;
  if (timer.next_ != nullptr) timer.next_->prev_ = timer.prev_;
  if (*head != nullptr || head == &due_) return;
  const auto slot = static_cast<std::size_t>(head - wheel_.data());
  occupied_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
}

/// Moves what is due out of a slot's list. The others are there for a later round.
void TimerWheel::collect(Timer* first, std::int64_t until) noexcept {
  while (first != nullptr) {
    Timer& timer = *std::exchange(first, first->next_);
    if (tick_of(timer.deadline_) > until) continue;
    unlink(timer);
    link(due_, timer);
  }
}

/// A callback may cancel or destroy those behind it: they are still linked, so that takes them out of the
/// list.
void TimerWheel::run_due() {
  while (due_ != nullptr) {
    Timer* const timer = running_ = due_;
    remove(*timer);
    // Held here, so that a callback that destroys its own timer does not destroy what it is running.
    auto callback = std::move(timer->on_expiry_);
    callback();
    if (running_ == timer) timer->on_expiry_ = std::move(callback);
  }
  running_ = nullptr;
}

/// How many slots from `from` on, going round, are empty; `slots` when all are.
std::size_t TimerWheel::distance_to_occupied(std::size_t from) const noexcept {
  for (std::size_t passed = 0; passed < slots;) {
    const auto slot = (from + passed) % slots;
    if (const auto bits = occupied_[slot / 64] >> (slot % 64); bits != 0)
      return passed + static_cast<std::size_t>(std::countr_zero(bits));
    passed += 64 - slot % 64;
  }
  return slots;
}

}  // namespace net
