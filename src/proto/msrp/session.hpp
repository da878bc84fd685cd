#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "proto/msrp/events.hpp"
#include "proto/msrp/outgoing.hpp"
#include "proto/msrp/parser.hpp"
#include "proto/msrp/receiver.hpp"
#include "proto/msrp/sender.hpp"

namespace msrp {

/// How the To-Path of an incoming request is compared with our own URI.
enum class UriMatch : std::uint8_t { rfc4975, session_id /* sessmatch */ };

struct SessionOptions {
  Uri local;            // the URI of our SDP path
  Path remote;          // the peer's SDP path; may be set later
  bool active = false;  // we opened the connection
  UriMatch match = UriMatch::rfc4975;
  SenderOptions sender;
  ReceiverOptions receiver;
  ParserLimits parser;
  /// Octets of unsent responses and REPORTs at which congested() asks the driver to stop reading.
  std::size_t control_high = 64 * 1024;
  /// And at which the session fails: a peer that asks and does not listen. One read of 256 KiB full of the
  /// smallest SENDs makes less than this.
  std::size_t control_limit = 4 * 1024 * 1024;
};

/// One endpoint's side of an MSRP session over one connection (RFC 4975 5.4, 7), without the connection.
///
///     idle --on_connected, active--> bound --481, 506, failure REPORT, bad octets--> failed
///     idle --first request to our URI (RFC 4975 5.4, passive)--> bound
///     any  --on_closed--> closed
///
/// The driver's law: after every call drain take_event(), then produce() as long as the connection takes
/// octets, then arm a timer for deadline(). Nothing calls back. Not thread-safe.
class Session {
 public:
  enum class State : std::uint8_t { idle, bound, failed, closed };

  /// `random` must outlive the session; it makes transaction ids and Message-IDs.
  Session(SessionOptions options, base::Random& random);
  Session(const Session&) = delete;  // its halves refer to it
  Session& operator=(const Session&) = delete;

  /// The connection (with its TLS handshake) is up. The active side binds: its first request, a bodiless SEND
  /// if nothing was queued, is waiting in produce(). Its answer is not waited for; some peers never send one.
  void on_connected();
  /// Octets from the connection. False: the session has failed; flush what produce() still gives, then close.
  bool on_bytes(std::string_view in);
  /// The connection is gone: what is unfinished fails, each with its event.
  void on_closed();
  /// deadline() has come.
  void on_time(base::Time now);
  /// When on_time() must be called at the latest; base::never if nothing runs.
  base::Time deadline() const;

  /// Queues a message; it goes out with produce() once the session is bound and the remote path known.
  /// Refused with Errc::too_large when the queue is full, Errc::bad_value when the peer has answered 415 to
  /// this content type (RFC 4975 10.6), Errc::missing_field when the session is over.
  Result<OutgoingId> send(OutgoingMessage message);
  /// Stops a message: a chunk on its way ends with "#" (RFC 4975 7.1). No event but that of what happened
  /// before.
  void abort(OutgoingId id);
  std::optional<SendProgress> progress(OutgoingId id) const;
  /// A bodiless SEND that keeps NAT bindings alive (RFC 4975 7.1). Its outcome is not reported.
  void keep_alive();

  /// The rest of this message is not wanted: `status` (413 or another code) answers its current or next
  /// chunk, and what comes is dropped. MessageAborted follows.
  void reject(IncomingId id, std::uint16_t status);
  /// What was answered with 200 has failed after all: a failure REPORT, unless the sender forbade it (RFC
  /// 4975 7.1.4). False if the message is forgotten (too old) or wants none.
  bool report_failure(IncomingId id, std::uint16_t status, std::string_view comment = {});

  /// Appends octets for the connection, responses and REPORTs first, and returns how many. Stops at about
  /// `room` octets: one head and 2048 octets more at most; 0 gives none. `now`: when they are handed to the
  /// operating system, which starts the 30 s timer (RFC 4975 7.1.1).
  std::size_t produce(base::Buffer& out, std::size_t room, base::Time now);
  bool has_output() const;
  /// The peer asks for more responses than it reads: stop reading until this is false again.
  bool congested() const noexcept;

  std::optional<SessionEvent> take_event();

  /// The SDP answer came or changed.
  void set_remote(Path remote);
  /// The session lives on another connection: requests here are answered with 506 (RFC 4975 5.4).
  void set_bound_elsewhere(bool elsewhere) noexcept { bound_elsewhere_ = elsewhere; }

  State state() const noexcept { return state_; }
  const SessionCounters& counters() const noexcept { return counters_; }
  const SessionOptions& options() const noexcept { return options_; }

 private:
  bool consume(std::string_view in, std::size_t& consumed);
  void on_event(const Event& event);
  void on_head(bool has_body);
  std::uint16_t check_request();
  void on_end(char flag);
  void respond(std::uint16_t status);
  void report(const ReportRequest& request);
  void check_control();
  void bind();
  void fail_session(std::uint16_t status, std::string_view why);
  bool addressed_to_us(const Path& to) const;

  SessionOptions options_;
  base::Random& random_;
  std::string local_text_;
  State state_ = State::idle;
  bool bound_elsewhere_ = false;

  Parser parser_;
  base::Buffer carry_;    // octets of an incomplete line or end-line, bounded by the parser's limit
  Head head_;             // of the message being received
  std::string reply_to_;  // the To-Path of its response; empty: none can be sent
  bool head_done_ = false;
  bool responded_ = false;  // or decided that there is no response
  bool keeping_ = false;    // the body goes to the receiver

  base::Buffer control_;  // responses and REPORTs, printed
  SessionCounters counters_;
  SessionEvents events_;
  Sender sender_;
  Receiver receiver_;
};

}  // namespace msrp
