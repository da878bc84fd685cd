#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/msrp/syntax.hpp"

namespace msrp {

/// Byte-Range: range-start "-" range-end "/" total (RFC 4975 9). Positions count from 1; "*" is nothing here.
/// A sender's claim: the actual length of a chunk is that of its body (7.3.1).
struct ByteRange {
  std::uint64_t start = 1;
  std::optional<std::uint64_t> end;
  std::optional<std::uint64_t> total;

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// The largest position that is understood; leaves room for sums without overflow.
inline constexpr std::uint64_t max_position = std::uint64_t{1} << 62;

/// Errc::bad_byte_range: not the grammar, a start of 0, or a number above max_position. An end before the
/// start or behind the total is taken: "1-0/0" is how an empty message is written.
Result<ByteRange> parse_byte_range(std::string_view text);
std::string to_string(const ByteRange& range);

}  // namespace msrp
