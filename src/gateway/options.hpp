#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"
#include "crypto/identity.hpp"
#include "crypto/tls.hpp"
#include "net/socket.hpp"

namespace gateway {

/// A side of the gateway: where its terminations bind and who they are.
struct RealmOptions {
  std::string name;
  base::IpAddress address;
  std::string advertise;  // what SDP says instead of the address, if NATted; empty: the address
  std::uint16_t port_low = 20000;
  std::uint16_t port_high = 25999;  // inclusive
  crypto::Identity identity;
  /// Its key log function, if any, is called on the shards' threads.
  crypto::TlsContext::Options tls;

  // Application-aware sessions only; zero, or empty: off.
  /// The one port of all sessions that are application-aware from the start; each has a port of its own
  /// otherwise.
  std::uint16_t shared_port = 0;
  /// Octets of body in one chunk towards this side (RFC 4975 5.1); longer chunks are split.
  std::uint64_t max_chunk = 0;
  /// Octets of a complete message that passes this side, in either direction. Beyond: 413, and "#" to the
  /// receiver.
  std::uint64_t max_message = 0;
  /// Content types of SENDs that pass this side, in either direction, as in a=accept-types: "text/plain",
  /// "image/*", "*". Others: 415.
  std::vector<std::string> accept_types = {};
  /// What a peer of this side may send in one session a second; beyond it the gateway reads no more for a
  /// while.
  std::uint64_t message_rate = 0;
  std::uint64_t octet_rate = 0;
};

/// What a peer, or the number of peers, may cost.
struct Limits {
  /// Connections that wait on one termination to become its own, those that are being closed included. The
  /// kernel's backlog holds further ones; more than a few strays at a time are an attack.
  std::size_t candidates = 4;
  /// Octets of one connection held while there is nobody to pass them to. A client's first messages fit; what
  /// is beyond stays in the kernel and slows the sender down.
  std::size_t early_octets = std::size_t{64} * 1024;
  /// Octets that one peer has not taken yet: what one 256 KiB window becomes as TLS records (0.14 % more),
  /// and as much again for a peer that makes TLS answer without ever reading. A connection beyond it is
  /// closed.
  std::size_t pending_output = std::size_t{512} * 1024;
  /// Windows that one direction may move before others have their turn (1 MiB).
  unsigned windows_a_turn = 4;
  /// `refused` notifications a termination; further strays are only counted, so that a port scan cannot flood
  /// the controller and its log.
  unsigned refused_notifications = 8;
  /// Contexts at a time; zero: what the descriptor limit allows (see LocalGateway::max_contexts).
  std::size_t max_contexts = 0;
};

/// How long what may take.
struct Times {
  base::Duration connect = std::chrono::seconds(180);     // all is configured, yet somebody does not connect
  base::Duration candidate = std::chrono::seconds(10);    // a connection's handshake, or its first octet
  base::Duration tcp_connect = std::chrono::seconds(10);  // an outgoing connection's SYN
  base::Duration half_close = std::chrono::seconds(60);   // one side has ended and no octet passes
  base::Duration drain = std::chrono::seconds(5);   // octets that a closing connection has still to send
  base::Duration linger = std::chrono::seconds(1);  // the peer's FIN, once everything is sent
  base::Duration inactivity{0};                     // no octet passes; zero: off
  base::Duration ended = std::chrono::seconds(60);  // an ended bearer is still remembered for Audit
};

struct Options {
  unsigned shards = 0;  // zero: one a core
  std::vector<RealmOptions> realms;
  Limits limits;
  Times times;
  net::KeepAlive keep_alive;  // of every leg; its user_timeout is TCP_USER_TIMEOUT
  bool observe = true;        // count MSRP messages where plaintext passes
};

}  // namespace gateway
