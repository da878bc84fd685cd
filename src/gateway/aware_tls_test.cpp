// Application-aware sessions whose TLS ends at the gateway.
#include <gtest/gtest.h>

#include "tests/support/aware_rig.hpp"
#include "tests/support/bare_tls_client.hpp"

namespace {

using test::Ear;
using test::MediaPeer;
using test::with_tls;

struct Ue {
  crypto::Identity identity = crypto::Identity::self_signed("ue");
  crypto::TlsContext context = std::move(*crypto::TlsContext::make(identity, {}));
  base::Fingerprint fingerprint = identity.fingerprint();
};

struct AwareTls : test::AwareRig {
  Ue ue, other;
  MediaPeer* b = nullptr;

  MediaPeer& tls_client(Ue& who, const iq::Reserved& at) {
    auto& peer = connect(at.local);
    peer.use_tls(who.context, crypto::TlsRole::client, at.fingerprints.at(0));
    return peer;
  }
  std::uint64_t handshakes(const std::string& result) {
    std::uint64_t sum = 0;
    for (const auto& [key, n] : totals().tls_handshakes) sum += key.first == result ? n : 0;
    return sum;
  }
};

TEST_F(AwareTls, ATlsPeerTalksToAPlainOne) {
  start();
  const auto call = reserve_with_bob("one", aware_tls(alice, {ue.fingerprint}), b);
  EXPECT_TRUE(call.a.path.starts_with("msrps://127.0.0.1:")) << call.a.path;
  auto& a = tls_client(ue, call.a);
  a.say(send("t1", call.a.path, alice, "secret"));
  EXPECT_TRUE(hears(*b, send("t1", bob, call.b.path, "secret")));
  b->say(answer("t1", "200 OK", call.b.path, bob));
  EXPECT_TRUE(hears_of(a, answer("t1", "200 OK", alice, call.a.path)));
  const auto status = audit(call.context).at(0);
  EXPECT_EQ(status.tls_version, "TLSv1.3");
  EXPECT_EQ(status.peer_fingerprint, ue.fingerprint);
  EXPECT_EQ(totals().sessions_aware_tls, 1U);
  EXPECT_EQ(handshakes("ok"), 1U);
}

TEST_F(AwareTls, TwoIndependentTlsLegsMeet) {
  start();
  const Ear ear;
  auto active = aware_tls(bob, {other.fingerprint});
  active.setup = iq::Setup::active;
  active.remote = ear.address;
  const auto call = reserve_aware("one", aware_tls(alice, {ue.fingerprint}), active);
  auto& a = tls_client(ue, call.a);
  const auto body = test::pattern(1024 * 1024);
  a.say(send("t1", call.a.path, alice, body));
  b = &accept(ear.listener);
  b->use_tls(other.context, crypto::TlsRole::server, call.b.fingerprints.at(0));
  EXPECT_TRUE(hears(*b, send("t1", bob, call.b.path, body)));
  b->say(send("t2", call.b.path, bob, body));
  EXPECT_TRUE(hears(a, send("t2", alice, call.a.path, body)));
  a.finish();
  EXPECT_TRUE(ends(*b, MediaPeer::End::close_notify));
}

TEST_F(AwareTls, AWrongCertificateCostsACandidateOnly) {
  start();
  const auto call = reserve_with_bob("one", aware_tls(alice, {ue.fingerprint}), b);
  auto& impostor = tls_client(other, call.a);
  impostor.say(send("t1", call.a.path, alice, "let me in"));
  EXPECT_TRUE(await(iq::Event::refused));
  auto& a = tls_client(ue, call.a);
  a.say(send("t2", call.a.path, alice, "it is me"));
  EXPECT_TRUE(hears(*b, send("t2", bob, call.b.path, "it is me")));
}

TEST_F(AwareTls, WhatCameBeforeTheAnswerIsHeldUntilItIsVerified) {
  start();
  const auto call = reserve_with_bob("one", unanswered(iq::Transport::tcp_tls_msrp), b);
  auto& a = tls_client(ue, call.a);
  a.say(send("t1", call.a.path, alice, "early"));
  EXPECT_TRUE(until([&] { return a.open(); }));
  ASSERT_TRUE(configure(call, call.a, aware_tls(alice, {ue.fingerprint})));
  EXPECT_TRUE(hears(*b, send("t1", bob, call.b.path, "early")));
}

struct SharedTls : AwareTls {
  SharedTls() { options.realms[0].shared_port = test::free_ports(1).first; }
};

TEST_F(SharedTls, OneConnectionCarriesTheSessionsOfItsCertificate) {
  start();
  const auto one = reserve_with_bob("one", aware_tls(alice, {ue.fingerprint}), b);
  auto* b1 = b;
  const auto two = reserve_with_bob("two", aware_tls(alice, {ue.fingerprint}), b);
  auto& a = tls_client(ue, one.a);
  a.say(send("t1", one.a.path, alice, "first") + send("t2", two.a.path, alice, "second"));
  EXPECT_TRUE(hears(*b1, send("t1", bob, one.b.path, "first")));
  EXPECT_TRUE(hears(*b, send("t2", bob, two.b.path, "second")));
  b->say(send("t3", two.b.path, bob, "back"));
  EXPECT_TRUE(hears_of(a, "back"));
  const auto status = audit(one.context).at(0);
  EXPECT_EQ(status.tls_version, "TLSv1.3");
  EXPECT_EQ(status.peer_fingerprint, ue.fingerprint);
  EXPECT_EQ(handshakes("ok"), 1U);
}

/// It looks as if it did not exist, in use or not.
TEST_F(SharedTls, ASessionOfAnotherCertificateDoesNotExist) {
  start();
  const auto call = reserve_with_bob("one", aware_tls(alice, {ue.fingerprint}), b);
  auto& impostor = tls_client(other, call.a);
  const auto nowhere = "msrps://127.0.0.1:1/nobody;tcp";
  impostor.say(bare("t1", call.a.path, alice) + bare("t2", nowhere, alice));
  EXPECT_TRUE(hears(impostor, no_session("t1", call.a.path, alice) + no_session("t2", nowhere, alice)));
  auto& a = tls_client(ue, call.a);
  a.say(send("t3", call.a.path, alice, "it is me"));
  EXPECT_TRUE(hears_of(*b, "it is me"));
  impostor.say(bare("t4", call.a.path, alice));
  EXPECT_TRUE(hears_of(impostor, no_session("t4", call.a.path, alice)));
  EXPECT_EQ(totals().realms[0].unmatched, 3U);
  EXPECT_EQ(audit(call.context).at(0).counters.unmatched, 0U);
}

TEST_F(SharedTls, AClientWithoutACertificateIsRefusedInTheHandshake) {
  start();
  const auto call = reserve_aware("one", aware_tls(alice, {ue.fingerprint}), aware(bob));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    test::BareTlsClient client(call.a.local, version);
    watch(client.fd());
    EXPECT_TRUE(until([&] { return client.failed(); }));
    watch(-1);
    EXPECT_EQ(client.alert(),
              version == TLS1_3_VERSION ? SSL_AD_CERTIFICATE_REQUIRED : SSL_AD_HANDSHAKE_FAILURE);
  }
  EXPECT_TRUE(eventually([&] { return handshakes("no_certificate") == 2; }));
  EXPECT_EQ(totals().realms[0].refused_connections, 2U);
}

TEST_F(SharedTls, ASessionIsFoundWithItsOwnTransportOnly) {
  start();
  const auto secure = reserve_aware("one", aware_tls(alice, {ue.fingerprint}), aware(bob));
  const auto plain = reserve_aware("two", aware(alice), aware(bob));
  auto& a = connect(secure.a.local);
  a.say(bare("t1", secure.a.path, alice));
  EXPECT_TRUE(hears(a, no_session("t1", secure.a.path, alice)));
  auto& tls = tls_client(ue, plain.a);
  tls.say(bare("t2", plain.a.path, alice));
  EXPECT_TRUE(hears(tls, no_session("t2", plain.a.path, alice)));
}

TEST_F(SharedTls, ARequestWaitsForTheFingerprint) {
  start();
  const auto call = reserve_with_bob("one", unanswered(iq::Transport::tcp_tls_msrp), b);
  auto& impostor = tls_client(other, call.a);
  impostor.say(bare("t0", call.a.path, alice));
  auto& a = tls_client(ue, call.a);
  a.say(send("t1", call.a.path, alice, "early"));
  EXPECT_TRUE(until([&] { return a.open() && impostor.open(); }));
  ASSERT_TRUE(configure(call, call.a, aware_tls(alice, {ue.fingerprint})));
  EXPECT_TRUE(hears(*b, send("t1", bob, call.b.path, "early")));
  EXPECT_TRUE(hears(impostor, no_session("t0", call.a.path, alice)));
}

/// Whoever is connected must fit a new answer, too.
TEST_F(SharedTls, ANewFingerprintEndsASessionThatDoesNotFitIt) {
  start();
  const auto call = reserve_with_bob("one", aware_tls(alice, {ue.fingerprint}), b);
  const auto two = reserve_aware("two", aware_tls(alice, {ue.fingerprint}), aware(bob));
  auto& a = tls_client(ue, call.a);
  a.say(bare("t1", call.a.path, alice));
  EXPECT_TRUE(is_connected(call, 0));
  iq::TerminationConfig moved;
  moved.remote_fingerprints = {other.fingerprint};
  ASSERT_TRUE(configure(call, call.a, moved));
  EXPECT_TRUE(await(iq::Event::tls_failed));
  EXPECT_EQ(reason(), "tls_failed");
  a.say(bare("t2", call.a.path, alice) + bare("t3", two.a.path, alice));
  EXPECT_TRUE(hears_of(a, no_session("t2", call.a.path, alice)));
  EXPECT_TRUE(is_connected(two, 0));
}

TEST_F(SharedTls, GarbageInsideTlsEndsItsConnection) {
  start();
  const auto call = reserve_with_bob("one", aware_tls(alice, {ue.fingerprint}), b);
  auto& a = tls_client(ue, call.a);
  a.say(bare("t1", call.a.path, alice) + "garbage\r\n");
  EXPECT_TRUE(ends(a, MediaPeer::End::close_notify));
  EXPECT_TRUE(await(iq::Event::released));
  EXPECT_EQ(reason(), "malformed");
}

/// What could have been cut off by anybody must not look like an orderly end.
TEST_F(SharedTls, TlsThatBreaksIsAResetForTheOtherSide) {
  start();
  const auto call = reserve_with_bob("one", aware_tls(alice, {ue.fingerprint}), b);
  auto& a = tls_client(ue, call.a);
  a.say(bare("t1", call.a.path, alice));
  EXPECT_TRUE(hears_of(*b, "MSRP t1"));
  using namespace std::literals;
  ASSERT_TRUE(net::send(a.socket(), "\x17\x03\x03\0\x20 not encrypted with any key at all"sv));
  EXPECT_TRUE(ends(*b, MediaPeer::End::reset));
  EXPECT_TRUE(await(iq::Event::tls_failed));
  EXPECT_EQ(reason(), "tls_failed");
}

TEST_F(SharedTls, ANewIdentityIsPresentedToWhoConnectsLater) {
  start();
  const auto renewed = crypto::Identity::self_signed("renewed");
  const auto before = reserve_with_bob("one", aware_tls(alice, {ue.fingerprint}), b);
  auto& a = tls_client(ue, before.a);
  a.say(bare("t1", before.a.path, alice));
  EXPECT_TRUE(hears_of(*b, "MSRP t1"));
  ASSERT_TRUE(gateway->set_identity("access", renewed));
  const auto after = reserve_aware("two", aware_tls(alice, {ue.fingerprint}), aware(bob));
  EXPECT_EQ(after.a.fingerprints.at(0), renewed.fingerprint());
  auto& late = tls_client(ue, after.a);
  late.say(bare("t2", after.a.path, alice));
  EXPECT_TRUE(is_connected(after, 0));
  a.say(send("t3", before.a.path, alice, "as before"));
  EXPECT_TRUE(hears_of(*b, "as before"));
}

}  // namespace
