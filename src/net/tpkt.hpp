#pragma once
// TPKT, how messages follow each other on TCP (RFC 1006 clause 6; H.248.1 annex D.2): 03, a reserved octet,
// and the length in 16 bits, which counts these four octets, too.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.hpp"

namespace net {

constexpr std::size_t tpkt_head_size = 4;
constexpr std::size_t tpkt_longest = 65'535 - tpkt_head_size;  // message

enum class TpktError : std::uint8_t { version, empty, too_long };
std::string_view to_string(TpktError error) noexcept;

/// What stands before a message of `size` octets, 1 to tpkt_longest.
std::array<char, tpkt_head_size> tpkt_head(std::size_t size) noexcept;

/// The first message of a stream, a view into `octets`; nothing while it is incomplete. An error is seen as
/// soon as its octets are there, and the stream cannot be read on. `longest`: octets of a message.
base::Result<std::optional<std::string_view>, TpktError> first_tpkt(std::string_view octets,
                                                                    std::size_t longest) noexcept;

}  // namespace net
