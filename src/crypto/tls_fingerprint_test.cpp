#include <gtest/gtest.h>

#include "crypto/tls.hpp"
#include "tests/support/tls_matrix.hpp"
#include "tests/support/tls_side.hpp"

// Which certificates are let in (RFC 8122 5), and what the others are told.
namespace crypto {
namespace {

using State = TlsEngine::State;
using test::another;
using test::context;
using test::ours;
using test::peer_setup;
using test::RawTls;
using test::talk;
using test::theirs;
using test::TlsSide;

class TlsVerification : public test::TlsMatrix {};
INSTANTIATE_TEST_SUITE_P(Everywhere, TlsVerification, test::every_tls, test::name_of_tls);

TEST_P(TlsVerification, HoldsEarlyOctetsBackUntilTheFingerprintIsKnown) {
  auto side = make_side();
  RawTls peer(setup());
  talk(side, peer);
  ASSERT_EQ(side.engine.state(), State::unverified) << side.engine.detail();
  EXPECT_TRUE(side.kept.empty() || role() == TlsRole::client);  // a TLS 1.3 server's tickets
  peer.write("early");
  talk(side, peer);
  EXPECT_EQ(side.received(), "");
  EXPECT_FALSE(side.kept.empty());
  EXPECT_FALSE(side.engine.write("secret", side.out));
  EXPECT_EQ(side.take(), "");
  EXPECT_EQ(side.expect({theirs().fingerprint()}), State::open);
  side.feed();
  EXPECT_EQ(side.received(), "early");
  EXPECT_EQ(side.kept, "");
}

TEST_P(TlsVerification, KeepsWhatLiesBehindTheFinishedInTheSameRead) {
  auto side = make_side();
  RawTls peer(setup());
  std::string
      wire;  // everything that the peer sends, its first application data included, is given in one piece
  peer.step();
  for (int flights = 0; flights < 3 && !peer.established(); ++flights) {
    side.give(peer.take());
    peer.give(side.take());
  }
  ASSERT_TRUE(peer.established());
  peer.write("right behind");
  if (role() == TlsRole::server &&
      version() == TLS1_3_VERSION) {  // the client is done first, so in one piece
    EXPECT_EQ(side.engine.state(), State::handshaking);
  }
  side.give(peer.take());
  talk(side, peer);
  EXPECT_EQ(side.engine.state(), State::unverified);
  EXPECT_EQ(side.received(), "");
  side.expect({theirs().fingerprint()});
  side.feed();
  EXPECT_EQ(side.received(), "right behind");
}

TEST_P(TlsVerification, TakesTheFingerprintInTheMiddleOfTheHandshake) {
  auto side = make_side();
  RawTls peer(setup());
  peer.step();
  peer.give(side.take());
  const auto flight = peer.take();
  side.give(std::string_view(flight).substr(0, 50));
  ASSERT_EQ(side.engine.state(), State::handshaking);
  EXPECT_EQ(side.expect({theirs().fingerprint()}), State::handshaking);
  side.give(std::string_view(flight).substr(50));
  talk(side, peer);
  EXPECT_EQ(side.engine.state(), State::open) << side.engine.detail();
}

TEST_P(TlsVerification, EndsAHandshakeWithAStrangerByBadCertificate) {
  for (const bool late : {false, true}) {  // before the first octet, and in the middle
    auto side = make_side();
    RawTls peer(setup());
    peer.step();
    if (!late) side.expect({another().fingerprint()});
    side.give(peer.take());
    if (late) side.expect({another().fingerprint()});
    talk(side, peer);
    peer.write("secret");
    talk(side, peer);
    EXPECT_EQ(side.engine.state(), State::failed);
    EXPECT_EQ(side.engine.cause(), TlsCause::fingerprint_mismatch);
    EXPECT_NE(side.engine.detail().find(to_string(theirs().fingerprint())), std::string::npos);
    EXPECT_NE(side.engine.detail().find(to_string(another().fingerprint())), std::string::npos);
    EXPECT_EQ(side.engine.peer_fingerprint(), theirs().fingerprint());
    EXPECT_EQ(peer.alert(), SSL_AD_BAD_CERTIFICATE);
    EXPECT_EQ(side.received(), "");
    EXPECT_FALSE(side.engine.write("secret", side.out));
    EXPECT_EQ(side.take(), "");
  }
}

TEST_P(TlsVerification, ClosesWhenALateFingerprintIsAnother) {
  auto side = make_side();
  RawTls peer(setup());
  talk(side, peer);
  peer.write("secret");
  talk(side, peer);
  EXPECT_EQ(side.expect({another().fingerprint()}), State::failed);
  EXPECT_EQ(side.engine.cause(), TlsCause::fingerprint_mismatch);
  side.feed();
  EXPECT_EQ(side.received(), "");
  EXPECT_FALSE(side.engine.write("secret", side.out));
  peer.give(side.take());
  EXPECT_EQ(peer.received(), "");
  EXPECT_EQ(peer.alert(), SSL_AD_CLOSE_NOTIFY);
  EXPECT_EQ(side.expect({theirs().fingerprint()}), State::failed);  // no second chance
}

TEST_P(TlsVerification, ChecksAnEstablishedPeerAnewWhenTheSdpChanges) {
  auto side = make_side();
  RawTls peer(setup());
  side.expect({theirs().fingerprint()});
  talk(side, peer);
  EXPECT_EQ(side.expect({another().fingerprint(), theirs().fingerprint()}), State::open);
  EXPECT_EQ(side.expect({theirs().fingerprint("sha-512")}), State::open);
  peer.write("before");
  talk(side, peer);
  EXPECT_EQ(side.expect({another().fingerprint()}), State::failed);
  peer.write("after");
  talk(side, peer);
  EXPECT_EQ(side.received(), "before");
}

TEST(TlsCertificate, IsDemandedWithTheAlertOfTheVersion) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const bool known : {true, false}) {
      auto here = context({.require_fingerprint = !known});  // either is reason enough to demand one
      TlsSide side(here, TlsRole::server);
      if (known) side.expect({theirs().fingerprint()});
      auto how = peer_setup(false, version);
      how.identity = nullptr;
      RawTls peer(how);
      talk(side, peer);
      peer.write("secret");
      talk(side, peer);
      EXPECT_EQ(side.engine.state(), State::failed);
      EXPECT_EQ(side.engine.cause(), TlsCause::no_certificate);
      EXPECT_EQ(side.engine.peer_fingerprint(), std::nullopt);
      EXPECT_EQ(side.received(), "");
      EXPECT_EQ(peer.alert(),
                version == TLS1_2_VERSION ? SSL_AD_HANDSHAKE_FAILURE : SSL_AD_CERTIFICATE_REQUIRED);
    }
  }
}

TEST(TlsCertificate, MayBeMissingWhereNoFingerprintIsRequired) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto here = context({.require_fingerprint = false});
    auto how = peer_setup(false, version);
    how.identity = nullptr;
    TlsSide side(here, TlsRole::server);
    RawTls peer(how);
    talk(side, peer);
    EXPECT_EQ(side.engine.state(), State::unverified);  // the SDP may still have one
    peer.write("hello");
    talk(side, peer);
    EXPECT_EQ(side.received(), "");
    EXPECT_EQ(side.expect({}), State::open);
    side.feed();
    EXPECT_EQ(side.received(), "hello");
    EXPECT_EQ(side.expect({theirs().fingerprint()}), State::failed);
    EXPECT_EQ(side.engine.cause(), TlsCause::no_certificate);
  }
}

/// The end of a handshake with `theirs` when the SDP said `offered`.
struct Verdict {
  State state;
  TlsCause cause;
  int alert;
  std::string detail;
};

Verdict verdict(TlsContext::Options options, const std::vector<base::Fingerprint>& offered) {
  auto here = context(std::move(options));
  TlsSide side(here, TlsRole::server);
  side.expect(offered);
  RawTls peer(peer_setup(false, TLS1_3_VERSION));
  talk(side, peer);
  return {side.engine.state(), side.engine.cause(), peer.alert(), side.engine.detail()};
}

const std::vector<std::string> every_hash{"sha-1", "sha-224", "sha-256", "sha-384", "sha-512"};

TEST(TlsFingerprint, MayUseEachConfiguredHashFunction) {
  for (const auto& hash : every_hash) {
    EXPECT_EQ(verdict({.hashes = every_hash}, {theirs().fingerprint(hash)}).state, State::open) << hash;
    const auto wrong = verdict({.hashes = every_hash}, {another().fingerprint(hash)});
    EXPECT_EQ(wrong.cause, TlsCause::fingerprint_mismatch) << hash;
    EXPECT_EQ(wrong.alert, SSL_AD_BAD_CERTIFICATE) << hash;
  }
}

TEST(TlsFingerprint, OfAnUnconfiguredHashFunctionIsIgnored) {
  for (const std::string hash : {"sha-1", "sha-224"}) {
    const auto refused = verdict({}, {theirs().fingerprint(hash)});
    EXPECT_EQ(refused.cause, TlsCause::no_acceptable_hash);
    EXPECT_EQ(refused.alert, SSL_AD_BAD_CERTIFICATE);
    EXPECT_NE(refused.detail.find(hash), std::string::npos);
    EXPECT_EQ(verdict({}, {theirs().fingerprint(hash), theirs().fingerprint()}).state, State::open);
  }
}

TEST(TlsFingerprint, OfMd5IsNeverVerified) {
  const base::Fingerprint md5{"md5", std::string(16, 'x')};
  for (const bool require : {true, false}) {
    const auto refused = verdict({.require_fingerprint = require}, {md5});
    EXPECT_EQ(refused.cause, TlsCause::no_acceptable_hash);
    EXPECT_EQ(refused.alert, SSL_AD_BAD_CERTIFICATE);
  }
  EXPECT_EQ(verdict({}, {md5, theirs().fingerprint()}).state, State::open);
}

TEST(TlsFingerprint, CountsOnlyInThePreferredHashFunctionOfThoseOffered) {
  const TlsContext::Options both{.hashes = {"sha-256", "sha-1"}};
  const auto refused = verdict(both, {theirs().fingerprint("sha-1"), another().fingerprint("sha-256")});
  EXPECT_EQ(refused.cause, TlsCause::fingerprint_mismatch);
  EXPECT_EQ(refused.alert, SSL_AD_BAD_CERTIFICATE);
  EXPECT_EQ(verdict(both, {another().fingerprint("sha-1"), theirs().fingerprint("sha-256")}).state,
            State::open);
  EXPECT_EQ(verdict(both, {theirs().fingerprint("sha-1")}).state, State::open);
  EXPECT_EQ(verdict({.hashes = {"sha-1", "sha-256"}},
                    {theirs().fingerprint("sha-1"), another().fingerprint("sha-256")})
                .state,
            State::open);
}

TEST(TlsFingerprint, MayBeAnyOfASet) {
  EXPECT_EQ(verdict({}, {another().fingerprint(), theirs().fingerprint()}).state, State::open);
  EXPECT_EQ(verdict({}, {another().fingerprint(), ours().fingerprint()}).cause,
            TlsCause::fingerprint_mismatch);
}

TEST(TlsFingerprint, NamesItsHashFunctionInAnyCase) {
  auto upper = theirs().fingerprint();
  upper.hash_func = "SHA-256";
  EXPECT_EQ(verdict({.hashes = {"Sha-256"}}, {upper}).state, State::open);
}

TEST(TlsFingerprint, MustBeThereWhereItIsRequired) {
  const auto refused = verdict({}, {});
  EXPECT_EQ(refused.state, State::failed);
  EXPECT_EQ(refused.cause, TlsCause::no_acceptable_hash);
  EXPECT_EQ(refused.alert, SSL_AD_BAD_CERTIFICATE);
  EXPECT_NE(refused.detail.find("no fingerprint"), std::string::npos);
  EXPECT_EQ(verdict({.require_fingerprint = false}, {}).state, State::open);
  EXPECT_EQ(verdict({.require_fingerprint = false}, {another().fingerprint()}).cause,
            TlsCause::fingerprint_mismatch);
}

TEST(TlsFingerprint, OfATruncatedDigestDoesNotMatch) {
  auto part = theirs().fingerprint();
  part.digest.resize(16);
  EXPECT_EQ(verdict({}, {part}).cause, TlsCause::fingerprint_mismatch);
  part.digest.clear();
  EXPECT_EQ(verdict({}, {part}).cause, TlsCause::fingerprint_mismatch);
}

}  // namespace
}  // namespace crypto
