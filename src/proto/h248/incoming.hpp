#pragma once
#include "proto/h248/stored_replies.hpp"

namespace h248 {

/// The peer's requests: each is executed once, and answered as often as it comes.
///
///   request --> running --answer--> replied --LONG-TIMER--> forgotten
///                 | ^  \__ too many Pendings: 506 __/
///                 v |
///               Pending (each `provisional`, and when it comes again)
class Incoming {
 public:
  Incoming(const Transactions::Options& options, Post& post, base::Random& random,
           Transactions::Counters& counters);

  /// Whether it shall be executed. If not, it has been answered, or needs no answer.
  bool on_request(std::uint32_t id, const Route& from, base::Time now);
  /// A request that is not executed: answered like one that has failed.
  void refuse(std::uint32_t id, ErrorDescriptor error, const Route& from, base::Time now);
  bool answer(std::uint32_t id, Transactions::Result result, base::Time now);
  void on_ack(const AckRange& range) { replies_.on_ack(range); }

  void on_time(base::Time now);
  base::Time deadline() const { return std::min(schedule_.first(), replies_.deadline()); }
  /// Those that run, too: an answer to one goes nowhere.
  void forget_all();

 private:
  struct Running {
    Route from;
    base::Time pending = base::never;  // in the schedule: when it is told that it takes long
    unsigned pendings = 0;
  };

  static constexpr base::Duration least =
      std::chrono::milliseconds(1);  // between two, whatever is configured

  bool is_repeated(std::uint32_t id, const Route& from, base::Time now);
  void send_pending(std::uint32_t id, Running& request, base::Time now);

  const Transactions::Options& options_;
  Post& post_;
  Transactions::Counters& counters_;
  std::unordered_map<std::uint32_t, Running> running_;
  Schedule schedule_;
  StoredReplies replies_;
};

}  // namespace h248
