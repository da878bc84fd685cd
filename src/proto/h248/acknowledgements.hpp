#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/h248/message.hpp"

namespace h248 {

/// Replies of the peer that wait to be acknowledged in the next message that goes to it (RFC 3525 D.1.2.2).
class Acknowledgements {
 public:
  void add(std::uint32_t id);
  bool empty() const noexcept { return ranges_.empty(); }
  /// All of them; none are left.
  TransactionResponseAck take();
  void clear() noexcept { ranges_.clear(); }

  /// Our ids follow each other, so more ranges than this mean that little is sent; the oldest are dropped
  /// then, and the peer keeps those replies until its own timer ends.
  static constexpr std::size_t most_ranges = 32;

 private:
  std::vector<AckRange> ranges_;
};

}  // namespace h248
