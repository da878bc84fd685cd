#pragma once
#include <algorithm>

#include "base/random.hpp"
#include "proto/h248/transactions.hpp"

namespace h248 {

/// When the next retransmission follows: doubling up to a longest wait, each time shortened by up to a
/// quarter so that nothing stays in step (RFC 3525 D.1.3).
class Backoff {
 public:
  base::Duration next(const TransactionTimers& timers, base::Random& random) {
    wait_ = wait_ == base::Duration{} ? timers.first_retransmission : wait_ * 2;
    wait_ = std::clamp<base::Duration>(wait_, shortest, std::max(shortest, timers.longest_retransmission));
    const auto quarter = static_cast<std::uint64_t>(wait_.count()) / 4;
    return wait_ - base::Duration(static_cast<base::Duration::rep>(random.next_u64() % (quarter + 1)));
  }

 private:
  static constexpr base::Duration shortest = std::chrono::milliseconds(1);  // whatever is configured
  base::Duration wait_{};
};

}  // namespace h248
