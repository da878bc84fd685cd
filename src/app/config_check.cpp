#include "app/config_check.hpp"

#include <algorithm>

#include "app/config_names.hpp"
#include "iq/packages.hpp"
#include "iq/registration.hpp"

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

/// A socket of one IP version reaches no controller of the other.
Found check_gateway_end(const GatewayH248& h248) {
  const auto bind = base::Address::parse(h248.bind);
  for (std::size_t i = 0; bind && i < h248.mgc.size(); ++i) {
    if (const auto place = parse_h248_place(h248.mgc[i]);
        place && place->address.ip.is_v6() != bind->ip.is_v6())
      return Contradiction{"gateway.h248.bind", "expected an address of the IP version of mgc[" +
                                                    std::to_string(i) + "], \"" + h248.mgc[i] + "\""};
  }
  return std::nullopt;
}

std::string pooled_path(std::size_t index, std::string_view key) {
  return "controller.h248.gateway[" + std::to_string(index) + "]." + std::string(key);
}

Found check_pooled(const Config& config, std::size_t index) {
  const auto& gateways = config.controller.h248.gateways;
  const auto id = iq::parse_message_id(gateways[index].mid);
  if (!id) return Contradiction{pooled_path(index, "mid"), "expected the gateway's message identifier"};
  for (std::size_t before = 0; before < index; ++before) {
    if (const auto other = iq::parse_message_id(gateways[before].mid); other && iq::same_end(*id, *other))
      return Contradiction{pooled_path(index, "mid"),
                           "expected one of its own, it is gateway[" + std::to_string(before) + "]'s"};
  }
  for (const auto& name : gateways[index].realms) {
    const auto same = [&](const auto& realm) { return realm.name == name; };
    if (std::none_of(config.realms.begin(), config.realms.end(), same))
      return Contradiction{pooled_path(index, "realms"),
                           "expected names of realms, none is named \"" + name + "\""};
  }
  return std::nullopt;
}

Found check_h248(const Config& config) {
  if (auto found = check_gateway_end(config.gateway.h248)) return found;
  for (std::size_t i = 0; i < config.controller.h248.gateways.size(); ++i) {
    if (auto found = check_pooled(config, i)) return found;
  }
  const auto packages = iq::Packages::make(config.h248.packages);
  if (!packages) return Contradiction{"h248.packages", packages.error()};
  return std::nullopt;
}

bool has_gateway(const Config& config, std::string_view kind) {
  const auto& kinds = config.controller.gateways;
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

}  // namespace

Found find_contradiction(const Config& config, Role role) {
  if (role == Role::gateway && config.gateway.h248.mgc.empty())
    return Contradiction{"gateway.h248.mgc", "expected at least one controller to register with"};
  if (role == Role::all && !config.gateway.h248.mgc.empty())
    return Contradiction{"gateway.h248.mgc",
                         "expected none, `postern up` commands its gateway itself; use `postern gateway`"};
  const bool remote = role == Role::controller || (role == Role::all && has_gateway(config, "h248"));
  if (remote && config.controller.h248.listen.empty())
    return Contradiction{"controller.h248.listen", "expected at least one place where gateways register"};
  return std::nullopt;
}

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
  return check_h248(config);
}

std::vector<std::string> without_effect(const Config& config) {
  std::vector<std::string> out;
  const auto note = [&](bool is_set, std::string path) {
    if (is_set) out.push_back(std::move(path));
  };
  note(config.kms != Config::Kms{}, "kms");
  return out;
}

}  // namespace app
