#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "iq/media_gateway.hpp"
#include "iq/remote_leg.hpp"
#include "proto/h248/transactions.hpp"

// What a gateway replies, as values of the seam: pure functions.
namespace iq {

/// Errors of H.248.8 that a gateway replies; `procedure` is left to the caller.
Error error_of(const h248::ErrorDescriptor& error);
Error error_of(h248::Transactions::Failure failure);

/// The reply to an Add: its id, address, fingerprints and path are written into the leg.
base::Result<base::Ok, Error> read_added(const h248::CommandReply& reply, const Packages& packages,
                                         RemoteLeg& leg);
/// The statistics of one termination, and what this end knows where the gateway has not told.
TerminationStatus read_status(const h248::CommandReply& reply, const Packages& packages,
                              const RemoteLeg& leg);
/// Without any statistics.
TerminationStatus known_status(const RemoteLeg& leg);

/// How far the commands of an action have got.
struct ActionOutcome {
  std::vector<std::vector<const h248::CommandReply*>> replies;  // of each command that was executed
  std::optional<Error> error;  // of the command behind them; none: all were executed
};
/// Sorts the replies of the one action of `reply` by the commands that they answer: one each, of a wildcard
/// as many as there are terminations. Points into `reply`.
ActionOutcome sort_replies(const std::vector<h248::CommandRequest>& commands,
                           const h248::TransactionReply& reply);
/// The context that the gateway has chosen; choose_context where it says none.
h248::ContextId context_of(const h248::TransactionReply& reply);

}  // namespace iq
