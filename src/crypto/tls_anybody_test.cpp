#include <gtest/gtest.h>

#include "crypto/tls.hpp"
#include "tests/support/tls_matrix.hpp"
#include "tests/support/tls_side.hpp"

// Connections of a peer that may be one of many (RFC 4975 14.4): expect_certificate() and matches().
namespace crypto {
namespace {

using State = TlsEngine::State;
using test::another;
using test::context;
using test::peer_setup;
using test::RawTls;
using test::talk;
using test::theirs;
using test::TlsSide;

class TlsAnybody : public test::TlsMatrix {};
INSTANTIATE_TEST_SUITE_P(Everywhere, TlsAnybody, test::every_tls, test::name_of_tls);

TEST_P(TlsAnybody, IsLetInAndThenKnownByTheCertificate) {
  auto side = make_side();
  EXPECT_EQ(side.engine.expect_certificate(side.out), State::handshaking);
  RawTls peer(setup());
  talk(side, peer);
  ASSERT_EQ(side.engine.state(), State::open) << side.engine.detail();
  peer.write("hello");
  talk(side, peer);
  EXPECT_EQ(side.received(), "hello");
  EXPECT_TRUE(side.engine.matches({theirs().fingerprint()}));
  EXPECT_TRUE(side.engine.matches({another().fingerprint(), theirs().fingerprint()}));
  EXPECT_FALSE(side.engine.matches({another().fingerprint()}));
  EXPECT_FALSE(side.engine.matches({}));
  EXPECT_FALSE(side.engine.matches({{"md5", theirs().fingerprint().digest}}));
  // RFC 8122 5.1: only those of the preferred hash function count.
  EXPECT_FALSE(side.engine.matches({another().fingerprint("sha-256"), theirs().fingerprint("sha-384")}));
}

/// A certificate is everybody's to send; only the end of the handshake proves whose it is.
TEST_P(TlsAnybody, IsNobodyUntilTheHandshakeIsDone) {
  auto side = make_side();
  side.engine.expect_certificate(side.out);
  RawTls peer(setup());
  peer.step();
  bool presented = false;
  for (int flights = 0; flights < 4 && side.engine.state() == State::handshaking; ++flights) {
    EXPECT_FALSE(side.engine.matches({theirs().fingerprint()}));
    for (const char octet : peer.take()) {
      side.give({&octet, 1});
      const bool proven = side.engine.state() != State::handshaking;
      presented |= !proven && side.engine.peer_fingerprint().has_value();
      EXPECT_EQ(side.engine.matches({theirs().fingerprint()}), proven);
    }
    peer.give(side.take());
  }
  EXPECT_TRUE(presented);
  EXPECT_EQ(side.engine.state(), State::open);
}

TEST_P(TlsAnybody, MayBeExpectedLate) {
  auto side = make_side();
  RawTls peer(setup());
  talk(side, peer);
  ASSERT_EQ(side.engine.state(), State::unverified);
  EXPECT_EQ(side.engine.expect_certificate(side.out), State::open);
  EXPECT_TRUE(side.engine.matches({theirs().fingerprint()}));
}

TEST_P(TlsAnybody, IsNotAnybodyAnyMoreOnceAFingerprintIsKnown) {
  for (const bool right : {true, false}) {
    auto side = make_side();
    side.engine.expect_certificate(side.out);
    RawTls peer(setup());
    talk(side, peer);
    ASSERT_EQ(side.engine.state(), State::open);
    EXPECT_EQ(side.expect({right ? theirs().fingerprint() : another().fingerprint()}),
              right ? State::open : State::failed);
  }
}

TEST_P(TlsAnybody, IsStillWhoItWasAfterItsCloseNotify) {
  auto side = make_side();
  side.engine.expect_certificate(side.out);
  RawTls peer(setup());
  talk(side, peer);
  SSL_shutdown(peer.ssl());
  talk(side, peer);
  EXPECT_EQ(side.engine.state(), State::closed);
  EXPECT_TRUE(side.engine.matches({theirs().fingerprint()}));
  EXPECT_FALSE(side.engine.matches({another().fingerprint()}));
}

/// Also where the realm lets in peers without a fingerprint: nobody could tell them apart.
TEST(TlsAnybodyWithout, ACertificateIsRefused) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto shared = context({.require_fingerprint = false});
    TlsSide side(shared, TlsRole::server);
    side.engine.expect_certificate(side.out);
    auto setup = peer_setup(false, version);
    setup.identity = nullptr;
    RawTls peer(setup);
    talk(side, peer);
    EXPECT_EQ(side.engine.state(), State::failed);
    EXPECT_EQ(side.engine.cause(), TlsCause::no_certificate);
    EXPECT_FALSE(side.engine.matches({}));
  }
}

TEST(TlsAnybodyWithout, ACertificateIsFoundOutLate) {
  auto shared = context({.require_fingerprint = false});
  TlsSide side(shared, TlsRole::server);
  auto setup = peer_setup(false, TLS1_3_VERSION);
  setup.identity = nullptr;
  RawTls peer(setup);
  talk(side, peer);
  ASSERT_EQ(side.engine.state(), State::unverified);
  EXPECT_EQ(side.engine.expect_certificate(side.out), State::failed);
  EXPECT_EQ(side.engine.cause(), TlsCause::no_certificate);
}

}  // namespace
}  // namespace crypto
