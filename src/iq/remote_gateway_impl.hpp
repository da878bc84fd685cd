#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "iq/remote_draft.hpp"
#include "iq/remote_gateway.hpp"
#include "iq/remote_reply.hpp"

namespace iq {

/// ContextId's value is H.248's ContextID.
inline h248::ContextId on_wire(ContextId context) {
  return {static_cast<std::uint32_t>(context.value)};
}
inline ContextId of_seam(h248::ContextId context) {
  return {context.value};
}

struct RemoteGateway::Impl {
  struct Waiting {
    Request request;
    Done done;
  };
  using Serial = std::uint64_t;
  struct Context {
    Serial serial = 0;  // another one where the gateway gives its number anew
    RemoteLegs legs;
    bool busy = false;  // a request of it has no reply yet; one goes after the other
    bool releasing = false;
    std::deque<Waiting> waiting;
  };
  /// A request that has been sent.
  struct Pending {
    Request request;
    RemoteDraft draft;
    Done done;
    Serial context = 0;  // its serial; 0: a new one
  };
  using Outcome = h248::Transactions::Outcome;

  Impl(Options options, h248::Transactions& association, std::function<base::Time()> clock)
      : silent(std::move(options.silent)),
        packages(std::move(options.packages)),
        writing{std::move(options.termination_prefix), options.heartbeat, std::move(options.ipv6_realms)},
        writer(writing, packages),
        transactions(association),
        now(std::move(clock)) {}

  void start(ContextId id, Request request, Done done);
  void send(Pending sent);
  void replied(Serial serial, Outcome outcome);
  void begun(Serial serial, Pending pending, const h248::TransactionReply& reply);
  void undo(Serial serial, Pending pending, h248::ContextId context, Error error);
  void went_on(Pending pending, const Outcome& outcome);
  base::Result<Reply, Error> carry_out(Context& context, const Pending& pending,
                                       const h248::TransactionReply& reply);
  void add_statuses(const Context& context, const Pending& pending, const ActionOutcome& outcome,
                    std::vector<TerminationStatus>& out) const;
  RemoteLegs legs_after(const Context& context, const Pending& pending, std::size_t commands);
  void pump(ContextId id);
  void forget(ContextId id);
  void lose(ContextId id, const std::string& cause, const std::string& reason);
  h248::CommandReply on_command(ContextId id, Context& context, const h248::CommandRequest& command);
  void tell(Context& context, const std::vector<Notification>& notifications);

  std::function<void()> silent;
  RemotePackages packages;
  LegWriter::Options writing;
  LegWriter writer;
  h248::Transactions& transactions;
  std::function<base::Time()> now;
  Listener listener;
  std::map<ContextId, Context> contexts;
  std::map<Serial, Pending> pending;
  Serial last_serial = 0;
  std::uint32_t events = 0;  // RequestIDs
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

}  // namespace iq
