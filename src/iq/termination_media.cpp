#include "iq/termination_media.hpp"

#include <algorithm>

#include "iq/element_value.hpp"

namespace iq {
namespace {

Checked read_termination_state(const h248::TerminationState& state, const Packages& packages) {
  if (state.service_state && state.service_state != h248::ServiceState::in_service)
    return command_error(501, "Not Implemented: ServiceStates but InService on a termination");
  if (state.buffer) return command_error(501, "Not Implemented: EventBufferControl");
  for (const auto& property : state.properties) {
    const auto own = find_property(property.name, Place::termination_state, packages);
    if (!own) return own.error();
    return command_error(445, "Unsupported property but on ROOT: " + std::string(*own));
  }
  return base::Ok{};
}

// Kept for audits. Real descriptors have some hundred octets.
constexpr std::size_t longest_sdp = 8 * 1024;

Checked read_sdp(const std::optional<std::string>& text, std::optional<std::vector<StreamSdp>>& out) {
  if (!text) return base::Ok{};
  if (text->size() > longest_sdp) return command_error(510, "Insufficient resources: SDP of more than 8 KiB");
  auto parsed = parse_stream_sdp(*text);
  if (!parsed) return command_error(parsed.error().code, parsed.error().text);
  out = std::move(*parsed);
  return base::Ok{};
}

Checked read_stream(const h248::Stream& stream, const Packages& packages, MediaGiven& out) {
  out.stream = stream.id;
  if (stream.local_control) {
    auto control = read_local_control(*stream.local_control, packages);
    if (!control) return control.error();
    out.control = std::move(*control);
    out.local_control = stream.local_control;
  }
  if (auto read = read_sdp(stream.local, out.local); !read) return read;
  return read_sdp(stream.remote, out.remote);
}

using Given = StreamSdp::Given;

/// What can be told before anything is reserved.
Checked check_servable(const StreamSdp& sdp, const GatewayCommands::Realm& realm) {
  if (!sdp.transport) return command_error(474, "Invalid SDP syntax: Local without an m= line");
  if (sdp.setup == "holdconn") return command_error(449, "Unsupported value: a=setup:holdconn");
  const bool says_family = sdp.host_given == Given::choose || sdp.host_given == Given::any;
  if (says_family && sdp.ipv6 != realm.ipv6)
    return command_error(449, std::string("Unsupported value: c=IN ") + (sdp.ipv6 ? "IP6" : "IP4") +
                                  ", realm " + realm.name + " has the other family");
  return base::Ok{};
}

Checked choose_local(const std::vector<StreamSdp>& alternatives, const GatewayCommands::Realm& realm,
                     TerminationMedia& media) {
  if (alternatives.empty()) return command_error(441, "Missing Local Descriptor: it is empty");
  for (const auto& each : alternatives) {
    if (!check_servable(each, realm)) continue;
    media.local = each;
    return base::Ok{};
  }
  return check_servable(alternatives.front(), realm);
}

/// The alternative that fits Local best: the same transport, else the first.
void choose_remote(const std::vector<StreamSdp>& alternatives, TerminationMedia& media) {
  media.remote.reset();
  if (alternatives.empty()) return;
  const auto same = std::find_if(alternatives.begin(), alternatives.end(), [&](const StreamSdp& each) {
    return media.local && each.transport == media.local->transport;
  });
  media.remote = same == alternatives.end() ? alternatives.front() : *same;
}

std::optional<base::IpAddress> remote_ip(const TerminationMedia& media) {
  if (!media.remote || media.remote->host_given != Given::value) return std::nullopt;
  const auto ip = base::IpAddress::parse(media.remote->host);
  return ip && !ip->is_unspecified() ? ip : std::nullopt;
}

constexpr std::uint16_t discard_port = 9;  // RFC 4145 4: of who connects itself

bool has_discard_port(const TerminationMedia& media) {
  return remote_ip(media) && media.remote->port_given == Given::value && media.remote->port == discard_port;
}

Checked check_remote(const TerminationMedia& media) {
  if (!media.remote) return base::Ok{};
  const auto& remote = *media.remote;
  if (remote.host_given == Given::value && !base::IpAddress::parse(remote.host))
    return command_error(449, "Unsupported value: c= of Remote is not an address: " + remote.host);
  if (remote.transport && media.local && remote.transport != media.local->transport)
    return command_error(473, "Conflicting Property Values: Local is " +
                                  std::string(to_string(media.transport())) + ", Remote is " +
                                  std::string(to_string(*remote.transport)));
  return base::Ok{};
}

/// Who may connect; the first that applies. Nothing: nobody yet.
std::optional<std::vector<base::Network>> source_filter(const TerminationMedia& media,
                                                        const GatewayCommands::Realm& realm) {
  const std::vector<base::Network> anybody;
  std::optional<std::vector<base::Network>> remote;
  if (const auto ip = remote_ip(media)) remote.emplace(1, *ip);
  const auto& control = media.control;
  if (control.filters_source) {
    if (!*control.filters_source) return anybody;
    return control.sources.empty() ? remote : control.sources;
  }
  if (media.latch) return *media.latch == Latch::off ? remote : anybody;
  return realm.filter_source ? remote : anybody;
}

PortRange source_ports(const TerminationMedia& media) {
  if (!media.control.filters_ports) return {};
  if (media.control.ports) return *media.control.ports;
  const auto remote = remote_address(media);
  return remote ? PortRange{remote->port, remote->port} : PortRange{};
}

void add_aware(const TerminationMedia& media, const Reserved* reserved, TerminationConfig& out) {
  if (auto path = local_path(media, reserved); !path.empty()) out.local_path = std::move(path);
  if (media.remote && !media.remote->path.empty()) out.remote_path = media.remote->path;
  out.match_session_id = media.control.match_session_id;
}

}  // namespace

base::Result<MediaGiven, CommandError> read_media(const h248::MediaDescriptor& descriptor,
                                                  const Packages& packages) {
  MediaGiven out;
  if (descriptor.termination_state)
    if (auto read = read_termination_state(*descriptor.termination_state, packages); !read)
      return read.error();
  if (descriptor.streams.size() > 1)
    return command_error(501, "Not Implemented: more than one stream, Stream = " +
                                  std::to_string(descriptor.streams.back().id.value_or(0)));
  if (!descriptor.streams.empty())
    if (auto read = read_stream(descriptor.streams.front(), packages, out); !read) return read.error();
  return out;
}

Transport TerminationMedia::transport() const noexcept {
  return local && local->transport ? *local->transport : Transport::tcp;
}

Checked apply_media(const MediaGiven& given, const GatewayCommands::Realm& realm, TerminationMedia& media) {
  const bool fresh = !media.local;
  if (given.stream) {
    if (!fresh && *given.stream != media.stream)
      return command_error(501, "Not Implemented: another stream, Stream = " + std::to_string(*given.stream));
    media.stream = *given.stream;
    media.stream_named = true;
  }
  if (given.control) {
    media.control = *given.control;
    media.local_control = *given.local_control;
  }
  if (given.local)
    if (auto chosen = choose_local(*given.local, realm, media); !chosen) return chosen;
  if (!media.local) return command_error(441, "Missing Local Descriptor");
  if (given.remote) choose_remote(*given.remote, media);
  if (auto checked = check_remote(media); !checked) return checked;
  if (media.control.alg && *media.control.alg != is_aware(media.transport()))
    return command_error(
        473, "Conflicting Property Values: mgbalg/alg and " + std::string(to_string(media.transport())));
  return base::Ok{};
}

std::optional<base::Address> remote_address(const TerminationMedia& media) {
  const auto ip = remote_ip(media);
  if (!ip || media.remote->port_given != Given::value) return std::nullopt;
  const auto port = media.remote->port;
  if (port == 0 || port == discard_port) return std::nullopt;
  return base::Address{*ip, port};
}

/// What Local says; where it leaves that open, the other one of what Remote says.
Setup setup_of(const TerminationMedia& media) {
  if (media.local && media.local->setup == "active") return Setup::active;
  if (media.local && media.local->setup == "passive") return Setup::passive;
  return media.remote && media.remote->setup == "passive" ? Setup::active : Setup::passive;
}

TerminationConfig initial_config() {
  TerminationConfig out;
  out.dscp = 0;
  out.policing = Policing{};
  out.source_ports = PortRange{};
  out.silence = SilenceWatch{};
  return out;
}

TerminationConfig config_of(const TerminationMedia& media, const GatewayCommands::Realm& realm,
                            const Reserved* reserved) {
  TerminationConfig out;
  out.transport = media.transport();
  out.setup = setup_of(media);
  out.remote = remote_address(media);
  // Of a peer that connects itself it is as good as any, and takes the place of an earlier one.
  if (!out.remote && out.setup == Setup::passive && has_discard_port(media))
    out.remote = base::Address{*remote_ip(media), discard_port};
  out.source_filter = source_filter(media, realm);
  out.source_ports = source_ports(media);
  if (media.remote && is_tls(media.transport())) out.remote_fingerprints = media.remote->fingerprints;
  out.mode = media.control.mode;
  out.dscp = media.control.dscp;
  out.policing = media.control.polices ? Policing{*media.control.rate, media.control.burst} : Policing{};
  out.silence = media.silence;
  if (is_aware(media.transport())) add_aware(media, reserved, out);
  return out;
}

namespace {

template <class T>
void keep_changed(const std::optional<T>& before, const std::optional<T>& now, std::optional<T>& out) {
  if (now && now != before) out = now;
}

/// The seam has no word for that; 0.0.0.0 is nobody's address.
std::vector<base::Network> nobody() {
  return {base::Network{}};
}

}  // namespace

TerminationConfig difference(const TerminationConfig& before, const TerminationConfig& now) {
  TerminationConfig out;
  keep_changed(before.transport, now.transport, out.transport);
  keep_changed(before.setup, now.setup, out.setup);
  keep_changed(before.remote, now.remote, out.remote);
  keep_changed(before.source_filter, now.source_filter, out.source_filter);
  keep_changed(before.source_ports, now.source_ports, out.source_ports);
  keep_changed(before.remote_fingerprints, now.remote_fingerprints, out.remote_fingerprints);
  keep_changed(before.mode, now.mode, out.mode);
  keep_changed(before.dscp, now.dscp, out.dscp);
  keep_changed(before.policing, now.policing, out.policing);
  keep_changed(before.silence, now.silence, out.silence);
  keep_changed(before.local_path, now.local_path, out.local_path);
  keep_changed(before.remote_path, now.remote_path, out.remote_path);
  keep_changed(before.match_session_id, now.match_session_id, out.match_session_id);
  // Somebody could connect, now nobody shall.
  if (before.source_filter && !now.source_filter) out.source_filter = nobody();
  return out;
}

TerminationConfig whole(const TerminationConfig& now) {
  auto out = now;
  if (!out.source_filter) out.source_filter = nobody();
  return out;
}

bool says_nothing(const TerminationConfig& config) {
  return !config.transport && !config.setup && !config.remote && !config.source_filter &&
         !config.source_ports && !config.remote_fingerprints && !config.mode && !config.dscp &&
         !config.policing && !config.silence && !config.local_path && !config.remote_path &&
         !config.match_session_id;
}

}  // namespace iq
