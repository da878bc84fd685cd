#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>

#include "base/id.hpp"
#include "proto/msrp/head.hpp"

namespace msrp {

using IncomingId = base::Id<struct IncomingTag>;  // a message that the peer sends us
using OutgoingId = base::Id<struct OutgoingTag>;  // a message that we send

/// The connection now carries the session: requests may be sent (RFC 4975 5.4).
struct Bound {};

/// The first chunk of a message, not necessarily its first octets. `head` is that chunk's.
struct MessageStarted {
  IncomingId id;
  std::string message_id;
  std::string content_type;
  std::optional<std::uint64_t> size;  // what the sender announced; never to be trusted for allocation
  Head head;
};
/// Octets of a message and where they belong (from 0). May come in any order and overlap; the later ones win
/// (RFC 4975 7.3.1). `offset` is the peer's: write to a file at it, but check it before growing memory to it.
struct Content {
  IncomingId id;
  std::uint64_t offset = 0;
  std::string octets;
};
/// Every octet from 0 to `size` has come.
struct MessageReceived {
  IncomingId id;
  std::uint64_t size = 0;
};
/// No more will come of it.
struct MessageAborted {
  enum class Reason : std::uint8_t { by_sender, rejected, too_large, bad_range, connection_closed };
  IncomingId id;
  Reason reason = Reason::by_sender;
};

/// Every octet was handed to the connection.
struct Sent {
  OutgoingId id;
};
/// Every chunk was answered with 200 (Failure-Report: yes only).
struct Accepted {
  OutgoingId id;
};
/// Success REPORTs cover the whole message (Success-Report: yes only).
struct Delivered {
  OutgoingId id;
};
/// A REPORT about one of our messages, as it came.
struct Reported {
  OutgoingId id;
  Status status;
  std::optional<ByteRange> range;
};
/// The message probably did not arrive. `status` is the peer's code, 408 also for our own 30 s timer
/// (RFC 4975 10.4), 0 for a local reason; `why` is the comment or that reason.
struct SendFailed {
  OutgoingId id;
  std::uint16_t status = 0;
  std::string why;
};

/// The session is of no more use; only a new offer/answer exchange helps. Flush the output, then close.
struct SessionFailed {
  std::uint16_t status = 0;  // 481, 506, or that of a failure REPORT; 0: `why` says what the peer did
  std::string why;
};

using SessionEvent = std::variant<Bound, MessageStarted, Content, MessageReceived, MessageAborted, Sent,
                                  Accepted, Delivered, Reported, SendFailed, SessionFailed>;
using SessionEvents = std::deque<SessionEvent>;

/// What went over the connection.
struct SessionCounters {
  struct Direction {
    std::uint64_t octets = 0;
    std::uint64_t sends = 0;
    std::uint64_t reports = 0;
    std::uint64_t other_requests = 0;
    std::uint64_t responses_2xx = 0;
    std::uint64_t responses_4xx = 0;
    std::uint64_t responses_5xx = 0;
    std::uint64_t messages_completed = 0;
    std::uint64_t messages_aborted = 0;  // failed ones too
  };
  Direction received;
  Direction sent;
  std::uint64_t ignored_responses = 0;  // to no transaction of ours
  std::uint64_t ignored_reports = 0;    // about no message of ours
  std::uint64_t timeouts = 0;
};

}  // namespace msrp
