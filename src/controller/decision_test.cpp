#include "controller/decision.hpp"

#include <gtest/gtest.h>

namespace controller {
namespace {

const base::Fingerprint some_fingerprint{"sha-256", std::string(32, 'x')};

RealmPolicy realm(E2ae e2ae = E2ae::preferred, bool require_fingerprint = true) {
  return {.name = "r", .e2ae = e2ae, .require_fingerprint = require_fingerprint};
}

SectionFacts plain() {
  SectionFacts out;
  out.port = 1000;
  out.path = {"msrp://192.0.2.1:1000/s;tcp"};
  return out;
}
SectionFacts tls(bool requested = false) {
  auto out = plain();
  out.tls = true;
  out.e2ae_requested = requested;
  out.fingerprints = {some_fingerprint};
  return out;
}
SectionFacts mikey() {
  auto out = tls(true);
  out.mikey = true;
  return out;
}
SectionFacts with(SectionFacts facts, std::optional<sdp::Setup> setup) {
  facts.setup = setup;
  return facts;
}

/// "e2e", or how TLS stands on the offerer's and the answerer's side: '-' plain, 't' TLS, 'a' TLS that is
/// shown as a=3ge2ae:applied; or "refused".
std::string decided(const SectionFacts& offer, const SecurityFlags& flags, E2ae from = E2ae::preferred,
                    E2ae to = E2ae::off) {
  const auto out = decide_security(offer, flags, realm(from), realm(to));
  if (!out) return "refused";
  EXPECT_FALSE(out->why.empty());
  if (out->end_to_end) {
    EXPECT_FALSE(out->offerer_tls || out->answerer_tls || out->offerer_e2ae || out->answerer_e2ae);
    return "e2e";
  }
  const auto side = [](bool has_tls, bool e2ae) { return e2ae ? "a" : has_tls ? "t" : "-"; };
  EXPECT_TRUE(out->offerer_tls || !out->offerer_e2ae);
  EXPECT_TRUE(out->answerer_tls || !out->answerer_e2ae);
  return std::string(side(out->offerer_tls, out->offerer_e2ae)) + side(out->answerer_tls, out->answerer_e2ae);
}

TEST(DecideSecurity, EveryRuleInItsOrder) {
  using Tls = std::optional<ng::MsrpTls>;
  const Tls none, to_tls = ng::MsrpTls::tls, to_tcp = ng::MsrpTls::tcp, passthru = ng::MsrpTls::passthru;
  // Columns: the offer is plain, TLS, TLS with 3ge2ae:requested, TLS with key-mgmt:mikey.
  struct Row {
    Tls tls;
    bool e2ae;
    const char* plain;
    const char* tls_alone;
    const char* requested;
    const char* mikey;
  };
  const Row rows[] = {
      {none, false, "--", "e2e", "a-", "e2e"},      {none, true, "-a", "ta", "aa", "e2e"},
      {to_tls, false, "-t", "tt", "at", "e2e"},     {to_tls, true, "-a", "ta", "aa", "e2e"},
      {to_tcp, false, "--", "t-", "a-", "e2e"},     {to_tcp, true, "--", "t-", "a-", "e2e"},
      {passthru, false, "--", "e2e", "e2e", "e2e"}, {passthru, true, "--", "e2e", "e2e", "e2e"},
  };
  for (const auto& row : rows) {
    const SecurityFlags flags{row.tls, row.e2ae};
    SCOPED_TRACE(testing::Message() << "msrp-tls " << (row.tls ? int(*row.tls) : -1) << " msrp-e2ae "
                                    << row.e2ae);
    EXPECT_EQ(decided(plain(), flags), row.plain);
    EXPECT_EQ(decided(tls(), flags), row.tls_alone);
    EXPECT_EQ(decided(tls(true), flags), row.requested);
    EXPECT_EQ(decided(mikey(), flags), row.mikey);
  }
}

TEST(DecideSecurity, ARealmWithoutE2aeDoesNotHearTheRequestButTheCommandStillCounts) {
  EXPECT_EQ(decided(tls(true), {}, E2ae::off), "e2e");
  EXPECT_EQ(decided(tls(true), {ng::MsrpTls::tcp, false}, E2ae::off), "t-");
  EXPECT_EQ(decided(tls(true), {{}, true}, E2ae::off), "ta");
  EXPECT_EQ(decided(plain(), {{}, true}, E2ae::off, E2ae::off), "-a");
}

TEST(DecideSecurity, ARealmThatRequiresE2aeHasNoClearMedia) {
  EXPECT_EQ(decided(plain(), {}, E2ae::required), "refused");
  EXPECT_EQ(decided(plain(), {{}, true}, E2ae::required), "refused");
  EXPECT_EQ(decided(plain(), {ng::MsrpTls::passthru, false}, E2ae::required), "refused");
  EXPECT_EQ(decided(tls(true), {}, E2ae::required), "a-");
  EXPECT_EQ(decided(tls(), {}, E2ae::required), "e2e");

  EXPECT_EQ(decided(plain(), {}, E2ae::off, E2ae::required), "refused");
  EXPECT_EQ(decided(tls(true), {}, E2ae::preferred, E2ae::required), "refused");
  EXPECT_EQ(decided(plain(), {{}, true}, E2ae::off, E2ae::required), "-a");
  EXPECT_EQ(decided(plain(), {ng::MsrpTls::tls, false}, E2ae::off, E2ae::required), "-t");
  EXPECT_EQ(decided(tls(), {ng::MsrpTls::tcp, true}, E2ae::off, E2ae::required), "refused");
  EXPECT_EQ(decided(tls(), {}, E2ae::required, E2ae::required), "e2e");
}

TEST(DecideSecurity, TlsThatEndsHereNeedsAFingerprint) {
  auto offer = tls(true);
  offer.fingerprints.clear();
  EXPECT_EQ(decided(offer, {}), "refused");
  EXPECT_EQ(decided(offer, {ng::MsrpTls::passthru, false}), "e2e");
  EXPECT_TRUE(decide_security(offer, {}, realm(E2ae::preferred, false), realm()));
  offer.fingerprint_fault = "line 9: a=fingerprint cannot be understood";
  const auto out = decide_security(offer, {}, realm(E2ae::preferred, false), realm());
  ASSERT_FALSE(out);  // malformed is never taken for none
  EXPECT_EQ(out.error(), offer.fingerprint_fault);
}

TEST(CheckAnswer, KeepsWhatWasDecided) {
  const SecurityDecision clear{}, secure{.answerer_tls = true}, untouched{.end_to_end = true};
  const SecurityDecision offerer_only{.offerer_tls = true};
  EXPECT_TRUE(check_answer(clear, false, plain(), realm()));
  EXPECT_FALSE(check_answer(clear, false, tls(), realm()));
  EXPECT_TRUE(check_answer(offerer_only, true, plain(), realm()));
  EXPECT_FALSE(check_answer(offerer_only, true, tls(), realm()));
  EXPECT_TRUE(check_answer(secure, false, tls(), realm()));
  EXPECT_FALSE(check_answer(secure, false, plain(), realm()));
  EXPECT_TRUE(check_answer(untouched, true, tls(), realm()));
  EXPECT_FALSE(check_answer(untouched, true, plain(), realm()));
}

TEST(CheckAnswer, NeedsAFingerprintOnlyWhereTlsEndsHere) {
  const SecurityDecision secure{.answerer_tls = true}, untouched{.end_to_end = true};
  auto answer = tls();
  answer.fingerprints.clear();
  EXPECT_FALSE(check_answer(secure, false, answer, realm()));
  EXPECT_TRUE(check_answer(secure, false, answer, realm(E2ae::preferred, false)));
  EXPECT_TRUE(check_answer(untouched, true, answer, realm()));
  answer.fingerprint_fault = "malformed";
  EXPECT_FALSE(check_answer(secure, false, answer, realm(E2ae::preferred, false)));
  EXPECT_TRUE(check_answer(untouched, true, answer, realm()));
}

/// Who connects: "o", "a", both or "refused".
std::string connects(std::optional<sdp::Setup> offer, std::optional<sdp::Setup> answer, bool end_to_end) {
  const auto out = decide_roles(with(plain(), offer), with(plain(), answer), end_to_end);
  if (!out) return "refused";
  return std::string(out->offerer_active ? "o" : "") + (out->answerer_active ? "a" : "");
}

TEST(DecideRoles, TheTableOfRfc4145WithAGatewayInBetween) {
  using sdp::Setup;
  const std::optional<Setup> none, active = Setup::active, passive = Setup::passive, any = Setup::actpass;
  struct Row {
    std::optional<Setup> offer, answer;
    const char* terminated;
    const char* end_to_end;
  };
  const Row rows[] = {
      {any, passive, "o", "o"},
      {any, active, "oa", "a"},
      {any, none, "o", "o"},
      {any, any, "o", "o"},
      {active, passive, "o", "o"},
      {active, active, "oa", "refused"},
      {active, none, "o", "o"},
      {passive, active, "a", "a"},
      {passive, passive, "refused", "refused"},
      {passive, none, "refused", "refused"},
      {none, passive, "o", "o"},
      {none, none, "o", "o"},
      {none, active, "oa", "refused"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(&row - rows);
    EXPECT_EQ(connects(row.offer, row.answer, false), row.terminated);
    EXPECT_EQ(connects(row.offer, row.answer, true), row.end_to_end);
  }
}

TEST(CheckReachable, OnlyAPassiveEndNeedsAnAddress) {
  auto facts = plain();
  EXPECT_TRUE(check_reachable(facts, true));
  EXPECT_FALSE(check_reachable(facts, false));
  facts.ip = base::IpAddress::parse("192.0.2.1");
  EXPECT_TRUE(check_reachable(facts, false));
  for (const auto* nowhere : {"0.0.0.0", "::"}) {
    facts.ip = base::IpAddress::parse(nowhere);
    EXPECT_TRUE(check_reachable(facts, true));
    EXPECT_FALSE(check_reachable(facts, false)) << nowhere;
  }
}

TEST(PathHandling, TheSdpCountsThenTheHintThenTheProfile) {
  auto facts = plain();
  using enum PathHandling;
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::automatic, Profile::automatic), plain);
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::automatic, Profile::plain), plain);
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::automatic, Profile::threegpp), cema);
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::automatic, Profile::gsma), sessmatch);
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::cema, Profile::gsma), cema);
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::sessmatch, Profile::threegpp), sessmatch);
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::plain, Profile::gsma), plain);
  EXPECT_EQ(expected_handling(ng::MsrpPeer::automatic, Profile::gsma), sessmatch);
  facts.cema = true;
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::plain, Profile::gsma), cema);
  facts.path.push_back("msrp://relay.example:2855/r;tcp");
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::cema, Profile::threegpp), plain);
}

TEST(PathHandling, APathThatCannotBeRewrittenIsNotSessmatch) {
  auto facts = plain();
  facts.path = {"msrp:nonsense"};
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::sessmatch, Profile::automatic), PathHandling::plain);
  facts.path.clear();
  EXPECT_EQ(path_handling(facts, ng::MsrpPeer::sessmatch, Profile::automatic), PathHandling::plain);
}

TEST(DecidePath, TheNineCellsWhicheverEndConnects) {
  using enum PathHandling;
  // Rows: the end that connects; columns: the passive end is cema, plain, sessmatch. '.': paths untouched,
  // 'r': the passive end's path is shown with the gateway's address, 'x': the application-aware mode only.
  struct Row {
    PathHandling active;
    const char* cells;
  };
  const PathHandling columns[] = {cema, plain, sessmatch};
  for (const auto& [active, cells] : {Row{cema, "..."}, Row{plain, "xxr"}, Row{sessmatch, "xxr"}}) {
    for (std::size_t i = 0; i < 3; ++i) {
      SCOPED_TRACE(testing::Message() << int(active) << " connects to " << int(columns[i]));
      const Roles offerer_connects{true, false}, answerer_connects{false, true};
      const auto forward =
          decide_path(active, columns[i], offerer_connects, shows_gateway(active, columns[i]));
      EXPECT_EQ(!forward ? 'x' : forward->rewrite_for_offerer ? 'r' : '.', cells[i]);
      // Here the offer is what the active end is shown.
      const bool saw = shows_gateway(columns[i], active);
      const auto back = decide_path(columns[i], active, answerer_connects, saw);
      EXPECT_EQ(!back ? 'x' : saw && active != cema ? 'r' : '.', cells[i]);
      EXPECT_TRUE(!back || !back->rewrite_for_offerer);
    }
  }
}

TEST(DecidePath, WhereBothConnectBothMustBeServed) {
  using enum PathHandling;
  const Roles both{true, true};
  EXPECT_TRUE(decide_path(cema, cema, both, false));
  EXPECT_TRUE(decide_path(sessmatch, sessmatch, both, true));
  EXPECT_FALSE(decide_path(sessmatch, sessmatch, both, false));
  EXPECT_FALSE(decide_path(cema, plain, both, false));
  EXPECT_FALSE(decide_path(plain, cema, both, false));
  EXPECT_FALSE(decide_path(plain, sessmatch, both, false));
  EXPECT_NE(decide_path(plain, cema, both, false).error().find("application-aware"), std::string::npos);
}

TEST(ConnectionDiffers, InWhatTheConnectionDependsOnAndNothingElse) {
  auto before = tls();
  before.host = "192.0.2.1";
  auto now = before;
  now.cema = true;
  now.e2ae_requested = true;
  now.setup = sdp::Setup::active;
  EXPECT_FALSE(connection_differs(before, true, now, true));
  now = before;
  now.port = 9;
  EXPECT_FALSE(connection_differs(before, true, now, true));
  EXPECT_TRUE(connection_differs(before, false, now, false));
  EXPECT_TRUE(connection_differs(before, false, before, true));
  now = before;
  now.host = "192.0.2.7";
  EXPECT_TRUE(connection_differs(before, true, now, true));
  now = before;
  now.fingerprints.clear();
  EXPECT_TRUE(connection_differs(before, true, now, true));
  now = before;
  now.path = {"msrp://192.0.2.1:1000/another;tcp"};
  EXPECT_TRUE(connection_differs(before, true, now, true));
  now = before;
  now.tls_id = "abcdefghij0123456789";
  EXPECT_TRUE(connection_differs(before, true, now, true));
}

}  // namespace
}  // namespace controller
