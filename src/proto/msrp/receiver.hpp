#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/msrp/events.hpp"
#include "proto/msrp/media_type.hpp"
#include "proto/msrp/reassembly.hpp"

namespace msrp {

struct ReceiverOptions {
  /// Content types that are taken, as in SDP accept-types; others are answered with 415.
  MediaTypes accept_types = MediaTypes::any();
  /// Octets of one message; more is answered with 413. 0: no limit.
  std::uint64_t max_message = 0;
  /// A success REPORT for each chunk; else one for the whole message (RFC 4975 7.1.3 allows both).
  bool report_each_chunk = false;
  /// Messages that may be incomplete at once: an honest peer interleaves a few. More are answered with 413.
  std::size_t incomplete = 16;
  /// Separate ranges of one message: relays reorder a few chunks, not thousands.
  std::size_t ranges = 64;
  /// Finished messages that are remembered, to tell duplicates and for late failure REPORTs.
  std::size_t finished = 32;
};

/// A REPORT that is to be sent about a message of the peer's.
struct ReportRequest {
  std::string to_path;
  std::string message_id;
  ByteRange range;
  Status status;
};

/// The receiving half of a Session: puts the chunks of SENDs with a body together (RFC 4975 7.3.1).
class Receiver {
 public:
  Receiver(const ReceiverOptions& options, SessionEvents& events, SessionCounters& counters);

  // One chunk: begin, content in pieces, end. A status other than 0 answers the request at once, and the rest
  // of the chunk goes by unread.
  std::uint16_t begin(const Head& head);
  std::uint16_t content(std::string_view octets);
  /// The status that the chunk's end deserves, and a REPORT if one is due.
  struct Ended {
    std::uint16_t status = 200;
    std::optional<ReportRequest> report;
  };
  Ended end(char flag);

  /// The status to answer the current chunk with, if the message is the current one, else 0.
  std::uint16_t reject(IncomingId id, std::uint16_t status);
  std::optional<ReportRequest> failure_report(IncomingId id, std::uint16_t status,
                                              std::string_view comment) const;
  /// Everything incomplete ends.
  void close();

 private:
  struct Origin {  // what a REPORT needs
    std::string message_id;
    std::string from_path;
    bool success = false;
    FailureReport failure = FailureReport::yes;
  };
  struct Message {
    IncomingId id;
    Origin origin;
    Reassembly data;
  };
  struct Finished {
    IncomingId id;
    Origin origin;
    std::uint64_t size = 0;
    std::uint16_t status = 200;  // of every further chunk
  };
  using Reason = MessageAborted::Reason;

  Message* find(IncomingId id);
  std::uint16_t begin_new(const Head& head, const ByteRange& range);
  std::uint16_t fail_current(const Error& error);
  Ended end_message(Message& message, char flag);
  ReportRequest duplicate_report(char flag) const;
  void finish(IncomingId id, std::uint16_t status, std::uint64_t size);
  void abandon(IncomingId id, std::uint16_t status, Reason reason);

  ReceiverOptions options_;
  SessionEvents& events_;
  SessionCounters& counters_;
  std::vector<Message> messages_;  // incomplete
  std::deque<Finished> finished_;
  std::uint64_t last_id_ = 0;

  // The chunk being received.
  IncomingId current_;  // none: nothing of it is kept
  Origin duplicate_;    // of a message that was complete before
  bool is_duplicate_ = false;
  std::uint64_t chunk_begin_ = 0;
  std::uint64_t chunk_octets_ = 0;
};

}  // namespace msrp
