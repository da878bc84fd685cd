#pragma once
// Messages of an SCTP association in one-to-one style (RFC 6458), by the kernel's own interface; connections
// are made by listen_sctp(), connect_sctp() and accept_tcp() of net/socket.hpp.
#include <cstdint>
#include <span>
#include <string_view>

#include "net/socket.hpp"

namespace net {

/// Small messages are not held back (SCTP_NODELAY). Best effort.
void tune_sctp(const Fd& socket) noexcept;
/// Whole or not at all, ordered, on stream 0. `protocol`: the payload protocol identifier.
IoResult<std::size_t> send_sctp(const Fd& socket, std::string_view message, std::uint32_t protocol) noexcept;
/// The next piece of a message, of any stream and protocol; `last` says whether the message ends with it (the
/// kernel begins no other before). Zero octets: the other end has closed. `into` is not empty. ECONNRESET:
/// ABORT.
IoResult<std::size_t> receive_sctp(const Fd& socket, std::span<char> into, bool& last) noexcept;

}  // namespace net
