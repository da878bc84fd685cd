#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include "proto/msrp/byte_range.hpp"
#include "proto/msrp/range_set.hpp"

namespace msrp {

/// Where the chunks of one message belong and whether all are there (RFC 4975 7.3.1). Holds no octets: it
/// says at which offset they are to be written, so that a message can stream into a file. Chunks may come in
/// any order, twice and overlapping. The length of a chunk is what came, not what Byte-Range says; the "$"
/// chunk defines the total. Once it has failed, the message is lost.
class Reassembly {
 public:
  /// `max_octets`: of the message, 0 for no limit. `max_ranges`: separate ranges at a time.
  Reassembly(std::size_t max_ranges, std::uint64_t max_octets)
      : ranges_(max_ranges), max_octets_(max_octets) {}

  /// A chunk begins. Errc::too_large when its start or the announced total is above the limit.
  Result<base::Ok> begin_chunk(const ByteRange& range);
  /// `n` more octets of the chunk: the offset (from 0) where they belong. Errc::too_large,
  /// Errc::too_many_holes, Errc::bad_byte_range (behind the total).
  Result<std::uint64_t> add(std::uint64_t n);
  /// The chunk ended; `last`: with "$". Errc::bad_byte_range when that contradicts what is known of the
  /// total.
  Result<base::Ok> end_chunk(bool last);

  /// The total is known and there is no gap.
  bool complete() const noexcept { return total_ && ranges_.covers(0, *total_); }
  /// Known once the "$" chunk came.
  std::optional<std::uint64_t> total() const noexcept { return total_; }
  std::uint64_t octets() const noexcept { return ranges_.octets(); }

 private:
  RangeSet ranges_;
  std::uint64_t max_octets_;
  std::uint64_t position_ = 0;
  std::optional<std::uint64_t> total_;
};

}  // namespace msrp
