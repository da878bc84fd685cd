// Add: Reserve (and Configure) AGW Connection Point.
#include <algorithm>
#include <utility>

#include "iq/gateway_change.hpp"

namespace iq {
namespace {

constexpr std::size_t most_terminations = 2;  // of a context
constexpr std::size_t longest_id = 64;        // H.248.1 B.2

std::optional<std::size_t> realm_named(const std::vector<GatewayCommands::Realm>& realms,
                                       std::string_view name) {
  for (std::size_t i = 0; i < realms.size(); ++i)
    if (realms[i].name == name) return i;
  return std::nullopt;
}

bool has_empty_level(std::string_view id) {
  return id.empty() || id.front() == '/' || id.back() == '/' || id.find("//") != id.npos;
}

}  // namespace

base::Result<AmmGiven, CommandError> read_amm(const h248::Descriptors& descriptors,
                                              const Packages& packages) {
  const std::pair<bool, const char*> refused[] = {{descriptors.modem.has_value(), "Modem"},
                                                  {descriptors.mux.has_value(), "Mux"},
                                                  {descriptors.digit_map.has_value(), "DigitMap"},
                                                  {descriptors.event_buffer.has_value(), "EventBuffer"}};
  for (const auto& [given, what] : refused)
    if (given) return command_error(444, std::string("Unsupported Descriptor: ") + what);
  AmmGiven out;
  if (descriptors.media) {
    auto media = read_media(*descriptors.media, packages);
    if (!media) return media.error();
    out.media = std::move(*media);
  }
  if (descriptors.events) {
    auto events = read_events(*descriptors.events, false, packages);
    if (!events) return events.error();
    out.events = std::move(*events);
  }
  if (descriptors.signals) {
    auto signals = read_signals(*descriptors.signals, packages);
    if (!signals) return signals.error();
    out.signals = *signals;
  }
  return out;
}

void take_signals(const AmmGiven& given, TerminationMedia& media) {
  if (given.signals.latch) media.latch = given.signals.latch;
  if (given.events) media.silence = given.events->silence;
}

Checked check_signals(const SignalsGiven& signals, const TerminationMedia& media) {
  if (signals.of_tls && !is_tls(media.transport()))
    return command_error(
        473, "Conflicting Property Values: a signal of TLS on " + std::string(to_string(media.transport())));
  if (!signals.establish) return base::Ok{};
  if (setup_of(media) != Setup::active)
    return command_error(473, "Conflicting Property Values: a=setup is passive, nothing can be established");
  if (!remote_address(media))
    return command_error(441, "Missing Remote Descriptor: nowhere to establish a connection to");
  return base::Ok{};
}

/// The realm and the id: ipdc/realm, else the interface's level, else the first realm.
Checked GatewayCommands::Impl::place(const h248::TerminationId& id, const std::optional<std::string>& realm,
                                     Termination& out) {
  if (id.has_all() || has_empty_level(id.text)) return command_error(410, "Incorrect identifier: " + id.text);
  if (options_.realms.empty()) return command_error(510, "Insufficient resources: no realm");
  if (realm) {
    const auto named = realm_named(options_.realms, *realm);
    if (!named) return command_error(449, "Unsupported value: no realm " + *realm);
    out.realm = *named;
  } else {
    for (std::size_t i = options_.realms.size(); i-- > 0;)
      if (base::iequals(level_of(options_.realms[i].name), interface_of(id.text))) out.realm = i;
  }
  const auto& name = options_.realms[out.realm].name;
  const bool numbered = choose_id(id.text, name, 1) != choose_id(id.text, name, 2);
  do out.id = choose_id(id.text, name, ++last_termination_);
  while (numbered && table_.owner_of(out.id));
  if (out.id.find('$') != out.id.npos || out.id.size() > longest_id)
    return command_error(410, "Incorrect identifier: " + id.text);
  if (table_.owner_of(out.id)) return command_error(433, "TerminationID is already in a Context: " + out.id);
  return base::Ok{};
}

/// All of a context are application-aware, or none.
Checked GatewayCommands::Impl::check_companions(const Context& context, const TerminationMedia& media,
                                                std::optional<std::size_t> but) {
  for (std::size_t i = 0; i < context.terminations.size(); ++i)
    if (i != but && is_aware(context.terminations[i].media.transport()) != is_aware(media.transport()))
      return command_error(473, "Conflicting Property Values: " + std::string(to_string(media.transport())) +
                                    " beside " +
                                    std::string(to_string(context.terminations[i].media.transport())));
  return base::Ok{};
}

base::Result<GatewayCommands::Impl::Addition, CommandError> GatewayCommands::Impl::prepare_add(
    const Run& run) {
  const auto& command = run.command_now();
  const auto& context = *run.context;
  if (context.terminations.size() >= most_terminations)
    return command_error(434, "Max number of Terminations in a Context exceeded");
  const auto given = read_amm(command.descriptors, options_.packages);
  if (!given) return given.error();
  Addition out{command, {}, {context.seam, {}}, given->signals.establish};
  auto& termination = out.termination;
  const auto realm = given->media.control ? given->media.control->realm : std::nullopt;
  if (auto placed = place(command.termination, realm, termination); !placed) return placed.error();
  auto& media = termination.media;
  const auto& in = options_.realms[termination.realm];
  if (auto applied = apply_media(given->media, in, media); !applied) return applied.error();
  if (auto checked = check_companions(context, media, {}); !checked) return checked.error();
  take_signals(*given, media);
  if (auto checked = check_signals(given->signals, media); !checked) return checked.error();
  if (given->events) termination.events = *given->events;
  Reserve reserve{in.name, difference(initial_config(), config_of(media, in, nullptr)),
                  session_id_of(media, random_)};
  if (media.local->port_given == StreamSdp::Given::value) reserve.port = media.local->port;
  out.request.procedures.emplace_back(std::move(reserve));
  // The gateway numbers them in order, so the number is known before it is given.
  if (out.establishes) out.request.procedures.emplace_back(Establish{TerminationId{context.reserved + 1}});
  return out;
}

void GatewayCommands::Impl::add(Run& run) {
  auto addition = prepare_add(run);
  if (!addition) return fail(run, run.command_now().termination.text, addition.error());
  auto request = addition->request;
  ask(run, std::move(request), [this, addition = std::move(*addition)](Run& r, const Run::Answer& answer) {
    added(r, addition, answer);
  });
}

void GatewayCommands::Impl::added(Run& run, const Addition& addition, const Run::Answer& answer) {
  auto& context = *run.context;
  if (!answer) {
    const auto error = error_of(answer.error());
    if (error.code == 510) tell_overload();
    // A context that was there before keeps what came before the failure.
    if (context.seam && answer.error().procedure > 0)
      return undo_add(run, context.seam, TerminationId{++context.reserved}, error);
    return fail(run, addition.command.termination.text, error);
  }
  ++context.reserved;
  auto termination = addition.termination;
  termination.reserved = answer->reserved.front();
  termination.seam = termination.reserved.termination;
  if (auto checked = check_local(termination.media, termination.reserved); !checked)
    return undo_add(run, answer->context, termination.seam, checked.error());
  termination.config =
      config_of(termination.media, options_.realms[termination.realm], &termination.reserved);
  termination.added = termination.last_command = now_;
  if (!context.seam) table_.bind(context, answer->context);
  auto& stored = table_.add(context, std::move(termination));
  arm_heartbeat(context, stored);
  auto descriptors = media_reply(stored, true);
  if (const auto& audit = addition.command.descriptors.audit) {
    auto audited = audited_termination(stored, *audit, nullptr, options_, now_);
    if (!audited)
      descriptors.error = audited.error();
    else
      merge(descriptors, std::move(*audited));
  }
  reply(run, addition.command, stored.id, std::move(descriptors));
  end_command(run);
}

/// What was reserved is not what was asked for.
void GatewayCommands::Impl::undo_add(Run& run, ContextId seam, TerminationId termination,
                                     CommandError error) {
  Request request{seam, {}};
  if (run.context->terminations.empty())
    request.procedures.emplace_back(Release{});
  else
    request.procedures.emplace_back(Subtract{termination});
  ask(run, std::move(request), [this, error = std::move(error)](Run& r, const Run::Answer&) {
    fail(r, r.command_now().termination.text, error);
  });
}

}  // namespace iq
