#include "controller/security.hpp"

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
TEST(DecideSecurity, TlsThatEndsHereNeedsAFingerprint) {
  auto offer = tls(true);
  offer.fingerprints.clear();
  EXPECT_FALSE(decide_security(offer, {}, realm(), realm()));
  EXPECT_TRUE(decide_security(offer, {ng::MsrpTls::passthru, false}, realm(), realm())->end_to_end);
  EXPECT_TRUE(decide_security(offer, {}, realm(E2ae::preferred, false), realm()));
  offer.fingerprint_fault = "line 9: a=fingerprint cannot be understood";
  const auto out = decide_security(offer, {}, realm(E2ae::preferred, false), realm());
  ASSERT_FALSE(out);  // malformed is never taken for none
  EXPECT_EQ(out.error(), offer.fingerprint_fault);
}

TEST(DecideSecurity, AHashThatTheRealmDoesNotAcceptIsRefusedInTheSdpNotInTheHandshake) {
  auto offer = tls(true);
  offer.fingerprints = {{"md5", std::string(16, 'x')}};
  const auto refused = decide_security(offer, {}, realm(), realm());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("md5"), std::string::npos);
  offer.fingerprints.push_back({"SHA-512", std::string(64, 'x')});  // RFC 8122 5: one that fits is enough
  EXPECT_TRUE(decide_security(offer, {}, realm(), realm()));
  auto strict = realm();
  strict.hashes = {"sha-384"};
  EXPECT_FALSE(decide_security(offer, {}, strict, realm()));
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

TEST(CheckAnswer, RefusesAHashThatTheRealmDoesNotAccept) {
  auto answer = tls();
  answer.fingerprints = {{"md5", std::string(16, 'x')}};
  EXPECT_FALSE(check_answer({.answerer_tls = true}, false, answer, realm()));
  EXPECT_TRUE(check_answer({.end_to_end = true}, true, answer, realm()));
}

}  // namespace
}  // namespace controller
