// Commands on ROOT: heartbeat, packages, the gateway's own properties and events, and what concerns the
// association.
#include <array>
#include <chrono>
#include <utility>

#include "iq/element_value.hpp"
#include "iq/gateway_change.hpp"

namespace iq {
namespace {

using std::chrono::milliseconds;
using Timers = h248::TransactionTimers;

/// Settable properties of package root, and which timer of ours each of them is.
struct RootNumber {
  std::string_view name;
  std::uint64_t low, high;
  std::uint64_t (*get)(const Timers&);
  void (*set)(Timers&, std::uint64_t);
};
constexpr std::uint64_t shortest = 1, longest = 600'000;  // milliseconds

template <base::Duration Timers::* member>
constexpr RootNumber timer(std::string_view name) {
  return {
      name, shortest, longest,
      [](const Timers& timers) {
        return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(timers.*member).count());
      },
      [](Timers& timers, std::uint64_t value) { timers.*member = milliseconds(value); }};
}
constexpr RootNumber pending_limit(std::string_view name) {
  return {name, 1, 10'000, [](const Timers& timers) { return std::uint64_t{timers.pending_limit}; },
          [](Timers& timers, std::uint64_t value) { timers.pending_limit = static_cast<unsigned>(value); }};
}
constexpr std::array<RootNumber, 5> numbers{{
    timer<&Timers::first_retransmission>("root/normalMGCExecutionTime"),
    timer<&Timers::provisional>("root/MGProvisionalResponseTimerValue"),
    timer<&Timers::peer_execution>("root/MGCProvisionalResponseTimerValue"),
    pending_limit("root/MGOriginatedPendingLimit"),
    pending_limit("root/MGCOriginatedPendingLimit"),
}};
// What the controller is to expect of us; it changes nothing here, and is told as it was set.
constexpr RootNumber execution{"root/normalMGExecutionTime", shortest, longest, nullptr, nullptr};
constexpr std::uint64_t usual_execution = 100;  // milliseconds
constexpr std::string_view most_contexts = "root/maxNumberOfContexts",
                           most_terminations = "root/maxTerminationsPerContext";

const RootNumber* find_number(std::string_view name) {
  if (name == execution.name) return &execution;
  for (const auto& each : numbers)
    if (each.name == name) return &each;
  return nullptr;
}

}  // namespace

void GatewayCommands::Impl::execute_on_root(Run& run) {
  using Name = h248::CommandName;
  const auto& command = run.command_now();
  const auto& id = command.termination;
  if (!id.is_root()) {
    if (command.name == Name::add)
      return fail(run, id.text, command_error(421, "Illegal combination: Add to the null context"));
    if (id.has_choose()) return fail(run, id.text, command_error(410, "Incorrect identifier: " + id.text));
    if (id.has_all()) return fail(run, id.text, command_error(431, "No TerminationID matched a wildcard"));
    const bool elsewhere = table_.owner_of(id.text);
    return fail(run, id.text,
                elsewhere ? command_error(435, "Termination ID is not in specified Context: " + id.text)
                          : command_error(430, "Unknown TerminationID: " + id.text));
  }
  if (command.name == Name::audit_value) return audit_root(run);
  if (command.name == Name::modify) return modify_root(run);
  if (command.name == Name::service_change) return change_service(run);
  fail(run, id.text, command_error(542, "Command is not allowed on this termination: ROOT"));
}

void GatewayCommands::Impl::change_service(Run& run) {
  const auto& command = run.command_now();
  if (!command.descriptors.service_change)
    return fail(run, command.termination.text, command_error(472, "Required Information Missing: Services"));
  auto answer = association_.on_service_change(*command.descriptors.service_change);
  if (!answer) return fail(run, command.termination.text, answer.error());
  h248::Descriptors descriptors;
  if (*answer != h248::ServiceChangeDescriptor{}) descriptors.service_change = std::move(*answer);
  reply(run, command, command.termination.text, std::move(descriptors));
  end_command(run);
}

namespace {

struct RootChange {
  std::vector<std::pair<const RootNumber*, std::uint64_t>> numbers;
  std::optional<RequestedEvents> events;
};

Checked read_root_property(const h248::Property& property, const Packages& packages, RootChange& out) {
  const auto own = find_property(property.name, Place::termination_state, packages);
  if (!own) return own.error();
  const auto* number = find_number(*own);
  if (!number) return command_error(534, "Illegal write: " + std::string(*own));
  const auto value = read_number(*own, property.value, number->low, number->high);
  if (!value) return value.error();
  for (const auto& [each, earlier] : out.numbers)
    if (each == number) return command_error(456, "Property appears twice: " + std::string(*own));
  out.numbers.emplace_back(number, *value);
  return base::Ok{};
}

base::Result<RootChange, CommandError> read_root(const h248::Descriptors& descriptors,
                                                 const Packages& packages) {
  RootChange out;
  if (descriptors.signals && !descriptors.signals->items.empty())
    return command_error(513, "Unequipped to generate signals on ROOT");
  if (descriptors.modem || descriptors.mux || descriptors.digit_map || descriptors.event_buffer)
    return command_error(444, "Unsupported Descriptor on ROOT");
  if (descriptors.media && !descriptors.media->streams.empty())
    return command_error(447, "Descriptor not legal in this command: Stream of ROOT");
  if (descriptors.media && descriptors.media->termination_state) {
    const auto& state = *descriptors.media->termination_state;
    if (state.service_state) return command_error(534, "Illegal write: ServiceStates of ROOT");
    if (state.buffer) return command_error(501, "Not Implemented: EventBufferControl");
    for (const auto& property : state.properties)
      if (auto read = read_root_property(property, packages, out); !read) return read.error();
  }
  if (!descriptors.events) return out;
  auto events = read_events(*descriptors.events, true, packages);
  if (!events) return events.error();
  out.events = std::move(*events);
  return out;
}

}  // namespace

void GatewayCommands::Impl::modify_root(Run& run) {
  const auto& command = run.command_now();
  auto change = read_root(command.descriptors, options_.packages);
  if (!change) return fail(run, command.termination.text, change.error());
  for (const auto& [number, value] : change->numbers) {
    if (number->set)
      number->set(association_.timers(), value);
    else
      root_numbers_[std::string(number->name)] = value;
  }
  if (change->events) {
    root_events_ = std::move(*change->events);
    association_.on_inactivity_event(root_events_.inactivity, root_events_.request);
  }
  reply(run, command, command.termination.text, {});
  end_command(run);
}

namespace {

/// Everything of ROOT's TerminationState, by our own names.
class RootState {
 public:
  RootState(const GatewayCommands::Options& options, const Timers& timers, std::uint64_t execution_time)
      : options_(options), timers_(timers), execution_time_(execution_time) {}

  std::optional<h248::Property> property(std::string_view name) const {
    if (name == name::realms_available) return realms();
    const auto value = number(name);
    if (!value) return std::nullopt;
    return h248::Property{options_.packages.written(name), {{}, {}, {{std::to_string(*value), false}}}};
  }
  std::vector<h248::Property> all() const {
    std::vector<h248::Property> out;
    for (const auto name : {most_contexts, most_terminations, execution.name}) add(name, out);
    for (const auto& each : numbers) add(each.name, out);
    add(name::realms_available, out);
    return out;
  }

 private:
  void add(std::string_view name, std::vector<h248::Property>& out) const {
    if (!options_.packages.supports(name.substr(0, name.find('/')))) return;
    if (auto found = property(name)) out.push_back(std::move(*found));
  }
  std::optional<std::uint64_t> number(std::string_view name) const {
    if (name == most_contexts) return options_.max_contexts;
    if (name == most_terminations) return 2;
    if (name == execution.name) return execution_time_;
    const auto* found = find_number(name);
    return found ? std::optional(found->get(timers_)) : std::nullopt;
  }
  std::optional<h248::Property> realms() const {
    h248::ParameterValue value;
    for (const auto& realm : options_.realms) value.values.push_back({realm.name, true});
    if (value.values.empty()) return std::nullopt;
    if (value.values.size() > 1) value.shape = h248::ParameterValue::Shape::all_of;
    return h248::Property{options_.packages.written(name::realms_available), std::move(value)};
  }

  const GatewayCommands::Options& options_;
  const Timers& timers_;
  std::uint64_t execution_time_;
};

/// One item of an audit of ROOT; false: there is no such thing.
class RootAuditor {
 public:
  RootAuditor(const RootState& state, const Packages& packages, const RequestedEvents& events,
              bool in_service)
      : state_(state), packages_(packages), events_(events), in_service_(in_service) {}

  bool operator()(h248::AuditToken token) {
    if (token == h248::AuditToken::media) {
      termination_state().service_state = service_state();
      termination_state().properties = state_.all();
    } else if (token == h248::AuditToken::packages) {
      out_.packages = h248::PackagesDescriptor{packages_.supported()};
    } else if (token == h248::AuditToken::events && events_.descriptor.request) {
      out_.events = events_.descriptor;
    } else {
      out_.empty.push_back(token);
    }
    return true;
  }
  bool operator()(const h248::AuditMedia& item) {
    if (!item.of_termination) return false;
    if (const auto* token = std::get_if<h248::Token>(&item.property)) {
      if (*token == h248::Token::service_states) termination_state().service_state = service_state();
      if (*token == h248::Token::buffer) termination_state().buffer = h248::EventBufferControl::off;
      return true;
    }
    auto found = state_.property(packages_.element(std::get<h248::PackagedName>(item.property)));
    if (found) termination_state().properties.push_back(std::move(*found));
    return found.has_value();
  }
  bool operator()(const h248::PackageVersion& item) {
    for (auto& each : packages_.supported())
      if (base::iequals(each.name, item.name)) {
        if (!out_.packages) out_.packages.emplace();
        out_.packages->packages.push_back(std::move(each));
        return true;
      }
    return false;
  }
  template <class Other>
  bool operator()(const Other&) {
    return false;
  }
  h248::Descriptors take() { return std::move(out_); }

 private:
  h248::ServiceState service_state() const {
    return in_service_ ? h248::ServiceState::in_service : h248::ServiceState::out_of_service;
  }
  h248::TerminationState& termination_state() {
    if (!out_.media) out_.media.emplace();
    if (!out_.media->termination_state) out_.media->termination_state.emplace();
    return *out_.media->termination_state;
  }

  const RootState& state_;
  const Packages& packages_;
  const RequestedEvents& events_;
  bool in_service_;
  h248::Descriptors out_;
};

}  // namespace

/// In Context = * it is a list of the contexts (H.248.1 7.2.5).
void GatewayCommands::Impl::audit_root(Run& run) {
  const auto& command = run.command_now();
  run.matched = true;
  h248::Descriptors descriptors;
  if (!run.context && command.descriptors.audit) {
    const auto kept = root_numbers_.find(std::string(execution.name));
    const RootState state(options_, association_.timers(),
                          kept == root_numbers_.end() ? usual_execution : kept->second);
    RootAuditor auditor(state, options_.packages, root_events_, association_.in_service());
    for (const auto& item : command.descriptors.audit->items)
      if (!std::visit(auditor, item))
        return fail(
            run, command.termination.text,
            command_error(532, "Audited Property, Statistic, Event or Signal does not exist on ROOT"));
    descriptors = auditor.take();
  }
  reply(run, command, command.termination.text, std::move(descriptors));
  end_command(run);
}

}  // namespace iq
