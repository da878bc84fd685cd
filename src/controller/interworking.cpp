#include "controller/interworking.hpp"

#include <algorithm>
#include <array>
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

/// While the gateway has no application-aware mode, a plan that needs it is no better than none.
int worth(Service service) {
  return service == Service::agnostic ? 2 : 0;
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
  int worst = 0, sum = 0, answers = 0;  // of the likely answers, by worth()
  Service best_service = Service::none, worst_service = Service::none;
  Service last_resort = Service::none;  // the worst of all answers, with the application-aware mode counted

  /// Worst case first, then the average (as a fraction, without dividing).
  bool better_than(const Score& other) const {
    return std::pair(worst, sum * other.answers) > std::pair(other.worst, other.sum * answers);
  }
};

Score score(const Offering& offerer, const Recipient& recipient, sdp::Setup shown, bool shows_gateway) {
  const auto plan_of = [&](const Answer& answer) {
    return plan_answer(offerer, {answer.handling, answer.active, shows_gateway});
  };
  Score out;
  for (const auto& answer : answers_to(shown, recipient, true)) {
    const auto plan = plan_of(answer);
    out.worst = out.answers == 0 ? worth(plan.service) : std::min(out.worst, worth(plan.service));
    out.worst_service = out.answers == 0 ? plan.service : std::min(out.worst_service, plan.service);
    out.best_service = std::max(out.best_service, plan.service);
    out.sum += worth(plan.service);
    ++out.answers;
  }
  const auto all = answers_to(shown, recipient, false);
  if (!all.empty()) out.last_resort = Service::agnostic;
  for (const auto& answer : all) out.last_resort = std::min(out.last_resort, plan_of(answer).service);
  return out;
}

/// Whether to show the gateway's address in the path, under that role.
std::pair<Score, bool> better_path(const Offering& offerer, const Recipient& recipient, sdp::Setup shown) {
  const auto real = score(offerer, recipient, shown, false);
  if (!offerer.path_movable) return {real, false};
  const auto moved = score(offerer, recipient, shown, true);
  if (moved.better_than(real)) return {moved, true};
  if (real.better_than(moved) || real.last_resort >= moved.last_resort) return {real, false};
  return {moved, true};
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
      const auto reached = service(side, answerer, offerer.end_to_end);
      if (reached > best.service) best = {side, answerer, reached};
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
    out = {setup, shows_gateway, reached.worst_service, reached.best_service};
  }
  return out;
}

std::string why_not_agnostic(const AnswerPlan& plan, bool end_to_end) {
  const auto& [offerer, answerer, reached] = plan;
  if (!offerer.active && !answerer.active) return "both ends are passive: nobody would open the connection";
  if (end_to_end && offerer.active && answerer.active)
    return "both ends are active: end-to-end TLS would have two clients";
  const bool by_answerer =
      would_go_past(answerer) || (connects_by_path(answerer) && !takes_any_host(offerer));
  const std::string pair = !by_answerer
                               ? "the offerer connects to the path's address and the answerer compares it"
                               : "the answerer connects to the path's address and the offerer compares it";
  return pair + (end_to_end ? ": end-to-end TLS cannot be served, nothing in it can be rewritten"
                            : ": only the application-aware mode serves that");
}

std::string why_agnostic(const AnswerPlan& plan) {
  const auto& [offerer, answerer, reached] = plan;
  if (offerer.sees_gateway || answerer.sees_gateway)
    return "session matching by session-id: path hosts show the gateway";
  if (offerer.handling == PathHandling::cema && answerer.handling == PathHandling::cema)
    return "both ends do CEMA: paths untouched";
  return "the end that connects does CEMA: paths untouched";
}

}  // namespace controller
