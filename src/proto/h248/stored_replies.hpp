#pragma once
#include <map>
#include <string>

#include "proto/h248/backoff.hpp"
#include "proto/h248/post.hpp"
#include "proto/h248/schedule.hpp"

namespace h248 {

/// Our replies, as they were sent, for LONG-TIMER: a request that comes again gets the same answer (RFC 3525
/// D.1.1). Once the peer has acknowledged one, only its id is kept, and what comes again is dropped.
class StoredReplies {
 public:
  StoredReplies(const Transactions::Options& options, Post& post, base::Random& random,
                Transactions::Counters& counters);

  /// Sends and keeps it. `until_acked`: it asks for an acknowledgement and is sent again until that comes or
  /// T-MAX is over, where messages get lost.
  void send(std::uint32_t id, std::string text, const Route& to, bool until_acked, base::Time now);
  /// If the request has been answered, answers it again, there. Whether it has.
  bool repeat(std::uint32_t id, const Route& to);
  void on_ack(const AckRange& range);

  void on_time(base::Time now);
  base::Time deadline() const { return std::min(repeats_.first(), expiry_.first()); }
  void clear();

 private:
  struct Reply {
    std::string text;
    Route to;
    base::Time give_up;
    base::Time expires = base::never;  // in expiry_
    base::Time again = base::never;    // in repeats_
    Backoff backoff{};
  };

  void send_again(std::uint32_t id, Reply& reply, base::Time now);
  void forget(std::uint32_t id);

  const Transactions::Options& options_;
  Post& post_;
  base::Random& random_;
  Transactions::Counters& counters_;
  std::unordered_map<std::uint32_t, Reply> replies_;
  std::set<std::uint32_t> unacked_;  // those that have their text
  Schedule expiry_;
  Schedule repeats_;
};

}  // namespace h248
