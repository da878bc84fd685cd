#include "controller/facts.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "proto/sdp/media.hpp"
#include "proto/sdp/uri.hpp"

namespace controller {
namespace {

/// The error is a sentence, as read_facts() has it.
base::Result<base::Ok, std::string> read_keys(const sdp::Document& document, sdp::Section section,
                                              SectionFacts& out) {
  const auto keys = sdp::key_mgmt(document, section);
  if (!keys) return to_string(keys.error());
  out.mikey = std::any_of((*keys).begin(), (*keys).end(),
                          [](const auto& key) { return base::iequals(key.protocol, "mikey"); });
  auto fingerprints = sdp::fingerprints(document, section);
  if (fingerprints) {
    out.fingerprints = *std::move(fingerprints);
  } else {
    out.fingerprint_fault = to_string(fingerprints.error());
  }
  return base::Ok{};
}

/// One SDP must not make many look-ups: its ends are one or two hosts.
constexpr std::size_t max_names = 4;
constexpr std::uint16_t default_port = 2855;  // RFC 4975 15.4

std::vector<base::IpAddress> addresses_of(const std::string& host, const Names& names) {
  if (const auto ip = base::IpAddress::parse(host)) return {*ip};
  const auto known = names.find(host);
  return known == names.end() ? std::vector<base::IpAddress>() : known->second;
}

/// Of an end behind relays, the one that is next to us: it is where messages go, and where they come from.
std::optional<sdp::Authority> relay_of(const std::vector<std::string>& path) {
  return path.size() > 1 ? sdp::uri_authority(path.front()) : std::nullopt;
}

/// What a section says apart from how it is secured and reached.
std::vector<std::string> essence(const sdp::Document& document, sdp::Section section) {
  constexpr std::array passing = {sdp::name::path,        sdp::name::setup,    sdp::name::connection,
                                  sdp::name::fingerprint, sdp::name::tls_id,   sdp::name::e2ae,
                                  sdp::name::key_mgmt,    sdp::name::msrp_cema};
  std::vector<std::string> out;
  const auto range = document.range(section);
  for (auto i = range.first + 1; i < range.last; ++i) {  // behind m=
    const auto& line = document.lines()[i];
    const auto name = line.value().substr(0, line.value().find(':'));
    const bool passes =
        line.type() == 'c' || (line.type() == 'a' && std::ranges::find(passing, name) != passing.end());
    if (!passes) out.push_back(line.text);
  }
  return out;
}

}  // namespace

base::Result<SectionFacts, std::string> read_facts(const sdp::Document& document, sdp::Section section,
                                                   const Names& names) {
  SectionFacts out;
  out.port = sdp::media_line(document, section).port;
  out.tls = sdp::is_msrps(document, section);
  out.cema = sdp::has_cema(document, section);
  const auto connection = sdp::connection_address(document, section);
  if (!connection) return to_string(connection.error());
  if (*connection) {
    out.host = (*connection)->address;
    out.addresses = addresses_of(out.host, names);
  }
  auto path = sdp::path(document, section);
  if (!path) return to_string(path.error());
  if (*path) out.path = **path;
  if (const auto relay = relay_of(out.path); relay && !out.cema && out.port != 0) {
    out.host = relay->host;
    out.port = relay->port.value_or(default_port);
    out.addresses = addresses_of(out.host, names);
  }
  const auto setup = sdp::setup(document, section);
  if (!setup) return to_string(setup.error());
  if (*setup != sdp::Setup::holdconn) out.setup = *setup;
  out.e2ae_requested = sdp::e2ae(document, section) == sdp::E2ae::requested;
  out.tls_id = sdp::attribute(document, section, sdp::name::tls_id).value_or("");
  if (out.tls) {
    if (const auto keys = read_keys(document, section, out); !keys) return keys.error();
  }
  return out;
}

std::vector<std::string> names_in(const sdp::Document& document, const std::vector<sdp::Section>& sections) {
  std::vector<std::string> out;
  for (const auto section : sections) {
    if (sdp::media_line(document, section).port == 0 || out.size() == max_names) continue;
    // Read without names it tells the one that matters: c='s, or a relay's.
    const auto facts = read_facts(document, section);
    const bool wanted = facts && !facts->host.empty() && facts->addresses.empty();
    if (wanted && std::find(out.begin(), out.end(), facts->host) == out.end()) out.push_back(facts->host);
  }
  return out;
}

bool are_alternatives(const sdp::Document& document, sdp::Section a, sdp::Section b) {
  return a != b && sdp::is_msrps(document, a) != sdp::is_msrps(document, b) &&
         essence(document, a) == essence(document, b);
}

void keep_place_on_hold(SectionFacts& now, const SectionFacts& before) {
  if (now.addresses.empty() || !now.addresses.front().is_unspecified()) return;
  now.host = before.host;
  now.addresses = before.addresses;
}

bool connection_differs(const SectionFacts& before, bool was_active, const SectionFacts& now,
                        bool is_active) {
  return before.host != now.host || before.path != now.path || before.tls != now.tls ||
         before.tls_id != now.tls_id || before.fingerprints != now.fingerprints || was_active != is_active ||
         (!is_active && before.port != now.port);
}

}  // namespace controller
