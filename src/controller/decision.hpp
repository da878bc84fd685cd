#pragma once
#include <optional>
#include <string>

#include "controller/interworking.hpp"
#include "controller/security.hpp"

/// What the controller decides of one MSRP section: one pure function from facts to decision, in the two
/// steps that an offer and its answer are. No call state, no SDP text, no gateway. Its table is in
/// doc/interworking.md, and decision_table_test runs every row of it.
namespace controller {

/// What is known of one end.
struct End {
  std::optional<SectionFacts> sdp = {};  // what it says, or what it said last in this call
  RealmPolicy realm = {};
  ng::MsrpPeer hint = ng::MsrpPeer::automatic;    // msrp-peer
  std::optional<base::IpAddress> seen_from = {};  // where the proxy got its SDP from (received-from)

  // In the section as it runs.
  std::optional<bool> active = {};        // its role: it connects to the gateway
  std::optional<bool> sees_gateway = {};  // in the path that it is shown; application-aware only

  /// Its SDP names a private address, and the proxy heard it from a public one: it can only connect out.
  bool behind_nat() const;
};

/// What the command says of how the recipient is to be served.
struct OfferFlags {
  SecurityFlags security = {};
  std::optional<sdp::Setup> setup = {};   // msrp-setup
  std::optional<ng::MsrpMode> mode = {};  // msrp-mode
  /// The section as it runs is application-aware. It stays so where no msrp-mode is against it: another mode
  /// would cost both ends their connections.
  bool aware_so_far = false;
};

struct OfferDecision {
  SecurityDecision security;
  /// The role that the recipient is shown; nothing: as the offerer wrote it (end to end).
  std::optional<sdp::Setup> setup;
  bool shows_gateway = false;                   // in the path that the recipient is shown
  bool cema = false;                            // the recipient is shown a=msrp-cema
  ng::MsrpMode mode = ng::MsrpMode::automatic;  // the only one that may serve
  /// Paths are rewritten whatever the answer says. The path that the recipient is shown is the gateway's own;
  /// otherwise, where shows_gateway, it is the offerer's with the gateway's address.
  bool aware = false;
  std::string why;
};

/// Whether a section can be offered on, and how. `offerer.sdp` is there; `answerer.sdp` is what that end said
/// before in this call, if it did. The error is a sentence: who cannot be served whatever the answer, is
/// refused now.
Decided<OfferDecision> decide_offer(const End& offerer, const End& answerer, const OfferFlags& flags);

/// Who opens the TCP connection towards the gateway.
struct Roles {
  bool offerer_active = true;  // the endpoint connects to the gateway
  bool answerer_active = false;
  friend bool operator==(const Roles&, const Roles&) = default;
};

struct AnswerDecision {
  Roles roles;
  bool shows_gateway = false;  // in the path that the offerer is shown
  bool cema = false;           // the offerer is shown a=msrp-cema
  bool aware = false;          // paths in messages are rewritten
  PathHandling offerer = PathHandling::plain, answerer = PathHandling::plain;
  std::string why;
};

/// What becomes of the answer; `answerer.sdp` is what it says. The error says why the section is refused.
Decided<AnswerDecision> decide_answer(const End& offerer, const End& answerer, const OfferDecision& offered);

}  // namespace controller
