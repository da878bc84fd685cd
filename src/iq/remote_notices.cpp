// What becomes of a gateway's contexts without a request: notifications, and losses.
#include <algorithm>
#include <utility>

#include "iq/remote_events.hpp"
#include "iq/remote_gateway_impl.hpp"

namespace iq {
namespace {

using h248::CommandName;

TerminationState state_after(Event event, TerminationState now) {
  if (event == Event::connected) return TerminationState::connected;
  if (event == Event::refused || event == Event::silent) return now;
  return TerminationState::closed;
}

}  // namespace

void RemoteGateway::Impl::lose(ContextId id, const std::string& cause, const std::string& reason) {
  const bool told = contexts.at(id).releasing;
  forget(id);
  if (!told && listener) listener({id, {}, Event::released, cause, reason});
}

void RemoteGateway::Impl::tell(Context& context, const std::vector<Notification>& notifications) {
  for (const auto& each : notifications)
    for (auto& leg : context.legs.legs)
      if (!each.termination || leg.number == each.termination) leg.state = state_after(each.event, leg.state);
  const bool over = context.releasing;
  // The listener may release the context: it is not looked at any more.
  for (const auto& each : notifications)
    if (!over && listener) listener(each);
}

h248::CommandReply RemoteGateway::Impl::on_command(ContextId id, Context& context,
                                                   const h248::CommandRequest& command) {
  h248::CommandReply out{.name = command.name, .termination = command.termination};
  const auto& said = command.descriptors;
  const auto* leg = context.legs.find(command.termination);
  if (leg == nullptr && !command.termination.has_all()) {
    out.descriptors.error = h248::ErrorDescriptor{430, "Unknown TerminationID"};
  } else if (command.name == CommandName::service_change && said.service_change) {
    tell(context, read_service_change(*said.service_change, id));
  } else if (command.name == CommandName::notify && said.observed_events && leg != nullptr) {
    tell(context, read_events(*said.observed_events, packages, id, *leg));
  } else if (command.name != CommandName::service_change && command.name != CommandName::notify) {
    out.descriptors.error = h248::ErrorDescriptor{443, "Unsupported or Unknown Command"};
  }
  return out;
}

std::vector<h248::CommandReply> RemoteGateway::on_commands(
    h248::ContextId context, const std::vector<h248::CommandRequest>& commands) {
  std::vector<h248::CommandReply> out;
  for (const auto& command : commands) {
    const auto place = impl_->contexts.find(of_seam(context));  // each may end it
    if (place != impl_->contexts.end())
      out.push_back(impl_->on_command(of_seam(context), place->second, command));
    else
      out.push_back({.name = command.name, .termination = command.termination});
  }
  return out;
}

bool RemoteGateway::has(h248::ContextId context) const {
  return impl_->contexts.contains(of_seam(context));
}

std::vector<ContextId> RemoteGateway::contexts() const {
  std::vector<ContextId> out;
  for (const auto& [id, context] : impl_->contexts) out.push_back(id);
  return out;
}

std::size_t RemoteGateway::context_count() const {
  return impl_->contexts.size();
}

bool RemoteGateway::is_beginning() const {
  return std::any_of(impl_->pending.begin(), impl_->pending.end(),
                     [](const auto& each) { return !each.second.request.context; });
}

std::vector<h248::ContextId> RemoteGateway::reconcile(const std::vector<h248::ContextId>& existing,
                                                      const std::string& cause) {
  std::vector<h248::ContextId> unknown;
  for (const auto context : existing)
    if (!impl_->contexts.contains(of_seam(context))) unknown.push_back(context);
  std::vector<ContextId> missing;
  for (const auto id : contexts())
    if (std::find(existing.begin(), existing.end(), on_wire(id)) == existing.end()) missing.push_back(id);
  for (const auto id : missing)
    if (impl_->contexts.contains(id)) impl_->lose(id, cause, "gateway_lost");
  return unknown;
}

void RemoteGateway::lose_all(const std::string& cause, const std::string& reason) {
  const auto pending = std::exchange(impl_->pending, {});
  auto lost = std::exchange(impl_->contexts, {});
  const Error error{Errc::unreachable, cause};
  for (const auto& [serial, sent] : pending) sent.done(error);
  for (auto& [id, context] : lost) {
    for (auto& each : context.waiting) each.done(error);
    if (!context.releasing && impl_->listener) impl_->listener({id, {}, Event::released, cause, reason});
  }
}

}  // namespace iq
