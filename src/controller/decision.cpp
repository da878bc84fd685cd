#include "controller/decision.hpp"

#include "proto/sdp/uri.hpp"

namespace controller {
namespace {

SecurityDecision by_rules(const SectionFacts& offer, const SecurityFlags& flags, const RealmPolicy& realm) {
  const bool e2ae_asked = offer.tls && offer.e2ae_requested && realm.e2ae != E2ae::off;
  const auto untouched = [](std::string why) {
    return SecurityDecision{.end_to_end = true, .why = std::move(why)};
  };
  const auto terminated = [&](bool answerer_tls, std::string why) {
    return SecurityDecision{.offerer_tls = offer.tls,
                            .answerer_tls = answerer_tls,
                            .offerer_e2ae = e2ae_asked,
                            .answerer_e2ae = answerer_tls && flags.e2ae,
                            .why = std::move(why)};
  };
  if (offer.mikey)
    return untouched("end-to-end TLS with keys from a KMS (a=key-mgmt:mikey): passed untouched");
  if (flags.tls == ng::MsrpTls::passthru && offer.tls)
    return untouched("msrp-tls=passthru: TLS is passed untouched");
  if (flags.tls == ng::MsrpTls::passthru) return terminated(false, "plain TCP on both sides");
  if (flags.tls == ng::MsrpTls::tls) return terminated(true, "msrp-tls=tls: TLS towards the recipient");
  if (flags.tls == ng::MsrpTls::tcp)
    return terminated(false, "msrp-tls=tcp: plain TCP towards the recipient");
  if (e2ae_asked && flags.e2ae) return terminated(true, "e2ae on both sides: two independent TLS sessions");
  if (e2ae_asked) return terminated(false, "e2ae requested by the offerer: its TLS ends at the gateway");
  if (flags.e2ae) return terminated(true, "e2ae for the recipient (msrp-e2ae): its TLS ends at the gateway");
  if (offer.tls) return untouched("TLS without e2ae: end-to-end, passed untouched");
  return terminated(false, "plain TCP on both sides");
}

}  // namespace

Decided<SecurityDecision> decide_security(const SectionFacts& offer, const SecurityFlags& flags,
                                          const RealmPolicy& offerer_realm,
                                          const RealmPolicy& answerer_realm) {
  auto out = by_rules(offer, flags, offerer_realm);
  if (out.end_to_end) return out;
  if (offerer_realm.e2ae == E2ae::required && !out.offerer_tls)
    return "realm '" + offerer_realm.name + "' requires e2ae, and the offer is plain TCP/MSRP";
  if (answerer_realm.e2ae == E2ae::required && !out.answerer_tls)
    return "realm '" + answerer_realm.name + "' requires e2ae, and the recipient would get plain TCP/MSRP";
  if (out.offerer_tls && !offer.fingerprint_fault.empty()) return offer.fingerprint_fault;
  if (out.offerer_tls && offer.fingerprints.empty() && offerer_realm.require_fingerprint)
    return std::string("TLS with the offerer would end at the gateway, but its SDP has no a=fingerprint");
  return out;
}

Decided<base::Ok> check_answer(const SecurityDecision& decision, bool offered_tls, const SectionFacts& answer,
                               const RealmPolicy& answerer_realm) {
  const bool shown_tls = decision.end_to_end ? offered_tls : decision.answerer_tls;
  if (shown_tls && !answer.tls)
    return std::string("the answerer was offered TCP/TLS/MSRP and answered TCP/MSRP: no clear media");
  if (!shown_tls && answer.tls)
    return std::string("the answerer was offered TCP/MSRP and answered TCP/TLS/MSRP");
  if (!decision.answerer_tls) return base::Ok{};
  if (!answer.fingerprint_fault.empty()) return answer.fingerprint_fault;
  if (answer.fingerprints.empty() && answerer_realm.require_fingerprint)
    return std::string("the answerer's SDP has no a=fingerprint");
  return base::Ok{};
}

Decided<Roles> decide_roles(const SectionFacts& offer, const SectionFacts& answer, bool end_to_end) {
  Roles out;
  out.answerer_active = answer.setup == sdp::Setup::active;
  out.offerer_active = offer.setup != sdp::Setup::passive;
  if (end_to_end && offer.setup == sdp::Setup::actpass) out.offerer_active = !out.answerer_active;
  if (!out.offerer_active && !out.answerer_active)
    return std::string("both ends are passive: nobody would open the connection");
  // RFC 6135 6: the active end is the TLS client. Where TLS ends here both may be.
  if (end_to_end && out.offerer_active && out.answerer_active)
    return std::string("both ends are active: end-to-end TLS would have two clients");
  return out;
}

Decided<base::Ok> check_reachable(const SectionFacts& facts, bool active) {
  if (active) return base::Ok{};
  if (!facts.ip) return std::string("c= names a host; the gateway connects to addresses only");
  // 0.0.0.0 would be this machine itself.
  if (facts.ip->is_unspecified()) return std::string("c= is the unspecified address: nowhere to connect to");
  return base::Ok{};
}

PathHandling expected_handling(ng::MsrpPeer hint, Profile profile) {
  switch (hint) {
    case ng::MsrpPeer::cema:
      return PathHandling::cema;
    case ng::MsrpPeer::sessmatch:
      return PathHandling::sessmatch;
    case ng::MsrpPeer::plain:
      return PathHandling::plain;
    case ng::MsrpPeer::automatic:
      break;
  }
  switch (profile) {
    case Profile::threegpp:
      return PathHandling::cema;
    case Profile::gsma:
      return PathHandling::sessmatch;
    case Profile::plain:
    case Profile::automatic:
      break;
  }
  return PathHandling::plain;
}

PathHandling path_handling(const SectionFacts& facts, ng::MsrpPeer hint, Profile profile) {
  // More than one URI: a relay stands in between, and CEMA and sessmatch fall back (RFC 6714 4.2).
  if (facts.path.size() > 1) return PathHandling::plain;
  if (facts.cema) return PathHandling::cema;
  const auto expected = expected_handling(hint, profile);
  const bool movable = facts.path.size() == 1 && sdp::uri_authority(facts.path.front());
  return expected == PathHandling::sessmatch && !movable ? PathHandling::plain : expected;
}

bool shows_gateway(PathHandling offerer, PathHandling recipient) {
  return offerer == PathHandling::sessmatch && recipient != PathHandling::cema;
}

Decided<PathDecision> decide_path(PathHandling offerer, PathHandling answerer, const Roles& roles,
                                  bool answerer_saw_gateway) {
  const bool offerer_by_path = roles.offerer_active && offerer != PathHandling::cema;
  const bool answerer_by_path = roles.answerer_active && answerer != PathHandling::cema;
  const std::string aware_only = ": only the application-aware mode serves that";
  if (offerer_by_path && answerer != PathHandling::sessmatch)
    return "the offerer connects to the path's address and the answerer compares it" + aware_only;
  if (answerer_by_path && !(answerer_saw_gateway && offerer == PathHandling::sessmatch))
    return "the answerer connects to the path's address and the offerer compares it" + aware_only;
  PathDecision out;
  out.rewrite_for_offerer = offerer_by_path;
  out.why = offerer_by_path || answerer_saw_gateway
                ? "session matching by session-id: path hosts show the gateway"
            : offerer == PathHandling::cema && answerer == PathHandling::cema
                ? "both ends do CEMA: paths untouched"
                : "the end that connects does CEMA: paths untouched";
  return out;
}

}  // namespace controller
