#include "controller/decision.hpp"

#include "base/text.hpp"
#include "proto/sdp/uri.hpp"

namespace controller {
namespace {

PathHandling handling_of(const End& end) {
  return path_handling(*end.sdp, end.hint, end.realm.profile);
}

Offering offering_of(const End& offerer, bool end_to_end) {
  const auto& sdp = *offerer.sdp;
  return {.handling = handling_of(offerer),
          .roles = roles_of_offer(sdp, offerer.behind_nat(), offerer.active),
          .path_movable = sdp.path.size() == 1 && sdp::uri_authority(sdp.path.front()).has_value(),
          .end_to_end = end_to_end,
          .setup = sdp.setup.value_or(sdp::Setup::active),
          .waits = offerer.active == false};
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

std::string why_offer(const OfferPlan& plan, const Offering& offering, bool end_to_end) {
  std::string out = offering.handling == PathHandling::sessmatch && plan.shows_gateway
                        ? "; the offerer matches by session-id: the path shows the gateway"
                    : plan.shows_gateway ? "; the path shows the gateway"
                    : offering.handling == PathHandling::cema
                        ? "; the offerer does CEMA: its path is untouched"
                        : "; the path is untouched, for a recipient that does CEMA and connects";
  if (!end_to_end && plan.setup == sdp::Setup::active)
    out += "; the recipient is asked to wait (a=setup:active)";
  if (!end_to_end && plan.setup == sdp::Setup::passive)
    out += "; the recipient is asked to connect (a=setup:passive)";
  if (plan.worst != Service::agnostic) out += "; its answer settles the mode";
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

}  // namespace

bool End::behind_nat() const {
  return sdp && !sdp->addresses.empty() && sdp->addresses.front().is_private() && seen_from &&
         !seen_from->is_private() && !seen_from->is_loopback();
}

Decided<OfferDecision> decide_offer(const End& offerer, const End& answerer, const OfferFlags& flags) {
  auto security = decide_security(*offerer.sdp, flags.security, offerer.realm, answerer.realm);
  if (!security) return security.error();
  const auto offering = offering_of(offerer, security->end_to_end);
  const auto recipient = recipient_of(answerer, flags.security.e2ae);
  if (const auto good = check_forced_setup(offering, flags.setup); !good) return good.error();
  const auto plan = plan_offer(offering, recipient, flags.setup);
  // What is known does not get better by asking.
  if (recipient.handling && plan.best != Service::agnostic) {
    const bool active =
        plan.setup == sdp::Setup::passive || !offering.roles.active || recipient.outgoing_only;
    const auto answer = plan_answer(offering, {*recipient.handling, active, plan.shows_gateway});
    return why_not_agnostic(answer, security->end_to_end);
  }
  OfferDecision out;
  if (!security->end_to_end) out.setup = plan.setup;
  out.shows_gateway = plan.shows_gateway;
  // Where c= and m= are not the path's, the attribute says that this is meant (RFC 6714 4.3, 6).
  out.cema = !plan.shows_gateway;
  out.why = security->why + why_offer(plan, offering, security->end_to_end);
  out.security = *std::move(security);
  return out;
}

Decided<AnswerDecision> decide_answer(const End& offerer, const End& answerer, const OfferDecision& offered) {
  const auto& security = offered.security;
  if (const auto good = check_answer(security, offerer.sdp->tls, *answerer.sdp, answerer.realm); !good)
    return good.error();
  // RFC 4145 4.1, RFC 6135 4.2: no a=setup, or one that is no answer, means that the answerer waits.
  const Side side{handling_of(answerer), answerer.sdp->setup == sdp::Setup::active, offered.shows_gateway};
  const auto plan = plan_answer(offering_of(offerer, security.end_to_end), side);
  if (plan.service != Service::agnostic) return why_not_agnostic(plan, security.end_to_end);
  for (const auto& [end, active] :
       {std::pair(&answerer, side.active), std::pair(&offerer, plan.offerer.active)}) {
    if (active) continue;
    if (const auto good = check_reachable(*end->sdp); !good) return good.error();
  }
  AnswerDecision out;
  out.roles = {plan.offerer.active, side.active};
  out.shows_gateway = plan.offerer.sees_gateway;
  out.cema = offerer.sdp->cema && !out.shows_gateway;
  out.offerer = plan.offerer.handling;
  out.answerer = side.handling;
  out.why = security.why + "; " + why_agnostic(plan);
  return out;
}

}  // namespace controller
