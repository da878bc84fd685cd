#include "app/compose_h248.hpp"

#include <algorithm>
#include <array>
#include <unistd.h>

#include "iq/registration.hpp"
#include "net/socket.hpp"

namespace app {
namespace {

h248::TransactionTimers transaction_timers(const H248Timers& timers) {
  h248::TransactionTimers out;
  out.first_retransmission = timers.first_retransmission;
  out.longest_retransmission = timers.longest_retransmission;
  out.give_up = timers.give_up;
  out.network_delay = timers.network_delay;
  out.provisional = timers.provisional;
  out.peer_execution = timers.peer_execution;
  out.pending_limit = timers.pending_limit;
  return out;
}

/// find_contradiction() has refused what it does not take.
iq::Packages packages_of(const Config& config) {
  auto made = iq::Packages::make(config.h248.packages);
  return made ? *std::move(made) : iq::Packages{};
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

std::vector<H248Place> gateway_places(const GatewayH248& config) {
  std::vector<H248Place> out;
  const auto bind = base::Address::parse(config.bind);
  for (const auto& text : config.mgc) {
    const auto mgc = parse_h248_place(text);
    if (!mgc || mgc->carrier != h248::Carrier::udp) continue;
    const auto any = mgc->address.ip.is_v6() ? base::IpAddress::v6({}) : base::IpAddress::v4({});
    const auto place = bind ? *bind : base::Address{any, iq::text_port};
    const auto same = [&](const auto& other) { return other.address == place; };
    if (std::none_of(out.begin(), out.end(), same)) out.push_back({h248::Carrier::udp, place});
  }
  return out;
}

base::Result<h248::MessageId, std::string> gateway_id(const GatewayH248& config,
                                                      const std::optional<base::Address>& local) {
  if (const auto given = iq::parse_message_id(config.mid)) return *given;
  const auto bind = base::Address::parse(config.bind);
  auto own = local ? *local : bind ? *bind : base::Address{};
  if (own.port == 0) own.port = iq::text_port;
  if (!own.ip.is_unspecified()) return iq::message_id_of(own);
  const auto mgc = parse_h248_place(config.mgc.front())->address;
  const auto source = net::source_towards(mgc);
  if (!source)
    return "gateway.h248.mid: expected a message identifier, because nothing leads to " + mgc.to_string();
  return iq::message_id_of({*source, own.port});
}

h248::MessageId controller_id(const ControllerH248& config, const base::Address& local) {
  if (const auto given = iq::parse_message_id(config.mid)) return *given;
  if (!local.ip.is_unspecified()) return iq::message_id_of(local);
  const auto named = iq::parse_message_id("<" + host_name() + ">:" + std::to_string(local.port));
  return named.value_or(h248::MessageId{h248::MessageId::Kind::device, "postern"});
}

iq::GatewayEnd::Options gateway_end_options(const Config& config, h248::MessageId own,
                                            std::size_t max_contexts) {
  const auto& h248 = config.gateway.h248;
  iq::GatewayEnd::Options out;
  out.own = std::move(own);
  for (const auto& text : h248.mgc) {
    if (const auto mgc = parse_h248_place(text)) out.controllers.push_back({mgc->carrier, mgc->address});
  }
  out.profile = h248.profile;
  out.allow = networks(h248.allow);
  out.print.form = h248.form;
  out.timers = transaction_timers(h248.timers);
  out.avalanche = h248.avalanche;
  out.silence = h248.silence;
  out.orphan = h248.orphan;
  for (const auto& realm : config.realms)
    out.commands.realms.push_back(
        {realm.name, realm.address.is_v6(), realm.source_filter == SourceFilter::address});
  out.commands.packages = packages_of(config);
  out.commands.max_contexts = max_contexts;
  return out;
}

iq::ControllerEnd::Options controller_end_options(const Config& config, h248::MessageId own) {
  const auto& h248 = config.controller.h248;
  iq::ControllerEnd::Options out;
  out.own = std::move(own);
  out.allow = networks(h248.allow);
  for (const auto& gateway : h248.gateways)
    out.gateways.push_back({gateway.mid, gateway.realms, gateway.weight});
  out.profiles = h248.profiles;
  out.print.form = h248.form;
  out.timers = transaction_timers(h248.timers);
  out.heartbeat = h248.heartbeat;
  out.inactivity = h248.inactivity;
  out.remote.packages = packages_of(config);
  for (const auto& realm : config.realms)
    if (realm.address.is_v6()) out.remote.ipv6_realms.push_back(realm.name);
  return out;
}

}  // namespace app
