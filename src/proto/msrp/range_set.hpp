#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace msrp {

/// Which octets of a message are there: half-open ranges [begin, end) from 0, sorted, merged where they
/// touch. Holds at most `limit` separate ranges, whatever their lengths.
class RangeSet {
 public:
  explicit RangeSet(std::size_t limit) : limit_(limit) {}

  /// REQUIRES begin <= end. False, and nothing changes, if there would be too many ranges.
  bool add(std::uint64_t begin, std::uint64_t end);
  bool covers(std::uint64_t begin, std::uint64_t end) const noexcept;
  /// Octets that are there.
  std::uint64_t octets() const noexcept;
  /// Behind the last octet that is there.
  std::uint64_t end() const noexcept { return ranges_.empty() ? 0 : ranges_.back().end; }

 private:
  struct Range {
    std::uint64_t begin;
    std::uint64_t end;
  };
  std::size_t limit_;
  std::vector<Range> ranges_;
};

}  // namespace msrp
