#include "iq/remote_events.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace iq {
namespace {

std::optional<Event> event_of(std::string_view text) {
  for (const auto event : {Event::connected, Event::tcp_failed, Event::tls_failed, Event::refused,
                           Event::released, Event::inactive, Event::timed_out, Event::silent})
    if (to_string(event) == text) return event;
  return std::nullopt;
}

/// A parameter by our own name of it, as it was written.
std::string parameter(const h248::ObservedEvent& event, const Packages& names, std::string_view wanted) {
  const auto element = names.element(event.name);
  for (const auto& each : event.parameters)
    if (names.parameter(element, each.name) == wanted) return each.value.values.front().text;
  return {};
}

/// Reads the events of one Notify one by one.
class Reader {
 public:
  Reader(const RemotePackages& packages, ContextId context, const RemoteLeg& leg)
      : packages_(packages), names_(packages.names()), context_(context), leg_(leg) {}

  void read(const h248::ObservedEvent& event) {
    const auto element = names_.element(event.name);
    if (element == name::own_bearer) return own(event);
    if (element == name::tcp_change) return change(event, name::tcp_change_type, false);
    if (element == name::tls_change) return change(event, name::tls_change_type, true);
    if (element == name::cause) return cause(event);
    if (element == name::ip_stop) tell(Event::silent);
  }
  std::vector<Notification> take() {
    if (caused_ && out_.empty()) released();
    for (auto& each : out_)
      if (each.cause.empty()) each.cause = cause_;
    return std::move(out_);
  }

 private:
  void own(const h248::ObservedEvent& event) {
    const auto what =
        event_of(names_.value(name::own_bearer_event, parameter(event, names_, name::own_bearer_event)));
    if (!what) return;
    const auto scope = names_.value(name::own_bearer_scope, parameter(event, names_, name::own_bearer_scope));
    out_.push_back({context_, scope == "context" ? TerminationId{} : leg_.number, *what,
                    parameter(event, names_, name::own_bearer_cause),
                    parameter(event, names_, name::own_bearer_reason)});
  }
  /// Where there is TLS, TCP alone is no connection yet: the TLS session's event follows.
  void change(const h248::ObservedEvent& event, std::string_view where, bool tls) {
    const auto type = names_.value(where, parameter(event, names_, where));
    const bool waits_for_tls =
        !tls && is_tls(leg_.config.transport.value_or(Transport::tcp)) && packages_.has("tlsbsc");
    if (type == "Est" && !waits_for_tls) tell(Event::connected);
    if (type == "Fail") tell(tls ? Event::tls_failed : Event::tcp_failed);
    if (type == "Rel") released();
  }
  /// Beside another event it only says why.
  void cause(const h248::ObservedEvent& event) {
    caused_ = true;
    cause_ = parameter(event, names_, name::failure_cause);
  }
  /// Told once, whether by TCP, by TLS, by a cause or by all three.
  void released() {
    const bool told =
        std::any_of(out_.begin(), out_.end(), [](const auto& each) { return each.event == Event::released; });
    if (!told) out_.push_back({context_, {}, Event::released, {}});
  }
  void tell(Event event) { out_.push_back({context_, leg_.number, event, {}}); }

  const RemotePackages& packages_;
  const Packages& names_;
  ContextId context_;
  const RemoteLeg& leg_;
  std::vector<Notification> out_;
  bool caused_ = false;
  std::string cause_;
};

}  // namespace

std::vector<Notification> read_events(const h248::ObservedEventsDescriptor& observed,
                                      const RemotePackages& packages, ContextId context,
                                      const RemoteLeg& leg) {
  Reader reader(packages, context, leg);
  for (const auto& event : observed.events) reader.read(event);
  return reader.take();
}

std::vector<Notification> read_service_change(const h248::ServiceChangeDescriptor& change,
                                              ContextId context) {
  const auto* method = change.method ? std::get_if<h248::Token>(&*change.method) : nullptr;
  if (method == nullptr || *method != h248::Token::forced) return {};
  return {{context, {}, Event::released, change.reason ? change.reason->text : ""}};
}

}  // namespace iq
