#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/fingerprint.hpp"
#include "base/result.hpp"
#include "proto/sdp/document.hpp"
#include "proto/sdp/msrp_attributes.hpp"

namespace controller {

/// What one end's MSRP section says, as far as decisions and the gateway need it.
struct SectionFacts {
  /// Where the end is reached: c= and m=. Of an end behind relays that knows no CEMA it is the first relay of
  /// the path, for such an end writes its own address there (RFC 4975 8.1, RFC 6714 4.2).
  std::string host;                        // an address or a name
  std::vector<base::IpAddress> addresses;  // of host; of a name as many as are known
  std::uint16_t port = 0;                  // 0: the section is not wanted
  bool tls = false;                        // TCP/TLS/MSRP
  std::vector<std::string> path;
  std::optional<sdp::Setup> setup;  // holdconn counts as none (RFC 6135 4.2.2)
  bool cema = false;
  bool e2ae_requested = false;
  std::string tls_id;  // as it stands there; empty: none

  // Of TCP/TLS/MSRP only: what the session part says of other media's keys means nothing to a plain section.
  bool mikey = false;  // a=key-mgmt:mikey
  std::vector<base::Fingerprint> fingerprints;
  /// Not empty: an a=fingerprint that cannot be understood, which must not look like none. It matters only
  /// where TLS ends at the gateway.
  std::string fingerprint_fault;

  friend bool operator==(const SectionFacts&, const SectionFacts&) = default;
};

/// What the names in SDP stand for.
using Names = std::map<std::string, std::vector<base::IpAddress>>;

/// The error is a sentence that names the line.
base::Result<SectionFacts, std::string> read_facts(const sdp::Document& document, sdp::Section section,
                                                   const Names& names = {});

/// The names by which the ends of these sections are reached, where they wait to be looked up.
std::vector<std::string> names_in(const sdp::Document& document, const std::vector<sdp::Section>& sections);

/// Whether two sections of one offer differ in nothing but how they are secured and reached: the same
/// session, offered with TLS and without, for the answerer to choose.
bool are_alternatives(const sdp::Document& document, sdp::Section a, sdp::Section b);

/// c=0.0.0.0 in a later offer is the hold of RFC 2543 (RFC 3264 8.4): the end is still where it was.
void keep_place_on_hold(SectionFacts& now, const SectionFacts& before);

/// Whether what an end says now calls for another connection than what it said before: another place,
/// session or key. The port of an end that connects itself means nothing (RFC 6135 4.2.2: it is 9).
bool connection_differs(const SectionFacts& before, bool was_active, const SectionFacts& now, bool is_active);

}  // namespace controller
