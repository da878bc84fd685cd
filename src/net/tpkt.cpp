#include "net/tpkt.hpp"

#include "base/expect.hpp"

namespace net {
namespace {

constexpr char version = 3;

std::size_t octet(char c) noexcept {
  return static_cast<unsigned char>(c);
}

}  // namespace

std::string_view to_string(TpktError error) noexcept {
  switch (error) {
    case TpktError::version:
      return "no TPKT of version 3";
    case TpktError::empty:
      return "a TPKT without a message";
    case TpktError::too_long:
      return "a TPKT that is too long";
  }
  return "";
}

std::array<char, tpkt_head_size> tpkt_head(std::size_t size) noexcept {
  base::expect(size > 0 && size <= tpkt_longest);
  const auto length = size + tpkt_head_size;
  return {version, 0, static_cast<char>(length >> 8), static_cast<char>(length & 0xFF)};
}

base::Result<std::optional<std::string_view>, TpktError> first_tpkt(std::string_view octets,
                                                                    std::size_t longest) noexcept {
  if (!octets.empty() && octets[0] != version) return TpktError::version;
  if (octets.size() < tpkt_head_size) return std::optional<std::string_view>{};
  const auto length = octet(octets[2]) << 8 | octet(octets[3]);
  if (length <= tpkt_head_size) return TpktError::empty;
  if (length - tpkt_head_size > longest) return TpktError::too_long;
  if (octets.size() < length) return std::optional<std::string_view>{};
  return std::optional(octets.substr(tpkt_head_size, length - tpkt_head_size));
}

}  // namespace net
