#include "controller/decision.hpp"

#include "base/text.hpp"
#include "proto/msrp/uri.hpp"

namespace controller {
namespace {

PathHandling handling_of(const End& end) {
  return path_handling(*end.sdp, end.hint, end.realm.profile);
}

Offering offering_of(const End& offerer, bool end_to_end, ng::MsrpMode mode) {
  const auto& sdp = *offerer.sdp;
  return {.handling = handling_of(offerer),
          .roles = roles_of_offer(sdp, offerer.behind_nat(), offerer.active),
          .end_to_end = end_to_end,
          .setup = sdp.setup.value_or(sdp::Setup::active),
          .waits = offerer.active == false,
          .mode = mode,
          .sees_gateway = offerer.sees_gateway};
}

ng::MsrpMode mode_of(const OfferFlags& flags, bool end_to_end) {
  const auto wanted = flags.mode.value_or(ng::MsrpMode::automatic);
  const bool stays = wanted == ng::MsrpMode::automatic && flags.aware_so_far && !end_to_end;
  return stays ? ng::MsrpMode::aware : wanted;
}

Recipient recipient_of(const End& answerer, bool e2ae) {
  if (answerer.sdp) return {handling_of(answerer), answerer.behind_nat()};
  return {expected_handling(answerer.hint, answerer.realm.profile, e2ae), false};
}

/// The error: nobody could open the connection, whatever the answer.
Decided<base::Ok> check_forced_setup(const Offering& offering, std::optional<sdp::Setup> forced) {
  if (offering.end_to_end || forced != sdp::Setup::active || offering.roles.active) return base::Ok{};
  return std::string("msrp-setup=active: the offerer only waits, too: nobody would open the connection");
}

/// What the recipient will most likely answer, of those whose kind is known.
AnswerPlan foreseen(const OfferPlan& plan, const Offering& offering, const Recipient& recipient) {
  const bool active = plan.setup == sdp::Setup::passive || !offering.roles.active || recipient.outgoing_only;
  return plan_answer(offering, {*recipient.handling, active, plan.shows_gateway});
}

std::string why_path(const OfferPlan& plan, const Offering& offering, const Recipient& recipient,
                     const OfferFlags& flags, bool behind_relay) {
  if (plan.aware && flags.mode == ng::MsrpMode::aware) return "msrp-mode=aware: the gateway rewrites paths";
  if (plan.aware && recipient.handling) return why_served(foreseen(plan, offering, recipient));
  if (plan.aware && offering.handling == PathHandling::cema)
    return "the recipient connects and may do no CEMA: the gateway rewrites paths";
  if (plan.aware && behind_relay) return "the offerer is behind a relay: the gateway rewrites paths";
  if (plan.aware) return "the offerer does no CEMA: the gateway rewrites paths";
  if (plan.shows_gateway) return "the offerer matches by session-id: the path shows the gateway";
  if (offering.handling == PathHandling::cema) return "the offerer does CEMA: its path is untouched";
  return "the path is untouched, for a recipient that does CEMA and connects";
}

std::string why_offer(const OfferPlan& plan, const Offering& offering) {
  std::string out;
  if (!offering.end_to_end && plan.setup == sdp::Setup::active)
    out += "; the recipient is asked to wait (a=setup:active)";
  if (!offering.end_to_end && plan.setup == sdp::Setup::passive)
    out += "; the recipient is asked to connect (a=setup:passive)";
  if (!plan.aware && plan.worst != Service::agnostic) out += "; its answer settles the mode";
  return out;
}

/// The error: the gateway would have to connect to that end, and its c= gives no address to connect to.
Decided<base::Ok> check_reachable(const SectionFacts& facts) {
  if (facts.addresses.empty() && facts.host.empty()) return std::string("there is no c= to connect to");
  if (facts.addresses.empty())
    return "c= names the host " + base::printable(facts.host) + ", which gives no address to connect to";
  // 0.0.0.0 would be this machine itself.
  if (facts.addresses.front().is_unspecified())
    return std::string("c= is the unspecified address: nowhere to connect to");
  return base::Ok{};
}

/// The error: paths are to be rewritten, and that end's is none.
Decided<base::Ok> check_path(std::string_view who, const SectionFacts& facts) {
  const auto of = "the gateway rewrites paths, and the " + std::string(who) + "'s SDP ";
  if (facts.path.empty()) return of + "has no a=path";
  if (facts.path.size() > msrp::max_hops) return of + "has too many URIs in its a=path";
  for (const auto& uri : facts.path)
    if (!msrp::parse_uri(uri)) return of + "has no MSRP URI in its a=path: " + base::printable(uri);
  return base::Ok{};
}

}  // namespace

bool End::behind_nat() const {
  return sdp && !sdp->addresses.empty() && sdp->addresses.front().is_private() && seen_from &&
         !seen_from->is_private() && !seen_from->is_loopback();
}

Decided<OfferDecision> decide_offer(const End& offerer, const End& answerer, const OfferFlags& flags) {
  auto security = decide_security(*offerer.sdp, flags.security, offerer.realm, answerer.realm);
  if (!security) return security.error();
  const auto mode = mode_of(flags, security->end_to_end);
  if (security->end_to_end && mode == ng::MsrpMode::aware)
    return "msrp-mode=aware: nothing in end-to-end TLS can be rewritten (" + security->why + ")";
  const auto offering = offering_of(offerer, security->end_to_end, mode);
  const auto recipient = recipient_of(answerer, flags.security.e2ae);
  if (const auto good = check_forced_setup(offering, flags.setup); !good) return good.error();
  const auto plan = plan_offer(offering, recipient, flags.setup);
  // What is known does not get better by asking.
  if (recipient.handling && plan.best == Service::none)
    return why_not(foreseen(plan, offering, recipient), offering);
  if (plan.aware) {
    if (const auto good = check_path("offerer", *offerer.sdp); !good) return good.error();
  }
  OfferDecision out;
  if (!security->end_to_end) out.setup = plan.setup;
  out.shows_gateway = plan.shows_gateway;
  // Where c= and m= are not the path's, the attribute says that this is meant (RFC 6714 4.3, 6).
  out.cema = !plan.shows_gateway;
  out.mode = flags.mode.value_or(ng::MsrpMode::automatic);
  out.aware = plan.aware;
  out.why = security->why + "; " + why_path(plan, offering, recipient, flags, offerer.sdp->path.size() > 1) +
            why_offer(plan, offering);
  out.security = *std::move(security);
  return out;
}

Decided<AnswerDecision> decide_answer(const End& offerer, const End& answerer, const OfferDecision& offered) {
  const auto& security = offered.security;
  if (const auto good = check_answer(security, offerer.sdp->tls, *answerer.sdp, answerer.realm); !good)
    return good.error();
  // RFC 4145 4.1, RFC 6135 4.2: no a=setup, or one that is no answer, means that the answerer waits.
  const Side side{handling_of(answerer), answerer.sdp->setup == sdp::Setup::active, offered.shows_gateway};
  const auto mode = offered.aware ? ng::MsrpMode::aware : offered.mode;
  const auto offering = offering_of(offerer, security.end_to_end, mode);
  const auto plan = plan_answer(offering, side);
  if (plan.service == Service::none) return why_not(plan, offering);
  for (const auto& [end, active] :
       {std::pair(&answerer, side.active), std::pair(&offerer, plan.offerer.active)}) {
    if (active) continue;
    if (const auto good = check_reachable(*end->sdp); !good) return good.error();
  }
  AnswerDecision out;
  out.aware = plan.service == Service::aware;
  if (out.aware) {
    if (const auto good = check_path("offerer", *offerer.sdp); !good) return good.error();
    if (const auto good = check_path("answerer", *answerer.sdp); !good) return good.error();
  }
  out.roles = {plan.offerer.active, side.active};
  out.shows_gateway = plan.offerer.sees_gateway;
  out.cema = offerer.sdp->cema && !out.shows_gateway;
  out.offerer = plan.offerer.handling;
  out.answerer = side.handling;
  const bool forced = out.aware && offered.mode == ng::MsrpMode::aware;
  out.why = security.why + "; " + (forced ? "msrp-mode=aware: the gateway rewrites paths" : why_served(plan));
  return out;
}

}  // namespace controller
