// What the gateway tells on its own, and the termination heartbeat (H.248.36).
#include <algorithm>
#include <chrono>
#include <utility>

#include "iq/gateway_change.hpp"

namespace iq {
namespace {

constexpr base::Duration overload_pause = std::chrono::seconds(1);

/// No such context, no such termination, none that matches, not in that context: the controller does not know
/// it. Other errors only say that it could not tell.
bool is_unknown(const h248::ErrorDescriptor& error) {
  return error.code == 411 || error.code == 430 || error.code == 431 || error.code == 435;
}

h248::CommandRequest notify_command(const std::string& termination, const RequestedEvents& requested,
                                    std::vector<h248::ObservedEvent> events) {
  h248::CommandRequest out{h248::CommandName::notify, {termination}, {}, false, false};
  out.descriptors.observed_events = h248::ObservedEventsDescriptor{{requested.request}, std::move(events)};
  return out;
}

h248::CommandRequest lost_command(const std::string& termination) {
  h248::CommandRequest out{h248::CommandName::service_change, {termination}, {}, false, false};
  h248::ServiceChangeDescriptor change;
  change.method = h248::Token::forced;
  change.reason = h248::Value{"906 Loss of lower layer connectivity", true};
  out.descriptors.service_change = std::move(change);
  return out;
}

h248::ActionRequest action_of(h248::ContextId context, std::vector<h248::CommandRequest> commands) {
  return {context, {}, {}, std::move(commands)};
}

}  // namespace

void GatewayCommands::Impl::on_notification(const Notification& notification) {
  auto* context = table_.find(notification.context);
  if (!context || context->releasing) return;
  for (auto& each : context->terminations) {
    const bool meant = !notification.termination || notification.termination == each.seam;
    if (meant && notification.event == Event::connected) each.connected = true;
    if (is_end(notification.event)) each.connected = false;
  }
  if (context->owner != 0 || context->fresh) {
    context->held.push_back(notification);
  } else {
    tell(*context, notification);
  }
}

void GatewayCommands::Impl::tell_held(Context& context) {
  for (const auto& each : std::exchange(context.held, {})) tell(context, each);
}

/// What ends the whole context is told at each termination that asked for it.
void GatewayCommands::Impl::tell(Context& context, const Notification& notification) {
  std::vector<h248::CommandRequest> commands, losses;
  bool own_told = false;
  for (const auto& each : context.terminations) {
    if (notification.termination && notification.termination != each.seam) continue;
    losses.push_back(lost_command(each.id));
    const bool own = each.events.find(name::own_bearer) != nullptr;
    if (own && std::exchange(own_told, true)) continue;
    auto observed =
        observed_events(each.events, notification, is_tls(each.media.transport()), options_.packages);
    if (!observed.empty()) commands.push_back(notify_command(each.id, each.events, std::move(observed)));
  }
  if (commands.empty() && is_end(notification.event)) commands = std::move(losses);
  if (!commands.empty())
    association_.send(action_of({context.number}, std::move(commands)), [](const auto&) {});
}

void GatewayCommands::Impl::tell_overload() {
  if (!root_events_.find(name::overload)) return;
  if (overload_told_ && now_ - *overload_told_ < overload_pause) return;
  overload_told_ = now_;
  h248::ObservedEvent event;
  event.name = options_.packages.written(name::overload);
  association_.send(action_of(h248::null_context, {notify_command("ROOT", root_events_, {event})}),
                    [](const auto&) {});
}

void GatewayCommands::Impl::arm_heartbeat(Context& context, Termination& termination) {
  if (!termination.events.heartbeat) return;
  termination.beat_at = termination.last_command + *termination.events.heartbeat;
  beats_.insert({termination.beat_at, context.number, termination.seam});
}

void GatewayCommands::Impl::disarm_heartbeat(Context& context, Termination& termination) {
  beats_.erase({termination.beat_at, context.number, termination.seam});
  termination.beat_at = base::never;
}

/// Commands do not touch the timers; one that is due may have been put off by them.
void GatewayCommands::Impl::on_time(base::Time now) {
  now_ = std::max(now_, now);
  while (!beats_.empty() && std::get<0>(*beats_.begin()) <= now_) {
    const auto [at, number, seam] = *beats_.begin();
    auto* context = table_.find(number);
    auto* termination = context ? context->find(seam) : nullptr;
    if (!termination) {
      beats_.erase(beats_.begin());
      continue;
    }
    disarm_heartbeat(*context, *termination);
    if (termination->last_command + *termination->events.heartbeat <= now_) beat(*context, *termination);
    arm_heartbeat(*context, *termination);
  }
}

/// The controller says whether it knows the termination; an answer that is lost, or says neither, leaves it
/// to the next time.
void GatewayCommands::Impl::beat(Context& context, Termination& termination) {
  termination.last_command = now_;
  if (context.releasing) return;
  h248::ObservedEvent event;
  event.name = options_.packages.written(name::heartbeat);
  auto command = notify_command(termination.id, termination.events, {event});
  association_.send(action_of({context.number}, {std::move(command)}),
                    [this, alive = std::weak_ptr(alive_), number = context.number,
                     id = termination.id](const std::optional<h248::ErrorDescriptor>& refused) {
                      if (!alive.expired() && refused && is_unknown(*refused)) subtract_hanging(number, id);
                    });
}

void GatewayCommands::Impl::subtract_hanging(std::uint32_t context, const std::string& termination) {
  h248::CommandRequest subtract{h248::CommandName::subtract, {termination}, {}, false, false};
  subtract.descriptors.audit.emplace();
  execute({0, {action_of({context}, {std::move(subtract)})}}, now_, [](const auto&) {});
}

}  // namespace iq
