#include "iq/termination_events.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "iq/element_value.hpp"

namespace iq {
namespace {

constexpr std::array on_termination{name::tcp_change, name::tls_change, name::cause,
                                    name::heartbeat,  name::ip_stop,    name::own_bearer};
constexpr std::array on_root{name::inactivity, name::overload, name::congestion, name::realms_changed};
// A descriptor is kept for audits: no more than the few events there are, each once or twice.
constexpr std::size_t most_events = 20, most_values = 16;
constexpr std::uint64_t longest = 1'000'000'000;  // seconds, or tens of milliseconds: base::Duration holds it

template <class Names>
bool has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

using In = const h248::ParameterValue&;
using Wanted = RequestedEvents::Wanted;

Checked read_seconds(std::string_view what, In value, std::optional<base::Duration>& out) {
  const auto number = read_number(what, value, 0, longest);
  if (!number) return number.error();
  out.reset();
  if (*number > 0) out = std::chrono::seconds(*number);
  return base::Ok{};
}

Checked read_direction(In value, const Packages& packages, SilenceWatch& out) {
  const auto choice = read_choice(name::ip_stop_direction, value, packages);
  if (!choice) return choice.error();
  using Direction = SilenceWatch::Direction;
  out.direction = *choice == "In" ? Direction::in : *choice == "Out" ? Direction::out : Direction::both;
  return base::Ok{};
}

Checked read_types(std::string_view what, In value, const Packages& packages, Wanted& out) {
  const auto texts = read_texts(what, value);
  if (!texts) return texts.error();
  for (const auto& text : *texts) {
    const auto choice = read_choice(what, {{}, {}, {{text, false}}}, packages);
    if (!choice) return choice.error();
    out.types.push_back(*choice);
  }
  return base::Ok{};
}

Checked read_parameter(std::string_view what, In value, const Packages& packages, Wanted& wanted,
                       RequestedEvents& out) {
  if (what == name::heartbeat_time) return read_seconds(what, value, out.heartbeat);
  if (what == name::ip_stop_direction) return read_direction(value, packages, out.silence);
  if (what == name::tcp_change_type || what == name::tls_change_type)
    return read_types(what, value, packages, wanted);
  if (what == name::ip_stop_time || what == name::inactivity_time) {
    std::optional<base::Duration> time;
    if (auto read = read_seconds(what, value, time); !read) return read;
    if (what == name::ip_stop_time)
      out.silence.time = time.value_or(base::Duration{0});
    else
      out.inactivity = time ? std::optional(*time / 100) : std::nullopt;  // units of 10 ms
    return base::Ok{};
  }
  // Of observed events only.
  return command_error(446, "Parameter that cannot be asked for: " + std::string(what));
}

/// Events that mean nothing without their time.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> required{
    {{name::heartbeat, name::heartbeat_time},
     {name::ip_stop, name::ip_stop_time},
     {name::inactivity, name::inactivity_time}}};

Checked check_size(const h248::EventsDescriptor& descriptor) {
  const auto is_long = [](const h248::Parameter& each) { return each.value.values.size() > most_values; };
  const auto too_large = [&](const h248::RequestedEvent& event) {
    return std::any_of(event.parameters.begin(), event.parameters.end(), is_long);
  };
  if (descriptor.events.size() > most_events ||
      std::any_of(descriptor.events.begin(), descriptor.events.end(), too_large))
    return command_error(510, "Insufficient resources: more events, or more of an event, than can be kept");
  return base::Ok{};
}

Checked read_event(const h248::RequestedEvent& event, std::string_view element, const Packages& packages,
                   RequestedEvents& out) {
  if (event.events || event.signals || event.digit_map)
    return command_error(501, "Not Implemented: what is embedded in " + std::string(element));
  Wanted wanted{element, event.stream, {}};
  std::vector<std::string_view> given;
  for (const auto& parameter : event.parameters) {
    const auto own = find_parameter(element, parameter.name, packages);
    if (!own) return own.error();
    given.push_back(*own);
    if (auto read = read_parameter(*own, parameter.value, packages, wanted, out); !read) return read;
  }
  for (const auto& [each, parameter] : required)
    if (each == element && !has(given, parameter))
      return command_error(457, "Missing parameter: " + std::string(parameter));
  out.wanted.push_back(std::move(wanted));
  return base::Ok{};
}

bool wants(const Wanted* wanted, std::string_view type) {
  return wanted && (wanted->types.empty() || has(wanted->types, type));
}

/// Parameters are written as our table, or configuration, has them.
class Teller {
 public:
  Teller(const RequestedEvents& requested, const Packages& packages)
      : requested_(requested), packages_(packages) {}

  void choice(std::string_view what, std::string_view value) {
    add(what, {packages_.written_value(what, value), false});
  }
  void text(std::string_view what, const std::string& value) {
    if (!value.empty()) add(what, {value, true});
  }
  void end(std::string_view element) {
    h248::ObservedEvent event;
    event.name = packages_.written(element);
    event.stream = requested_.find(element)->stream;
    event.parameters = std::move(parameters_);
    parameters_.clear();
    out_.push_back(std::move(event));
  }
  void bearer_change(std::string_view element, std::string_view what, std::string_view type) {
    if (!wants(requested_.find(element), type)) return;
    choice(what, type);
    end(element);
  }
  std::vector<h248::ObservedEvent> take() { return std::move(out_); }

 private:
  void add(std::string_view what, h248::Value value) {
    parameters_.push_back({packages_.written_parameter(what), {{}, {}, {std::move(value)}}});
  }

  const RequestedEvents& requested_;
  const Packages& packages_;
  std::vector<h248::Parameter> parameters_;
  std::vector<h248::ObservedEvent> out_;
};

void tell_cause(const RequestedEvents& requested, const Notification& notification, std::string_view general,
                Teller& out) {
  if (!requested.find(name::cause)) return;
  out.choice(name::general_cause, general);
  out.text(name::failure_cause, notification.cause);
  out.end(name::cause);
}

void tell_own(const Notification& notification, Teller& out) {
  out.choice(name::own_bearer_event, to_string(notification.event));
  out.choice(name::own_bearer_scope, notification.termination ? "termination" : "context");
  out.text(name::own_bearer_cause, notification.cause);
  out.text(name::own_bearer_reason, notification.reason);
  out.end(name::own_bearer);
}

void tell_standard(const RequestedEvents& requested, const Notification& notification, bool tls,
                   Teller& out) {
  const auto tcp = [&](std::string_view type) {
    out.bearer_change(name::tcp_change, name::tcp_change_type, type);
  };
  const auto tls_too = [&](std::string_view type) {
    if (tls) out.bearer_change(name::tls_change, name::tls_change_type, type);
  };
  switch (notification.event) {
    case Event::connected:
      tcp("Est");
      return tls_too("Est");
    case Event::tcp_failed:
      tcp("Fail");
      return tell_cause(requested, notification, "FT", out);
    case Event::tls_failed:
      tls_too("Fail");
      return tell_cause(requested, notification, "FP", out);
    case Event::released:
    case Event::inactive:
    case Event::timed_out:
      tcp("Rel");
      tls_too("Rel");
      return tell_cause(requested, notification, notification.event == Event::released ? "NR" : "FT", out);
    case Event::silent:
      if (requested.find(name::ip_stop)) out.end(name::ip_stop);
      return;
    case Event::refused:  // a stray one is nothing that the standard's events know, an impostor is
      if (notification.reason == refused_by_tls) tls_too("Fail");
      return;
  }
}

}  // namespace

const RequestedEvents::Wanted* RequestedEvents::find(std::string_view element) const {
  const auto found =
      std::find_if(wanted.begin(), wanted.end(), [&](const Wanted& each) { return each.element == element; });
  return found == wanted.end() ? nullptr : &*found;
}

base::Result<RequestedEvents, CommandError> read_events(const h248::EventsDescriptor& descriptor, bool root,
                                                        const Packages& packages) {
  if (auto checked = check_size(descriptor); !checked) return checked.error();
  RequestedEvents out;
  out.descriptor = descriptor;
  if (descriptor.request) out.request = descriptor.request->value;
  for (const auto& event : descriptor.events) {
    const auto element = find_element(event.name, ElementKind::event, 451, packages);
    if (!element) return element.error();
    if (root ? !has(on_root, *element) : !has(on_termination, *element))
      return command_error(512, "Unequipped to detect event: " + std::string(*element) +
                                    (root ? " on ROOT" : " on a termination"));
    if (auto read = read_event(event, *element, packages, out); !read) return read.error();
  }
  return out;
}

std::vector<h248::ObservedEvent> observed_events(const RequestedEvents& requested,
                                                 const Notification& notification, bool tls,
                                                 const Packages& packages) {
  Teller out(requested, packages);
  if (requested.find(name::own_bearer)) {
    tell_own(notification, out);
  } else {
    tell_standard(requested, notification, tls, out);
  }
  return out.take();
}

bool is_end(Event event) noexcept {
  return event == Event::released || event == Event::inactive || event == Event::timed_out;
}

bool tells_of_end(const RequestedEvents& requested) {
  const auto rel = [&](std::string_view element) { return wants(requested.find(element), "Rel"); };
  return requested.find(name::own_bearer) || requested.find(name::cause) || rel(name::tcp_change) ||
         rel(name::tls_change);
}

}  // namespace iq
