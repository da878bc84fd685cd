#include "iq/remote_leg.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "iq/stream_sdp.hpp"

namespace iq {
namespace {

using Given = StreamSdp::Given;

/// pathNAME has at most 64 characters; what is around a level of 40 fits.
constexpr std::size_t longest_level = 40;

Transport transport_of(const RemoteLeg& leg) {
  return leg.config.transport.value_or(Transport::tcp);
}
Setup setup_of(const RemoteLeg& leg) {
  return leg.config.setup.value_or(Setup::passive);
}

h248::StreamMode mode_of(StreamMode mode) {
  switch (mode) {
    case StreamMode::inactive:
      return h248::StreamMode::inactive;
    case StreamMode::send_only:
      return h248::StreamMode::send_only;
    case StreamMode::receive_only:
      return h248::StreamMode::receive_only;
    case StreamMode::send_receive:
      return h248::StreamMode::send_receive;
  }
  return h248::StreamMode::inactive;
}

h248::ParameterValue single(std::string value, bool quoted = false) {
  return {.values = {h248::Value{std::move(value), quoted}}};
}

template <class T>
void take(std::optional<T>& into, const std::optional<T>& from) {
  if (from) into = from;
}

/// "msrp://$:$/SESSION;tcp": host and port are the gateway's to choose.
std::string path_to_choose(const RemoteLeg& leg) {
  return (is_tls(transport_of(leg)) ? "msrps://$:$/" : "msrp://$:$/") + leg.session_id + ";tcp";
}

StreamSdp session_of(const RemoteLeg& leg) {
  StreamSdp out;
  out.transport = transport_of(leg);
  out.formats = is_aware(*out.transport) ? "*" : "-";
  return out;
}

/// Nobody may connect yet to a passive termination whose sources have not been named: its gateway must not
/// learn of an address that it would let in.
bool hides_address(const RemoteLeg& leg) {
  return setup_of(leg) == Setup::passive && !leg.config.source_filter;
}

bool touches_control(const TerminationConfig& change) {
  return change.mode || change.source_filter || change.source_ports || change.dscp || change.policing ||
         change.match_session_id;
}
bool touches_local(const TerminationConfig& change) {
  return change.transport || change.setup || change.local_path;
}
bool touches_remote(const TerminationConfig& change) {
  return change.transport || change.setup || change.remote || change.remote_fingerprints ||
         change.remote_path || change.source_filter;
}

}  // namespace

RemotePackages::RemotePackages(Packages packages) : names_(std::move(packages)) {
  for (const auto& package : all_packages())
    if (package.name != name::own_package) told_.emplace(package.name);
}

void RemotePackages::set(const std::vector<h248::PackageVersion>& told) {
  told_.clear();
  for (const auto& each : told)
    if (const auto* package = names_.package(each.name)) told_.emplace(package->name);
}

bool RemotePackages::has(std::string_view package) const {
  return told_.find(package) != told_.end() && names_.supports(package);
}

void merge(TerminationConfig& into, const TerminationConfig& from) {
  take(into.transport, from.transport);
  take(into.setup, from.setup);
  take(into.remote, from.remote);
  take(into.source_filter, from.source_filter);
  take(into.source_ports, from.source_ports);
  take(into.remote_fingerprints, from.remote_fingerprints);
  take(into.mode, from.mode);
  take(into.dscp, from.dscp);
  take(into.policing, from.policing);
  take(into.silence, from.silence);
  take(into.local_path, from.local_path);
  take(into.remote_path, from.remote_path);
  take(into.match_session_id, from.match_session_id);
}

h248::CommandRequest LegWriter::add(const RemoteLeg& leg, std::uint32_t events) const {
  h248::CommandRequest out{.name = h248::CommandName::add, .termination = choose(leg.realm)};
  h248::Stream stream{.id = 1, .local_control = local_control(leg), .local = local(leg)};
  if (packages_.has(name::own_package))
    stream.local_control->properties.push_back(property(name::own_local, "$"));
  stream.remote = remote(leg);
  out.descriptors.media.emplace().streams.push_back(std::move(stream));
  auto wanted = this->events(leg, events);
  if (wanted.request) out.descriptors.events = std::move(wanted);
  return out;
}

h248::CommandRequest LegWriter::modify(const RemoteLeg& leg, const TerminationConfig& change,
                                       std::uint32_t events) const {
  h248::CommandRequest out{.name = h248::CommandName::modify, .termination = {leg.id}};
  h248::Stream stream{.id = 1};
  if (touches_control(change)) stream.local_control = local_control(leg);
  if (touches_local(change)) stream.local = local(leg);
  if (touches_remote(change)) stream.remote = remote(leg);
  if (stream.local_control || stream.local || stream.remote)
    out.descriptors.media.emplace().streams.push_back(std::move(stream));
  if (change.silence) out.descriptors.events = this->events(leg, events);
  return out;
}

h248::SignalsDescriptor LegWriter::signal(std::string_view element) const {
  return {.items = {h248::Signal{.name = packages_.names().written(element)}}};
}

h248::LocalControl LegWriter::local_control(const RemoteLeg& leg) const {
  const auto& config = leg.config;
  h248::LocalControl out{.mode = mode_of(config.mode.value_or(StreamMode::send_receive))};
  if (packages_.has("ipdc")) out.properties.push_back(property(name::realm, leg.realm, true));
  if (packages_.has("gm")) add_source_filter(config, out.properties);
  add_traffic(config, out.properties);
  if (config.match_session_id && packages_.has(name::own_package)) {
    const auto value =
        packages_.names().written_value(name::own_match, *config.match_session_id ? "session" : "uri");
    out.properties.push_back(property(name::own_match, value));
  }
  return out;
}

/// Without a mask the filter admits the Remote's address only, and nobody while there is none.
void LegWriter::add_source_filter(const TerminationConfig& config, std::vector<h248::Property>& out) const {
  const bool anybody = config.source_filter && config.source_filter->empty();
  out.push_back(property(name::source_filter, anybody ? "OFF" : "ON"));
  if (config.source_filter && !anybody) {
    auto masks = property(name::source_mask, "");
    masks.value.values.clear();
    for (const auto& network : *config.source_filter)
      masks.value.values.push_back({network.to_string(), true});
    if (masks.value.values.size() > 1) masks.value.shape = h248::ParameterValue::Shape::all_of;
    out.push_back(std::move(masks));
  }
  if (!config.source_ports) return;
  const auto& ports = *config.source_ports;
  const bool any_port = ports == PortRange{};
  out.push_back(property(name::port_filter, any_port ? "OFF" : "ON"));
  if (!any_port)
    out.push_back(
        property(name::port_mask, std::to_string(ports.low) + "-" + std::to_string(ports.high), true));
}

void LegWriter::add_traffic(const TerminationConfig& config, std::vector<h248::Property>& out) const {
  if (config.policing && packages_.has("tman")) {
    const bool on = config.policing->octets_per_second != 0;
    out.push_back(property(name::policing, on ? "ON" : "OFF"));
    if (on) out.push_back(property(name::sustained_rate, std::to_string(config.policing->octets_per_second)));
    if (on && config.policing->burst != 0)
      out.push_back(property(name::burst, std::to_string(config.policing->burst)));
  }
  if (config.dscp && packages_.has("ds")) out.push_back(property(name::dscp, std::to_string(*config.dscp)));
}

std::string LegWriter::local(const RemoteLeg& leg) const {
  auto out = session_of(leg);
  const auto& reserved = leg.reserved;
  const bool known = reserved.local.port != 0;
  out.ipv6 = is_ipv6(leg);
  out.host_given = known ? Given::value : Given::choose;
  out.host = reserved.advertised;
  out.port = known ? reserved.local.port : leg.port;
  out.port_given = out.port == 0 ? Given::choose : Given::value;
  out.setup = setup_of(leg) == Setup::active ? "active" : "passive";
  if (is_tls(*out.transport)) {
    out.asks_fingerprint = true;
    out.asked_hashes = {"SHA-256"};
  }
  if (!is_aware(*out.transport)) return print_stream_sdp(out);
  if (leg.config.local_path) {
    out.path = *leg.config.local_path;
  } else if (!leg.session_id.empty()) {
    out.path = {path_to_choose(leg)};
  }
  return print_stream_sdp(out);
}

/// Of TLS none before the fingerprints are known: without them it would say that the peer's SDP had none.
std::optional<std::string> LegWriter::remote(const RemoteLeg& leg) const {
  const auto& config = leg.config;
  if (!config.remote && !config.remote_fingerprints && !config.remote_path) return std::nullopt;
  auto out = session_of(leg);
  if (is_tls(*out.transport) && !config.remote_fingerprints) return std::nullopt;
  out.host_given = out.port_given = Given::any;
  out.ipv6 = is_ipv6(leg);
  if (config.remote && !hides_address(leg)) {
    out.host_given = out.port_given = Given::value;
    out.ipv6 = config.remote->ip.is_v6();
    out.host = config.remote->ip.to_string();
    out.port = config.remote->port;
  }
  out.setup = setup_of(leg) == Setup::active ? "passive" : "active";
  out.fingerprints = config.remote_fingerprints.value_or(std::vector<base::Fingerprint>{});
  if (is_aware(*out.transport)) out.path = config.remote_path.value_or(std::vector<std::string>{});
  return print_stream_sdp(out);
}

h248::EventsDescriptor LegWriter::events(const RemoteLeg& leg, std::uint32_t request) const {
  h248::EventsDescriptor out;
  auto& wanted = out.events;
  if (packages_.has(name::own_package)) {
    wanted.push_back(event(name::own_bearer));
  } else {
    if (packages_.has("tcpbcc")) wanted.push_back(event(name::tcp_change));
    if (packages_.has("tlsbsc")) wanted.push_back(event(name::tls_change));
    if (packages_.has("g")) wanted.push_back(event(name::cause));
  }
  const auto beat = std::chrono::duration_cast<std::chrono::seconds>(options_.heartbeat).count();
  if (packages_.has("hangterm") && beat > 0) {
    wanted.push_back(event(name::heartbeat));
    add_parameter(wanted.back(), name::heartbeat_time, std::to_string(beat));
  }
  if (leg.config.silence && packages_.has("adid")) add_silence(*leg.config.silence, wanted);
  if (!wanted.empty()) out.request = h248::RequestId{request};
  return out;
}

void LegWriter::add_silence(const SilenceWatch& watch, std::vector<h248::RequestedEvent>& out) const {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(watch.time).count();
  if (seconds <= 0) return;
  using Direction = SilenceWatch::Direction;
  const auto* direction = watch.direction == Direction::in    ? "In"
                          : watch.direction == Direction::out ? "Out"
                                                              : "Both";
  out.push_back(event(name::ip_stop));
  add_parameter(out.back(), name::ip_stop_time, std::to_string(seconds));
  add_parameter(out.back(), name::ip_stop_direction,
                packages_.names().written_value(name::ip_stop_direction, direction));
}

bool LegWriter::is_ipv6(const RemoteLeg& leg) const {
  if (const auto shown = base::IpAddress::parse(leg.reserved.advertised)) return shown->is_v6();
  if (leg.reserved.local.port != 0) return leg.reserved.local.ip.is_v6();
  const auto& realms = options_.ipv6_realms;
  return std::find(realms.begin(), realms.end(), leg.realm) != realms.end();
}

h248::TerminationId LegWriter::choose(const std::string& realm) const {
  auto level = realm.substr(0, longest_level);
  for (auto& c : level)
    if (!base::is_alnum(c)) c = '_';
  return {options_.prefix + "/" + (level.empty() ? "" : level + "/") + "$"};
}

h248::Property LegWriter::property(std::string_view element, std::string value, bool quoted) const {
  return {packages_.names().written(element), single(std::move(value), quoted)};
}

h248::RequestedEvent LegWriter::event(std::string_view element) const {
  h248::RequestedEvent out;
  out.name = packages_.names().written(element);
  return out;
}

void LegWriter::add_parameter(h248::RequestedEvent& event, std::string_view parameter,
                              std::string value) const {
  event.parameters.push_back({packages_.names().written_parameter(parameter), single(std::move(value))});
}

}  // namespace iq
