#include <gtest/gtest.h>

#include "app/config.hpp"
#include "app/config_check.hpp"

// The keys of both H.248 ends.
namespace app {
namespace {

Config read(std::string_view text) {
  auto config = parse_config(text, "f");
  EXPECT_TRUE(config) << config.error().reason;
  return config ? *config : Config{};
}

std::string error_of(std::string_view text) {
  const auto config = parse_config(text, "f");
  return config ? "" : config.error().reason;
}

constexpr std::string_view everything = R"(
[[realm]]
name = "a-1"
[gateway.h248]
mgc = ["udp:192.0.2.1:2944", "tcp:192.0.2.1", "sctp:192.0.2.3:5000"]
mid = "[192.0.2.2]:2944"
profile = "IqProfile/1"
bind = "192.0.2.2:0"
allow = ["192.0.2.8"]
form = "pretty"
trace = true
silence = 0
orphan = 0.5
avalanche = 0
[gateway.h248.timers]
first_retransmission = 0.1
longest_retransmission = 2
give_up = 3
network_delay = 4
provisional = 0.25
peer_execution = 6
pending_limit = 7
[controller.h248]
listen = ["udp:0.0.0.0:2944", "tcp:[::]:2944", "sctp:[::1]", "udp:127.0.0.1:0"]
allow = ["192.0.2.0/24"]
mid = "<mgc.example.org>"
profiles = ["IqProfile/1", "other/02"]
form = "pretty"
trace = true
heartbeat = 0
inactivity = 0
timers = { give_up = 1 }
[[controller.h248.gateway]]
mid = "[192.0.2.20]:2944"
realms = ["a-1"]
weight = 0
[[controller.h248.gateway]]
mid = "gw/2"
[h248.packages]
"tcpbcc/EstBNC" = "tcpbcc/EstTCP"
seplink = "-"
)";

TEST(ConfigH248, EveryKeyIsTakenFromTheFile) {
  const auto config = read(everything);
  const auto& end = config.gateway.h248;
  EXPECT_EQ(end.mgc.size(), 3U);
  EXPECT_EQ(end.mid, "[192.0.2.2]:2944");
  EXPECT_EQ(end.profile, "IqProfile/1");
  EXPECT_EQ(end.bind, "192.0.2.2:0");
  EXPECT_EQ(end.allow, std::vector<std::string>{"192.0.2.8"});
  EXPECT_EQ(end.form, h248::Form::pretty);
  EXPECT_TRUE(end.trace);
  EXPECT_EQ(end.silence, Span{0});
  EXPECT_EQ(end.orphan, Span{500});
  EXPECT_EQ(end.avalanche, Span{0});
  EXPECT_EQ(end.timers,
            (H248Timers{Span{100}, Span{2000}, Span{3000}, Span{4000}, Span{250}, Span{6000}, 7}));
  const auto& controller = config.controller.h248;
  EXPECT_EQ(controller.listen.size(), 4U);
  EXPECT_EQ(controller.mid, "<mgc.example.org>");
  EXPECT_EQ(controller.profiles, (std::vector<std::string>{"IqProfile/1", "other/02"}));
  EXPECT_EQ(controller.heartbeat, Span{0});
  EXPECT_EQ(controller.inactivity, Span{0});
  EXPECT_EQ(controller.timers.give_up, Span{1000});
  EXPECT_EQ(controller.timers.network_delay, Span{10'000});
  EXPECT_EQ(controller.gateways,
            (std::vector<PooledGateway>{{"[192.0.2.20]:2944", {"a-1"}, 0}, {"gw/2", {}, 1}}));
  EXPECT_EQ(config.h248.packages,
            (std::map<std::string, std::string>{{"tcpbcc/EstBNC", "tcpbcc/EstTCP"}, {"seplink", "-"}}));
}

TEST(ConfigH248, WhatIsPrintedReadsBackToTheSame) {
  const auto config = read(everything);
  EXPECT_EQ(read(print_config(config)), config) << print_config(config);
  EXPECT_TRUE(without_effect(config).empty());
}

TEST(ConfigH248, APlaceHasItsPortOrTheStandardOne) {
  const auto place = [](std::string_view text) {
    const auto parsed = parse_h248_place(text);
    return parsed ? to_string(*parsed) : "";
  };
  EXPECT_EQ(place("udp:192.0.2.1"), "udp:192.0.2.1:2944");
  EXPECT_EQ(place("tcp:[2001:db8::1]"), "tcp:[2001:db8::1]:2944");
  EXPECT_EQ(place("sctp:[2001:db8::1]:5"), "sctp:[2001:db8::1]:5");
  for (const auto* bad : {"udp:2001:db8::1", "udp:[192.0.2.1]", "udp:", "192.0.2.1", "udp:host",
                          "udp:192.0.2.1:x", "udp:[]", "udp:["})
    EXPECT_EQ(place(bad), "") << bad;
}

struct Bad {
  const char* section;
  const char* line;
};

TEST(ConfigH248, EveryKeyRefusesWhatItCannotBe) {
  const Bad cases[] = {
      {"gateway", "h248 = 1"},
      {"gateway", "h248 = { mgc = [\"192.0.2.1:2944\"] }"},
      {"controller", "h248 = { allow = [\"x\"] }"},
      {"controller", "h248 = { listen = [\"http:127.0.0.1:1\"] }"},
      {"controller", "h248 = { heartbeat = -1 }"},
      {"controller", "h248 = { profiles = [\"\"] }"},
      {"controller", "h248 = { profiles = [\"IqProfile\"] }"},
      {"controller", "h248 = { gateway = [ {} ] }"},
      {"controller", "h248 = { gateway = [ { mid = \"[192.0.2.20]\", weight = 1001 } ] }"},
      {"controller", "h248 = { gateway = [ { mid = \"[192.0.2.20]\", realms = [\"nowhere\"] } ] }"},
      {"controller", "h248 = { gateway = [ { mid = \"<GW>\" }, { mid = \"<gw>:2944\" } ] }"},
      {"gateway", "h248 = { mgc = [\"udp:192.0.2.1:0\"] }"},
      {"gateway", "h248 = { mgc = [\"udp:0.0.0.0\"] }"},
      {"gateway", "h248 = { mid = \"192.0.2.1:2944:x\" }"},
      {"gateway", "h248 = { profile = \"IqProfile/100\" }"},
      {"gateway", "h248 = { bind = \"2944\" }"},
      {"gateway", "h248 = { mgc = [\"udp:192.0.2.1\", \"udp:[2001:db8::1]\"], bind = \"192.0.2.2:0\" }"},
      {"gateway", "h248 = { form = \"long\" }"},
      {"gateway", "h248 = { orphan = 0 }"},
      {"gateway", "h248 = { timers = { give_up = 0 } }"},
      {"gateway", "h248 = { timers = { pending_limit = 0 } }"},
      {"h248", "packages = 1"},
      {"h248", "packages = { seplink = true }"},
  };
  for (const auto& [section, line] : cases) {
    const auto error = error_of("[" + std::string(section) + "]\n" + line + "\n");
    EXPECT_TRUE(error.starts_with("f:2: " + std::string(section) + ".")) << line << " -> " << error;
    EXPECT_NE(error.find("expected"), std::string::npos) << error;
  }
}

TEST(ConfigH248, PackagesAreOverriddenAsTheirTableAllows) {
  EXPECT_TRUE(
      error_of("\n[h248.packages]\n\"nobody/knows\" = \"x\"\n").starts_with("f:2: h248.packages: no such"));
}

TEST(ConfigH248, EachRoleSaysWhatItLacks) {
  const auto lacks = [](std::string_view text, Role role) {
    const auto found = find_contradiction(read(text), role);
    return found ? found->path : "";
  };
  constexpr std::string_view gateway = "[gateway.h248]\nmgc = [\"udp:192.0.2.1\"]\n";
  constexpr std::string_view controller = "[controller.h248]\nlisten = [\"udp:127.0.0.1\"]\n";
  EXPECT_EQ(lacks("", Role::all), "");
  EXPECT_EQ(lacks("", Role::gateway), "gateway.h248.mgc");
  EXPECT_EQ(lacks("", Role::controller), "controller.h248.listen");
  EXPECT_EQ(lacks(gateway, Role::gateway), "");
  EXPECT_EQ(lacks(gateway, Role::all), "gateway.h248.mgc");
  EXPECT_EQ(lacks(controller, Role::controller), "");
  EXPECT_EQ(lacks("[controller]\ngateways = [\"h248\"]\n", Role::all), "controller.h248.listen");
  EXPECT_EQ(lacks(controller, Role::all), "");
}

}  // namespace
}  // namespace app
