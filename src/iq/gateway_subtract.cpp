// Subtract: Release AGW Termination.
#include <algorithm>
#include <utility>

#include "iq/gateway_change.hpp"

namespace iq {

void GatewayCommands::Impl::subtract(Run& run) {
  const auto which = terminations_of(run, run.command_now());
  if (has_none(run, which)) return;
  auto& context = *run.context;
  Request request{context.seam, {}};
  if (which->size() == context.terminations.size()) {
    context.releasing = true;
    request.procedures.emplace_back(Release{});
  } else {
    for (const auto each : *which) request.procedures.emplace_back(Subtract{context.terminations[each].seam});
  }
  ask(run, std::move(request),
      [this, which = *which](Run& r, const Run::Answer& answer) { subtracted(r, which, answer); });
}

/// A gateway that has forgotten what ended long ago has nothing to release; that is no error.
void GatewayCommands::Impl::subtracted(Run& run, const std::vector<std::size_t>& which,
                                       const Run::Answer& answer) {
  auto& context = *run.context;
  const auto& command = run.command_now();
  const bool forgotten = !answer && (answer.error().code == Errc::unknown_context ||
                                     answer.error().code == Errc::unknown_termination);
  if (!answer && !forgotten) {
    context.releasing = false;
    return fail(run, command.termination.text, error_of(answer.error()));
  }
  const h248::AuditDescriptor usual{{h248::AuditToken::statistics}};
  const auto& audit = command.descriptors.audit ? *command.descriptors.audit : usual;
  for (const auto each : which) {
    const auto& termination = context.terminations[each];
    const auto* status = answer ? find_status(answer->terminations, termination.seam) : nullptr;
    auto audited = audited_termination(termination, audit, status, options_, now_);
    h248::Descriptors descriptors;
    if (!audited)
      descriptors.error = audited.error();
    else
      descriptors = std::move(*audited);
    if (!command.wildcard_reply) reply(run, command, termination.id, std::move(descriptors));
  }
  if (command.wildcard_reply) reply(run, command, command.termination.text, {});
  for (auto each = which.rbegin(); each != which.rend(); ++each) {
    disarm_heartbeat(context, context.terminations[*each]);
    table_.remove(context, *each);
  }
  // An Add behind this one, in the same action, begins anew.
  if (context.terminations.empty()) {
    table_.unbind(context);
    context.releasing = false;
  }
  end_command(run);
}

}  // namespace iq
