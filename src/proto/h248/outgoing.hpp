#pragma once
#include <unordered_map>

#include "proto/h248/backoff.hpp"
#include "proto/h248/post.hpp"
#include "proto/h248/schedule.hpp"

namespace h248 {

/// Our requests until their replies are there.
///
///   request --> sent --------reply--> done
///                | ^  \__ Pending __> asked again after peer_execution, T-MAX anew
///                | |  \__ T-MAX, too many Pendings, cancel_all __> done, failed
///                v |
///            retransmission (UDP, or the route was lost)
class Outgoing {
 public:
  using Failure = Transactions::Failure;
  using Done = Transactions::Done;

  Outgoing(const Transactions::Options& options, Post& post, base::Random& random,
           Transactions::Counters& counters);

  void set_route(const Route& route);
  const Route& route() const noexcept { return route_; }

  std::uint32_t request(std::vector<ActionRequest> actions, base::Time now, Done done);
  void on_reply(TransactionReply reply);
  void on_malformed_reply(std::uint32_t id);
  void on_pending(std::uint32_t id, base::Time now);
  void route_lost(const Route& route, base::Time now);

  void on_time(base::Time now);
  base::Time deadline() const { return schedule_.first(); }
  void cancel_all();
  std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  struct Waiting {
    std::string text;
    Done done;
    Route sent_on;
    Backoff backoff{};
    base::Time due = base::never;    // in the schedule: the earlier of the next two
    base::Time again = base::never;  // retransmission
    base::Time give_up;
    unsigned pendings = 0;
    bool stranded = false;  // its route was lost, and ours is no other: waits for set_route()
  };

  std::uint32_t new_id();
  void send(std::uint32_t id, Waiting& request, base::Time now);
  void plan(std::uint32_t id, Waiting& request);
  void expire(std::uint32_t id, base::Time now);
  void finish(std::uint32_t id, Transactions::Outcome outcome);

  const Transactions::Options& options_;
  Post& post_;
  base::Random& random_;
  Transactions::Counters& counters_;
  Route route_;
  std::unordered_map<std::uint32_t, Waiting> waiting_;
  Schedule schedule_;
  /// Begins anywhere: after a restart of ours the peer may still keep replies to the ids of before.
  std::uint32_t last_id_;
};

}  // namespace h248
