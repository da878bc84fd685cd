#include <cstdlib>
#include <string>

#include "proto/ng/bencode.hpp"
#include "proto/ng/frame.hpp"
#include "proto/ng/json.hpp"
#include "proto/ng/request.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// What was read says the same when it is printed and read again. Printing may make it longer, so not all of
/// it fits.
void round_trip(const ng::Value& value) {
  const ng::Limits wide{.max_size = std::size_t{1} << 24};
  std::string bencoded;
  ng::print_bencode(value, bencoded);
  const auto again = ng::parse_bencode(bencoded, wide);
  require(again && *again == value);
  std::string json;
  ng::print_json(value, json);
  const auto from_json = ng::parse_json(json, wide);
  if (!from_json) return;  // keys that differ only in octets that JSON cannot say, or too deep
  std::string printed;
  ng::print_json(*from_json, printed);
  require(printed == json || printed.size() < json.size());
}

void request(const ng::Dictionary& dictionary) {
  const auto first = ng::parse_request(dictionary);
  if (!first) {
    require(!first.error().reason.empty());
    return;
  }
  const auto printed = ng::print_request(*first);
  const auto second = ng::parse_request(printed);
  require(second && ng::print_request(*second) == printed);
}

/// In a stream a frame has one length, however it is cut.
void stream(std::string_view text) {
  const auto length = ng::frame_length(text);
  if (!length || *length == 0) return;
  require(*length <= text.size());
  for (std::size_t n = 0; n < *length; ++n) {
    const auto part = ng::frame_length(text.substr(0, n));
    require(part && *part == 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto value = ng::parse_bencode(text)) round_trip(*value);
  stream(text.substr(0, 2048));
  const auto frame = ng::parse_frame(text);
  if (!frame) return 0;
  const auto payload = ng::parse_payload(frame->payload);
  if (!payload) return 0;
  round_trip(*payload);
  request(*payload);
  return 0;
}
