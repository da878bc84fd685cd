#pragma once
#include <string>
#include <vector>

#include "app/config.hpp"

namespace app {

/// What SIGHUP makes of a running configuration and a new one.
struct Reload {
  Config config;  // the running one with what may change at run time taken from the new one
  std::vector<std::string> applied;   // keys that changed: "ng.allow", "realm[0].e2ae"
  std::vector<std::string> deferred;  // keys that changed in the file and need a restart
};

/// At run time may change: log.level, ng.allow, controller.events, controller.cdr, allow and trace of both
/// h248 tables and, of realms that keep their name, e2ae, profile, path_scheme, source_filter, tls.cert and
/// tls.key. Sockets, ports, shards, limits, what TLS demands of peers and the policies on messages stay as
/// they were at the start.
Reload plan_reload(const Config& running, const Config& fresh);

}  // namespace app
