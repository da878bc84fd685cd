#include "controller/security.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace controller {
namespace {

SecurityDecision by_rules(const SectionFacts& offer, const SecurityFlags& flags, const RealmPolicy& realm) {
  const bool asked_now = offer.e2ae_requested && realm.e2ae != E2ae::off;
  const bool e2ae_asked = offer.tls && (asked_now || flags.offerer_e2ae);
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
  if (offer.tls && flags.offerer_tls)
    return terminated(false, "TLS with the offerer ends at the gateway, as before");
  if (offer.tls) return untouched("TLS without e2ae: end-to-end, passed untouched");
  return terminated(false, "plain TCP on both sides");
}

/// Whether TLS that ends here could ever verify that peer. Saying it in the answer beats a handshake that
/// fails.
Decided<base::Ok> check_fingerprints(std::string_view who, const SectionFacts& facts,
                                     const RealmPolicy& realm) {
  if (!facts.fingerprint_fault.empty()) return facts.fingerprint_fault;
  if (facts.fingerprints.empty()) {
    if (!realm.require_fingerprint) return base::Ok{};
    return "TLS with the " + std::string(who) + " would end at the gateway, but its SDP has no a=fingerprint";
  }
  const bool usable =
      std::any_of(facts.fingerprints.begin(), facts.fingerprints.end(), [&](const auto& fingerprint) {
        return std::any_of(realm.hashes.begin(), realm.hashes.end(),
                           [&](const auto& hash) { return base::iequals(hash, fingerprint.hash_func); });
      });
  if (usable) return base::Ok{};
  return "the " + std::string(who) + "'s a=fingerprint uses " +
         base::printable(facts.fingerprints.front().hash_func) + ", which realm '" + realm.name +
         "' does not accept (tls.hashes)";
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
  if (!out.offerer_tls) return out;
  if (const auto good = check_fingerprints("offerer", offer, offerer_realm); !good) return good.error();
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
  return check_fingerprints("answerer", answer, answerer_realm);
}

}  // namespace controller
