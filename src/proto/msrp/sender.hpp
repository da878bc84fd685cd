#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "proto/msrp/end_line.hpp"
#include "proto/msrp/events.hpp"
#include "proto/msrp/outgoing.hpp"
#include "proto/msrp/range_set.hpp"

namespace msrp {

struct SenderOptions {
  /// Octets of every chunk but the last. 0: as few chunks as possible (RFC 4975 7.1.1, strongly recommended).
  /// For peers that store chunks before they forward them (10 to 16 KiB).
  std::size_t fixed_chunk = 0;
  /// After how many octets a message makes way for another one of ours. Responses and REPORTs interrupt at
  /// 2048; two files need not be cut that small.
  std::size_t fair_share = 64 * 1024;
  /// From the last octet handed out to the 408 that we assume (RFC 4975 7.1.1).
  base::Duration response_timeout = std::chrono::seconds(30);
  /// Messages queued, on their way or waiting for a REPORT; the oldest that only waits for REPORTs is
  /// forgotten.
  std::size_t messages = 256;
  /// Unanswered requests: no new chunk begins until one is answered or times out. 2 MiB in chunks of 2048.
  std::size_t transactions = 1024;
  /// Content types remembered as refused (RFC 4975 10.6).
  std::size_t refused_types = 32;
  /// Separate ranges of success REPORTs remembered for a message.
  std::size_t report_ranges = 64;
};

/// The sending half of a Session: chunks, transactions, timers, REPORTs about our messages.
class Sender {
 public:
  Sender(const SenderOptions& options, base::Random& random, SessionEvents& events,
         SessionCounters& counters);

  Result<OutgoingId> send(OutgoingMessage message);
  void abort(OutgoingId id);
  void keep_alive() { bodiless_ = true; }
  std::optional<SendProgress> progress(OutgoingId id) const;
  void set_paths(std::string to, std::string from);

  /// A response's consequence for the session: 481 or 506, else 0.
  std::uint16_t on_response(const Head& head);
  /// A REPORT's: the status if it says that a byte range was lost (RFC 4975 7.3.2), else 0.
  std::uint16_t on_report(const Head& head);
  void on_time(base::Time now);
  base::Time deadline() const;
  /// Every message fails; a chunk on its way still ends with "#" in the next produce().
  void fail_all(std::string_view why);

  /// Appends chunks until `room` octets are out. `waiting`: responses or REPORTs wait, so only what must be
  /// finished first is written (RFC 4975 7.1.1).
  void produce(base::Buffer& out, std::size_t room, bool waiting, base::Time now);
  bool in_chunk() const noexcept { return chunk_.has_value(); }
  bool has_output() const;
  bool has_queued() const noexcept { return !ready_.empty(); }

 private:
  struct Message {
    OutgoingId id;
    OutgoingMessage content;
    std::uint64_t size = 0;
    std::uint64_t sent = 0;
    std::uint64_t accepted = 0;
    std::size_t open = 0;    // transactions without an answer
    bool begun = false;      // the peer has heard of it
    bool sent_all = false;   // its "$" is out
    bool delivered = false;  // success REPORTs cover it
    RangeSet reported;

    bool watched() const noexcept { return content.failure_report == FailureReport::yes; }
    bool answered() const noexcept { return sent_all && (open == 0 || !watched()); }
  };
  struct Transaction {
    std::string id;
    OutgoingId message;  // none: a bodiless SEND
    std::uint64_t octets = 0;
    base::Time deadline = base::never;  // never: still being sent
    bool answered = false;              // while still being sent
  };
  struct Chunk {  // interruptible, on its way
    OutgoingId message;
    std::string transaction_id;
    EndLineGuard guard;
    std::uint64_t sent = 0;
  };

  Message* find(OutgoingId id) const;
  std::string new_transaction_id();
  bool may_begin(const Message& message) const;
  bool begin_next(base::Buffer& out, base::Time now);
  void send_bodiless(base::Buffer& out, base::Time now);
  void send_abort(base::Buffer& out);
  void send_whole(base::Buffer& out, Message& message, std::size_t octets, base::Time now);
  void begin_chunk(base::Buffer& out, Message& message);
  void continue_chunk(base::Buffer& out, std::size_t room, bool waiting, base::Time now);
  std::uint64_t allowance(const Message& message, std::size_t room, bool waiting) const;
  void end_chunk(base::Buffer& out, char flag, base::Time now);
  void print_chunk_head(base::Buffer& out, const OutgoingMessage& content, std::string_view transaction_id,
                        const ByteRange& range);
  void open_transaction(std::string id, Message* message, std::uint64_t octets, base::Time deadline);
  void close_transaction(const Transaction& transaction, bool accepted);
  void after_chunk(Message& message);
  void fail(OutgoingId id, std::uint16_t status, std::string_view why);
  void fail_here(Message& message, std::string_view why);
  void settle(const Message& message);
  void forget(OutgoingId id);
  bool make_place();
  bool is_refused(std::string_view content_type) const;
  void on_failure(OutgoingId id, std::uint16_t status, std::string_view why);

  SenderOptions options_;
  base::Random& random_;
  SessionEvents& events_;
  SessionCounters& counters_;
  std::string to_path_;
  std::string from_path_;

  std::vector<std::unique_ptr<Message>> messages_;  // oldest first; addresses stay
  std::deque<OutgoingId> ready_;                    // with octets to send; the first is served
  std::deque<Transaction> transactions_;
  std::optional<Chunk> chunk_;
  std::deque<OutgoingMessage> aborted_;     // begun, to be ended with an empty "#" chunk
  std::vector<std::string> refused_types_;  // answered with 415
  std::uint64_t last_id_ = 0;
  bool bodiless_ = false;
};

}  // namespace msrp
