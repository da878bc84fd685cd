#pragma once
#include <chrono>

namespace base {

/// Monotonic time, passed in by whoever owns a clock. Only rooms net, ue and app ask a clock (and the NG
/// front, to measure how long commands take).
using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Duration = Clock::duration;

/// "Nothing is due": later than every deadline.
inline constexpr Time never = Time::max();

}  // namespace base
