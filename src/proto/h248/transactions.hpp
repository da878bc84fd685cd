#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "proto/h248/codec.hpp"
#include "proto/h248/route.hpp"

namespace h248 {

/// The timers and limits of H.248.1 annex D.1 and of package root. All of them are provisioned
/// (TS 29.334 5.10).
struct TransactionTimers {
  base::Duration first_retransmission = std::chrono::milliseconds(200);
  base::Duration longest_retransmission = std::chrono::seconds(4);
  base::Duration give_up = std::chrono::seconds(
      20);  // T-MAX, from the first transmission, and anew from each Pending; any carrier
  base::Duration network_delay = std::chrono::seconds(10);      // LONG-TIMER is T-MAX and this
  base::Duration provisional = std::chrono::milliseconds(500);  // execution takes longer: Pending is sent
  base::Duration peer_execution = std::chrono::seconds(5);      // after its Pending, until it is asked again
  unsigned pending_limit = 20;  // pendings that we send, or take, for one transaction: then 506
  std::size_t kept_replies =
      20'000;                      // stored replies; beyond: the oldest goes, a duplicate of it is executed
  std::size_t in_flight = 10'000;  // requests of ours without reply, beyond: failed at once
  std::size_t running = 10'000;    // requests of the peer that are being executed; beyond: 510
};

/// The transaction layer of one association: at-most-once over carriers that lose, repeat and reorder
/// (H.248.1 8, annex D.1). Sans-I/O: it is given parsed messages and time, and gives texts to send.
class Transactions {
 public:
  struct Options {
    MessageId own;
    std::uint8_t version = 1;  // of the headers of our messages; see set_version()
    PrintOptions print{};
    TransactionTimers timers{};
    std::size_t most_transactions = 10;  // in one message, both ways (TS 29.334 5.10): 413 beyond
  };
  /// Who executes the peer's requests.
  class User {
   public:
    /// Once, however often it comes. answer() must follow, now or later, with the same id.
    virtual void on_request(TransactionRequest request, const Route& from) = 0;
    /// An error that the peer tells of a whole message of ours.
    virtual void on_message_error(const ErrorDescriptor& error, const Route& from) = 0;

   protected:
    ~User() = default;
  };
  struct Failure {
    enum class Kind : std::uint8_t {
      timed_out,
      too_many_pendings,
      too_many_requests,
      cancelled,
      malformed_reply,  // it has come, and cannot be read
    };
    Kind kind;
  };
  /// Of one request of ours, called once. What the peer replied: actions, or an error of the transaction.
  using Outcome = base::Result<TransactionReply, Failure>;
  using Done = std::function<void(Outcome)>;
  using Result = std::variant<std::vector<ActionReply>, ErrorDescriptor>;

  /// All three outlive it. No callback comes from inside the constructor or destructor. Callbacks may call
  /// this again; the wire may not, from inside send().
  Transactions(Options options, Wire& wire, User& user, base::Random& random);
  ~Transactions();

  /// Where requests of ours go from now on, those that wait for replies too (on their next retransmission).
  void set_route(const Route& route);
  const Route& route() const noexcept;
  void set_version(std::uint8_t version);
  void set_print(const PrintOptions& print);
  TransactionTimers& timers();  // for what comes from now on

  /// Sends a transaction; the id is ours to choose. `done` may come before this returns only where it fails.
  std::uint32_t request(std::vector<ActionRequest> actions, base::Time now, Done done);
  /// A message of the peer's. Replies go back to `from`.
  void receive(Message message, const Route& from, base::Time now);
  /// The same, and what of it is broken.
  void receive(Parsed parsed, const Route& from, base::Time now);
  /// What could not be parsed: a request is answered with the error's code, what is no transaction with an
  /// error of the whole message (400, 406), once a second. Anything else is not, lest errors answer errors.
  void receive_malformed(const Error& error, const Route& from, base::Time now);
  /// The result of the peer's request with that id. False: nobody waits for it any more (506 was sent after
  /// too many pendings, or cancel_all).
  bool answer(std::uint32_t id, Result result, base::Time now);
  /// A route is no more: requests that were sent on it are sent again on the present one.
  void route_lost(const Route& route, base::Time now);

  void on_time(base::Time now);
  base::Time deadline() const;
  /// Every request of ours fails with `cancelled`; those of the peer are forgotten, also those that have been
  /// answered: it may have been restarted and begin anew with its ids.
  void cancel_all();

  struct Counters {
    std::uint64_t sent = 0, received = 0;  // messages
    std::uint64_t requests_out = 0, requests_in = 0;
    std::uint64_t retransmissions = 0;  // of ours
    std::uint64_t repeated = 0;         // requests of the peer that had come before
    std::uint64_t pendings_out = 0, pendings_in = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t malformed = 0;
  };
  const Counters& counters() const noexcept;
  std::size_t waiting() const noexcept;  // requests of ours without reply

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace h248
