#include "proto/msrp/range_set.hpp"

#include <algorithm>

#include "base/expect.hpp"

namespace msrp {

bool RangeSet::add(std::uint64_t begin, std::uint64_t end) {
  base::expect(begin <= end);
  if (begin == end) return true;
  // [first, last): the ranges that the new one touches.
  const auto first = std::lower_bound(ranges_.begin(), ranges_.end(), begin,
                                      [](const Range& range, std::uint64_t at) { return range.end < at; });
  auto last = first;
  while (last != ranges_.end() && last->begin <= end) ++last;
  if (first == last) {
    if (ranges_.size() >= limit_) return false;
    ranges_.insert(first, Range{begin, end});
    return true;
  }
  first->begin = std::min(first->begin, begin);
  first->end = std::max((last - 1)->end, end);
  ranges_.erase(first + 1, last);
  return true;
}

bool RangeSet::covers(std::uint64_t begin, std::uint64_t end) const noexcept {
  return begin == end || std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
           return range.begin <= begin && end <= range.end;
         });
}

std::uint64_t RangeSet::octets() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& range : ranges_) sum += range.end - range.begin;
  return sum;
}

}  // namespace msrp
