#include "gateway/pacing.hpp"

#include <algorithm>

namespace gateway {
namespace {

/// What is added to a point in time stays one.
constexpr base::Duration longest = std::chrono::hours(24) * 3650;

}  // namespace

std::size_t Policer::allowance(base::Time now, std::size_t most) {
  const auto wait = bucket_.wait(now);
  paused_ = wait > base::Duration::zero();
  if (!paused_) return bucket_.left(now, most);
  timer_.set(now + wait);
  return 0;
}

SilenceMonitor::SilenceMonitor(const iq::SilenceWatch& watch, net::TimerWheel& timers, Owner owner)
    : watch_{std::min<base::Duration>(watch.time, longest), watch.direction},
      owner_(std::move(owner)),
      timer_(timers, [this] { look(); }) {
  resume();
}

void SilenceMonitor::resume() {
  if (told_) return;
  since_ = owner_.now();
  last_ = owner_.traffic();
  look();
}

void SilenceMonitor::look() {
  const auto now = owner_.now();
  const auto traffic = owner_.traffic();
  if (moved(traffic)) since_ = now;
  last_ = traffic;
  if (now - since_ >= watch_.time) {
    told_ = true;
    return owner_.silent();
  }
  timer_.set(std::min(since_ + watch_.time, now + watch_.time / 8));
}

bool SilenceMonitor::moved(Traffic traffic) const noexcept {
  using Direction = iq::SilenceWatch::Direction;
  const bool in = traffic.in != last_.in && watch_.direction != Direction::out;
  const bool out = traffic.out != last_.out && watch_.direction != Direction::in;
  return in || out;
}

}  // namespace gateway
