#include "app/compose.hpp"

#include <gtest/gtest.h>

namespace app {
namespace {

TEST(Compose, GivesTheGatewayWhatTheFileSays) {
  const auto config = parse_config(R"(
[[realm]]
name = "a"
address = "127.0.0.2"
advertise = "gw.example.org"
ports = "100-200"
port = 99
max_chunk = 2048
max_message = 3
accept_types = ["text/plain"]
message_rate = 4
octet_rate = 5
tls = { hashes = ["sha-512"], require_fingerprint = false, min_version = "1.3" }
[gateway]
shards = 3
[timers]
connect = 1
candidate = 2
tcp_connect = 3
half_close = 4
drain = 5
inactivity = 6
ended = 7
keepalive_idle = 8
keepalive_interval = 9
keepalive_probes = 10
user_timeout = 0.5
[limits]
candidates = 11
early_octets = 12
max_sessions = 13
)",
                                   "f");
  ASSERT_TRUE(config) << config.error().reason;
  std::string logged;
  const auto options = gateway_options(*config, {crypto::Identity::self_signed("x")},
                                       [&](std::string_view line) { logged = line; });
  using std::chrono::seconds;
  EXPECT_EQ(options.shards, 3U);
  ASSERT_EQ(options.realms.size(), 1U);
  const auto& realm = options.realms[0];
  EXPECT_EQ(realm.name, "a");
  EXPECT_EQ(realm.address.to_string(), "127.0.0.2");
  EXPECT_EQ(realm.advertise, "gw.example.org");
  EXPECT_EQ(realm.port_low, 100);
  EXPECT_EQ(realm.port_high, 200);
  EXPECT_EQ(realm.tls.hashes, std::vector<std::string>{"sha-512"});
  EXPECT_FALSE(realm.tls.require_fingerprint);
  EXPECT_EQ(realm.tls.min_version, crypto::TlsVersion::tls13);
  EXPECT_EQ(realm.shared_port, 99);
  EXPECT_EQ(realm.max_chunk, 2048U);
  EXPECT_EQ(realm.max_message, 3U);
  EXPECT_EQ(realm.accept_types, std::vector<std::string>{"text/plain"});
  EXPECT_EQ(realm.message_rate, 4U);
  EXPECT_EQ(realm.octet_rate, 5U);
  realm.tls.keylog("line");
  EXPECT_EQ(logged, "line");
  EXPECT_EQ(options.times.connect, seconds(1));
  EXPECT_EQ(options.times.candidate, seconds(2));
  EXPECT_EQ(options.times.tcp_connect, seconds(3));
  EXPECT_EQ(options.times.half_close, seconds(4));
  EXPECT_EQ(options.times.drain, seconds(5));
  EXPECT_EQ(options.times.inactivity, seconds(6));
  EXPECT_EQ(options.times.ended, seconds(7));
  EXPECT_EQ(options.keep_alive.idle, seconds(8));
  EXPECT_EQ(options.keep_alive.interval, seconds(9));
  EXPECT_EQ(options.keep_alive.probes, 10);
  EXPECT_EQ(options.keep_alive.user_timeout, std::chrono::milliseconds(500));
  EXPECT_EQ(options.limits.candidates, 11U);
  EXPECT_EQ(options.limits.early_octets, 12U);
  EXPECT_EQ(options.limits.max_contexts, 13U);
}

TEST(Compose, TheDefaultsOfTheFileAreThoseOfTheGateway) {
  const Config config;
  const auto identity = crypto::Identity::self_signed("x");
  const auto options = gateway_options(config, {identity, identity}, {});
  const gateway::Options own;
  EXPECT_EQ(options.times.connect, own.times.connect);
  EXPECT_EQ(options.times.candidate, own.times.candidate);
  EXPECT_EQ(options.times.half_close, own.times.half_close);
  EXPECT_EQ(options.limits.candidates, own.limits.candidates);
  EXPECT_EQ(options.limits.early_octets, own.limits.early_octets);
  EXPECT_EQ(options.keep_alive.idle, own.keep_alive.idle);
  EXPECT_FALSE(options.realms[0].tls.keylog);
  EXPECT_EQ(options.realms[0].shared_port, 0);
  EXPECT_EQ(options.realms[0].max_chunk, 0U);
  EXPECT_EQ(options.realms[0].max_message, 0U);
  EXPECT_TRUE(options.realms[0].accept_types.empty());
  EXPECT_EQ(options.realms[0].message_rate, 0U);
  EXPECT_EQ(options.realms[0].octet_rate, 0U);
}

TEST(Compose, GivesTheControllerItsPolicy) {
  auto config = Config{};
  config.realms[0].source_filter = SourceFilter::none;
  config.realms[0].tls.require_fingerprint = false;
  config.realms[0].profile = controller::Profile::gsma;
  config.realms[0].path_scheme = controller::PathScheme::leg;
  config.realms[1].accept_types = {"text/*"};
  config.realms[1].max_message = 1000;
  config.timers.offer_unanswered = Span{1500};
  const auto options = controller_options(config, 77);
  ASSERT_EQ(options.realms.size(), 2U);
  EXPECT_EQ(options.realms[0].name, "access");
  EXPECT_EQ(options.realms[0].e2ae, controller::E2ae::preferred);
  EXPECT_EQ(options.realms[0].profile, controller::Profile::gsma);
  EXPECT_EQ(options.realms[0].path_scheme, controller::PathScheme::leg);
  EXPECT_EQ(options.realms[1].path_scheme, controller::PathScheme::keep);
  EXPECT_FALSE(options.realms[0].filter_source);
  EXPECT_FALSE(options.realms[0].require_fingerprint);
  EXPECT_TRUE(options.realms[1].filter_source);
  EXPECT_TRUE(options.realms[0].accept_types.empty());
  EXPECT_EQ(options.realms[1].accept_types, std::vector<std::string>{"text/*"});
  EXPECT_EQ(options.realms[1].max_message, 1000U);
  EXPECT_EQ(options.offer_timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(options.max_calls, 77U);
  config.limits.max_sessions = 5;
  EXPECT_EQ(controller_options(config, 77).max_calls, 5U);
}

TEST(Compose, ACertificateThatCannotBeLoadedIsNamed) {
  Config::Realm realm;
  realm.tls.cert = "/nonexistent/cert.pem";
  realm.tls.key = "/nonexistent/key.pem";
  const auto identity = make_identity(realm);
  ASSERT_FALSE(identity);
  EXPECT_NE(identity.error().find("/nonexistent/"), std::string::npos) << identity.error();
}

}  // namespace
}  // namespace app
