#include "iq/remote_gateway.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "iq/remote_gateway_impl.hpp"

namespace iq {
namespace {

using h248::CommandName;

bool is_number(h248::ContextId context) {
  return context != h248::null_context && context != h248::choose_context && context != h248::all_contexts;
}

/// Takes everything out of a context; no statistics are wanted.
h248::ActionRequest subtract_all(h248::ContextId context) {
  h248::ActionRequest out{.context = context};
  auto& subtract = out.commands.emplace_back();
  subtract.name = CommandName::subtract;
  subtract.termination = {"*"};
  subtract.wildcard_reply = true;
  subtract.descriptors.audit.emplace();
  return out;
}

bool releases(const Request& request) {
  return std::any_of(request.procedures.begin(), request.procedures.end(),
                     [](const auto& procedure) { return std::holds_alternative<Release>(procedure); });
}

/// Brings the replies to all Adds into the legs that have no name yet; the first that is nonsense.
std::optional<Error> name_legs(const RemoteDraft& draft, const ActionOutcome& outcome, const Packages& names,
                               std::vector<RemoteLeg>& legs, std::vector<Reserved>& reserved) {
  auto leg = std::find_if(legs.begin(), legs.end(), [](const auto& each) { return each.id.empty(); });
  for (std::size_t i = 0; i < outcome.replies.size(); ++i) {
    if (draft.commands[i].name != CommandName::add) continue;
    if (auto added = read_added(*outcome.replies[i].front(), names, *leg); !added) {
      auto error = added.error();
      error.procedure = draft.procedures[i];
      return error;
    }
    reserved.push_back(leg->reserved);
    ++leg;
  }
  return std::nullopt;
}

}  // namespace

/// `id`: none for a new context.
void RemoteGateway::Impl::start(ContextId id, Request request, Done done) {
  const auto place = contexts.find(id);
  auto draft = make_draft(place == contexts.end() ? RemoteLegs{} : place->second.legs, request.procedures,
                          writer, packages, events);
  if (!draft) return done(draft.error());
  if (draft->commands.empty()) return done(Reply{id, {}, {}});
  if (place != contexts.end()) {
    place->second.busy = true;
    place->second.releasing = place->second.releasing || releases(request);
  }
  const Serial serial = place == contexts.end() ? 0 : place->second.serial;
  send({std::move(request), *std::move(draft), std::move(done), serial});
}

void RemoteGateway::Impl::send(Pending sent) {
  const auto context = sent.request.context;
  h248::ActionRequest action{.context = context ? on_wire(context) : h248::choose_context};
  action.commands = sent.draft.commands;
  const auto serial = ++last_serial;
  pending.emplace(serial, std::move(sent));
  transactions.request({std::move(action)}, now(),
                       [this, serial, watch = std::weak_ptr<bool>(alive)](Outcome outcome) {
                         if (!watch.expired()) replied(serial, std::move(outcome));
                       });
}

void RemoteGateway::Impl::replied(Serial serial, Outcome outcome) {
  auto node = pending.extract(serial);
  if (node.empty()) return;  // lose_all() has answered it
  auto& sent = node.mapped();
  const bool unanswered = !outcome && outcome.error().kind == h248::Transactions::Failure::Kind::timed_out;
  if (sent.request.context) {
    went_on(std::move(sent), outcome);
  } else if (outcome) {
    begun(serial, std::move(sent), *outcome);
  } else {
    sent.done(error_of(outcome.error()));
  }
  if (unanswered && silent) silent();
}

void RemoteGateway::Impl::begun(Serial serial, Pending sent, const h248::TransactionReply& reply) {
  const auto number = context_of(reply);
  Context context;
  context.serial = serial;
  auto result = carry_out(context, sent, reply);
  if (!result) {
    const bool added = !sort_replies(sent.draft.commands, reply).replies.empty();
    if (!added) return sent.done(std::move(result));
    return undo(serial, std::move(sent), number, result.error());
  }
  if (!is_number(number)) return sent.done(Error{Errc::bad_request, "the gateway's reply names no context"});
  const auto id = of_seam(number);
  if (contexts.contains(id)) lose(id, "the gateway has given the context's number anew", "gateway_lost");
  result->context = id;
  if (!context.legs.legs.empty()) contexts.emplace(id, std::move(context));
  sent.done(std::move(result));
}

/// What has been added to a context that could not be made whole is subtracted before the error is told.
void RemoteGateway::Impl::undo(Serial serial, Pending sent, h248::ContextId context, Error error) {
  if (!is_number(context)) return sent.done(std::move(error));
  pending.emplace(serial, Pending{std::move(sent.request), {}, std::move(sent.done)});
  transactions.request({subtract_all(context)}, now(),
                       [this, serial, error, watch = std::weak_ptr<bool>(alive)](const auto&) {
                         if (watch.expired()) return;
                         if (auto node = pending.extract(serial); !node.empty()) node.mapped().done(error);
                       });
}

void RemoteGateway::Impl::went_on(Pending sent, const Outcome& outcome) {
  const auto id = sent.request.context;
  const auto place = contexts.find(id);
  if (place == contexts.end() || place->second.serial != sent.context)
    return sent.done(Error{Errc::unknown_context, "the context has ended meanwhile"});
  auto& context = place->second;
  context.busy = false;
  auto result =
      outcome ? carry_out(context, sent, *outcome) : base::Result<Reply, Error>(error_of(outcome.error()));
  if (result) result->context = id;
  // Whatever the reply to a Release: nobody will ask for it again. What is left of it ends by its heartbeat.
  const bool unknown = !result && result.error().code == Errc::unknown_context;
  if (context.releasing || unknown || context.legs.legs.empty()) {
    forget(id);
  }
  sent.done(std::move(result));
  pump(id);
}

/// Makes the legs what the replies say that they are; the seam's reply, or the first error.
base::Result<Reply, Error> RemoteGateway::Impl::carry_out(Context& context, const Pending& sent,
                                                          const h248::TransactionReply& reply) {
  auto outcome = sort_replies(sent.draft.commands, reply);
  Reply out;
  add_statuses(context, sent, outcome, out.terminations);
  auto after = legs_after(context, sent, outcome.replies.size());
  const auto nonsense = name_legs(sent.draft, outcome, packages.names(), after.legs, out.reserved);
  std::erase_if(after.legs, [](const auto& leg) { return leg.id.empty(); });
  context.legs = std::move(after);
  if (nonsense) return *nonsense;
  if (!outcome.error) return out;
  const auto failed = std::min(outcome.replies.size(), sent.draft.procedures.size() - 1);
  outcome.error->procedure = sent.draft.procedures[failed];
  return *outcome.error;
}

/// The context's legs when so many of the commands have been done.
RemoteLegs RemoteGateway::Impl::legs_after(const Context& context, const Pending& sent,
                                           std::size_t commands) {
  auto out = sent.draft.after;
  if (commands < sent.draft.commands.size()) {
    const auto done = std::span(sent.request.procedures).first(sent.draft.procedures[commands]);
    auto ids = events;  // used up already
    out = std::move(make_draft(context.legs, done, writer, packages, ids).value().after);
  }
  for (auto& leg : out.legs)
    if (const auto* told = context.legs.find(leg.number)) leg.state = told->state;
  return out;
}

void RemoteGateway::Impl::add_statuses(const Context& context, const Pending& sent,
                                       const ActionOutcome& outcome,
                                       std::vector<TerminationStatus>& out) const {
  for (std::size_t i = 0; i < outcome.replies.size(); ++i) {
    const auto& command = sent.draft.commands[i];
    if (command.name != CommandName::subtract && command.name != CommandName::audit_value) continue;
    for (const auto& leg : context.legs.legs) {
      const auto own = [&](const auto* reply) { return context.legs.find(reply->termination) == &leg; };
      const auto& replies = outcome.replies[i];
      const auto reply = std::find_if(replies.begin(), replies.end(), own);
      if (reply != replies.end()) out.push_back(read_status(**reply, packages.names(), leg));
      if (reply == replies.end() && command.termination.has_all()) out.push_back(known_status(leg));
    }
  }
}

/// The next request that waits for its context.
void RemoteGateway::Impl::pump(ContextId id) {
  const auto place = contexts.find(id);
  if (place == contexts.end() || place->second.busy || place->second.waiting.empty()) return;
  auto next = std::move(place->second.waiting.front());
  place->second.waiting.pop_front();
  start(id, std::move(next.request), std::move(next.done));
  pump(id);
}

void RemoteGateway::Impl::forget(ContextId id) {
  auto node = contexts.extract(id);
  for (auto& each : node.mapped().waiting)
    each.done(Error{Errc::unknown_context, "the context has ended meanwhile"});
}

RemoteGateway::RemoteGateway(Options options, h248::Transactions& transactions,
                             std::function<base::Time()> now)
    : impl_(std::make_unique<Impl>(std::move(options), transactions, std::move(now))) {}
RemoteGateway::~RemoteGateway() = default;

void RemoteGateway::execute(Request request, Done done) {
  if (!request.context) {
    const bool reserves =
        !request.procedures.empty() && std::holds_alternative<Reserve>(request.procedures.front());
    if (!reserves) return done(Error{Errc::bad_request, "a new context begins with Reserve"});
    return impl_->start({}, std::move(request), std::move(done));
  }
  const auto place = impl_->contexts.find(request.context);
  if (place == impl_->contexts.end()) return done(Error{Errc::unknown_context, "no such context"});
  auto& context = place->second;
  if (context.busy || !context.waiting.empty()) {
    context.waiting.push_back({std::move(request), std::move(done)});
    return;
  }
  const auto id = request.context;
  impl_->start(id, std::move(request), std::move(done));
}

void RemoteGateway::set_listener(Listener listener) {
  impl_->listener = std::move(listener);
}

void RemoteGateway::set_packages(const std::vector<h248::PackageVersion>& packages) {
  impl_->packages.set(packages);
}

bool RemoteGateway::has_package(std::string_view package) const {
  return impl_->packages.has(package);
}

}  // namespace iq
