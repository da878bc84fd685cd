#include "app/config_check.hpp"

#include <algorithm>

#include "app/config_names.hpp"

namespace app {
namespace {

using Found = std::optional<Contradiction>;

/// A chunk's head takes some hundred octets: smaller bodies are nearly all head.
constexpr std::uint64_t least_chunk = 128;

std::string realm_path(std::size_t index, std::string_view key) {
  return "realm[" + std::to_string(index) + "]." + std::string(key);
}

/// Whether sockets of both can meet on one port: the same address, or one of them is the wildcard.
bool same_place(const base::IpAddress& a, const base::IpAddress& b) {
  return a.is_v6() == b.is_v6() && (a == b || a.is_unspecified() || b.is_unspecified());
}

bool contains(const PortRange& range, std::uint16_t port) {
  return port >= range.low && port <= range.high;
}

Found check_realm(const Config::Realm& realm, std::size_t index) {
  if (realm.name.empty())
    return Contradiction{realm_path(index, "name"), "expected a name: every realm needs one"};
  if (realm.tls.cert.empty() != realm.tls.key.empty()) {
    const auto* missing = realm.tls.cert.empty() ? "tls.cert" : "tls.key";
    return Contradiction{realm_path(index, missing),
                         "expected a PEM file: cert and key come together or not at all"};
  }
  if (realm.tls.hashes.empty())
    return Contradiction{realm_path(index, "tls.hashes"), "expected at least one hash function"};
  if (realm.address.is_unspecified() && realm.advertise.empty())
    return Contradiction{realm_path(index, "advertise"),
                         "expected what SDP shall say, because address is " + realm.address.to_string()};
  if (contains(realm.ports, realm.port))
    return Contradiction{realm_path(index, "port"), "expected a port outside of " + to_string(realm.ports)};
  if (realm.max_chunk > 0 && realm.max_chunk < least_chunk)
    return Contradiction{realm_path(index, "max_chunk"),
                         "expected 0, or a number of octets, " + std::to_string(least_chunk) + " or more"};
  return std::nullopt;
}

Found check_pair(const Config& config, std::size_t before, std::size_t index) {
  const auto& a = config.realms[before];
  const auto& b = config.realms[index];
  if (a.name == b.name)
    return Contradiction{realm_path(index, "name"), "expected a name of its own, \"" + b.name +
                                                        "\" is realm[" + std::to_string(before) + "]'s"};
  if (!same_place(a.address, b.address)) return std::nullopt;
  const auto theirs = to_string(a.ports) + " of realm \"" + a.name + "\"";
  if (a.ports.low <= b.ports.high && b.ports.low <= a.ports.high)
    return Contradiction{realm_path(index, "ports"), "expected ports that do not overlap " + theirs};
  if (b.port != 0 && (b.port == a.port || contains(a.ports, b.port)))
    return Contradiction{realm_path(index, "port"),
                         "expected a port that realm \"" + a.name + "\" does not use"};
  if (contains(b.ports, a.port))
    return Contradiction{realm_path(index, "ports"), "expected ports without " + std::to_string(a.port) +
                                                         ", the shared port of realm \"" + a.name + "\""};
  return std::nullopt;
}

}  // namespace

Found find_contradiction(const Config& config) {
  for (std::size_t i = 0; i < config.realms.size(); ++i) {
    if (auto found = check_realm(config.realms[i], i)) return found;
    for (std::size_t before = 0; before < i; ++before) {
      if (auto found = check_pair(config, before, i)) return found;
    }
  }
  if (config.realms.empty()) return Contradiction{"realm", "expected at least one realm"};
  if (config.ng.listen.empty()) return Contradiction{"ng.listen", "expected at least one place to listen"};
  if (config.controller.gateways.empty())
    return Contradiction{"controller.gateways", "expected at least one gateway"};
  return std::nullopt;
}

std::vector<std::string> without_effect(const Config& config) {
  std::vector<std::string> out;
  const auto note = [&](bool is_set, std::string path) {
    if (is_set) out.push_back(std::move(path));
  };
  note(config.gateway.h248 != Config::GatewayH248{}, "gateway.h248");
  note(config.controller.h248 != Config::ControllerH248{}, "controller.h248");
  note(config.kms != Config::Kms{}, "kms");
  return out;
}

}  // namespace app
