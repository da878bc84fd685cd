#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/address.hpp"
#include "base/fingerprint.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

/// The seam between controller (IMS-ALG) and gateway (IMS-AGW/TrGW): the stage-2 procedures of TS 23.334 as
/// values, and one interface that takes them. A direct call inside one process, or H.248 between two.
namespace iq {

/// A context: what is connected with each other. The gateway chooses it; which shard serves it is part of the
/// value.
using ContextId = base::Id<struct ContextTag>;
/// A termination of a context, numbered by the gateway from 1 in the order of reservation.
using TerminationId = base::Id<struct TerminationTag>;

/// The transport token of a termination (TS 23.334 5.19: it also chooses agnostic or aware).
enum class Transport : std::uint8_t {
  tcp,           // application-agnostic, plain
  tcp_tls,       // application-agnostic, TLS ends at the gateway
  tcp_msrp,      // application-aware, plain
  tcp_tls_msrp,  // application-aware, TLS ends at the gateway
};
constexpr bool is_tls(Transport transport) {
  return transport == Transport::tcp_tls || transport == Transport::tcp_tls_msrp;
}
constexpr bool is_aware(Transport transport) {
  return transport == Transport::tcp_msrp || transport == Transport::tcp_tls_msrp;
}

/// The gateway's own role on a termination (RFC 4145); the TLS role follows it (RFC 6135 6): active is the
/// client.
enum class Setup : std::uint8_t {
  passive,  // waits for the peer's connection
  active,   // connects to `remote` as soon as the other termination is connected
};

/// The gate (H.248.1 7.1.7), as the gateway sees it: "send" is towards the peer.
enum class StreamMode : std::uint8_t { inactive, send_only, receive_only, send_receive };
constexpr bool sends(StreamMode mode) {
  return mode == StreamMode::send_only || mode == StreamMode::send_receive;
}
constexpr bool receives(StreamMode mode) {
  return mode == StreamMode::receive_only || mode == StreamMode::send_receive;
}

/// Ports that a peer may connect from, both included.
struct PortRange {
  std::uint16_t low = 0;
  std::uint16_t high = 65535;
  friend bool operator==(PortRange, PortRange) = default;
};

/// What a peer may send (H.248.53 tman: sustained data rate and maximum burst size). Octets as they are
/// relayed: plaintext where TLS ends here. Beyond it the gateway reads no more for a while, so TCP slows the
/// peer down; nothing is lost.
struct Policing {
  std::uint64_t octets_per_second = 0;  // 0: no limit
  std::uint64_t burst = 0;              // octets that may come at once; 0: what one second brings
  friend bool operator==(Policing, Policing) = default;
};

/// When to tell that no octet passes a termination (H.248.40 adid/ipstop).
struct SilenceWatch {
  enum class Direction : std::uint8_t { in, out, both };  // in: from the peer; both: neither way
  base::Duration time{0};                                 // 0: never
  Direction direction = Direction::both;
  friend bool operator==(SilenceWatch, SilenceWatch) = default;
};

/// What a controller can say of a termination. What is absent stays as it was (Configure) or at its default.
struct TerminationConfig {
  /// Default tcp; fixed while the termination has a connection, unless the same request restarts it.
  std::optional<Transport> transport;
  std::optional<Setup> setup;           // default passive
  std::optional<base::Address> remote;  // where to connect when active
  /// Peers that may connect when passive; empty: anybody. Default: nobody is admitted until the controller
  /// has said so, connections wait in the listener's candidate list.
  std::optional<std::vector<base::Network>> source_filter;
  /// Ports that they may connect from. Default: any.
  std::optional<PortRange> source_ports;
  /// Fingerprints of the peer's SDP; an empty list: its SDP had none. Absent: not known yet, and then no
  /// octet passes a TLS termination.
  std::optional<std::vector<base::Fingerprint>> remote_fingerprints;
  /// Change Through-Connection: which way octets pass. Default send_receive. A gate that is closed holds
  /// octets back, it does not drop them; an active termination connects only when its mode is not inactive.
  std::optional<StreamMode> mode;
  std::optional<std::uint8_t> dscp;  // 0 to 63, of all that is sent to the peer (H.248.52). Default 0
  std::optional<Policing> policing;
  std::optional<SilenceWatch> silence;  // asked anew, it begins anew

  // Application-aware terminations only (TS 23.334 5.19.5); both terminations of a context are, or none.
  /// The path that the peer was shown of the other end: what it writes into To-Path. One URI of the gateway
  /// as a rule; the other end's own path where its offer was passed on before the mode was known.
  std::optional<std::vector<std::string>> local_path;
  /// The path in the peer's own SDP, next hop first: To-Path of all that is sent to it (RFC 4975 5.2).
  std::optional<std::vector<std::string>> remote_path;
  /// The peer matches by session-id (sessmatch), and is matched so: hosts and ports in its To-Path may be
  /// anybody's. Default false: RFC 4975 6.1.
  std::optional<bool> match_session_id;
};

// The procedures. Each acts on the context of its Request, in order; a Request is one H.248 action.

/// Reserve (and Configure) AGW Connection Point: a new termination with a local address and port of the
/// realm.
struct Reserve {
  std::string realm;
  TerminationConfig config;
  /// Application-aware only. Not empty: the gateway makes the termination's local_path of it and of the
  /// address that it reserves, and may serve it on the realm's shared port. At least 80 bits of chance,
  /// unique in the realm (RFC 4975 14.1).
  std::string session_id = {};
  /// A port of the realm's range that shall be it; 0: any. Taken already: out_of_ports.
  std::uint16_t port = 0;
};
/// Configure AGW Connection Point.
struct Configure {
  TerminationId termination;
  TerminationConfig config;
};
/// Closes the termination's connection; keeps addresses and ports, so that it can connect anew with what
/// Configure said (a re-offer that moves the connection). In an application-agnostic context it closes the
/// other one's, too, whose octets would have no meaning any more; in an application-aware one that stays, and
/// messages to the termination wait.
struct Restart {
  TerminationId termination;
};
/// Establish TCP connection: an active termination connects now, without waiting for the other one's peer;
/// one that is connected, or connecting, goes on as it is. bad_request where it is passive or has no
/// `remote`.
struct Establish {
  TerminationId termination;
};
/// Release AGW Termination, for one of them: it closes softly and its port returns; its totals come back. The
/// last one ends the context. In an application-agnostic context the other one's connection is closed, too,
/// as by Restart; it waits for another companion, and numbers are not given twice.
struct Subtract {
  TerminationId termination;
};
/// Release AGW Termination, for all of the context. Its totals come back as Statistics.
struct Release {};
/// Audit: the terminations' state and statistics.
struct Audit {};
using Procedure = std::variant<Reserve, Configure, Restart, Release, Audit, Establish, Subtract>;

struct Request {
  ContextId context;  // none: a new one (the first procedure must then be Reserve)
  std::vector<Procedure> procedures;
};

struct Reserved {
  TerminationId termination;
  base::Address local;                          // where the termination is reached
  std::string advertised;                       // what SDP says instead of local.ip: an address or a name
  std::vector<base::Fingerprint> fingerprints;  // of the gateway's certificate: SHA-256 first
  std::string path = {};                        // local_path, where Reserve::session_id asked for one
};

/// Octets and messages that passed one termination. MSRP counters stay zero where the gateway sees
/// ciphertext.
struct Counters {
  std::uint64_t octets_in = 0;  // from the peer, as plaintext where TLS ends here
  std::uint64_t octets_out = 0;
  std::map<std::string, std::uint64_t> messages_in;  // by method, or by status code: {"SEND", 3}, {"200", 3}
  std::map<std::string, std::uint64_t> messages_out;
  std::uint64_t refused_connections = 0;  // stray, wrong source, bad handshake, too many candidates

  // Application-aware terminations only.
  std::uint64_t payload_in = 0;  // octets of SEND bodies
  std::uint64_t payload_out = 0;
  std::uint64_t completed_in = 0;  // SENDs whose end-line said "$": the message's last chunk
  std::uint64_t completed_out = 0;
  std::uint64_t aborted_in = 0;  // "#"
  std::uint64_t aborted_out = 0;
  std::uint64_t unmatched = 0;      // requests from the peer that belong to no session: answered 481, or 506
  std::uint64_t too_large = 0;      // messages from the peer beyond max_message: 413
  std::uint64_t refused_types = 0;  // SENDs from the peer of a type that is not allowed: 415
  std::uint64_t rate_pauses = 0;    // how often reading from the peer stopped because it was too fast
};

enum class TerminationState : std::uint8_t {
  waiting,     // nobody has connected, or the answer is not known yet
  connecting,  // TCP or TLS establishment goes on
  connected,   // bound to one connection, TLS verified where there is TLS
  closed,      // was connected (or failed to); see cause
};
std::string_view to_string(TerminationState state) noexcept;

struct TerminationStatus {
  TerminationId termination;
  std::string realm;
  Transport transport = Transport::tcp;
  Setup setup = Setup::passive;
  TerminationState state = TerminationState::waiting;
  base::Address local;
  std::optional<base::Address> peer;  // of the connection
  std::string tls_version;            // "TLSv1.3"; empty without TLS
  std::string tls_cipher;
  std::optional<base::Fingerprint> peer_fingerprint;  // SHA-256 of the certificate that the peer presented
  std::string cause;  // why it closed, or why the last connection was refused; one line
  Counters counters;
};

struct Reply {
  ContextId context;
  std::vector<Reserved> reserved;               // one for each Reserve, in order
  std::vector<TerminationStatus> terminations;  // of Audit, Subtract and Release
};

enum class Errc : std::uint8_t {
  out_of_ports,      // the realm's pool is exhausted: "Ran out of ports"
  out_of_resources,  // session or descriptor limit: "Parallel session limit reached"
  unknown_realm,
  unknown_context,
  unknown_termination,
  bad_request,    // contradicts itself, or is not possible in this state
  not_supported,  // e.g. one termination application-aware, the other one not
  unreachable,    // no gateway can be asked
};
struct Error {
  Errc code;
  std::string text;           // for people
  std::size_t procedure = 0;  // which of the request's failed, from 0
};

/// What the gateway tells on its own.
enum class Event : std::uint8_t {
  connected,   // a termination is bound to a connection
  tcp_failed,  // TCP connection establishment failed
  tls_failed,  // TLS session establishment failed; cause names why
  refused,     // a stray connection was turned away; the termination goes on waiting
  released,    // the context's bearer has ended: both connections are closed
  inactive,    // no octets for the configured time; the bearer is closed
  timed_out,   // nobody connected in time; the bearer is closed
  silent,      // what TerminationConfig::silence asked for: nothing is closed, told once
};
std::string_view to_string(Event event) noexcept;

struct Notification {
  ContextId context;
  TerminationId termination;  // none: the whole context
  Event event;
  std::string cause;
  /// Of `released`: why in one word, as postern_closed_sessions_total has it; of `refused`: refused_by_tls.
  /// Empty: the gateway does not say.
  std::string reason = {};
};
/// Who was turned away had come from where the peer may come from, and TLS found that it is not the peer.
inline constexpr std::string_view refused_by_tls = "tls";

class MediaGateway {
 public:
  using Done = std::function<void(base::Result<Reply, Error>)>;
  using Listener = std::function<void(const Notification&)>;
  virtual ~MediaGateway() = default;

  /// Carries the procedures out. `done` is called once, on the caller's thread, maybe before this returns.
  /// When a procedure fails, a context that the request created is gone again; in an older one what came
  /// before it stays done.
  virtual void execute(Request request, Done done) = 0;
  /// Who hears of events; called on the same thread.
  virtual void set_listener(Listener listener) = 0;
};

}  // namespace iq
