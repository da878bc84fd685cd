#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

#include "base/address.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/fd.hpp"

namespace net {

template <class T>
using IoResult = base::Result<T, std::error_code>;

/// When a silent or vanished peer is given up: by the defaults after two minutes without traffic, and after
/// one minute in which sent octets were not acknowledged. The kernel counts keepalive in seconds: rounded up.
struct KeepAlive {
  base::Duration idle = std::chrono::seconds(60);          // TCP_KEEPIDLE, up to 32767 s; zero: keepalive off
  base::Duration interval = std::chrono::seconds(10);      // TCP_KEEPINTVL, up to 32767 s
  int probes = 6;                                          // TCP_KEEPCNT, 1 to 127
  base::Duration user_timeout = std::chrono::seconds(60);  // TCP_USER_TIMEOUT; zero: the kernel's own
};

/// A non-blocking listener with SO_REUSEADDR. Never SO_REUSEPORT: two programs must not share a session's
/// port. IPv6 sockets are V6ONLY. Port 0: the kernel chooses. EADDRINUSE where somebody holds it,
/// EADDRNOTAVAIL where the address is not this machine's. `backlog`: connections that wait to be accepted; a
/// termination takes one, so 16 leaves room for a port scan beside it.
IoResult<Fd> listen_tcp(const base::Address& at, int backlog = 16);

/// Starts a non-blocking connection from `from` (port 0: any; a port in TIME_WAIT may be used again through
/// SO_REUSEADDR). EPOLLOUT says when it is done; connect_error() how it went. A failure may also be known at
/// once (ENETUNREACH; ECONNREFUSED from this machine). EAFNOSUPPORT: `from` is of the other IP version.
/// EADDRINUSE: a listener has that port, ours or another's. EADDRNOTAVAIL: it leads to that peer already;
/// Linux says either at once, never as a pending connection's error.
/// `dscp`: see set_dscp(), from the SYN on.
IoResult<Fd> connect_tcp(const base::Address& to, const std::optional<base::Address>& from,
                         std::uint8_t dscp = 0);
/// The same for SCTP's one-to-one style (RFC 6458 clause 4), which accept_tcp() and the rest below serve as
/// well. EPROTONOSUPPORT where the kernel has no SCTP. Messages go through net/sctp.hpp.
IoResult<Fd> listen_sctp(const base::Address& at, int backlog = 16);
IoResult<Fd> connect_sctp(const base::Address& to, const std::optional<base::Address>& from);
/// SO_ERROR: what became of a pending connect; no error: connected. Reading it clears it.
std::error_code connect_error(const Fd& socket) noexcept;

struct Accepted {
  Fd socket;
  base::Address peer;
};
/// A non-blocking socket. would_block() when nobody waits; one who left while waiting is passed over. EMFILE
/// and ENFILE leave the connection in the queue.
IoResult<Accepted> accept_tcp(const Fd& listener);

/// TCP_NODELAY (an MSRP response must not wait for the next one), keepalive and TCP_USER_TIMEOUT (RFC 5482).
void tune_tcp(const Fd& socket, const KeepAlive& keep_alive) noexcept;
/// The DSCP, 0 to 63, of all packets from now on (RFC 2474); those that a listener accepts inherit it.
void set_dscp(const Fd& socket, std::uint8_t dscp) noexcept;
IoResult<base::Address> local_address(const Fd& socket);
IoResult<base::Address> peer_address(const Fd& socket);
/// The address of ours that packets to there leave with; nothing where no route leads there.
std::optional<base::IpAddress> source_towards(const base::Address& to) noexcept;

/// recv/send that never raise SIGPIPE and retry EINTR. receive() returning zero octets is end of stream;
/// `into` is not empty. send() may take less than it was given. ECONNRESET: RST. EPIPE: sent after
/// shut_write() or RST.
IoResult<std::size_t> receive(const Fd& socket, std::span<char> into) noexcept;
IoResult<std::size_t> send(const Fd& socket, std::string_view octets) noexcept;
/// One after the other, at most the first 64.
IoResult<std::size_t> send(const Fd& socket, std::span<const std::string_view> pieces) noexcept;
/// FIN: nothing more will be sent.
void shut_write(const Fd& socket) noexcept;
/// Closes with RST instead of FIN (SO_LINGER 0): how a peer's reset is passed on.
void reset_close(Fd& socket) noexcept;

/// EAGAIN: the edge-triggered reactor will say when to go on.
bool would_block(const std::error_code& error) noexcept;

struct DescriptorLimit {
  std::size_t soft_before = 0;
  std::size_t now = 0;
};
/// Raises the soft RLIMIT_NOFILE to the hard one. `now`: what holds afterwards, whether it worked or not.
DescriptorLimit raise_descriptor_limit() noexcept;
/// How many descriptors this process has open (/proc/self/fd; zero without /proc); reads a directory: not for
/// the media path.
std::size_t open_descriptors();

}  // namespace net
