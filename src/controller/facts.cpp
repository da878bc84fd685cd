#include "controller/facts.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "proto/sdp/media.hpp"

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

}  // namespace

base::Result<SectionFacts, std::string> read_facts(const sdp::Document& document, sdp::Section section) {
  SectionFacts out;
  out.port = sdp::media_line(document, section).port;
  out.tls = sdp::is_msrps(document, section);
  const auto connection = sdp::connection_address(document, section);
  if (!connection) return to_string(connection.error());
  if (*connection) {
    out.host = (*connection)->address;
    out.ip = base::IpAddress::parse(out.host);
  }
  auto path = sdp::path(document, section);
  if (!path) return to_string(path.error());
  if (*path) out.path = **path;
  const auto setup = sdp::setup(document, section);
  if (!setup) return to_string(setup.error());
  if (*setup != sdp::Setup::holdconn) out.setup = *setup;
  out.cema = sdp::has_cema(document, section);
  out.e2ae_requested = sdp::e2ae(document, section) == sdp::E2ae::requested;
  out.tls_id = sdp::attribute(document, section, sdp::name::tls_id).value_or("");
  if (out.tls) {
    if (const auto keys = read_keys(document, section, out); !keys) return keys.error();
  }
  return out;
}

bool connection_differs(const SectionFacts& before, bool was_active, const SectionFacts& now,
                        bool is_active) {
  return before.host != now.host || before.path != now.path || before.tls != now.tls ||
         before.tls_id != now.tls_id || before.fingerprints != now.fingerprints || was_active != is_active ||
         (!is_active && before.port != now.port);
}

}  // namespace controller
