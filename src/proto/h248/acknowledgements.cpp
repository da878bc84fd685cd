#include "proto/h248/acknowledgements.hpp"

#include <algorithm>
#include <utility>

namespace h248 {
namespace {

bool touches(const AckRange& range, std::uint32_t id) {
  return (id >= range.first && id <= range.last) || id + 1 == range.first || id - 1 == range.last;
}

}  // namespace

void Acknowledgements::add(std::uint32_t id) {
  AckRange grown{id, id};
  std::erase_if(ranges_, [&](const AckRange& range) {
    if (!touches(range, id)) return false;
    grown = {std::min(range.first, grown.first), std::max(range.last, grown.last)};
    return true;
  });
  if (ranges_.size() == most_ranges) ranges_.erase(ranges_.begin());
  ranges_.push_back(grown);
}

TransactionResponseAck Acknowledgements::take() {
  return {std::exchange(ranges_, {})};
}

}  // namespace h248
