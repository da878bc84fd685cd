#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/fingerprint.hpp"
#include "proto/sdp/document.hpp"
#include "proto/sdp/msrp_attributes.hpp"

namespace controller {

/// How a section is changed on its way to the other end. What is absent is left as it is.
struct SectionEdit {
  std::string host;   // c=: the gateway's address or name
  bool ipv6 = false;  // what a name there stands for
  std::uint16_t port = 0;
  std::optional<bool> tls;  // m= proto
  std::optional<sdp::Setup> setup;
  /// The recipient knows no a=setup (RFC 4975's own model): `setup` is said only where the session part's
  /// would tell it another role.
  bool setup_silent = false;
  std::optional<std::vector<base::Fingerprint>> fingerprints;  // empty: none
  std::optional<std::string> tls_id;                           // empty: none
  bool cema = false;
  std::optional<std::vector<std::string>> path;
  bool e2ae_applied = false;  // a=3ge2ae:applied; otherwise the attribute goes (it is never forwarded)
};

void edit_section(sdp::Document& document, sdp::Section section, const SectionEdit& edit);
/// Port 0 (RFC 3264 6), and nothing that would tell of security that there is not. `tls`: as edit_section.
void refuse_section(sdp::Document& document, sdp::Section section, std::optional<bool> tls = {});

}  // namespace controller
