#include "controller/interworking.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "proto/sdp/uri.hpp"

namespace controller {
namespace {

bool connects_by_path(const Side& side) {
  return side.active && side.handling != PathHandling::cema;
}
/// Whether messages that carry the gateway's URI of that end are taken by it.
bool takes_any_host(const Side& side) {
  return side.handling == PathHandling::sessmatch;
}
bool needs_rewriting(const Side& seer, const Side& owner) {
  return seer.sees_gateway && !takes_any_host(owner);
}
bool would_go_past(const Side& side) {
  return connects_by_path(side) && !side.sees_gateway;
}

int worth(Service service) {
  switch (service) {
    case Service::none:
      return 0;
    case Service::aware:
      return 1;
    case Service::agnostic:
      return 2;
  }
  return 0;
}

/// What is left where only one mode may serve. What could pass as it is can be rewritten as well.
Service within(Service reached, ng::MsrpMode mode) {
  if (mode == ng::MsrpMode::agnostic && reached == Service::aware) return Service::none;
  if (mode == ng::MsrpMode::aware && reached == Service::agnostic) return Service::aware;
  return reached;
}

/// An answer that may come.
struct Answer {
  PathHandling handling;
  bool active;
};

/// What may be answered; `likely`: by an end that keeps to RFC 6135 4.2.2. There who can be reached leaves
/// the connecting to the offerer, and only of an end that does CEMA must it be feared that it does not.
std::vector<Answer> answers_to(sdp::Setup shown, const Recipient& recipient, bool likely) {
  const bool may_wait = shown != sdp::Setup::passive && !recipient.outgoing_only;
  const bool may_connect = shown != sdp::Setup::active;
  std::vector<Answer> out;
  const auto add = [&](PathHandling handling, bool connects) {
    if (may_wait) out.push_back({handling, false});
    if (may_connect && connects) out.push_back({handling, true});
  };
  if (recipient.handling) {
    add(*recipient.handling, true);
  } else {
    add(PathHandling::cema, true);
    add(PathHandling::plain, !likely || !may_wait);
  }
  return out;
}

/// What one way to show an offer can come to.
struct Score {
  int worst = 0, last_resort = 0;  // of the likely answers and of all, by worth()
  int sum = 0, answers = 0;        // of the likely ones
  Service likely_worst = Service::none, likely_best = Service::none, best = Service::none;

  bool better_than(const Score& other) const {
    // The average without dividing.
    return std::tuple(worst, last_resort, sum * other.answers) >
           std::tuple(other.worst, other.last_resort, other.sum * answers);
  }
};

Score score(const Offering& offerer, const Recipient& recipient, sdp::Setup shown, bool shows_gateway) {
  const auto services = [&](bool likely) {
    std::vector<Service> out;
    for (const auto& answer : answers_to(shown, recipient, likely))
      out.push_back(plan_answer(offerer, {answer.handling, answer.active, shows_gateway}).service);
    if (out.empty()) out.push_back(Service::none);
    return out;
  };
  Score out;
  const auto likely = services(true), all = services(false);
  out.likely_worst = *std::min_element(likely.begin(), likely.end());
  out.likely_best = *std::max_element(likely.begin(), likely.end());
  out.best = *std::max_element(all.begin(), all.end());
  out.worst = worth(out.likely_worst);
  out.last_resort = worth(*std::min_element(all.begin(), all.end()));
  // Somebody of whom nothing is known may be out of reach, and cannot take the part that waits.
  if (shown == sdp::Setup::active && !recipient.handling) out.last_resort = 0;
  for (const auto service : likely) out.sum += worth(service);
  out.answers = int(likely.size());
  return out;
}

/// Whether to show the gateway's address in the path, under that role.
std::pair<Score, bool> better_path(const Offering& offerer, const Recipient& recipient, sdp::Setup shown) {
  const auto real = score(offerer, recipient, shown, false);
  const auto moved = score(offerer, recipient, shown, true);
  if (offerer.mode == ng::MsrpMode::aware || moved.better_than(real)) return {moved, true};
  // Paths that are rewritten anyway show the gateway to both ends.
  const bool rewritten = moved.best == Service::aware && real.best == Service::aware;
  if (rewritten && !real.better_than(moved)) return {moved, true};
  return {real, false};
}

std::string pair_of(const AnswerPlan& plan) {
  const bool by_answerer =
      would_go_past(plan.answerer) || (connects_by_path(plan.answerer) && !takes_any_host(plan.offerer));
  return by_answerer ? "the answerer connects to the path's address and the offerer compares it"
                     : "the offerer connects to the path's address and the answerer compares it";
}

}  // namespace

std::string_view to_string(PathHandling handling) noexcept {
  switch (handling) {
    case PathHandling::cema:
      return "cema";
    case PathHandling::sessmatch:
      return "sessmatch";
    case PathHandling::plain:
      return "plain";
  }
  return "";
}

std::optional<PathHandling> expected_handling(ng::MsrpPeer hint, Profile profile, bool e2ae) {
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
      return PathHandling::plain;
    case Profile::automatic:
      break;
  }
  return e2ae ? std::optional(PathHandling::cema) : std::nullopt;
}

PathHandling path_handling(const SectionFacts& facts, ng::MsrpPeer hint, Profile profile) {
  // More than one URI: a relay stands in between, and CEMA and sessmatch fall back (RFC 6714 4.2).
  if (facts.path.size() > 1) return PathHandling::plain;
  if (facts.cema) return PathHandling::cema;
  const auto expected = expected_handling(hint, profile, false).value_or(PathHandling::plain);
  const bool movable = facts.path.size() == 1 && sdp::uri_authority(facts.path.front());
  return expected == PathHandling::sessmatch && !movable ? PathHandling::plain : expected;
}

Service service(const Side& a, const Side& b, bool end_to_end) {
  if (!a.active && !b.active) return Service::none;
  if (end_to_end && a.active && b.active) return Service::none;
  if (would_go_past(a) || would_go_past(b)) return Service::none;
  if (!needs_rewriting(a, b) && !needs_rewriting(b, a)) return Service::agnostic;
  return end_to_end ? Service::none : Service::aware;
}

RoleChoice roles_of_offer(const SectionFacts& offer, bool behind_nat, std::optional<bool> so_far) {
  if (!offer.setup && so_far) return {*so_far, !*so_far};
  if (!offer.setup || offer.setup == sdp::Setup::active) return {true, false};
  if (offer.setup == sdp::Setup::passive) return {false, true};
  const bool reachable = !behind_nat && !offer.addresses.empty() && !offer.addresses.front().is_unspecified();
  return {true, reachable};
}

AnswerPlan plan_answer(const Offering& offerer, const Side& answerer) {
  // Where nothing serves, the roles that come closest tell why.
  const bool yields = offerer.end_to_end && answerer.active && offerer.roles.passive;
  AnswerPlan best{{offerer.handling, offerer.roles.active && !yields, false}, answerer, Service::none};
  for (const bool active : {!offerer.waits, offerer.waits}) {
    if (active ? !offerer.roles.active : !offerer.roles.passive) continue;
    for (const bool sees_gateway : {false, true}) {
      const Side side{offerer.handling, active, sees_gateway};
      const auto reached = within(service(side, answerer, offerer.end_to_end), offerer.mode);
      const bool clearer = reached == Service::aware && reached == best.service &&
                           active == best.offerer.active &&
                           sees_gateway == offerer.sees_gateway.value_or(true);
      if (reached > best.service || clearer) best = {side, answerer, reached};
    }
  }
  return best;
}

OfferPlan plan_offer(const Offering& offerer, const Recipient& recipient, std::optional<sdp::Setup> forced) {
  std::vector<sdp::Setup> setups{sdp::Setup::actpass, sdp::Setup::active, sdp::Setup::passive};
  if (forced) setups = {*forced};
  if (offerer.end_to_end) setups = {offerer.setup};
  std::optional<Score> best;
  OfferPlan out;
  for (const auto setup : setups) {
    const auto [reached, shows_gateway] = better_path(offerer, recipient, setup);
    // Nobody of whom nothing is known is asked to connect by what may be the path, past the gateway.
    const bool leads_past = setup == sdp::Setup::passive && !recipient.handling && !shows_gateway;
    if (leads_past && !forced && offerer.roles.active) continue;
    if (best && !reached.better_than(*best)) continue;
    best = reached;
    out = {setup, shows_gateway, reached.likely_worst, reached.likely_best,
           shows_gateway && reached.best == Service::aware};
  }
  return out;
}

std::string why_not(const AnswerPlan& plan, const Offering& offering) {
  const auto& [offerer, answerer, reached] = plan;
  if (!offerer.active && !answerer.active) return "both ends are passive: nobody would open the connection";
  if (offering.end_to_end && offerer.active && answerer.active)
    return "both ends are active: end-to-end TLS would have two clients";
  if (offering.end_to_end)
    return pair_of(plan) + ": end-to-end TLS cannot be served, nothing in it can be rewritten";
  if (offering.mode == ng::MsrpMode::agnostic)
    return pair_of(plan) + ": only the application-aware mode serves that";
  return "the answerer connects to the path's address, which it was shown as the offerer's own: it goes past "
         "the gateway; msrp-mode=aware in the offer would serve it";
}

std::string why_served(const AnswerPlan& plan) {
  const auto& [offerer, answerer, reached] = plan;
  if (reached == Service::aware) {
    const bool by_nature = (connects_by_path(answerer) && !takes_any_host(offerer)) ||
                           (connects_by_path(offerer) && !takes_any_host(answerer));
    const std::string shown = needs_rewriting(answerer, offerer)
                                  ? "the answerer is shown the gateway and the offerer compares the path"
                                  : "the offerer is shown the gateway and the answerer compares the path";
    return (by_nature ? pair_of(plan) : shown) + ": the gateway rewrites paths";
  }
  if (offerer.sees_gateway || answerer.sees_gateway)
    return "session matching by session-id: path hosts show the gateway";
  if (offerer.handling == PathHandling::cema && answerer.handling == PathHandling::cema)
    return "both ends do CEMA: paths untouched";
  return "the end that connects does CEMA: paths untouched";
}

}  // namespace controller
