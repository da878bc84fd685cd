#include "proto/msrp/byte_range.hpp"

#include "base/cursor.hpp"

namespace msrp {
namespace {

// 1*DIGIT / "*"; `value` stays empty for "*".
bool take_position(base::Cursor& cursor, std::optional<std::uint64_t>& value) {
  if (cursor.take('*')) return true;
  value = cursor.take_uint<std::uint64_t>();
  return value && *value <= max_position;
}

}  // namespace

Result<ByteRange> parse_byte_range(std::string_view text) {
  base::Cursor cursor(text);
  ByteRange range;
  const auto start = cursor.take_uint<std::uint64_t>();
  if (!start || *start == 0 || *start > max_position || !cursor.take('-') ||
      !take_position(cursor, range.end) || !cursor.take('/') || !take_position(cursor, range.total) ||
      !cursor.at_end())
    return fail(Errc::bad_byte_range, cursor.offset());
  range.start = *start;
  return range;
}

std::string to_string(const ByteRange& range) {
  const auto position = [](const std::optional<std::uint64_t>& value) {
    return value ? std::to_string(*value) : std::string("*");
  };
  return std::to_string(range.start) + '-' + position(range.end) + '/' + position(range.total);
}

}  // namespace msrp
