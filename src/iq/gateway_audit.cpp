// AuditValue of terminations, and what other commands audit.
#include <algorithm>
#include <utility>

#include "iq/element_value.hpp"
#include "iq/gateway_change.hpp"
#include "iq/status_text.hpp"

namespace iq {
namespace {

using Audited = base::Result<h248::Descriptors, CommandError>;

CommandError does_not_exist(const std::string& what) {
  return command_error(532, "Audited Property, Statistic, Event or Signal does not exist: " + what);
}

/// Collects what one audit asks of one termination.
class Auditor {
 public:
  Auditor(const Termination& termination, const TerminationStatus* status,
          const GatewayCommands::Options& options, base::Time now)
      : termination_(termination), status_(status), options_(options), now_(now) {}

  Checked operator()(h248::AuditToken token) {
    switch (token) {
      case h248::AuditToken::media:
        whole_media();
        return base::Ok{};
      case h248::AuditToken::events:
        if (!termination_.events.descriptor.request) return nothing(token);
        out_.events = termination_.events.descriptor;
        return base::Ok{};
      case h248::AuditToken::statistics:
        if (!status_) return nothing(token);
        out_.statistics = h248::StatisticsDescriptor{all_statistics()};
        return base::Ok{};
      case h248::AuditToken::packages:
        out_.packages = h248::PackagesDescriptor{options_.packages.supported()};
        return base::Ok{};
      case h248::AuditToken::signals:  // all are brief
      case h248::AuditToken::observed_events:
      case h248::AuditToken::event_buffer:
      case h248::AuditToken::digit_map:
      case h248::AuditToken::mux:
      case h248::AuditToken::modem:
        return nothing(token);
    }
    return base::Ok{};
  }

  Checked operator()(const h248::AuditMedia& item) {
    if (item.of_termination) return of_termination(item);
    if (item.stream && *item.stream != termination_.media.stream)
      return does_not_exist("Stream = " + std::to_string(*item.stream));
    auto& into = control();
    const auto& from = termination_.media.local_control;
    if (const auto* token = std::get_if<h248::Token>(&item.property)) {
      if (*token == h248::Token::mode) into.mode = from.mode.value_or(h248::StreamMode::inactive);
      if (*token == h248::Token::reserved_value) into.reserved_value = from.reserved_value.value_or(false);
      if (*token == h248::Token::reserved_group) into.reserved_group = from.reserved_group.value_or(false);
      return base::Ok{};
    }
    const auto& name = std::get<h248::PackagedName>(item.property);
    const auto own = find_property(name, Place::local_control, options_.packages);
    if (!own) return does_not_exist(name.package + '/' + name.item);
    for (const auto& each : properties())
      if (options_.packages.element(each.name) == *own) into.properties.push_back(each);
    return base::Ok{};
  }

  Checked operator()(const h248::AuditEvents& item) {
    const auto& events = termination_.events.descriptor;
    for (const auto& each : events.events)
      if (base::iequals(each.name.package, item.event.package) &&
          base::iequals(each.name.item, item.event.item)) {
        if (!out_.events) out_.events = h248::EventsDescriptor{events.request, {}};
        out_.events->events.push_back(each);
        return base::Ok{};
      }
    return does_not_exist(item.event.package + '/' + item.event.item);
  }

  Checked operator()(const h248::AuditSignals&) { return nothing(h248::AuditToken::signals); }
  Checked operator()(const h248::AuditDigitMap&) { return nothing(h248::AuditToken::digit_map); }
  Checked operator()(const h248::AuditEventBuffer&) { return nothing(h248::AuditToken::event_buffer); }

  Checked operator()(const h248::AuditStatistic& item) {
    const auto own = options_.packages.element(item.name);
    if (own.empty()) return does_not_exist(item.name.package + '/' + item.name.item);
    if (!status_) return nothing(h248::AuditToken::statistics);
    for (auto& each : all_statistics())
      if (options_.packages.element(each.name) == own) {
        if (!out_.statistics) out_.statistics.emplace();
        out_.statistics->statistics.push_back(std::move(each));
        return base::Ok{};
      }
    return does_not_exist(std::string(own));
  }

  Checked operator()(const h248::PackageVersion& item) {
    for (auto& each : options_.packages.supported())
      if (base::iequals(each.name, item.name)) {
        if (!out_.packages) out_.packages.emplace();
        out_.packages->packages.push_back(std::move(each));
        return base::Ok{};
      }
    return does_not_exist("package " + item.name);
  }

  h248::Descriptors take() { return std::move(out_); }

 private:
  Checked nothing(h248::AuditToken token) {
    if (std::find(out_.empty.begin(), out_.empty.end(), token) == out_.empty.end())
      out_.empty.push_back(token);
    return base::Ok{};
  }

  h248::Stream& stream() {
    if (!out_.media) out_.media.emplace();
    if (out_.media->streams.empty()) {
      out_.media->streams.emplace_back();
      if (termination_.media.stream_named) out_.media->streams.front().id = termination_.media.stream;
    }
    return out_.media->streams.front();
  }
  h248::LocalControl& control() {
    auto& here = stream();
    if (!here.local_control) here.local_control.emplace();
    return *here.local_control;
  }

  /// As they came, and the realm.
  std::vector<h248::Property> properties() const {
    std::vector<h248::Property> out;
    const auto realm = options_.packages.written(name::realm);
    for (const auto& each : termination_.media.local_control.properties)
      if (options_.packages.element(each.name) != name::realm) out.push_back(each);
    const auto& named = options_.realms[termination_.realm].name;
    out.push_back({realm, {{}, {}, {{named, true}}}});
    return out;
  }

  void whole_media() {
    const auto& media = termination_.media;
    auto& here = stream();
    here.local_control = media.local_control;
    here.local_control->mode = media.local_control.mode.value_or(h248::StreamMode::inactive);
    here.local_control->properties = properties();
    here.local =
        print_stream_sdp(answered_local(media, options_.realms[termination_.realm], termination_.reserved));
    if (media.remote) here.remote = print_stream_sdp(*media.remote);
  }

  Checked of_termination(const h248::AuditMedia& item) {
    const auto* token = std::get_if<h248::Token>(&item.property);
    if (!token) {
      const auto& name = std::get<h248::PackagedName>(item.property);
      return does_not_exist(name.package + '/' + name.item);
    }
    if (!out_.media) out_.media.emplace();
    if (!out_.media->termination_state) out_.media->termination_state.emplace();
    auto& state = *out_.media->termination_state;
    if (*token == h248::Token::service_states) state.service_state = h248::ServiceState::in_service;
    if (*token == h248::Token::buffer) state.buffer = h248::EventBufferControl::off;
    return base::Ok{};
  }

  std::vector<h248::Statistic> all_statistics() const {
    return statistics_of(*status_, options_.packages, now_ - termination_.added);
  }

  const Termination& termination_;
  const TerminationStatus* status_;
  const GatewayCommands::Options& options_;
  base::Time now_;
  h248::Descriptors out_;
};

}  // namespace

Audited audited_termination(const Termination& termination, const h248::AuditDescriptor& audit,
                            const TerminationStatus* status, const GatewayCommands::Options& options,
                            base::Time now) {
  Auditor auditor(termination, status, options, now);
  for (const auto& item : audit.items)
    if (auto audited = std::visit(auditor, item); !audited) return audited.error();
  return auditor.take();
}

bool wants_statistics(const h248::AuditDescriptor& audit) {
  return std::any_of(audit.items.begin(), audit.items.end(), [](const h248::AuditItem& item) {
    const auto* token = std::get_if<h248::AuditToken>(&item);
    return (token && *token == h248::AuditToken::statistics) ||
           std::holds_alternative<h248::AuditStatistic>(item);
  });
}

const TerminationStatus* find_status(const std::vector<TerminationStatus>& all, TerminationId termination) {
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const TerminationStatus& each) { return each.termination == termination; });
  return found == all.end() ? nullptr : &*found;
}

void merge(h248::Descriptors& into, h248::Descriptors audited) {
  if (!audited.media) audited.media = std::move(into.media);
  into = std::move(audited);
}

void GatewayCommands::Impl::audit(Run& run) {
  const auto which = terminations_of(run, run.command_now());
  if (has_none(run, which)) return;
  const auto& descriptors = run.command_now().descriptors;
  if (!descriptors.audit || !wants_statistics(*descriptors.audit)) return audited(run, *which, nullptr);
  ask(run, {run.context->seam, {Audit{}}},
      [this, which = *which](Run& r, const Run::Answer& answer) { audited(r, which, &answer); });
}

void GatewayCommands::Impl::audited(Run& run, const std::vector<std::size_t>& which,
                                    const Run::Answer* answer) {
  const auto& command = run.command_now();
  if (answer && !*answer && answer->error().code != Errc::unknown_context)
    return fail(run, command.termination.text, error_of(answer->error()));
  const h248::AuditDescriptor nothing;
  const auto& audit = command.descriptors.audit ? *command.descriptors.audit : nothing;
  if (command.wildcard_reply && !audit.items.empty())
    return fail(run, command.termination.text,
                command_error(501, "Not Implemented: W- with what is audited"));
  for (const auto each : which) {
    const auto& termination = run.context->terminations[each];
    const auto* status = answer && *answer ? find_status((*answer)->terminations, termination.seam) : nullptr;
    auto found = audited_termination(termination, audit, status, options_, now_);
    if (!found) return fail(run, termination.id, found.error());
    if (!command.wildcard_reply) reply(run, command, termination.id, std::move(*found));
  }
  if (command.wildcard_reply) reply(run, command, command.termination.text, {});
  end_command(run);
}

}  // namespace iq
