#include "crypto/tls.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/tls_matrix.hpp"
#include "tests/support/tls_side.hpp"

namespace crypto {
namespace {

using State = TlsEngine::State;
using test::another;
using test::context;
using test::ours;
using test::RawTls;
using test::talk;
using test::theirs;
using test::TlsSide;
using test::whole;

std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 131 + i / 251);
  return out;
}

class Tls : public test::TlsMatrix {};
INSTANTIATE_TEST_SUITE_P(Everywhere, Tls, test::every_tls, test::name_of_tls);

TEST_P(Tls, CarriesOctetsBothWaysOnceThePeerIsTheExpectedOne) {
  auto side = make_side();
  RawTls peer(setup());
  EXPECT_EQ(side.expect({theirs().fingerprint()}), State::handshaking);
  talk(side, peer);
  ASSERT_EQ(side.engine.state(), State::open) << side.engine.detail();
  EXPECT_EQ(side.engine.version(), version() == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
  EXPECT_EQ(side.engine.cipher(), SSL_CIPHER_standard_name(SSL_get_current_cipher(peer.ssl())));
  EXPECT_EQ(side.engine.peer_fingerprint(), theirs().fingerprint());
  EXPECT_EQ(side.engine.cause(), TlsCause::none);
  EXPECT_TRUE(side.engine.write("hello", side.out));
  peer.write("good day");
  talk(side, peer);
  EXPECT_EQ(peer.received(), "hello");
  EXPECT_EQ(side.received(), "good day");
}

TEST_P(Tls, EncryptsAnyLengthInOneCall) {
  auto side = make_side();
  RawTls peer(setup());
  side.expect({theirs().fingerprint()});
  talk(side, peer);
  for (const std::size_t size : {1U, 16383U, 16384U, 16385U, 3U << 20}) {
    const auto text = pattern(size);
    const auto before = peer.received().size();
    ASSERT_TRUE(side.engine.write(text, side.out));
    peer.give(side.take());
    ASSERT_EQ(peer.received().substr(before), text);
  }
  EXPECT_TRUE(side.engine.write("", side.out));
  EXPECT_EQ(side.take(), "");
}

TEST_P(Tls, DecryptsABulkAndManySmallRecords) {
  auto side = make_side();
  RawTls peer(setup());
  side.expect({theirs().fingerprint()});
  talk(side, peer);
  std::string sent = pattern(200'000);
  peer.write(sent);
  for (int i = 0; i < 1000; ++i) {
    const auto small = "message " + std::to_string(i);
    peer.write(small);
    sent += small;
  }
  side.give(peer.take());
  EXPECT_EQ(side.received(), sent);
}

TEST_P(Tls, GivesItsBuffersBackAndGoesOn) {
  auto side = make_side();
  RawTls peer(setup());
  side.engine.rest();
  side.expect({theirs().fingerprint()});
  talk(side, peer);
  for (int i = 0; i < 3; ++i) {
    side.engine.rest();
    peer.write("ping");
    const auto wire = peer.take();
    side.give(std::string_view(wire).substr(0, 7));
    side.engine.rest();  // in the middle of a record
    side.give(std::string_view(wire).substr(7));
    side.engine.write("pong", side.out);
    side.engine.rest();
    talk(side, peer);
  }
  EXPECT_EQ(side.received(), "pingpingping");
  EXPECT_EQ(peer.received(), "pongpongpong");
}

TEST_P(Tls, FollowsAKeyUpdate) {
  if (version() != TLS1_3_VERSION) return;  // TLS 1.2 has none
  auto side = make_side();
  RawTls peer(setup());
  side.expect({theirs().fingerprint()});
  talk(side, peer);
  SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED);
  peer.write("new keys");
  side.give(peer.take());
  EXPECT_EQ(side.received(), "new keys");
  side.engine.write("mine too", side.out);
  talk(side, peer);
  EXPECT_EQ(peer.received(), "mine too");
}

TEST_P(Tls, CanStillWriteAfterThePeersCloseNotify) {
  auto side = make_side();
  RawTls peer(setup());
  side.expect({theirs().fingerprint()});
  talk(side, peer);
  peer.write("last words");
  SSL_shutdown(peer.ssl());
  side.give(peer.take() + "octets behind the end");
  EXPECT_EQ(side.engine.state(), State::closed);
  EXPECT_EQ(side.received(), "last words");
  EXPECT_EQ(side.kept, "octets behind the end");
  EXPECT_TRUE(side.engine.write("an answer", side.out));
  side.engine.close(side.out);
  side.engine.close(side.out);
  EXPECT_FALSE(side.engine.write("too late", side.out));
  peer.give(side.take());
  EXPECT_EQ(peer.received(), "an answer");
  EXPECT_EQ(SSL_get_shutdown(peer.ssl()), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  EXPECT_EQ(side.expect({theirs().fingerprint()}), State::closed);
  EXPECT_EQ(side.expect({another().fingerprint()}), State::failed);
}

TEST_P(Tls, ReadsOnAfterItsOwnCloseNotify) {
  auto side = make_side();
  RawTls peer(setup());
  side.expect({theirs().fingerprint()});
  talk(side, peer);
  side.engine.close(side.out);
  peer.give(side.take());
  EXPECT_EQ(SSL_get_shutdown(peer.ssl()), SSL_RECEIVED_SHUTDOWN);
  peer.write("still talking");
  side.give(peer.take());
  EXPECT_EQ(side.received(), "still talking");
  EXPECT_EQ(side.engine.state(), State::open);
  SSL_shutdown(peer.ssl());
  side.give(peer.take());
  EXPECT_EQ(side.engine.state(), State::closed);
}

TEST_P(Tls, CanBeMovedAtAnyTime) {
  auto side = make_side();
  RawTls peer(setup());
  peer.step();
  side.give(peer.take());
  TlsEngine moved = std::move(side.engine);
  side.engine = std::move(moved);
  side.expect({theirs().fingerprint()});
  talk(side, peer);
  moved = std::move(side.engine);
  side.engine = std::move(moved);
  peer.write("hello");
  talk(side, peer);
  EXPECT_EQ(side.received(), "hello");
}

TEST_P(Tls, FailsAtADamagedRecordAndGivesOutNothingOfIt) {
  auto side = make_side();
  RawTls peer(setup());
  side.expect({theirs().fingerprint()});
  talk(side, peer);
  peer.write("good");
  auto wire = peer.take();
  peer.write("damaged");
  auto damaged = peer.take();
  damaged[damaged.size() / 2] ^= 1;
  side.give(wire + damaged);
  EXPECT_EQ(side.received(), "good");
  EXPECT_EQ(side.engine.state(), State::failed);
  EXPECT_EQ(side.engine.cause(), TlsCause::protocol);
  EXPECT_NE(side.engine.detail(), "");
  peer.give(side.take());
  EXPECT_EQ(peer.alert(), SSL_AD_BAD_RECORD_MAC);
}

TEST_P(Tls, WaitsForTheRestOfATruncatedRecord) {
  auto side = make_side();
  RawTls peer(setup());
  side.expect({theirs().fingerprint()});
  talk(side, peer);
  const auto text = pattern(16384);
  peer.write(text);
  const auto wire = peer.take();
  side.give(std::string_view(wire).substr(0, wire.size() - 1));
  EXPECT_EQ(side.engine.state(), State::open);
  EXPECT_EQ(side.received(), "");
  EXPECT_EQ(side.kept, "");
  side.give(std::string_view(wire).substr(wire.size() - 1));
  EXPECT_EQ(side.received(), text);
}

TEST_P(Tls, RefusesARecordThatAnnouncesTooMuch) {
  auto side = make_side();
  RawTls peer(setup());
  side.expect({theirs().fingerprint()});
  talk(side, peer);
  side.give(std::string_view("\x17\x03\x03\x7f\xff", 5));
  EXPECT_EQ(side.engine.state(), State::failed);
  EXPECT_EQ(side.engine.cause(), TlsCause::protocol);
}

TEST_P(Tls, NamesThePeersAlert) {
  auto how = setup();
  how.rejects_peer = true;
  auto side = make_side();
  RawTls peer(how);
  side.expect({theirs().fingerprint()});
  talk(side, peer);
  EXPECT_EQ(side.engine.state(), State::failed);
  EXPECT_EQ(side.engine.cause(), TlsCause::peer_alert);
  EXPECT_NE(side.engine.detail().find("the peer sent the alert"), std::string::npos) << side.engine.detail();
}

TEST_P(Tls, LimitsTheOctetsOfAPeersCertificates) {
  auto how = setup();
  how.extra_certificates = 200;  // about 300 octets each
  TlsContext roomy = context({.max_certificate_octets = 100'000});
  for (const bool allowed : {true, false}) {
    TlsSide side(allowed ? roomy : context_, role());
    side.expect({theirs().fingerprint()});
    RawTls peer(how);
    talk(side, peer);
    EXPECT_EQ(side.engine.state(), allowed ? State::open : State::failed) << side.engine.detail();
    if (!allowed) {
      EXPECT_EQ(side.engine.cause(), TlsCause::protocol);
    }
  }
}

TEST_P(Tls, WritesAKeyLogOnlyWhenAsked) {
  std::vector<std::string> lines;
  auto logging = context({.keylog = [&lines](std::string_view line) { lines.emplace_back(line); }});
  TlsContext moved = std::move(logging);
  TlsSide side(moved, role());
  side.expect({theirs().fingerprint()});
  RawTls peer(setup());
  talk(side, peer);
  ASSERT_EQ(side.engine.state(), State::open);
  const std::string label = version() == TLS1_2_VERSION ? "CLIENT_RANDOM " : "CLIENT_TRAFFIC_SECRET_0 ";
  std::string random(SSL3_RANDOM_SIZE, '\0');
  SSL_get_client_random(peer.ssl(), reinterpret_cast<unsigned char*>(random.data()), random.size());
  const auto found =
      std::ranges::count_if(lines, [&](const std::string& line) { return line.starts_with(label); });
  EXPECT_EQ(found, 1);
  for (const auto& line : lines) EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(TlsEngines, TalkToEachOther) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, whole}) {
    auto here = context();
    auto there = *TlsContext::make(theirs(), {});
    TlsSide client(here, TlsRole::client, step);
    TlsSide server(there, TlsRole::server, step);
    client.expect({theirs().fingerprint()});
    talk(client, server);
    EXPECT_EQ(client.engine.state(), State::open) << client.engine.detail();
    EXPECT_EQ(server.engine.state(), State::unverified);
    EXPECT_TRUE(client.engine.write("early", client.out));
    talk(client, server);
    EXPECT_EQ(server.received(), "");
    EXPECT_EQ(server.expect({ours().fingerprint()}), State::open);
    server.feed();
    EXPECT_EQ(server.received(), "early");
    EXPECT_EQ(server.engine.cipher(), "TLS_AES_128_GCM_SHA256");
    EXPECT_EQ(server.engine.version(), "TLSv1.3");
  }
}

TEST(TlsEngines, SayNothingOfTheirVersionBeforeTheHandshakeIsDone) {
  auto here = context();
  TlsSide client(here, TlsRole::client);
  EXPECT_EQ(client.engine.version(), "");
  EXPECT_EQ(client.engine.cipher(), "");
  EXPECT_EQ(client.engine.peer_fingerprint(), std::nullopt);
  client.take();
  client.engine.close(client.out);
  EXPECT_EQ(client.take(), "");
}

}  // namespace
}  // namespace crypto
