#pragma once
#include <cstdint>
#include <functional>

#include "gateway/leg.hpp"
#include "iq/media_gateway.hpp"
#include "net/timer_wheel.hpp"

namespace gateway {

/// Reads from a peer no faster than the controller allows (H.248.53).
class Policer {
 public:
  /// `limits` has a rate. `resume`: reading may go on.
  Policer(const iq::Policing& limits, net::TimerWheel& timers, std::function<void()> resume)
      : bucket_(limits.octets_per_second, limits.burst), timer_(timers, std::move(resume)) {}

  void take(std::uint64_t octets) noexcept { bucket_.take(octets); }
  /// How many octets may be read now, at most `most`. Zero: paused() now, and `resume` comes in time.
  std::size_t allowance(base::Time now, std::size_t most);
  /// The same, for who reads whatever is allowed: does not pause.
  std::size_t left(base::Time now, std::size_t most) noexcept { return bucket_.left(now, most); }
  bool paused() const noexcept { return paused_; }

 private:
  Bucket bucket_;
  bool paused_ = false;
  net::Timer timer_;
};

/// Tells once that nothing has passed a termination for a while (H.248.40). It looks at the counters now and
/// then, so that passing octets costs nothing: silence is told up to an eighth later than it is due, never
/// sooner.
class SilenceMonitor {
 public:
  struct Traffic {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    friend bool operator==(Traffic, Traffic) = default;
  };
  struct Owner {
    std::function<Traffic()> traffic;
    std::function<base::Time()> now;
    std::function<void()> silent;
  };

  /// Begins at once. `watch` has a time.
  SilenceMonitor(const iq::SilenceWatch& watch, net::TimerWheel& timers, Owner owner);
  /// Until resume(): a termination that is closed is not silent.
  void pause() noexcept { timer_.cancel(); }
  /// Begins anew, unless it has told already.
  void resume();

 private:
  void look();
  bool moved(Traffic traffic) const noexcept;

  iq::SilenceWatch watch_;
  Owner owner_;
  Traffic last_;
  base::Time since_;
  bool told_ = false;
  net::Timer timer_;
};

}  // namespace gateway
