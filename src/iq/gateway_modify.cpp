// Modify: Configure AGW Connection Point, Change Through-Connection, Establish. Those that follow each other
// in an action are one request of the seam where a context's transport moves, which it does for all or for
// none.
#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "iq/gateway_change.hpp"

namespace iq {

base::Result<GatewayCommands::Impl::Change, CommandError> GatewayCommands::Impl::prepare_change(
    Run& run, std::size_t command, std::size_t termination) {
  const auto& descriptors = run.now().commands[command].descriptors;
  auto& context = *run.context;
  const auto& now = context.terminations[termination];
  const auto& realm = options_.realms[now.realm];
  const auto given = read_amm(descriptors, options_.packages);
  if (!given) return given.error();
  if (given->media.control && given->media.control->realm.value_or(realm.name) != realm.name)
    return command_error(473, "Conflicting Property Values: the realm cannot change, it is " + realm.name);
  Change out{command, termination, now.media, {}, given->events, given->media.local.has_value(), false, {}};
  if (auto applied = apply_media(given->media, realm, out.media); !applied) return applied.error();
  if (auto checked = check_local(out.media, now.reserved); !checked) return checked.error();
  take_signals(*given, out.media);
  if (auto checked = check_signals(given->signals, out.media); !checked) return checked.error();
  out.config = config_of(out.media, realm, &now.reserved);
  auto said = now.config ? difference(*now.config, out.config) : whole(out.config);
  // Asked for anew, the watch begins anew.
  if (given->events && out.media.silence.time.count() > 0) said.silence = out.media.silence;
  if (!says_nothing(said)) out.procedures.emplace_back(Configure{now.seam, std::move(said)});
  out.restarts = given->signals.release || (given->signals.latch == Latch::relatch && now.connected);
  if (out.restarts) out.procedures.emplace_back(Restart{now.seam});
  if (given->signals.establish) out.procedures.emplace_back(Establish{now.seam});
  if (descriptors.audit && wants_statistics(*descriptors.audit)) out.procedures.emplace_back(Audit{});
  return out;
}

/// Of this Modify and those behind it, up to one that fails, or that means a termination again: what that one
/// changes is known when the earlier ones are done.
std::vector<GatewayCommands::Impl::Change> GatewayCommands::Impl::collect_changes(Run& run) {
  std::vector<Change> out;
  std::set<std::size_t> seen;
  const auto& commands = run.now().commands;
  for (auto at = run.command; at < commands.size() && commands[at].name == h248::CommandName::modify; ++at) {
    const auto which = terminations_of(run, commands[at]);
    if (!which || std::any_of(which->begin(), which->end(), [&](auto each) { return seen.contains(each); }))
      return out;
    std::vector<Change> changes;
    for (const auto each : *which) {
      auto change = prepare_change(run, at, each);
      if (!change) return out;
      seen.insert(each);
      changes.push_back(std::move(*change));
    }
    std::move(changes.begin(), changes.end(), std::back_inserter(out));
  }
  return out;
}

/// All of a context are application-aware, or none, once all of the changes are made.
bool GatewayCommands::Impl::are_uniform(const Context& context, const std::vector<Change>& changes) {
  std::vector<bool> aware;
  for (const auto& each : context.terminations) aware.push_back(is_aware(each.media.transport()));
  for (const auto& each : changes) aware[each.termination] = is_aware(each.media.transport());
  return std::adjacent_find(aware.begin(), aware.end(), std::not_equal_to<>()) == aware.end();
}

/// Whether one of them changes what the others must change with it. Anything else is asked command by
/// command, so that nothing behind one that fails is done.
bool GatewayCommands::Impl::move_together(const Context& context, const std::vector<Change>& changes) {
  return std::any_of(changes.begin(), changes.end(), [&](const Change& each) {
    const auto before = context.terminations[each.termination].media.transport();
    const auto now = each.media.transport();
    return now != before && (each.restarts || is_aware(now) != is_aware(before));
  });
}

/// What configures comes first: what restarts then finds both terminations as they shall be.
Request GatewayCommands::Impl::request_of(ContextId context, std::vector<Change>& changes) {
  Request out{context, {}};
  for (const bool configures : {true, false}) {
    for (auto& change : changes) {
      for (const auto& procedure : change.procedures) {
        if (std::holds_alternative<Configure>(procedure) != configures) continue;
        change.last_procedure = out.procedures.size();
        out.procedures.push_back(procedure);
      }
    }
  }
  return out;
}

void GatewayCommands::Impl::modify(Run& run) {
  const auto which = terminations_of(run, run.command_now());
  if (has_none(run, which)) return;
  auto changes = collect_changes(run);
  while (!changes.empty() && !are_uniform(*run.context, changes)) {
    const auto last = changes.back().command;
    std::erase_if(changes, [&](const Change& each) { return each.command == last; });
  }
  if (!move_together(*run.context, changes))
    std::erase_if(changes, [&](const Change& each) { return each.command != run.command; });
  if (changes.empty()) {
    for (const auto each : *which) {
      const auto change = prepare_change(run, run.command, each);
      if (!change) return fail(run, run.context->terminations[each].id, change.error());
      if (auto checked = check_companions(*run.context, change->media, each); !checked)
        return fail(run, run.context->terminations[each].id, checked.error());
    }
  }
  auto request = request_of(run.context->seam, changes);
  if (request.procedures.empty()) return changed(run, changes, Reply{});
  ask(run, std::move(request), [this, changes = std::move(changes)](Run& r, const Run::Answer& answer) {
    changed(r, changes, answer);
  });
}

void GatewayCommands::Impl::commit(Context& context, const Change& change) {
  auto& termination = context.terminations[change.termination];
  termination.media = change.media;
  termination.config = change.config;
  termination.last_command = now_;
  // The session-id of a path that came later is the one that goes on.
  if (change.config.local_path) termination.reserved.path = change.config.local_path->front();
  // Without awareness a restart closes the other one's connection, too.
  if (change.restarts)
    for (auto& each : context.terminations)
      if (&each == &termination || !is_aware(change.media.transport())) each.connected = false;
  if (!change.events) return;
  disarm_heartbeat(context, termination);
  termination.events = *change.events;
  arm_heartbeat(context, termination);
}

/// What came before a procedure that failed is done, and of that one and what came behind it maybe a part:
/// what the gateway holds of the request's terminations is then not known.
void GatewayCommands::Impl::changed(Run& run, const std::vector<Change>& changes, const Run::Answer& answer) {
  auto& context = *run.context;
  for (const auto& change : changes) context.terminations[change.termination].config.reset();
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto& change = changes[i];
    const auto& command = run.now().commands[change.command];
    auto& termination = context.terminations[change.termination];
    if (!answer && change.last_procedure && answer.error().procedure <= *change.last_procedure)
      return fail(run, termination.id, error_of(answer.error()));
    commit(context, change);
    if (!answer) termination.config.reset();
    const bool last = i + 1 == changes.size() || changes[i + 1].command != change.command;
    auto descriptors = media_reply(termination, change.gives_local);
    if (command.descriptors.audit) {
      const auto* status = answer ? find_status(answer->terminations, termination.seam) : nullptr;
      auto audited = audited_termination(termination, *command.descriptors.audit, status, options_, now_);
      if (!audited) return fail(run, termination.id, audited.error());
      merge(descriptors, std::move(*audited));
    }
    if (!command.wildcard_reply)
      reply(run, command, termination.id, std::move(descriptors));
    else if (last)
      reply(run, command, command.termination.text, {});
    if (last) end_command(run);
  }
}

}  // namespace iq
