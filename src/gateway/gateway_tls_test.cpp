#include <gtest/gtest.h>

#include "tests/support/bare_tls_client.hpp"
#include "tests/support/gateway_rig.hpp"

namespace gateway {
namespace {

using test::anybody;
using test::Ear;
using test::GatewayRig;
using test::MediaPeer;
using test::pattern;
using test::towards;
using test::unanswered_tls;
using test::with_tls;

struct Ue {
  crypto::Identity identity = crypto::Identity::self_signed("ue");
  crypto::TlsContext context = std::move(*crypto::TlsContext::make(identity, {}));
  base::Fingerprint fingerprint = identity.fingerprint();
};

struct Tls : ::testing::Test, GatewayRig {
  Ear ear;
  Ue ue;
  Ue impostor;
  Call call;
  MediaPeer* left = nullptr;
  MediaPeer* right = nullptr;

  MediaPeer& tls_client(Ue& who, const iq::Reserved& at) {
    auto& peer = connect(at.local);
    peer.use_tls(who.context, crypto::TlsRole::client, at.fingerprints.at(0));
    return peer;
  }
  MediaPeer& tls_server(Ue& who, const iq::Reserved& from) {
    auto& peer = accept(ear.listener);
    peer.use_tls(who.context, crypto::TlsRole::server, from.fingerprints.at(0));
    return peer;
  }
  /// TLS on the left, plain on the right.
  void establish() {
    start();
    call = reserve(with_tls(anybody(), {ue.fingerprint}), towards(ear.address));
    left = &tls_client(ue, call.a);
    right = &accept(ear.listener);
    ASSERT_TRUE(await(iq::Event::connected, 2));
  }
  bool refused_with(const std::string& cause) {
    return await(iq::Event::refused) && cause_of(iq::Event::refused).find(cause) != std::string::npos;
  }
  void expect_that_the_right_peer_still_gets_through() {
    auto& good = tls_client(ue, call.a);
    good.say("it is me");
    auto& core = accept(ear.listener);
    EXPECT_TRUE(hears(core, "it is me"));
    core.say("welcome");
    EXPECT_TRUE(hears(good, "welcome"));
  }
  std::uint64_t handshakes(const std::string& result) {
    std::uint64_t sum = 0;
    for (const auto& [key, n] : totals().tls_handshakes) sum += key.first == result ? n : 0;
    return sum;
  }
};

TEST_F(Tls, a_tls_peer_talks_to_a_plain_one) {
  establish();
  left->say("secret");
  right->say("plain");
  EXPECT_TRUE(hears(*right, "secret"));
  EXPECT_TRUE(hears(*left, "plain"));
  const auto status = audit(call.context);
  EXPECT_EQ(status[0].tls_version, "TLSv1.3");
  EXPECT_FALSE(status[0].tls_cipher.empty());
  EXPECT_EQ(status[0].peer_fingerprint, ue.fingerprint);
  EXPECT_EQ(status[0].counters.octets_in, 6U);
  EXPECT_EQ(status[0].counters.octets_out, 5U);
  EXPECT_TRUE(status[1].tls_version.empty());
  EXPECT_EQ(totals().sessions_tls, 1U);
  EXPECT_EQ(handshakes("ok"), 1U);
}

TEST_F(Tls, as_tls_client_the_gateway_connects_for_a_plain_peer) {
  start();
  call = reserve(anybody(), with_tls(towards(ear.address), {ue.fingerprint}));
  left = &connect(call.a.local);
  left->say("early and plain");
  right = &tls_server(ue, call.b);
  EXPECT_TRUE(hears(*right, "early and plain"));
  right->say("back");
  EXPECT_TRUE(hears(*left, "back"));
}

TEST_F(Tls, two_independent_tls_legs_meet) {
  start();
  Ue other;
  call = reserve(with_tls(anybody(), {ue.fingerprint}), with_tls(towards(ear.address), {other.fingerprint}));
  left = &tls_client(ue, call.a);
  left->say("one");
  right = &tls_server(other, call.b);
  EXPECT_TRUE(hears(*right, "one"));
  right->say("two");
  EXPECT_TRUE(hears(*left, "two"));
}

TEST_F(Tls, two_tls_clients_are_merged) {
  start();
  Ue other;
  call = reserve(with_tls(anybody(), {ue.fingerprint}), with_tls(anybody(), {other.fingerprint}));
  left = &tls_client(ue, call.a);
  right = &tls_client(other, call.b);
  left->say("one");
  right->say("two");
  EXPECT_TRUE(hears(*right, "one"));
  EXPECT_TRUE(hears(*left, "two"));
}

TEST_F(Tls, bulk_passes_both_ways_and_is_counted_as_plaintext) {
  establish();
  const auto there = pattern(6 * 1024 * 1024, 5);
  const auto back = pattern(6 * 1024 * 1024, 6);
  left->say(there);
  right->say(back);
  EXPECT_TRUE(hears(*right, there));
  EXPECT_TRUE(hears(*left, back));
  const auto status = audit(call.context);
  EXPECT_EQ(status[0].counters.octets_in, there.size());
  EXPECT_EQ(status[0].counters.octets_out, back.size());
  EXPECT_EQ(totals().realms[0].octets_in, there.size());
}

TEST_F(Tls, the_first_connected_leg_is_the_verified_one_and_only_then_the_other_side_is_called) {
  start();
  call = reserve(with_tls(anybody(), {ue.fingerprint}), towards(ear.address));
  connect(call.a.local);  // TCP alone is not enough
  auto& wrong = tls_client(impostor, call.a);
  wrong.say("let me in");
  ASSERT_TRUE(refused_with("fingerprint_mismatch"));
  EXPECT_TRUE(net::would_block(net::accept_tcp(ear.listener).error()));
  EXPECT_TRUE(until([&] { return wrong.tcp_closed(); }));
  EXPECT_EQ(wrong.tls()->cause(), crypto::TlsCause::peer_alert);
  EXPECT_EQ(handshakes("fingerprint_mismatch"), 1U);
  EXPECT_EQ(audit(call.context)[0].counters.octets_in, 0U);
  EXPECT_NE(audit(call.context)[0].cause.find("fingerprint_mismatch"), std::string::npos);
  expect_that_the_right_peer_still_gets_through();
}

TEST_F(Tls, while_the_answer_is_late_nothing_passes_and_then_everything_does) {
  start();
  call = reserve(unanswered_tls(), towards(ear.address));
  left = &tls_client(ue, call.a);
  const auto octets = pattern(200 * 1024);
  left->say(octets);
  ASSERT_TRUE(until([&] { return left->open(); }));
  ASSERT_TRUE(eventually([&] { return audit(call.context)[0].state == iq::TerminationState::waiting; }));
  EXPECT_EQ(audit(call.context)[0].counters.octets_in, 0U);
  EXPECT_TRUE(net::would_block(net::accept_tcp(ear.listener).error()));
  ASSERT_TRUE(configure(call, call.a, with_tls(anybody(), {ue.fingerprint})));
  right = &accept(ear.listener);
  EXPECT_TRUE(hears(*right, octets));
}

TEST_F(Tls, an_unverified_candidate_outlives_the_candidate_limit) {
  options.times.candidate = std::chrono::milliseconds(50);
  start();
  call = reserve(unanswered_tls(), towards(ear.address));
  left = &tls_client(ue, call.a);
  ASSERT_TRUE(until([&] { return left->open(); }));
  connect(call.a.local);  // its refusal says that the limit has passed
  ASSERT_TRUE(refused_with("no TLS handshake in time"));
  ASSERT_TRUE(configure(call, call.a, with_tls(anybody(), {ue.fingerprint})));
  right = &accept(ear.listener);
  left->say("still here");
  EXPECT_TRUE(hears(*right, "still here"));
}

TEST_F(Tls, a_mismatch_found_late_closes_the_candidate_without_an_octet) {
  start();
  call = reserve(unanswered_tls(), towards(ear.address));
  auto& wrong = tls_client(impostor, call.a);
  wrong.say("too early");
  ASSERT_TRUE(until([&] { return wrong.open(); }));
  ASSERT_TRUE(eventually([&] { return audit(call.context)[0].state == iq::TerminationState::waiting; }));
  ASSERT_TRUE(configure(call, call.a, with_tls(anybody(), {ue.fingerprint})));
  ASSERT_TRUE(refused_with("fingerprint_mismatch"));
  EXPECT_TRUE(until([&] { return wrong.tcp_closed(); }));
  EXPECT_EQ(audit(call.context)[0].counters.octets_in, 0U);
  expect_that_the_right_peer_still_gets_through();
}

TEST_F(Tls, a_peer_without_a_certificate_is_refused_in_either_version) {
  start();
  call = reserve(with_tls(anybody(), {ue.fingerprint}), towards(ear.address));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    events.clear();
    test::BareTlsClient bare(call.a.local, version);
    watch(bare.fd());
    EXPECT_TRUE(until([&] { return bare.failed(); }));
    watch(-1);
    EXPECT_EQ(bare.alert(),
              version == TLS1_2_VERSION ? SSL_AD_HANDSHAKE_FAILURE : TLS13_AD_CERTIFICATE_REQUIRED);
    EXPECT_TRUE(refused_with("no_certificate"));
  }
  expect_that_the_right_peer_still_gets_through();
}

TEST_F(Tls, garbage_instead_of_a_hello_costs_one_candidate) {
  start();
  call = reserve(with_tls(anybody(), {ue.fingerprint}), towards(ear.address));
  auto& garbage = connect(call.a.local);
  garbage.say("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(refused_with("TLS protocol"));
  EXPECT_TRUE(until([&] { return garbage.tcp_closed(); }));
  expect_that_the_right_peer_still_gets_through();
}

TEST_F(Tls, a_server_with_the_wrong_certificate_ends_the_bearer) {
  start();
  call = reserve(anybody(), with_tls(towards(ear.address), {ue.fingerprint}));
  left = &connect(call.a.local);
  left->say("hello?");
  right = &tls_server(impostor, call.b);
  ASSERT_TRUE(await(iq::Event::released));
  EXPECT_NE(cause_of(iq::Event::tls_failed).find("fingerprint_mismatch"), std::string::npos);
  EXPECT_TRUE(until([&] { return left->tcp_closed() && right->tcp_closed(); }));
  EXPECT_EQ(right->heard(), "");
  EXPECT_EQ(totals().closed["tls_failed"], 1U);
}

TEST_F(Tls, close_notify_becomes_a_fin) {
  establish();
  left->say("bye");
  left->finish();
  EXPECT_TRUE(ends(*right, MediaPeer::End::fin));
  EXPECT_EQ(right->heard(), "bye");
  right->say("you too");
  EXPECT_TRUE(hears(*left, "you too"));
  right->finish();
  EXPECT_TRUE(ends(*left, MediaPeer::End::close_notify));
  EXPECT_TRUE(await(iq::Event::released));
}

TEST_F(Tls, a_fin_becomes_close_notify_and_fin) {
  establish();
  right->say("bye");
  right->finish();
  EXPECT_TRUE(ends(*left, MediaPeer::End::close_notify));
  EXPECT_TRUE(until([&] { return left->tcp_closed(); }));
  EXPECT_EQ(left->heard(), "bye");
}

TEST_F(Tls, a_fin_without_close_notify_is_passed_on_as_a_fin) {
  establish();
  left->say("cut o");
  left->finish_rudely();
  EXPECT_TRUE(ends(*right, MediaPeer::End::fin));
  EXPECT_EQ(right->heard(), "cut o");
  EXPECT_EQ(audit(call.context)[0].cause, "closed without close_notify");
}

TEST_F(Tls, a_broken_record_resets_the_other_side) {
  establish();
  left->say("good");
  ASSERT_TRUE(hears(*right, "good"));
  const std::string_view forged("\x17\x03\x03\x00\x20this is no record of that sessio", 37);
  ASSERT_TRUE(net::send(left->socket(), forged));
  EXPECT_TRUE(ends(*right, MediaPeer::End::reset));
  ASSERT_TRUE(await(iq::Event::released));
  EXPECT_EQ(count(iq::Event::tls_failed), 1U);
  EXPECT_EQ(right->heard(), "good");
}

TEST_F(Tls, a_reoffer_with_the_same_fingerprint_leaves_the_connection_alone) {
  establish();
  ASSERT_TRUE(configure(call, call.a, with_tls(anybody(), {ue.fingerprint})));
  left->say("still here");
  EXPECT_TRUE(hears(*right, "still here"));
}

TEST_F(Tls, a_reoffer_with_another_fingerprint_closes_the_connection) {
  establish();
  ASSERT_TRUE(configure(call, call.a, with_tls(anybody(), {impostor.fingerprint})));
  ASSERT_TRUE(await(iq::Event::released));
  EXPECT_NE(cause_of(iq::Event::tls_failed).find("fingerprint_mismatch"), std::string::npos);
  EXPECT_TRUE(until([&] { return left->tcp_closed() && right->tcp_closed(); }));
}

TEST_F(Tls, a_new_identity_serves_new_terminations_and_old_ones_keep_what_they_promised) {
  start();
  call = reserve(with_tls(anybody(), {ue.fingerprint}), towards(ear.address));
  const auto renewed = crypto::Identity::self_signed("renewed");
  ASSERT_TRUE(gateway->set_identity("access", renewed));
  const auto later = reserve(with_tls(anybody(), {ue.fingerprint}), towards(ear.address));
  EXPECT_EQ(call.a.fingerprints[0], identity.fingerprint());
  EXPECT_EQ(later.a.fingerprints[0], renewed.fingerprint());
  for (const auto& each : {call, later}) {
    auto& peer = tls_client(ue, each.a);
    peer.say("hi");
    EXPECT_TRUE(hears(accept(ear.listener), "hi")) << "the peer verified what was promised";
  }
  EXPECT_FALSE(gateway->set_identity("nowhere", renewed));
}

TEST_F(Tls, tls_from_end_to_end_passes_untouched) {
  start();
  call = reserve(anybody(), towards(ear.address));
  Ue server;
  left = &connect(call.a.local);
  left->use_tls(ue.context, crypto::TlsRole::client, server.fingerprint);
  left->say("end to end");
  right = &accept(ear.listener);
  right->use_tls(server.context, crypto::TlsRole::server, ue.fingerprint);
  EXPECT_TRUE(hears(*right, "end to end"));
  EXPECT_TRUE(audit(call.context)[0].counters.messages_in.empty());
}

TEST_F(Tls, a_realm_may_let_in_peers_that_sent_no_fingerprint_but_never_one_that_does_not_match) {
  options.realms[0].tls.require_fingerprint = false;
  start();
  call = reserve(with_tls(anybody(), {}), towards(ear.address));
  left = &tls_client(ue, call.a);
  left->say("nobody knows me");
  EXPECT_TRUE(hears(accept(ear.listener), "nobody knows me"));
  const auto strict = reserve(with_tls(anybody(), {ue.fingerprint}), towards(ear.address));
  tls_client(impostor, strict.a);
  EXPECT_TRUE(refused_with("fingerprint_mismatch"));
}

}  // namespace
}  // namespace gateway
