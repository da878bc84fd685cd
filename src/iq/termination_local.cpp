// What Local asks the gateway to choose, and what it has chosen.
#include <algorithm>

#include "base/text.hpp"
#include "iq/termination_media.hpp"

namespace iq {
namespace {

using Given = StreamSdp::Given;

/// One URI with "$" as host or port: "msrp(s)://$:$/SESSION;tcp".
struct PathRequest {
  std::string host;  // empty: to be chosen
  std::string session;
};
std::optional<PathRequest> path_request(const std::vector<std::string>& path) {
  if (path.size() != 1) return std::nullopt;
  std::string_view uri = path.front();
  const auto scheme = uri.find("://");
  if (scheme == uri.npos) return std::nullopt;
  uri.remove_prefix(scheme + 3);
  const auto authority = base::take_until(uri, '/');
  const auto colon = authority.rfind(':');
  auto host = authority.substr(0, colon);
  const auto port = colon == authority.npos ? std::string_view{} : authority.substr(colon + 1);
  if (host != "$" && port != "$") return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return PathRequest{host == "$" ? std::string{} : std::string(host),
                     std::string(uri.substr(0, uri.find(';')))};
}

bool has_choose(const std::vector<std::string>& path) {
  return std::any_of(path.begin(), path.end(), [](const std::string& uri) {
    std::string_view authority = uri;
    authority.remove_prefix(std::min(uri.size(), uri.find("://") == uri.npos ? 0 : uri.find("://") + 3));
    return authority.substr(0, authority.find('/')).find('$') != std::string_view::npos;
  });
}

/// The path that the gateway has, with a session-id that may be another one.
std::string path_of(Transport transport, const Reserved& reserved, std::string_view session) {
  const auto& host = reserved.advertised;
  const bool bare_v6 = host.find(':') != host.npos && !host.starts_with('[');
  return (is_tls(transport) ? "msrps://" : "msrp://") + (bare_v6 ? '[' + host + ']' : host) + ':' +
         std::to_string(reserved.local.port) + '/' + std::string(session) + ";tcp";
}

/// Session-id of a path of ours.
std::string session_of(std::string_view path) {
  const auto scheme = path.find("://");
  if (scheme == path.npos) return {};
  path.remove_prefix(scheme + 3);
  base::take_until(path, '/');
  return std::string(path.substr(0, path.find(';')));
}

bool is_ours(std::string_view host, const Reserved& reserved) {
  if (base::iequals(host, reserved.advertised)) return true;
  const auto ip = base::IpAddress::parse(host);
  return ip && (*ip == reserved.local.ip || ip == base::IpAddress::parse(reserved.advertised));
}

/// The fingerprint by the first of the asked hashes that we have; the default one where none is named.
const base::Fingerprint* chosen_fingerprint(const StreamSdp& local, const Reserved& reserved) {
  if (reserved.fingerprints.empty()) return nullptr;
  if (local.asked_hashes.empty()) return &reserved.fingerprints.front();
  for (const auto& hash : local.asked_hashes)
    for (const auto& each : reserved.fingerprints)
      if (each.hash_func == hash) return &each;
  return nullptr;
}

}  // namespace

std::vector<std::string> local_path(const TerminationMedia& media, const Reserved* reserved) {
  const auto& asked = media.local->path;
  const auto request = path_request(asked);
  if (!asked.empty() && !request) return asked;
  if (!reserved) return {};
  const auto session = request && !request->session.empty() ? request->session : session_of(reserved->path);
  if (session.empty()) return {};
  return {path_of(media.transport(), *reserved, session)};
}

std::string session_id_of(const TerminationMedia& media, base::Random& random) {
  if (!is_aware(media.transport())) return {};
  const auto request = path_request(media.local->path);
  if (!request && !media.local->path.empty()) return {};
  return request && !request->session.empty() ? request->session : base::random_token(random, 20);
}

Checked check_local(const TerminationMedia& media, const Reserved& reserved) {
  const auto& local = *media.local;
  if (local.host_given == Given::value && !is_ours(local.host, reserved))
    return command_error(449, "Unsupported value: c= of Local is none of our addresses: " + local.host);
  if (local.port_given == Given::value && local.port != 0 && local.port != reserved.local.port)
    return command_error(449,
                         "Unsupported value: the port of Local is not ours: " + std::to_string(local.port));
  if (is_tls(media.transport()) && local.asks_fingerprint && !chosen_fingerprint(local, reserved))
    return command_error(449, "Unsupported value: no fingerprint by the hash function that was asked for");
  const auto request = is_aware(media.transport()) ? path_request(local.path) : std::nullopt;
  if (request && !request->host.empty() && !is_ours(request->host, reserved))
    return command_error(449, "Unsupported value: a=path with none of our addresses: " + request->host);
  if (is_aware(media.transport()) && !request && has_choose(local.path))
    return command_error(449, "Unsupported value: a=path with \"$\" in more than one URI");
  return base::Ok{};
}

StreamSdp answered_local(const TerminationMedia& media, const GatewayCommands::Realm& realm,
                         const Reserved& reserved) {
  StreamSdp out;
  const auto advertised = base::IpAddress::parse(reserved.advertised);
  out.host_given = out.port_given = Given::value;
  out.ipv6 = advertised ? advertised->is_v6() : realm.ipv6;
  out.host = reserved.advertised;
  out.port = reserved.local.port;
  out.transport = media.transport();
  out.media = media.local->media;
  out.formats = media.local->formats;
  if (media.local->setup) out.setup = setup_of(media) == Setup::active ? "active" : "passive";
  const auto* fingerprint = is_tls(media.transport()) ? chosen_fingerprint(*media.local, reserved) : nullptr;
  if (fingerprint) out.fingerprints.push_back(*fingerprint);
  if (is_aware(media.transport())) out.path = local_path(media, &reserved);
  return out;
}

}  // namespace iq
