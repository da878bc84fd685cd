#include "proto/ng/frame.hpp"

#include "proto/ng/bencode.hpp"
#include "proto/ng/json.hpp"

namespace ng {
namespace {

using base::Result;

// cookie = 1*128(%x21-7E / %x80-FF)
Result<std::string_view, Error> cookie_of(std::string_view text) {
  const auto space = text.substr(0, max_cookie + 1).find(' ');
  const auto cookie = text.substr(0, std::min(space, max_cookie + 1));
  for (std::size_t i = 0; i < cookie.size(); ++i) {
    if (static_cast<unsigned char>(cookie[i]) < 0x20 || cookie[i] == 0x7f)
      return Error{"control character in the cookie", i};
  }
  if (cookie.size() > max_cookie) return Error{"cookie too long", max_cookie};
  if (space == 0) return Error{"no cookie", 0};
  return cookie;
}

}  // namespace

Result<Frame, Error> parse_frame(std::string_view text, const Limits& limits) {
  if (text.size() > limits.max_size) return Error{"frame too long", limits.max_size};
  const auto cookie = cookie_of(text);
  if (!cookie) return cookie.error();
  if (cookie->size() == text.size()) return Error{"no space behind the cookie", text.size()};
  auto payload = text.substr(cookie->size() + 1);
  payload = payload.substr(0, payload.find_last_not_of(" \t\r\n") + 1);
  return Frame{*cookie, payload};
}

Result<Encoding, Error> encoding_of(std::string_view payload) {
  if (payload.empty()) return Error{"no payload", 0};
  if (payload.front() == 'd') return Encoding::bencode;
  if (payload.front() == '{') return Encoding::json;
  return Error{"payload is neither a bencoded dictionary nor a JSON object", 0};
}

Result<Dictionary, Error> parse_payload(std::string_view payload, const Limits& limits) {
  const auto encoding = encoding_of(payload);
  if (!encoding) return encoding.error();
  auto value = *encoding == Encoding::json ? parse_json(payload, limits) : parse_bencode(payload, limits);
  if (!value) return value.error();
  base::expect(value->dictionary() != nullptr);  // its first octet said so
  return *value->dictionary();
}

std::string print_frame(std::string_view cookie, Encoding encoding, const Dictionary& dictionary) {
  std::string out(cookie);
  out.push_back(' ');
  if (encoding == Encoding::json) {
    print_json(dictionary, out);
  } else {
    print_bencode(dictionary, out);
  }
  return out;
}

Result<std::size_t, Error> frame_length(std::string_view text, const Limits& limits) {
  const auto cookie = cookie_of(text);
  if (!cookie) return cookie.error();
  const auto start = cookie->size() + 1;
  if (start >= text.size()) return std::size_t{0};
  const auto payload = text.substr(start);
  const auto encoding = encoding_of(payload);
  if (!encoding) return Error{encoding.error().reason, start};
  const auto length =
      *encoding == Encoding::json ? json_length(payload, limits) : bencode_length(payload, limits);
  if (!length) return Error{length.error().reason, start + length.error().offset};
  return *length == 0 ? std::size_t{0} : start + *length;
}

}  // namespace ng
