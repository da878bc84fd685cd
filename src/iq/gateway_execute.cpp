// One command: whom it means, and what is replied.
#include <algorithm>
#include <utility>

#include "iq/gateway_commands_impl.hpp"

namespace iq {

/// Topology, priority and emergency, and the audit of them. False where they are refused.
bool GatewayCommands::Impl::take_properties(Run& run) {
  const auto& action = run.now();
  auto& reply = run.replies.back();
  if (action.properties == h248::ContextProperties{} && !action.audit) return true;
  auto* context = run.context;
  if (!context) {
    reply.error = command_error(421, "Illegal combination: the null context has no properties");
    return false;
  }
  for (const auto& triple : action.properties.topology) {
    if (triple.direction == h248::TopologyDirection::bothway) continue;
    reply.error = command_error(501, "Not Implemented: a topology but Bothway");
    return false;
  }
  if (action.properties.priority) context->priority = *action.properties.priority;
  if (action.properties.emergency) context->emergency = true;
  if (action.commands.empty()) reply.properties = action.properties;
  if (!action.audit) return true;
  // The grammar has no reply that is empty: the priority tells that nothing else is set.
  const auto& audit = *action.audit;
  if (audit.emergency) reply.properties.emergency = context->emergency;
  if (audit.topology && context->terminations.size() == 2)
    reply.properties.topology = {{{context->terminations[0].id}, {context->terminations[1].id}}};
  if (audit.priority || reply.properties == h248::ContextProperties{})
    reply.properties.priority = context->priority;
  return true;
}

void GatewayCommands::Impl::execute_command(Run& run) {
  using Name = h248::CommandName;
  const auto& command = run.command_now();
  const auto& id = command.termination.text;
  // Its controller is gone, or has begun anew, while it was being executed.
  if (run.generation != generation_) return fail(run, id, command_error(502, "Not ready"));
  if (command.name == Name::move || command.name == Name::audit_capability)
    return fail(run, id, command_error(501, "Not Implemented"));
  if (command.name == Name::notify) return fail(run, id, command_error(443, "Unsupported Command: Notify"));
  if (!run.context) return execute_on_root(run);
  if (command.termination.is_root() && run.in_all() && command.name == Name::audit_value)
    return audit_root(run);
  if (command.termination.is_root())
    return fail(run, id, command_error(435, "Termination ID is not in specified Context: ROOT"));
  if (command.name == Name::add) return add(run);
  if (command.name == Name::modify) return modify(run);
  if (command.name == Name::subtract) return subtract(run);
  if (command.name == Name::audit_value) return audit(run);
  fail(run, id, command_error(501, "Not Implemented: ServiceChange but on ROOT"));
}

void GatewayCommands::Impl::reply(Run& run, const h248::CommandRequest& command, std::string termination,
                                  h248::Descriptors descriptors) {
  h248::CommandReply reply{command.name, {std::move(termination)}, std::move(descriptors), {}};
  const bool once = run.in_all() && command.wildcard_reply && !reply.descriptors.error;
  auto& into = once ? run.for_all : run.replies.back().commands;
  if (once && std::find(into.begin(), into.end(), reply) != into.end()) return;
  into.push_back(std::move(reply));
}

void GatewayCommands::Impl::fail(Run& run, const std::string& termination, CommandError error) {
  h248::Descriptors descriptors;
  descriptors.error = std::move(error);
  reply(run, run.command_now(), termination, std::move(descriptors));
  end_command(run, false);
}

/// What follows a command that has failed is not executed, unless that one was optional (H.248.1 8.2).
void GatewayCommands::Impl::end_command(Run& run, bool well) {
  if (!well && !run.command_now().optional) run.stopped = true;
  ++run.command;
}

base::Result<std::vector<std::size_t>, CommandError> GatewayCommands::Impl::terminations_of(
    const Run& run, const h248::CommandRequest& command) {
  const auto& id = command.termination;
  if (id.has_choose()) return command_error(410, "Incorrect identifier: " + id.text);
  if (id.has_all()) {
    auto found = run.context->matching(id.text);
    if (found.empty()) return command_error(431, "No TerminationID matched a wildcard: " + id.text);
    return found;
  }
  if (const auto found = run.context->find(id.text)) return std::vector{*found};
  if (table_.owner_of(id.text))
    return command_error(435, "Termination ID is not in specified Context: " + id.text);
  return command_error(430, "Unknown TerminationID: " + id.text);
}

bool GatewayCommands::Impl::has_none(Run& run,
                                     const base::Result<std::vector<std::size_t>, CommandError>& found) {
  if (found) {
    run.matched = true;
    for (const auto each : *found) run.context->terminations[each].last_command = now_;
    return false;
  }
  if (run.in_all() && found.error().code != 410) {
    end_command(run);
  } else {
    fail(run, run.command_now().termination.text, found.error());
  }
  return true;
}

CommandError GatewayCommands::Impl::error_of(const Error& error) {
  const auto code = [&]() -> std::uint16_t {
    switch (error.code) {
      case Errc::out_of_ports:
      case Errc::out_of_resources:
        return 510;
      case Errc::unknown_realm:
        return 449;
      case Errc::unknown_context:
        return 411;
      case Errc::unknown_termination:
        return 430;
      case Errc::bad_request:
        return 473;
      case Errc::not_supported:
        return 501;
      case Errc::unreachable:
        return 500;
    }
    return 500;
  }();
  return command_error(code, error.text);
}

/// Without an audit only what was to be chosen is replied, and the SDP (TS 29.334 5.8).
h248::Descriptors GatewayCommands::Impl::media_reply(const Termination& termination, bool with_local) const {
  h248::Descriptors out;
  const auto& media = termination.media;
  h248::Stream stream;
  if (media.stream_named) stream.id = media.stream;
  const auto chosen = [&](std::string_view name, const std::string& value) {
    if (!stream.local_control) stream.local_control.emplace();
    stream.local_control->properties.push_back({options_.packages.written(name), {{}, {}, {{value, true}}}});
  };
  if (media.control.asks_realm) chosen(name::realm, options_.realms[termination.realm].name);
  if (media.control.asks_local) chosen(name::own_local, termination.reserved.local.to_string());
  if (with_local)
    stream.local =
        print_stream_sdp(answered_local(media, options_.realms[termination.realm], termination.reserved));
  if (stream.local || stream.local_control) out.media = h248::MediaDescriptor{{}, {std::move(stream)}};
  return out;
}

}  // namespace iq
