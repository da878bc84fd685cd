#include "app/reload.hpp"

#include <algorithm>

namespace app {
namespace {

void take_policy(Config::Realm& realm, const Config::Realm& fresh) {
  realm.e2ae = fresh.e2ae;
  realm.profile = fresh.profile;
  realm.path_scheme = fresh.path_scheme;
  realm.source_filter = fresh.source_filter;
  realm.tls.cert = fresh.tls.cert;
  realm.tls.key = fresh.tls.key;
}

}  // namespace

Reload plan_reload(const Config& running, const Config& fresh) {
  Reload out{running, {}, {}};
  out.config.log.level = fresh.log.level;
  out.config.ng.allow = fresh.ng.allow;
  out.config.controller.events = fresh.controller.events;
  out.config.controller.cdr = fresh.controller.cdr;
  out.config.gateway.h248.allow = fresh.gateway.h248.allow;
  out.config.gateway.h248.trace = fresh.gateway.h248.trace;
  out.config.controller.h248.allow = fresh.controller.h248.allow;
  out.config.controller.h248.trace = fresh.controller.h248.trace;
  for (auto& realm : out.config.realms) {
    const auto same_name = [&](const auto& other) { return other.name == realm.name; };
    const auto found = std::find_if(fresh.realms.begin(), fresh.realms.end(), same_name);
    if (found != fresh.realms.end()) take_policy(realm, *found);
  }
  out.applied = changed_keys(running, out.config);
  out.deferred = changed_keys(out.config, fresh);
  return out;
}

}  // namespace app
