#include <gtest/gtest.h>

#include "crypto/tls.hpp"
#include "tests/support/random.hpp"
#include "tests/support/tls_side.hpp"

// What a peer tries and must not get: each with a control that shows that the same peer gets through when it
// behaves.
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

constexpr int client_hello = 1;  // RFC 5246 7.4
constexpr int hello_request = 0;

TEST(TlsVersions, Tls11ClientIsRefusedAndReallyAskedForIt) {
  auto here = context();
  for (const int version : {TLS1_2_VERSION, TLS1_1_VERSION}) {
    TlsSide side(here, TlsRole::server);
    side.expect({theirs().fingerprint()});
    RawTls peer(peer_setup(false, version));
    talk(side, peer);
    ASSERT_TRUE(peer.sent_handshake(client_hello));
    if (version == TLS1_2_VERSION) {  // the control
      EXPECT_EQ(side.engine.state(), State::open) << side.engine.detail();
      continue;
    }
    for (const auto& message : peer.messages()) {
      if (message.content_type != SSL3_RT_HANDSHAKE || !message.sent) continue;
      EXPECT_EQ(message.octets.substr(4, 2), "\x03\x02");  // client_version
    }
    EXPECT_EQ(side.engine.state(), State::failed);
    EXPECT_EQ(side.engine.cause(), TlsCause::version) << side.engine.detail();
    EXPECT_EQ(peer.alert(), SSL_AD_PROTOCOL_VERSION);
  }
}

TEST(TlsVersions, Tls11ServerIsRefused) {
  auto here = context();
  TlsSide side(here, TlsRole::client);
  RawTls server(peer_setup(true, TLS1_1_VERSION));
  talk(side, server);  // it sees that we offer nothing that it speaks
  EXPECT_EQ(side.engine.cause(), TlsCause::version) << side.engine.detail();

  TlsSide other(here, TlsRole::client);
  std::string hello("\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02", 11);  // one that chooses it nevertheless
  hello += std::string(32, 'r') + std::string("\x00\xc0\x09\x00", 4);
  other.give(hello);
  EXPECT_EQ(other.engine.state(), State::failed);
  EXPECT_EQ(other.engine.cause(), TlsCause::version) << other.engine.detail();
}

TEST(TlsVersions, TheConfiguredMinimumHolds) {
  auto strict = context({.min_version = TlsVersion::tls13});
  for (const auto role : {TlsRole::server, TlsRole::client}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      TlsSide side(strict, role);
      side.expect({theirs().fingerprint()});
      RawTls peer(peer_setup(role == TlsRole::client, version));
      talk(side, peer);
      if (version == TLS1_3_VERSION) {
        EXPECT_EQ(side.engine.state(), State::open);
      } else {
        EXPECT_EQ(side.engine.cause(), TlsCause::version) << side.engine.detail();
      }
    }
  }
}

TEST(TlsAlgorithms, PreferAes128GcmAndRefuseCbc) {
  auto here = context();
  const std::pair<const char*, const char*> choices[] = {
      {"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256",
       "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
      {"ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
      {"ECDHE-ECDSA-AES128-SHA256", ""},
  };
  for (const auto& [offered, chosen] : choices) {
    auto how = peer_setup(false, TLS1_2_VERSION);
    how.ciphers = offered;
    TlsSide side(here, TlsRole::server);
    side.expect({theirs().fingerprint()});
    RawTls peer(how);
    talk(side, peer);
    EXPECT_EQ(side.engine.cipher(), chosen);
    EXPECT_EQ(side.engine.state(), *chosen != '\0' ? State::open : State::failed);
  }
}

TEST(TlsRenegotiation, IsPossibleBetweenTwoPeersThatAllowIt) {  // the control of the tests below
  for (const bool by_server : {false, true}) {
    RawTls client(peer_setup(false, TLS1_2_VERSION));
    RawTls server(peer_setup(true, TLS1_2_VERSION));
    talk(client, server);
    ASSERT_TRUE(client.established() && server.established());
    client.forget_messages();
    SSL_renegotiate(by_server ? server.ssl() : client.ssl());
    SSL_do_handshake(by_server ? server.ssl() : client.ssl());
    talk(client, server);
    EXPECT_TRUE(client.sent_handshake(client_hello));
    EXPECT_TRUE(client.established());
    EXPECT_EQ(client.alert(), -1);
  }
}

TEST(TlsRenegotiation, IsRefusedInBothRoles) {
  for (const auto role : {TlsRole::server, TlsRole::client}) {
    for (const std::size_t step : {std::size_t{1}, test::whole}) {
      auto here = context();
      TlsSide side(here, role, step);
      side.expect({theirs().fingerprint()});
      RawTls peer(peer_setup(role == TlsRole::client, TLS1_2_VERSION));
      talk(side, peer);
      ASSERT_EQ(side.engine.state(), State::open);
      peer.forget_messages();
      peer.write("before");
      SSL_renegotiate(peer.ssl());
      SSL_do_handshake(peer.ssl());
      ASSERT_TRUE(peer.sent_handshake(role == TlsRole::server ? client_hello : hello_request));
      talk(side, peer);
      EXPECT_EQ(side.engine.state(), State::failed);
      EXPECT_EQ(side.engine.cause(), TlsCause::renegotiation) << side.engine.detail();
      EXPECT_EQ(side.received(), "before");
      EXPECT_EQ(peer.alert(), SSL_AD_NO_RENEGOTIATION);
      EXPECT_FALSE(side.engine.write("more", side.out));
    }
  }
}

TEST(TlsRenegotiation, NothingBehindTheHelloRequestIsDecrypted) {
  auto here = context();
  TlsSide side(here, TlsRole::client);
  side.expect({theirs().fingerprint()});
  RawTls peer(peer_setup(true, TLS1_2_VERSION));
  talk(side, peer);
  ASSERT_EQ(side.engine.state(), State::open);
  peer.write("before");
  SSL_renegotiate(peer.ssl());
  SSL_do_handshake(peer.ssl());
  ASSERT_TRUE(peer.sent_handshake(hello_request));
  ASSERT_TRUE(peer.write("behind"));
  side.give(peer.take());
  EXPECT_EQ(side.engine.cause(), TlsCause::renegotiation);
  EXPECT_EQ(side.received(), "before");
}

using SessionPtr = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

/// A session that a server which does resume gave to a client with `theirs`.
SessionPtr resumable_session(RawTls& server, int version) {
  RawTls client(peer_setup(false, version));
  talk(client, server);
  EXPECT_TRUE(client.established() && server.established());
  SessionPtr session(SSL_get1_session(client.ssl()), SSL_SESSION_free);
  EXPECT_EQ(SSL_SESSION_is_resumable(session.get()), 1);
  SSL_shutdown(client.ssl());
  return session;
}

TEST(TlsResumption, HappensWithAServerThatAllowsIt) {  // the control of the tests below
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawTls server(peer_setup(true, version));
    const auto session = resumable_session(server, version);
    auto how = peer_setup(false, version);
    how.identity = &another();
    how.session = session.get();
    RawTls client(how);
    server.reconnect();
    talk(client, server);
    ASSERT_TRUE(client.established() && server.established());
    EXPECT_EQ(SSL_session_reused(client.ssl()), 1);
  }
}

TEST(TlsResumption, OfAStrangersSessionIsAFullHandshakeWithTheCheck) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawTls server(peer_setup(true, version));
    const auto session = resumable_session(server, version);
    for (const auto* certificate : {&theirs(), &another()}) {
      auto how = peer_setup(false, version);
      how.identity = certificate;
      how.session = session.get();
      RawTls client(how);
      auto here = context();
      TlsSide side(here, TlsRole::server);
      side.expect({theirs().fingerprint()});
      talk(side, client);
      EXPECT_EQ(SSL_session_reused(client.ssl()), 0);
      if (certificate == &theirs()) {
        EXPECT_EQ(side.engine.state(), State::open) << side.engine.detail();
      } else {
        EXPECT_EQ(side.engine.cause(), TlsCause::fingerprint_mismatch) << side.engine.detail();
      }
    }
  }
}

TEST(TlsResumption, IsNeverOfferedByOurServer) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto here = context();
    TlsSide first(here, TlsRole::server);
    first.expect({theirs().fingerprint()});
    RawTls client(peer_setup(false, version));
    talk(first, client);
    ASSERT_EQ(first.engine.state(), State::open);
    const SessionPtr session(SSL_get1_session(client.ssl()), SSL_SESSION_free);
    EXPECT_EQ(SSL_SESSION_is_resumable(session.get()), 0);
    EXPECT_EQ(SSL_SESSION_has_ticket(session.get()), 0);

    auto how = peer_setup(false, version);  // tries all the same, with another certificate
    how.identity = &another();
    how.session = session.get();
    RawTls again(how);
    TlsSide second(here, TlsRole::server);
    second.expect({theirs().fingerprint()});
    talk(second, again);
    EXPECT_EQ(SSL_session_reused(again.ssl()), 0);
    EXPECT_EQ(second.engine.cause(), TlsCause::fingerprint_mismatch);
    EXPECT_EQ(second.received(), "");
  }
}

TEST(TlsResumption, IsNotTriedByOurClient) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto here = context();
    RawTls server(peer_setup(true, version));
    for (int round = 0; round < 2; ++round) {
      server.reconnect();
      TlsSide side(here, TlsRole::client);
      side.expect({theirs().fingerprint()});
      talk(side, server);
      side.engine.write("x", side.out);
      server.write("y");
      talk(side, server);
      EXPECT_EQ(side.received(), "y");
      EXPECT_EQ(SSL_session_reused(server.ssl()), 0);
    }
  }
}

TEST(TlsGarbage, FailsWithoutACrash) {
  const std::string samples[] = {
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "MSRP abcd SEND\r\nTo-Path: msrp://a;tcp\r\n",
      std::string(600, '\0'),
      std::string("\x16\x03\x01\xff\xff", 5),
      std::string("\x16\x03\x01\x00\x04\x01\xff\xff\xff", 9),  // a ClientHello of 16 MiB
      std::string("\x17\x03\x03\x00\x05hello", 10),            // application data first
      std::string("\x15\x03\x01\x00\x02\x02\x28", 7),          // a fatal alert first
      std::string("\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10", 11) + std::string(40, 'v'),  // SSLv2
  };
  auto here = context();
  for (const auto role : {TlsRole::server, TlsRole::client}) {
    for (const std::size_t step : {std::size_t{1}, test::whole}) {
      for (const auto& sample : samples) {
        TlsSide side(here, role, step);
        side.give(sample);
        EXPECT_EQ(side.engine.state(), State::failed) << sample.substr(0, 20);
        EXPECT_NE(side.engine.cause(), TlsCause::none);
        EXPECT_NE(side.engine.detail(), "");
        EXPECT_EQ(side.received(), "");
      }
    }
  }
}

TEST(TlsGarbage, AnywhereInTheHandshakeFailsItOrWaits) {
  test::SeededRandom random(3);
  auto here = context();
  for (int round = 0; round < 60; ++round) {
    const bool tls12 = round % 2 == 0;
    TlsSide side(here, TlsRole::server);
    side.expect({theirs().fingerprint()});
    RawTls peer(peer_setup(false, tls12 ? TLS1_2_VERSION : TLS1_3_VERSION));
    peer.step();
    auto first = peer.take();
    if (round % 3 == 0)
      first[random.next_u64() % first.size()] ^= static_cast<char>(1 + random.next_u64() % 255);
    side.give(first);
    peer.give(side.take());
    auto second = peer.take();
    if (!second.empty())
      second[random.next_u64() % second.size()] ^= static_cast<char>(1 + random.next_u64() % 255);
    side.give(second);
    EXPECT_NE(side.engine.state(), State::open) << round;
    EXPECT_EQ(side.received(), "");
  }
}

TEST(TlsGarbage, CloseNotifyDuringTheHandshakeIsNoConnection) {
  auto here = context();
  TlsSide side(here, TlsRole::server);
  RawTls peer(peer_setup(false, TLS1_2_VERSION));
  peer.step();
  side.give(peer.take());
  side.give(std::string_view("\x15\x03\x03\x00\x02\x01\x00", 7));
  EXPECT_EQ(side.engine.state(), State::failed);
  EXPECT_EQ(side.engine.cause(), TlsCause::peer_alert);
}

TEST(TlsContext, RefusesOptionsThatCannotWork) {
  const std::pair<std::vector<std::string>, const char*> bad[] = {{{"md5"}, "md5 must not"},
                                                                  {{"sha-256", "MD2"}, "md2 must not"},
                                                                  {{"sha-3"}, "sha-3"},
                                                                  {{}, "no hash function"}};
  for (const auto& [hashes, words] : bad) {
    const auto made = TlsContext::make(ours(), {.hashes = hashes});
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().find(words), std::string::npos) << made.error();
  }
}

TEST(TlsCauses, HaveNames) {
  EXPECT_EQ(to_string(TlsCause::fingerprint_mismatch), "fingerprint_mismatch");
  EXPECT_EQ(to_string(TlsCause::no_certificate), "no_certificate");
  EXPECT_EQ(to_string(TlsCause::no_acceptable_hash), "no_acceptable_hash");
  EXPECT_EQ(to_string(TlsCause::version), "version");
  EXPECT_EQ(to_string(TlsCause::renegotiation), "renegotiation");
  EXPECT_EQ(to_string(TlsCause::peer_alert), "peer_alert");
  EXPECT_EQ(to_string(TlsCause::protocol), "protocol");
}

}  // namespace
}  // namespace crypto
