// What a gateway asks of its MGC: ServiceChange and Notify, of itself and of its terminations.
#include <algorithm>
#include <utility>

#include "iq/registration.hpp"
#include "iq/remote_association.hpp"

namespace iq {
namespace {

using h248::CommandName;

constexpr std::uint8_t our_version = 2;
constexpr unsigned cancel_graceful = 918;

h248::Token method_of(const h248::ServiceChangeDescriptor& change) {
  const auto* token = change.method ? std::get_if<h248::Token>(&*change.method) : nullptr;
  return token == nullptr ? h248::Token::none : *token;
}

h248::ActionReply refused(h248::ContextId context, std::uint16_t code, std::string text) {
  return {.context = context, .error = h248::ErrorDescriptor{code, std::move(text)}};
}

bool has_root_change(const h248::TransactionRequest& request) {
  return std::any_of(request.actions.begin(), request.actions.end(),
                     [](const auto& action) { return root_change_of(action) != nullptr; });
}

}  // namespace

void RemoteAssociation::on_request(h248::TransactionRequest request, const h248::Route& from) {
  if (state_ == State::lost && !has_root_change(request)) {
    transactions_.answer(
        request.id,
        h248::ErrorDescriptor{505,
                              "Transaction Request Received before a Service Change Reply has been received"},
        shared_.now());
    return;
  }
  auto after = After::nothing;
  std::vector<h248::ActionReply> replies;
  for (const auto& action : request.actions) {
    replies.push_back(on_action(action, from, after));
    if (replies.back().error) break;
  }
  transactions_.answer(request.id, std::move(replies), shared_.now());
  transactions_.set_version(version_);
  if (after == After::realms && !audit_.running()) audit_.ask_realms();
  if (after == After::registration) begin_registration();
  if (after == After::refusal) lose(std::string(last_error_), "gateway_lost");
  if (after == After::loss) lose("the gateway went out of service", "gateway_out_of_service");
}

void RemoteAssociation::on_message_error(const h248::ErrorDescriptor& error, const h248::Route&) {
  last_error_ = to_string(error);
  shared_.log.warning("gateway_error", {{"gateway", name()}, {"error", last_error_}});
}

h248::ActionReply RemoteAssociation::on_action(const h248::ActionRequest& action, const h248::Route& from,
                                               After& after) {
  if (action.commands.empty()) return refused(action.context, 501, "Not Implemented: no commands");
  if (action.context == h248::null_context) return on_root_action(action, from, after);
  if (action.context == h248::all_contexts) return on_all_contexts(action);
  if (action.context == h248::choose_context)
    return refused(action.context, 421, "Unknown action or illegal combination of actions");
  if (!gateway_.has(action.context)) return refused(action.context, 411, "Unknown ContextID");
  return {.context = action.context, .commands = gateway_.on_commands(action.context, action.commands)};
}

/// What a whole gateway's terminations do at once; answered as one.
h248::ActionReply RemoteAssociation::on_all_contexts(const h248::ActionRequest& action) {
  h248::ActionReply out{.context = action.context};
  for (const auto& command : action.commands)
    out.commands.push_back({.name = command.name, .termination = command.termination});
  for (const auto id : gateway_.contexts()) {
    const h248::ContextId context{static_cast<std::uint32_t>(id.value)};
    if (gateway_.has(context)) gateway_.on_commands(context, action.commands);
  }
  return out;
}

h248::ActionReply RemoteAssociation::on_root_action(const h248::ActionRequest& action,
                                                    const h248::Route& from, After& after) {
  h248::ActionReply out{.context = action.context};
  for (const auto& command : action.commands) {
    const auto& said = command.descriptors;
    h248::CommandReply reply{.name = command.name, .termination = command.termination};
    if (!command.termination.is_root()) {
      reply.descriptors.error = h248::ErrorDescriptor{430, "Unknown TerminationID"};
    } else if (command.name == CommandName::service_change && said.service_change) {
      reply = on_service_change(*said.service_change, from, after);
    } else if (command.name == CommandName::notify && said.observed_events) {
      on_root_events(*said.observed_events, after);
    } else {
      reply.descriptors.error = h248::ErrorDescriptor{443, "Unsupported or Unknown Command"};
    }
    out.commands.push_back(std::move(reply));
  }
  return out;
}

h248::CommandReply RemoteAssociation::on_service_change(const h248::ServiceChangeDescriptor& change,
                                                        const h248::Route& from, After& after) {
  h248::CommandReply out{.name = CommandName::service_change, .termination = {"ROOT"}};
  if (!takes_profile(change.profile)) {
    out.descriptors.error = h248::ErrorDescriptor{461, "Unsupported or Unknown Profile"};
    last_error_ = "profile " + to_string(*change.profile) + " is not accepted";
    after = After::refusal;
    return out;
  }
  h248::ServiceChangeDescriptor reply;
  if (change.profile) reply.profile = profile_ = change.profile;
  if (change.version) {
    version_ = std::clamp(*change.version, std::uint8_t{1}, our_version);
    reply.version = version_;
  }
  if (shared_.options.wall) reply.time = time_stamp(shared_.options.wall());
  // The grammar has no empty one.
  if (reply != h248::ServiceChangeDescriptor{}) out.descriptors.service_change = std::move(reply);
  after = this->change(change, from);
  return out;
}

RemoteAssociation::After RemoteAssociation::change(const h248::ServiceChangeDescriptor& change,
                                                   const h248::Route& from) {
  const auto method = method_of(change);
  if (method == h248::Token::forced) return After::loss;
  if (method == h248::Token::graceful) {
    on_graceful(change);
    return After::nothing;
  }
  if (std::exchange(graceful_, false) && change.reason && code_of(*change.reason) == cancel_graceful) {
    graceful_end_ = base::never;
    enter(state_);
    return After::nothing;
  }
  graceful_end_ = base::never;
  take_route(change, from);
  const bool begins_anew = method == h248::Token::restart && member_ != 0;
  if (begins_anew) gateway_.lose_all("the gateway has restarted", "gateway_restarted");
  return After::registration;
}

/// No new contexts; after the delay, where it names one, it is out of service (H.248.1 7.2.8).
void RemoteAssociation::on_graceful(const h248::ServiceChangeDescriptor& change) {
  if (state_ == State::lost) return;
  graceful_ = true;
  const auto delay = change.delay.value_or(0);
  graceful_end_ = delay == 0 ? base::never : shared_.now() + std::chrono::seconds(delay);
  enter(state_);
}

/// Where our requests go: to where it sends from, unless it names another port or address (7.2.8.1.4).
void RemoteAssociation::take_route(const h248::ServiceChangeDescriptor& change, const h248::Route& from) {
  auto route = from;
  if (change.address && from.carrier == h248::Carrier::udp) {
    if (const auto* port = std::get_if<std::uint16_t>(&*change.address)) route.peer.port = *port;
    const auto* other = std::get_if<h248::MessageId>(&*change.address);
    const auto address = other == nullptr ? std::nullopt : address_of(*other);
    if (address && address->ip == from.peer.ip) route.peer = *address;
  }
  transactions_.set_route(route);
}

bool RemoteAssociation::takes_profile(const std::optional<h248::Profile>& proposed) const {
  const auto& known = shared_.options.profiles;
  if (!proposed || known.empty()) return true;
  return std::any_of(known.begin(), known.end(), [&](const std::string& text) {
    const auto profile = parse_profile(text);
    return profile && same_profile(*profile, *proposed);
  });
}

}  // namespace iq
