#include "app/compose.hpp"

namespace app {
namespace {

gateway::RealmOptions realm_options(const Config::Realm& realm, const crypto::Identity& identity,
                                    const std::function<void(std::string_view)>& keylog) {
  return {.name = realm.name,
          .address = realm.address,
          .advertise = realm.advertise,
          .port_low = realm.ports.low,
          .port_high = realm.ports.high,
          .identity = identity,
          .tls = {.min_version = realm.tls.min_version,
                  .hashes = realm.tls.hashes,
                  .require_fingerprint = realm.tls.require_fingerprint,
                  .keylog = keylog},
          .shared_port = realm.port,
          .max_chunk = realm.max_chunk,
          .max_message = realm.max_message,
          .accept_types = realm.accept_types,
          .message_rate = realm.message_rate,
          .octet_rate = realm.octet_rate};
}

}  // namespace

base::Result<crypto::Identity, std::string> make_identity(const Config::Realm& realm) {
  if (realm.tls.cert.empty()) return crypto::Identity::self_signed("postern");
  return crypto::Identity::load(realm.tls.cert, realm.tls.key);
}

gateway::Options gateway_options(const Config& config, const std::vector<crypto::Identity>& identities,
                                 const std::function<void(std::string_view)>& keylog) {
  gateway::Options out;
  out.shards = config.gateway.shards;
  for (std::size_t i = 0; i < config.realms.size(); ++i)
    out.realms.push_back(realm_options(config.realms[i], identities.at(i), keylog));
  out.limits.candidates = config.limits.candidates;
  out.limits.early_octets = config.limits.early_octets;
  out.limits.max_contexts = config.limits.max_sessions;
  const auto& timers = config.timers;
  out.times.connect = timers.connect;
  out.times.candidate = timers.candidate;
  out.times.tcp_connect = timers.tcp_connect;
  out.times.half_close = timers.half_close;
  out.times.drain = timers.drain;
  out.times.inactivity = timers.inactivity;
  out.times.ended = timers.ended;
  out.keep_alive.idle = std::chrono::seconds(timers.keepalive_idle);
  out.keep_alive.interval = std::chrono::seconds(timers.keepalive_interval);
  out.keep_alive.probes = static_cast<int>(timers.keepalive_probes);
  out.keep_alive.user_timeout = timers.user_timeout;
  return out;
}

std::vector<controller::RealmPolicy> realm_policies(const Config& config) {
  std::vector<controller::RealmPolicy> out;
  out.reserve(config.realms.size());
  for (const auto& realm : config.realms)
    out.push_back({.name = realm.name,
                   .e2ae = realm.e2ae,
                   .profile = realm.profile,
                   .filter_source = realm.source_filter == SourceFilter::address,
                   .require_fingerprint = realm.tls.require_fingerprint,
                   .hashes = realm.tls.hashes,
                   .path_scheme = realm.path_scheme,
                   .accept_types = realm.accept_types,
                   .max_message = realm.max_message});
  return out;
}

controller::Options controller_options(const Config& config, std::size_t max_contexts) {
  controller::Options out;
  out.realms = realm_policies(config);
  out.offer_timeout = config.timers.offer_unanswered;
  out.ended_linger = config.timers.ended;
  if (max_contexts > 0) out.max_calls = max_contexts;
  if (config.limits.max_sessions > 0) out.max_calls = config.limits.max_sessions;
  return out;
}

}  // namespace app
