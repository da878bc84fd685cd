#include "app/compose_h248.hpp"

#include <gtest/gtest.h>

#include "iq/registration.hpp"

namespace app {
namespace {

Config read(std::string_view text) {
  auto config = parse_config(text, "f");
  EXPECT_TRUE(config) << config.error().reason;
  return config ? *config : Config{};
}

TEST(ComposeH248, GivesTheGatewaysEndWhatTheFileSays) {
  const auto config = read(R"(
[[realm]]
name = "a"
address = "::1"
source_filter = "none"
[gateway.h248]
mgc = ["udp:192.0.2.1", "tcp:192.0.2.2:5"]
profile = "IqProfile/1"
allow = ["192.0.2.8"]
form = "pretty"
silence = 1
orphan = 2
avalanche = 3
[gateway.h248.timers]
first_retransmission = 0.1
longest_retransmission = 2
give_up = 3
network_delay = 4
provisional = 0.25
peer_execution = 6
pending_limit = 7
[h248.packages]
seplink = "-"
)");
  const auto options = gateway_end_options(config, *iq::parse_message_id("<gw>"), 99);
  using std::chrono::milliseconds, std::chrono::seconds;
  EXPECT_EQ(iq::to_string(options.own), "<gw>");
  ASSERT_EQ(options.controllers.size(), 2U);
  EXPECT_EQ(options.controllers[0],
            (h248::Route{h248::Carrier::udp, *base::Address::parse("192.0.2.1:2944")}));
  EXPECT_EQ(options.controllers[1], (h248::Route{h248::Carrier::tcp, *base::Address::parse("192.0.2.2:5")}));
  EXPECT_EQ(options.profile, "IqProfile/1");
  EXPECT_EQ(options.allow, networks({"192.0.2.8"}));
  EXPECT_EQ(options.print.form, h248::Form::pretty);
  EXPECT_EQ(options.silence, seconds(1));
  EXPECT_EQ(options.orphan, seconds(2));
  EXPECT_EQ(options.avalanche, seconds(3));
  EXPECT_EQ(options.timers.first_retransmission, milliseconds(100));
  EXPECT_EQ(options.timers.longest_retransmission, seconds(2));
  EXPECT_EQ(options.timers.give_up, seconds(3));
  EXPECT_EQ(options.timers.network_delay, seconds(4));
  EXPECT_EQ(options.timers.provisional, milliseconds(250));
  EXPECT_EQ(options.timers.peer_execution, seconds(6));
  EXPECT_EQ(options.timers.pending_limit, 7U);
  ASSERT_EQ(options.commands.realms.size(), 1U);
  EXPECT_EQ(options.commands.realms[0].name, "a");
  EXPECT_TRUE(options.commands.realms[0].ipv6);
  EXPECT_FALSE(options.commands.realms[0].filter_source);
  EXPECT_FALSE(options.commands.packages.supports("seplink"));
  EXPECT_EQ(options.commands.max_contexts, 99U);
}

TEST(ComposeH248, GivesTheControllersEndWhatTheFileSays) {
  const auto config = read(R"(
[controller.h248]
allow = ["192.0.2.0/24"]
profiles = ["IqProfile/1"]
form = "pretty"
heartbeat = 1
inactivity = 2
timers = { give_up = 3 }
[[controller.h248.gateway]]
mid = "<gw>"
realms = ["core"]
weight = 4
[h248.packages]
seplink = "-"
)");
  const auto options = controller_end_options(config, *iq::parse_message_id("<mgc>"));
  using std::chrono::seconds;
  EXPECT_EQ(iq::to_string(options.own), "<mgc>");
  EXPECT_EQ(options.allow, networks({"192.0.2.0/24"}));
  EXPECT_EQ(options.profiles, std::vector<std::string>{"IqProfile/1"});
  EXPECT_EQ(options.print.form, h248::Form::pretty);
  EXPECT_EQ(options.heartbeat, seconds(1));
  EXPECT_EQ(options.inactivity, seconds(2));
  EXPECT_EQ(options.timers.give_up, seconds(3));
  ASSERT_EQ(options.gateways.size(), 1U);
  EXPECT_EQ(options.gateways[0].mid, "<gw>");
  EXPECT_EQ(options.gateways[0].realms, std::vector<std::string>{"core"});
  EXPECT_EQ(options.gateways[0].weight, 4U);
  EXPECT_FALSE(options.remote.packages.supports("seplink"));
}

std::string places(const GatewayH248& config) {
  std::string out;
  for (const auto& place : gateway_places(config)) out += to_string(place) + " ";
  return out;
}

TEST(ComposeH248, AGatewayReceivesWhereItIsBoundOrOnThePortOfItsControllersKind) {
  GatewayH248 config;
  config.mgc = {"udp:192.0.2.1", "udp:192.0.2.2"};
  EXPECT_EQ(places(config), "udp:0.0.0.0:2944 ");
  config.mgc = {"udp:[2001:db8::1]", "udp:192.0.2.2"};
  EXPECT_EQ(places(config), "udp:[::]:2944 udp:0.0.0.0:2944 ");
  config.mgc = {"udp:192.0.2.1", "tcp:192.0.2.2"};
  config.bind = "192.0.2.9:0";
  EXPECT_EQ(places(config), "udp:192.0.2.9:0 ");
  config.mgc = {"tcp:192.0.2.2"};
  EXPECT_EQ(places(config), "");
}

TEST(ComposeH248, AGatewaysNameIsGivenOrWhereItReceives) {
  GatewayH248 config;
  config.mgc = {"udp:127.0.0.1"};
  const auto name = [&](const char* local) {
    const auto id = gateway_id(config, local == nullptr ? std::nullopt : base::Address::parse(local));
    return id ? iq::to_string(*id) : id.error();
  };
  EXPECT_EQ(name("127.0.0.9:5000"), "[127.0.0.9]:5000");
  EXPECT_EQ(name("0.0.0.0:5000"), "[127.0.0.1]:5000");  // what the kernel uses towards the controller
  EXPECT_EQ(name(nullptr), "[127.0.0.1]:2944");
  config.bind = "127.0.0.8:0";
  EXPECT_EQ(name(nullptr), "[127.0.0.8]:2944");
  config.mid = "<gw.example.org>";
  EXPECT_EQ(name("127.0.0.9:5000"), "<gw.example.org>");
}

TEST(ComposeH248, AControllersNameIsGivenOrWhereItListens) {
  ControllerH248 config;
  EXPECT_EQ(iq::to_string(controller_id(config, *base::Address::parse("127.0.0.9:5000"))),
            "[127.0.0.9]:5000");
  const auto any = controller_id(config, *base::Address::parse("0.0.0.0:5000"));
  EXPECT_NE(any.kind, h248::MessageId::Kind::address) << iq::to_string(any);
  config.mid = "<mgc>";
  EXPECT_EQ(iq::to_string(controller_id(config, *base::Address::parse("127.0.0.9:5000"))), "<mgc>");
}

}  // namespace
}  // namespace app
