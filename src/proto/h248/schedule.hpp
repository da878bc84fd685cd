#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "base/time.hpp"

namespace h248 {

/// Which of many transactions is due when; for this room's .cpp files. Each has one time, which its record
/// keeps in `slot` (base::never where it has none).
class Schedule {
 public:
  void set(std::uint32_t id, base::Time& slot, base::Time when) {
    if (slot != base::never) due_.erase({slot, id});
    if (when != base::never) due_.emplace(when, id);
    slot = when;
  }
  base::Time first() const { return due_.empty() ? base::never : due_.begin()->first; }
  /// One that is due. It stays so until set() or clear().
  std::optional<std::uint32_t> due(base::Time now) const {
    if (first() > now || due_.empty()) return std::nullopt;
    return due_.begin()->second;
  }
  void clear() { due_.clear(); }

 private:
  std::set<std::pair<base::Time, std::uint32_t>> due_;
};

}  // namespace h248
