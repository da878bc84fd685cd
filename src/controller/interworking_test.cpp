// The rules and the facts they stand on. What follows from them for every pair of ends is
// decision_table_test's.
#include "controller/interworking.hpp"

#include <gtest/gtest.h>

#include "controller/decision.hpp"

namespace controller {
namespace {

using enum PathHandling;

SectionFacts section() {
  SectionFacts out;
  out.host = "192.0.2.1";
  out.addresses = {*base::IpAddress::parse(out.host)};
  out.port = 1000;
  out.path = {"msrp://192.0.2.1:1000/s;tcp"};
  return out;
}

/// The rule of msrp-sec.md 2.15, cell by cell: the end that connects, and what each end must be shown.
TEST(Service, TheNineCells) {
  struct Row {
    PathHandling active;
    Service own, gateway;  // to a passive cema or plain end: its real path is shown, or the gateway in it
    Service sessmatch_gateway;  // to a passive sessmatch end, with the gateway in its path
  };
  const Row rows[] = {{cema, Service::agnostic, Service::aware, Service::agnostic},
                      {plain, Service::none, Service::aware, Service::agnostic},
                      {sessmatch, Service::none, Service::aware, Service::agnostic}};
  for (const auto& row : rows) {
    for (const auto strict : {cema, plain}) {
      EXPECT_EQ(service({row.active, true, false}, {strict, false, false}, false), row.own);
      EXPECT_EQ(service({row.active, true, true}, {strict, false, false}, false), row.gateway);
    }
    EXPECT_EQ(service({row.active, true, true}, {sessmatch, false, false}, false), row.sessmatch_gateway);
    EXPECT_EQ(service({sessmatch, false, false}, {row.active, true, true}, false), row.sessmatch_gateway);
  }
}

TEST(Service, SomebodyConnectsAndEndToEndOnlyOne) {
  EXPECT_EQ(service({cema, false, false}, {cema, false, false}, false), Service::none);
  EXPECT_EQ(service({cema, true, false}, {cema, true, false}, false), Service::agnostic);
  EXPECT_EQ(service({cema, true, false}, {cema, true, false}, true), Service::none);
  EXPECT_EQ(service({plain, true, true}, {plain, false, false}, true),
            Service::none);  // nothing can be rewritten
}

TEST(Service, APassiveEndThatSeesTheGatewayWritesItToo) {
  EXPECT_EQ(service({cema, true, false}, {plain, false, true}, false), Service::aware);
  EXPECT_EQ(service({sessmatch, true, true}, {sessmatch, false, true}, false), Service::agnostic);
}

TEST(PathHandling, TheSdpCountsThenTheHintThenTheProfile) {
  auto facts = section();
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::automatic, Profile::automatic), plain);
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::automatic, Profile::plain), plain);
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::automatic, Profile::threegpp), cema);
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::automatic, Profile::gsma), sessmatch);
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::cema, Profile::gsma), cema);
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::sessmatch, Profile::threegpp), sessmatch);
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::plain, Profile::gsma), plain);
  EXPECT_EQ(expected_handling(ng::MsrpPeer::automatic, Profile::gsma, true), sessmatch);
  EXPECT_EQ(expected_handling(ng::MsrpPeer::automatic, Profile::automatic, true), cema);  // an IMS UE
  EXPECT_EQ(expected_handling(ng::MsrpPeer::automatic, Profile::automatic, false), std::nullopt);
  facts.cema = true;
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::plain, Profile::gsma), cema);
  facts.path.push_back("msrp://relay.example:2855/r;tcp");
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::cema, Profile::threegpp), plain);
}

TEST(PathHandling, APathThatCannotBeRewrittenIsNotSessmatch) {
  auto facts = section();
  facts.path = {"msrp:nonsense"};
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::sessmatch, Profile::automatic), PathHandling::plain);
  facts.path.clear();
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::sessmatch, Profile::automatic), PathHandling::plain);
}

TEST(Roles, OfAnOffer) {
  auto offer = section();
  const auto roles = [&](std::optional<sdp::Setup> setup, bool nat = false) {
    offer.setup = setup;
    const auto out = roles_of_offer(offer, nat);
    return std::string(out.active ? "a" : "") + (out.passive ? "p" : "");
  };
  EXPECT_EQ(roles({}), "a");
  EXPECT_EQ(roles(sdp::Setup::active), "a");
  EXPECT_EQ(roles(sdp::Setup::passive), "p");
  EXPECT_EQ(roles(sdp::Setup::actpass), "ap");
  EXPECT_EQ(roles(sdp::Setup::actpass, true), "a");
  offer.addresses = {*base::IpAddress::parse("0.0.0.0")};
  EXPECT_EQ(roles(sdp::Setup::actpass), "a");
  offer.addresses.clear();  // a name that nothing is known of
  EXPECT_EQ(roles(sdp::Setup::actpass), "a");
}

TEST(BehindNat, IsAPrivateAddressHeardFromAPublicOne) {
  End end{.sdp = section()};
  const auto nat = [&](const char* says, const char* seen) {
    end.sdp->addresses = {*base::IpAddress::parse(says)};
    end.seen_from = base::IpAddress::parse(seen);
    return end.behind_nat();
  };
  EXPECT_TRUE(nat("10.1.2.3", "198.51.100.7"));
  EXPECT_TRUE(nat("100.64.1.1", "198.51.100.7"));
  EXPECT_TRUE(nat("fd00::1", "2001:db8::7"));
  EXPECT_FALSE(nat("10.1.2.3", "10.9.9.9"));        // one private network
  EXPECT_FALSE(nat("10.1.2.3", "127.0.0.1"));       // a proxy on this machine
  EXPECT_FALSE(nat("192.0.2.1", "198.51.100.7"));   // a core proxy speaks for it
  EXPECT_FALSE(nat("172.32.0.1", "198.51.100.7"));  // just outside RFC 1918
  end.seen_from.reset();
  EXPECT_FALSE(end.behind_nat());
}

TEST(Plans, ARecipientBehindANatIsNeverAskedToWait) {
  const Offering offerer{.handling = cema, .roles = {true, true}};
  EXPECT_EQ(plan_offer(offerer, {plain, false}, {}).setup, sdp::Setup::active);
  const auto plan = plan_offer(offerer, {plain, true}, {});
  EXPECT_NE(plan.setup, sdp::Setup::active);
  EXPECT_EQ(plan.best, Service::aware);
}

TEST(Plans, ARoleThatTheCommandFixesIsKept) {
  const Offering offerer{.handling = cema, .roles = {true, true}};
  for (const auto setup : {sdp::Setup::active, sdp::Setup::passive, sdp::Setup::actpass})
    EXPECT_EQ(plan_offer(offerer, {cema, false}, setup).setup, setup);
}

TEST(Plans, AnOfferWithCemaToSomebodyUnknownIsPassedOnWithItsOwnPath) {
  const auto plan = plan_offer({.handling = cema, .roles = {true, true}}, {std::nullopt, false}, {});
  EXPECT_EQ(plan.setup, sdp::Setup::actpass);
  EXPECT_FALSE(plan.shows_gateway || plan.aware);
}

TEST(Plans, WhereEveryAnswerNeedsRewritingThePathIsTheGatewaysOwn) {
  for (const auto& roles : {RoleChoice{true, true}, RoleChoice{true, false}, RoleChoice{false, true}}) {
    const auto plan = plan_offer({.handling = plain, .roles = roles}, {std::nullopt, false}, {});
    EXPECT_TRUE(plan.shows_gateway && plan.aware);
    EXPECT_EQ(plan.best, Service::aware);
    EXPECT_EQ(plan.worst, Service::aware);
  }
}

TEST(Plans, BothEndsOfAnAwareSectionAreShownTheGatewayWhereThatIsFree) {
  // A passive offerer with CEMA could do with the real path as well.
  const Offering offerer{.handling = cema, .roles = {false, true}};
  const auto plan = plan_answer(offerer, {plain, true, true});
  EXPECT_EQ(plan.service, Service::aware);
  EXPECT_TRUE(plan.offerer.sees_gateway);
  auto running = offerer;
  running.sees_gateway = false;
  EXPECT_FALSE(plan_answer(running, {plain, true, true}).offerer.sees_gateway);
  // Not at the price of going past it.
  running = {.handling = plain, .roles = {true, false}, .sees_gateway = false};
  EXPECT_TRUE(plan_answer(running, {plain, false, true}).offerer.sees_gateway);
}

TEST(Plans, AModeThatTheCommandFixesIsTheOnlyOne) {
  Offering offerer{.handling = cema, .roles = {true, true}, .mode = ng::MsrpMode::aware};
  for (const auto handling : {cema, sessmatch, plain})
    EXPECT_TRUE(plan_offer(offerer, {handling, false}, {}).aware);
  EXPECT_TRUE(plan_offer(offerer, {std::nullopt, false}, {}).aware);
  EXPECT_EQ(plan_answer(offerer, {cema, true, true}).service, Service::aware);
  offerer = {.handling = plain, .roles = {true, true}, .mode = ng::MsrpMode::agnostic};
  EXPECT_EQ(plan_offer(offerer, {plain, false}, {}).best, Service::none);
  EXPECT_EQ(plan_answer(offerer, {plain, false, false}).service, Service::none);
  EXPECT_EQ(plan_answer(offerer, {cema, true, false}).service, Service::agnostic);
}

TEST(Decision, RewritingNeedsAPathOfMsrpUris) {
  End offerer{.sdp = section()};
  EXPECT_TRUE(decide_offer(offerer, {}, {})->aware);
  const auto refused = [&](std::vector<std::string> path) {
    offerer.sdp->path = std::move(path);
    const auto out = decide_offer(offerer, {}, {});
    return out ? "" : out.error();
  };
  EXPECT_NE(refused({}).find("no a=path"), std::string::npos);
  EXPECT_NE(refused({"msrp:nonsense"}).find("no MSRP URI"), std::string::npos);
  const std::string uri = "msrp://192.0.2.1:1000/s;tcp";
  EXPECT_EQ(refused(std::vector<std::string>(64, uri)), "");
  EXPECT_NE(refused(std::vector<std::string>(65, uri)).find("too many"), std::string::npos);
  offerer.sdp = section();
  const auto offered = decide_offer(offerer, {}, {});
  End answerer{.sdp = section()};
  EXPECT_TRUE(decide_answer(offerer, answerer, *offered)->aware);
  answerer.sdp->path.clear();
  EXPECT_NE(decide_answer(offerer, answerer, *offered).error().find("answerer"), std::string::npos);
}

TEST(Decision, ASectionThatRunsAwareStaysSoUnlessTheCommandIsAgainstIt) {
  End offerer{.sdp = section()}, answerer{.sdp = section()};
  offerer.sdp->cema = answerer.sdp->cema = true;
  EXPECT_FALSE(decide_offer(offerer, answerer, {})->aware);
  EXPECT_TRUE(decide_offer(offerer, answerer, {.aware_so_far = true})->aware);
  EXPECT_TRUE(
      decide_offer(offerer, answerer, {.mode = ng::MsrpMode::automatic, .aware_so_far = true})->aware);
  EXPECT_FALSE(
      decide_offer(offerer, answerer, {.mode = ng::MsrpMode::agnostic, .aware_so_far = true})->aware);
  offerer.sdp->tls = answerer.sdp->tls = true;  // end to end by now
  EXPECT_FALSE(decide_offer(offerer, answerer, {.aware_so_far = true})->aware);
  EXPECT_FALSE(decide_offer(offerer, answerer, {.mode = ng::MsrpMode::aware}));
}

}  // namespace
}  // namespace controller
