#include "app/config.hpp"

#include <gtest/gtest.h>

#include "app/config_check.hpp"

namespace app {
namespace {

Config read(std::string_view text) {
  auto config = parse_config(text, "postern.toml");
  EXPECT_TRUE(config) << config.error().reason;
  return config ? *config : Config{};
}

/// The error without "postern.toml:", or "" where there is none.
std::string error_of(std::string_view text) {
  const auto config = parse_config(text, "postern.toml");
  if (config) return "";
  const std::string prefix = "postern.toml:";
  EXPECT_TRUE(config.error().reason.starts_with(prefix)) << config.error().reason;
  EXPECT_EQ(config.error().reason.find('\n'), std::string::npos);
  return config.error().reason.substr(prefix.size());
}

TEST(Config, NothingConfiguredMeansTheTwoRealmsOfLoopback) {
  const auto config = read("");
  EXPECT_EQ(config, Config{});
  EXPECT_EQ(config.ng.listen, std::vector<std::string>{"udp:127.0.0.1:2228"});
  EXPECT_EQ(config.admin.listen, "127.0.0.1:9900");
  ASSERT_EQ(config.realms.size(), 2U);
  EXPECT_EQ(config.realms[0].name, "access");
  EXPECT_EQ(config.realms[0].e2ae, controller::E2ae::preferred);
  EXPECT_EQ(config.realms[0].ports, (PortRange{20000, 25999}));
  EXPECT_EQ(config.realms[1].name, "core");
  EXPECT_EQ(config.realms[1].e2ae, controller::E2ae::off);
  EXPECT_EQ(config.realms[1].ports, (PortRange{26000, 31999}));
  EXPECT_TRUE(config.realms[1].tls.require_fingerprint);
  EXPECT_TRUE(without_effect(config).empty());
}

constexpr std::string_view everything = R"(
[log]
level = "debug"
[ng]
listen = ["udp:192.0.2.1:0", "udp6:[::1]:2228", "udp6:::1:2229", "unix:/run/postern/ng.sock", "tcp:127.0.0.1:1", "http:[::1]:80"]
allow = ["10.0.0.0/8", "2001:db8::/32"]
[admin]
listen = "[::1]:0"
[[realm]]
name = "a-1"
address = "2001:db8::1"
advertise = "gw.example.org"
ports = "1-65534"
port = 65535
profile = "3gpp"
path_scheme = "leg"
e2ae = "required"
source_filter = "none"
max_chunk = 2048
max_message = 10000000000
accept_types = ["text/plain", "image/*", "application/vnd.gsma.rcs-ft-http+xml", "*"]
message_rate = 20
octet_rate = 9223372036854775807
[realm.tls]
cert = "/etc/\"quoted\"\\cert.pem"
key = "/etc/ключ.pem"
hashes = ["sha-512", "sha-1"]
require_fingerprint = false
min_version = "1.3"
[gateway]
shards = 3
[controller]
gateways = ["local", "h248"]
events = "http://127.0.0.1:8000/events"
cdr = "/var/log/postern/cdr.jsonl"
[kms]
listen = "127.0.0.1:443"
db = "/var/lib/kms"
master_key = "env:KEY"
[timers]
offer_unanswered = 0.25
connect = 2
candidate = 3
tcp_connect = 4
half_close = 5
drain = 6.001
ended = 7
inactivity = 8
keepalive_idle = 9
keepalive_interval = 11
keepalive_probes = 12
user_timeout = 13
shutdown = 0
[limits]
candidates = 14
early_octets = 15
max_sessions = 16
)";

TEST(Config, EveryKeyIsTakenFromTheFile) {
  const auto config = read(everything);
  EXPECT_EQ(config.log.level, base::LogLevel::debug);
  EXPECT_EQ(config.ng.listen.size(), 6U);
  EXPECT_EQ(config.ng.allow.size(), 2U);
  ASSERT_EQ(config.realms.size(), 1U);
  const auto& realm = config.realms[0];
  EXPECT_EQ(realm.address.to_string(), "2001:db8::1");
  EXPECT_EQ(realm.port, 65535);
  EXPECT_EQ(realm.profile, controller::Profile::threegpp);
  EXPECT_EQ(realm.path_scheme, controller::PathScheme::leg);
  EXPECT_EQ(realm.e2ae, controller::E2ae::required);
  EXPECT_EQ(realm.source_filter, SourceFilter::none);
  EXPECT_EQ(realm.max_chunk, 2048U);
  EXPECT_EQ(realm.max_message, 10'000'000'000U);
  EXPECT_EQ(realm.accept_types,
            (std::vector<std::string>{"text/plain", "image/*", "application/vnd.gsma.rcs-ft-http+xml", "*"}));
  EXPECT_EQ(realm.message_rate, 20U);
  EXPECT_EQ(realm.octet_rate, 9'223'372'036'854'775'807U);
  EXPECT_EQ(realm.tls.cert, "/etc/\"quoted\"\\cert.pem");
  EXPECT_EQ(realm.tls.hashes, (std::vector<std::string>{"sha-512", "sha-1"}));
  EXPECT_EQ(realm.tls.min_version, crypto::TlsVersion::tls13);
  EXPECT_FALSE(realm.tls.require_fingerprint);
  EXPECT_EQ(config.controller.cdr, "/var/log/postern/cdr.jsonl");
  EXPECT_EQ(config.timers.offer_unanswered, Span{250});
  EXPECT_EQ(config.timers.drain, Span{6001});
  EXPECT_EQ(config.timers.shutdown, Span{0});
  EXPECT_EQ(config.limits.max_sessions, 16U);
}

TEST(Config, WhatIsPrintedReadsBackToTheSame) {
  for (const auto text : {std::string_view{}, everything}) {
    const auto config = read(text);
    const auto printed = print_config(config);
    EXPECT_EQ(read(printed), config) << printed;
    EXPECT_EQ(print_config(read(printed)), printed);
  }
}

TEST(Config, ThePrintShowsEveryKeyThatInterfacesPromise) {
  const auto printed = print_config(Config{});
  for (const auto* line :
       {"[ng]\nlisten = [\"udp:127.0.0.1:2228\"]\nallow = [\"127.0.0.0/8\", \"::1/128\"]\n",
        "[admin]\nlisten = \"127.0.0.1:9900\"\n", "[[realm]]\nname = \"access\"\naddress = \"127.0.0.1\"\n",
        "ports = \"20000-25999\"\nport = 0\nprofile = \"auto\"\npath_scheme = \"keep\"\ne2ae = "
        "\"preferred\"\nsource_filter = "
        "\"address\"\n",
        "max_chunk = 0\nmax_message = 0\naccept_types = []\nmessage_rate = 0\noctet_rate = 0\n",
        "tls = { cert = \"\", key = \"\", hashes = [\"sha-256\", \"sha-384\", \"sha-512\"], "
        "require_fingerprint = true, min_version = \"1.2\" }\n",
        "[gateway]\nshards = 0\n",
        "[gateway.h248]\nmgc = []\nmid = \"\"\nprofile = \"\"\nbind = \"\"\nallow = []\nform = "
        "\"compact\"\ntrace = false\nsilence = 60\norphan = 60\navalanche = 0.500\n",
        "[gateway.h248.timers]\nfirst_retransmission = 0.200\nlongest_retransmission = 4\ngive_up = 20\n"
        "network_delay = 10\nprovisional = 0.500\npeer_execution = 5\npending_limit = 20\n",
        "[controller]\ngateways = [\"local\"]\nevents = \"\"\ncdr = \"-\"\n",
        "[controller.h248]\nlisten = []\nallow = []\nmid = \"\"\nprofiles = []\nform = \"compact\"\ntrace = "
        "false\nheartbeat = 5\ninactivity = 30\n",
        "[controller.h248.timers]\nfirst_retransmission = 0.200\nlongest_retransmission = 4\ngive_up = 5\n",
        "[h248.packages]\n", "[kms]\nlisten = \"127.0.0.1:8443\"\ndb = \"kms.sqlite\"\nmaster_key = \"\"\n"})
    EXPECT_NE(printed.find(line), std::string::npos) << line << "\n--\n" << printed;
}

TEST(Config, AnErrorNamesTheLineTheKeyAndWhatWasExpected) {
  EXPECT_EQ(error_of("[[realm]]\nname = \"a\"\nports = \"9-1\"\n"),
            "3: realm[0].ports: expected \"LOW-HIGH\" with 1 <= LOW <= HIGH <= 65535");
  EXPECT_EQ(error_of("[[realm]]\nname = \"a\"\ntls = { min_version = \"1.1\" }\n"),
            "3: realm[0].tls.min_version: expected \"1.2\", \"1.3\"");
  EXPECT_EQ(error_of("[gateway]\nshards = 257\n"), "2: gateway.shards: expected a number, 0 to 256");
  EXPECT_EQ(error_of("[ng]\nallow = [\n  \"10.0.0.0/8\",\n  \"10.0.0.0/33\",\n]\n"),
            "4: ng.allow[1]: expected address blocks such as \"127.0.0.0/8\"");
}

TEST(Config, UnknownKeysAreErrorsWhereverTheyStand) {
  EXPECT_EQ(error_of("\n[surprise]\n"), "2: surprise: unknown key");
  EXPECT_EQ(error_of("[ng]\nlisten = [\"udp:127.0.0.1:1\"]\nallowed = []\n"), "3: ng.allowed: unknown key");
  EXPECT_EQ(error_of("[[realm]]\nname = \"a\"\n[realm.tls]\nfingerprint = true\n"),
            "4: realm[0].tls.fingerprint: unknown key");
  EXPECT_EQ(error_of("[ng]\n\"a\\nb\" = 1\n"), "2: ng.a\\x0ab: unknown key");
}

TEST(Config, TextThatIsNotTomlIsAnErrorWithItsLine) {
  EXPECT_TRUE(error_of("[ng]\nlisten = [\n").starts_with("3: ") ||
              error_of("[ng]\nlisten = [\n").starts_with("2: "));
  EXPECT_TRUE(error_of("[ng]\nallow = []\nallow = []\n").starts_with("3: "));
}

struct Bad {
  const char* section;
  const char* line;
};

TEST(Config, EveryKeyRefusesWhatItCannotBe) {
  const Bad cases[] = {
      {"log", "level = \"loud\""},
      {"log", "level = 1"},
      {"ng", "listen = \"udp:127.0.0.1:1\""},
      {"ng", "listen = [2228]"},
      {"ng", "listen = []"},
      {"ng", "listen = [\"127.0.0.1:2228\"]"},
      {"ng", "listen = [\"udp:localhost:2228\"]"},
      {"ng", "listen = [\"udp:127.0.0.1:65536\"]"},
      {"ng", "listen = [\"sctp:127.0.0.1:1\"]"},
      {"ng", "listen = [\"unix:relative\"]"},
      {"ng", "allow = [\"everybody\"]"},
      {"admin", "listen = \"9900\""},
      {"admin", "listen = 9900"},
      {"gateway", "shards = -1"},
      {"gateway", "shards = 1.0"},
      {"controller", "gateways = [\"remote\"]"},
      {"controller", "gateways = []"},
      {"controller", "cdr = 1"},
      {"controller", "cdr = \"a\\u0000b\""},
      {"controller", "events = \"https://127.0.0.1/\""},
      {"controller", "events = \"127.0.0.1:8000/events\""},
      {"controller", "events = \"http:///events\""},
      {"controller", "events = \"http://127.0.0.1:0/events\""},
      {"controller", "events = \"http://127.0.0.1/a b\""},
      {"kms", "listen = \"127.0.0.1:0\""},
      {"kms", "db = 1"},
      {"timers", "connect = 0"},
      {"timers", "connect = -1"},
      {"timers", "connect = nan"},
      {"timers", "connect = inf"},
      {"timers", "connect = \"60\""},
      {"timers", "connect = 2592001"},
      {"timers", "inactivity = -0.5"},
      {"timers", "keepalive_idle = 32768"},
      {"timers", "keepalive_interval = 0"},
      {"timers", "keepalive_probes = 128"},
      {"timers", "shutdown = 9"},
      {"limits", "candidates = 0"},
      {"limits", "early_octets = 16777217"},
      {"limits", "max_sessions = -1"},
  };
  for (const auto& [section, line] : cases) {
    const auto error = error_of("[" + std::string(section) + "]\n" + line + "\n");
    EXPECT_TRUE(error.starts_with("2: " + std::string(section) + ".")) << line << " -> " << error;
    EXPECT_NE(error.find("expected"), std::string::npos) << error;
  }
}

TEST(Config, ARealmRefusesWhatItCannotBe) {
  const char* cases[] = {
      "name = \"\"",
      "name = \"a b\"",
      "address = \"localhost\"",
      "advertise = \"two words\"",
      "ports = \"0-10\"",
      "ports = \"10\"",
      "ports = 10",
      "ports = \"1-65536\"",
      "port = 20000",  // inside of ports
      "port = 65536",
      "profile = \"cema\"",
      "path_scheme = \"msrps\"",
      "e2ae = true",
      "source_filter = \"port\"",
      "max_chunk = -1",
      "max_chunk = 127",
      "max_message = -1",
      "accept_types = \"text/plain\"",
      "accept_types = [\"text\"]",
      "accept_types = [\"*/*\"]",
      "accept_types = [\"text/\"]",
      "accept_types = [\"/plain\"]",
      "accept_types = [\"text/plain;charset=utf-8\"]",
      "accept_types = [\"text/plain message/cpim\"]",
      "message_rate = -1",
      "octet_rate = 0.5",
      "tls = []",
      "tls = { hashes = [\"md5\"] }",
      "tls = { hashes = [\"MD5\"] }",
      "tls = { hashes = [\"md2\"] }",
      "tls = { hashes = [] }",
      "tls = { min_version = \"1.1\" }",
      "tls = { cert = \"c.pem\" }",
      "tls = { key = \"k.pem\" }",
      "tls = { require_fingerprint = \"no\" }",
      "address = \"0.0.0.0\"",  // and nothing to advertise
  };
  for (const std::string line : cases) {
    const bool names = line.starts_with("name");
    const auto error = error_of("[[realm]]\n" + (names ? line : "name = \"a\"\n" + line) + "\n");
    EXPECT_NE(error.find("realm[0]."), std::string::npos) << line << " -> " << error;
    EXPECT_NE(error.find("expected"), std::string::npos) << line << " -> " << error;
  }
  EXPECT_EQ(error_of("\n[[realm]]\nports = \"1-2\"\n"),
            "2: realm[0].name: expected a name: every realm needs one");
  EXPECT_EQ(error_of("realm = []\n"), "1: realm: expected at least one realm");
  EXPECT_EQ(error_of("realm = [1]\n"), "1: realm[0]: expected a table");
  EXPECT_EQ(error_of("realm = 1\n"), "1: realm: expected [[realm]] tables");
}

std::string two_realms(std::string_view a, std::string_view b) {
  return "[[realm]]\nname = \"a\"\n" + std::string(a) + "\n[[realm]]\nname = \"b\"\n" + std::string(b) + "\n";
}

TEST(Config, RealmsDoNotShareNamesOrPorts) {
  EXPECT_EQ(error_of("[[realm]]\nname = \"a\"\n[[realm]]\nname = \"a\"\n"),
            "4: realm[1].name: expected a name of its own, \"a\" is realm[0]'s");
  EXPECT_EQ(error_of(two_realms("ports = \"100-200\"", "ports = \"200-300\"")),
            "6: realm[1].ports: expected ports that do not overlap 100-200 of realm \"a\"");
  EXPECT_EQ(error_of(two_realms("ports = \"100-200\"", "ports = \"201-300\"")), "");
  EXPECT_EQ(error_of(two_realms("ports = \"100-200\"", "ports = \"100-200\"\naddress = \"127.0.0.2\"")), "");
  EXPECT_EQ(error_of(two_realms("ports = \"100-200\"", "ports = \"100-200\"\naddress = \"::1\"")), "");
  EXPECT_NE(error_of(two_realms("ports = \"100-200\"",
                                "ports = \"100-200\"\naddress = \"0.0.0.0\"\nadvertise = \"192.0.2.1\"")),
            "");
  EXPECT_NE(error_of(two_realms("ports = \"100-200\"\nport = 9", "ports = \"300-400\"\nport = 9")), "");
  EXPECT_NE(error_of(two_realms("ports = \"100-200\"\nport = 350", "ports = \"300-400\"")), "");
  EXPECT_NE(error_of(two_realms("ports = \"100-200\"", "ports = \"300-400\"\nport = 150")), "");
}

TEST(Config, AChunkIsLargeEnoughOrNeverCut) {
  EXPECT_EQ(error_of("[[realm]]\nname = \"a\"\nmax_chunk = 127\n"),
            "3: realm[0].max_chunk: expected 0, or a number of octets, 128 or more");
  EXPECT_EQ(read("[[realm]]\nname = \"a\"\nmax_chunk = 128\n").realms[0].max_chunk, 128U);
}

TEST(Config, KeysOfLaterRolesAreNamedWhereTheyAreSet) {
  EXPECT_EQ(without_effect(read(everything)), std::vector<std::string>{"kms"});
}

TEST(Config, AFileThatCannotBeReadIsNamed) {
  const auto missing = load_config("/nonexistent/postern.toml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().reason, "/nonexistent/postern.toml: cannot be opened: No such file or directory");
  const auto folder = load_config("/");
  ASSERT_FALSE(folder);
  EXPECT_TRUE(folder.error().reason.starts_with("/: cannot be read: ")) << folder.error().reason;
  const auto endless = load_config("/dev/zero");
  ASSERT_FALSE(endless);
  EXPECT_NE(endless.error().reason.find("1 MiB"), std::string::npos);
  EXPECT_TRUE(load_config("/dev/null"));
}

}  // namespace
}  // namespace app
