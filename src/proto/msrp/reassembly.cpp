#include "proto/msrp/reassembly.hpp"

namespace msrp {

Result<base::Ok> Reassembly::begin_chunk(const ByteRange& range) {
  position_ = range.start - 1;
  if (max_octets_ != 0 && (position_ > max_octets_ || range.total.value_or(0) > max_octets_))
    return fail(Errc::too_large);
  return base::Ok{};
}

Result<std::uint64_t> Reassembly::add(std::uint64_t n) {
  const auto offset = position_;
  const auto end = offset + n;
  if (end > max_position || (total_ && end > *total_)) return fail(Errc::bad_byte_range);
  if (max_octets_ != 0 && end > max_octets_) return fail(Errc::too_large);
  if (!ranges_.add(offset, end)) return fail(Errc::too_many_holes);
  position_ = end;
  return offset;
}

Result<base::Ok> Reassembly::end_chunk(bool last) {
  if (!last) return base::Ok{};
  if (position_ < ranges_.end() || (total_ && *total_ != position_)) return fail(Errc::bad_byte_range);
  total_ = position_;
  return base::Ok{};
}

}  // namespace msrp
