// Who is heard, and what gateways tell.
#include "iq/controller_end.hpp"
#include "tests/support/mgc_room.hpp"

namespace iq {
namespace {

using std::chrono::seconds;
using test::first_place;
using test::has;
using test::second_place;
using test::usual;

using MgcPeers = test::MgcTest;

TEST_F(MgcPeers, OnlyAcceptableProfiles) {
  auto options = usual();
  options.profiles = {"IqProfile/1"};
  make(options);
  says(change("Restart", 1, ",Profile=Other/1"));
  EXPECT_TRUE(has(next(), "SC=ROOT{ER=461"));
  EXPECT_EQ(next(), "");
  EXPECT_EQ(state(), "lost");
  says(change("Restart", 2, ",Profile=iqprofile/1"));
  EXPECT_TRUE(has(next(), "SC=ROOT{SV{PF=iqprofile/1"));
  EXPECT_EQ(state(), "auditing");
  says(change("Disconnected", 3, ",Profile=Other/2"));
  EXPECT_EQ(state(), "lost");
  EXPECT_EQ(end->status().at(0).last_error, "profile Other/2 is not accepted");
}

TEST_F(MgcPeers, OnlyWhoIsAllowedIsHeard) {
  const h248::Route stranger{.peer = *base::Address::parse("198.51.100.1:2944")};
  says(change("Restart"), stranger);
  says(change("Restart"), stranger);
  EXPECT_TRUE(wire.sent.empty());
  EXPECT_TRUE(end->status().empty());
  EXPECT_EQ(end->counters().refused_source, 2u);
  EXPECT_EQ(log.count("gateway_refused"), 1u);  // once a minute
  now += seconds(60);
  says(change("Restart"), stranger);
  EXPECT_EQ(log.count("gateway_refused"), 2u);
  end->set_allow({*base::Network::parse("198.51.100.0/24")});
  says(change("Restart"), stranger);
  EXPECT_EQ(state(), "auditing");
}

TEST_F(MgcPeers, WhereNobodyIsAllowedThisHostIs) {
  auto options = usual();
  options.allow.clear();
  make(options);
  says(change("Restart"));
  EXPECT_EQ(state(), "none");
  says(change("Restart"), {.peer = *base::Address::parse("127.0.0.1:4000")});
  EXPECT_EQ(state(), "auditing");
}

TEST_F(MgcPeers, StrangersThatAreRememberedAreLimited) {
  for (int i = 0; i < 1000; ++i)
    says(change("Restart"), {.peer = *base::Address::parse("10.0." + std::to_string(i / 250) + "." +
                                                           std::to_string(i % 250) + ":1")});
  EXPECT_EQ(log.count("gateway_refused"), 256u);
  EXPECT_EQ(end->counters().refused_source, 1000u);
}

TEST_F(MgcPeers, WhoHasNotRegisteredIsTold) {
  says("T=9{C=5{N=a/1{OE=1{g/cause}}}} T=10{C=6{N=a/1{OE=1{g/cause}}}} P=3{C=1{A=a/1}} K{1}");
  const auto reply = next();
  EXPECT_TRUE(has(reply, "P=9{ER=505")) << reply;
  EXPECT_TRUE(has(reply, "P=10{ER=505")) << reply;
  EXPECT_EQ(next(), "");
  EXPECT_EQ(state(), "none");
  says("P=3{C=1{A=a/1}}");  // nothing answers that
  EXPECT_EQ(next(), "");
}

TEST_F(MgcPeers, AnotherHostDoesNotSpeakForARegisteredGateway) {
  registers();
  serves(5);
  says("T=9{C=5{SC=ip/1/access/1{SV{MT=FO,RE=\"906\"}}}}", second_place);
  EXPECT_TRUE(has(next(), "P=9{ER=504"));
  EXPECT_TRUE(told.empty());
  says(change("Disconnected", 2), second_place);
  EXPECT_TRUE(has(next(), "P=2{ER=504"));
  EXPECT_EQ(end->status().at(0).route, "udp:192.0.2.20:2944");
  says(change("Restart", 2), second_place);
  EXPECT_TRUE(has(next(), "P=2{ER=504"));
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(state(), "registered");
  // Once the first is lost the second may take its place; the one that the name names may at once.
  pass(seconds(10));
  pass(seconds(10));
  wire.take();
  says(change("Disconnected", 3), second_place);
  EXPECT_TRUE(has(next(), "P=3{C=-{SC=ROOT"));
  EXPECT_EQ(end->status().at(0).route, "udp:192.0.2.21:2944");
  says(change("Restart", 4), first_place);
  EXPECT_EQ(end->status().at(0).route, "udp:192.0.2.20:2944");
  EXPECT_EQ(end->status().size(), 1u);
}

/// Behind NAT the mId is another address than the source: then where it has registered from counts.
TEST_F(MgcPeers, BehindNatItRestartsFromWhereItHasRegistered) {
  const std::string inside = "[10.0.0.5]:2944";
  registers(first_place, inside);
  says(change("Restart", 2), second_place, inside);
  EXPECT_TRUE(has(next(), "P=2{ER=504"));
  auto other_port = first_place;
  other_port.peer.port = 40000;
  says(change("Restart", 3), other_port, inside);
  EXPECT_TRUE(has(next(), "P=3{C=-{SC=ROOT"));
  EXPECT_EQ(end->status().at(0).route, "udp:192.0.2.20:40000");
}

TEST_F(MgcPeers, ANameIsAnotherHostsOnlyOnceItsGatewayIsLost) {
  auto tcp = first_place;
  tcp.carrier = h248::Carrier::tcp;
  tcp.connection = 3;
  for (const std::string name : {"<gw.example.org>", "gw1"}) {
    registers(tcp, name);
    says(change("Restart", 2), second_place, name);
    EXPECT_TRUE(has(next(), "P=2{ER=504"));
    end->route_lost(tcp, now);
    says(change("Restart", 3), second_place, name);
    EXPECT_TRUE(has(next(), "P=3{C=-{SC=ROOT"));
    next();
  }
}

TEST_F(MgcPeers, NamesAreComparedAsAddresses) {
  registers(first_place, "[192.0.2.20]");
  says("T=9{C=-{N=ROOT{OE=1{it/ito}}}}", first_place, "[192.0.2.20]:2944");
  EXPECT_TRUE(has(next(), "P=9{C=-{N=ROOT}}"));
  registers(first_place, "<gw.example.org>");
  says("T=9{C=-{N=ROOT{OE=1{it/ito}}}}", first_place, "<GW.example.ORG>");
  EXPECT_TRUE(has(next(), "P=9{C=-{N=ROOT}}"));
  EXPECT_EQ(end->status().size(), 2u);
}

TEST_F(MgcPeers, NotMoreThanSoManyGateways) {
  auto options = usual();
  options.most_gateways = 2;
  make(options);
  says(change("Restart"), first_place, "<a>");
  says(change("Restart"), first_place, "<b>");
  wire.take();
  says(change("Restart"), first_place, "<c>");
  EXPECT_TRUE(has(next(), "P=1{ER=510"));
  says(change("Forced", 2), first_place, "<a>");  // a lost one makes room
  wire.take();
  says(change("Restart"), first_place, "<c>");
  EXPECT_TRUE(has(next(), "P=1{C=-{SC=ROOT"));
  EXPECT_EQ(end->status().size(), 2u);
}

TEST_F(MgcPeers, RequestsGoWhereItWantsThem) {
  says(change("Restart", 1, ",ServiceChangeAddress=5555"));
  ASSERT_EQ(wire.routes.size(), 2u);
  EXPECT_EQ(wire.routes[0], first_place);  // the reply: to where the request came from
  EXPECT_EQ(wire.routes[1].peer.to_string(), "192.0.2.20:5555");
  wire.take();
  says(change("Restart", 2, ",ServiceChangeAddress=[192.0.2.20]:6666"));
  EXPECT_EQ(wire.routes.at(1).peer.to_string(), "192.0.2.20:6666");
  wire.take();
  says(change("Restart", 3, ",ServiceChangeAddress=[192.0.2.99]:6666"));  // not another host's
  EXPECT_EQ(wire.routes.at(1), first_place);
}

TEST_F(MgcPeers, NotifyReachesTheContext) {
  registers();
  serves(5);
  says("T=9{C=5{N=ip/1/access/1{OE=1{20261123T12010000:tcpbcc/BNCChange{Type=Fail}}}}}");
  EXPECT_TRUE(has(next(), "P=9{C=5{N=ip/1/access/1}}"));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].event, Event::tcp_failed);
  says("T=10{C=6{N=ip/1/access/1{OE=1{hangterm/thb}}}}");
  EXPECT_TRUE(has(next(), "P=10{C=6{ER=411"));
  says("T=11{C=5{N=ip/1/access/9{OE=1{hangterm/thb}}}}");
  EXPECT_TRUE(has(next(), "P=11{C=5{N=ip/1/access/9{ER=430"));
  says("T=12{C=${N=ip/1/access/9{OE=1{hangterm/thb}}}}");
  EXPECT_TRUE(has(next(), "ER=421"));
  says("T=13{C=-{N=ip/1/access/9{OE=1{hangterm/thb}}}}");
  EXPECT_TRUE(has(next(), "C=-{N=ip/1/access/9{ER=430"));
  says("T=14{C=-{AV=ROOT{AT{}}}}");
  EXPECT_TRUE(has(next(), "C=-{AV=ROOT{ER=443"));
}

TEST_F(MgcPeers, AnActionWithoutCommandsIsRefused) {
  registers();
  says("T=9{C=5{PR=3}}");
  EXPECT_TRUE(has(next(), "P=9{C=5{ER=501"));
}

TEST_F(MgcPeers, AllTerminationsOutOfServiceEndAllContexts) {
  registers();
  serves(5);
  serves(6);
  says("T=9{C=*{SC=*{SV{MT=FO,RE=\"908 MG Impending Failure\"}}}}");
  EXPECT_TRUE(has(next(), "P=9{C=*{SC=*}}"));
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(MgcPeers, OverloadGivesItLessAndEases) {
  registers();
  const auto accepted = [&] {
    int out = 0;
    for (int i = 0; i < 20; ++i) {
      reserve();
      out += !outcomes.back();  // it was asked
    }
    wire.take();
    unread.clear();
    return out;
  };
  EXPECT_EQ(accepted(), 20);
  says("T=9{C=-{N=ROOT{OE=1{ocp/mg_overload}}}}");
  EXPECT_EQ(accepted(), 20);  // there is no other one
  for (int i = 0; i < 5; ++i) pass(seconds(1));
  EXPECT_EQ(state(), "registered");
  says("T=30{C=-{N=ROOT{OE=1{chp/mgcon{reduction=100}}}}}");
  EXPECT_EQ(accepted(), 0);
  says("T=31{C=-{N=ROOT{OE=1{chp/mgcon{reduction=0}}}}}");
  EXPECT_EQ(accepted(), 20);
}

TEST_F(MgcPeers, WhatCannotBeReadIsCountedAndOnlyGatewaysAreTold) {
  end->receive("garbage", first_place, now);
  EXPECT_EQ(end->counters().malformed, 1u);
  EXPECT_EQ(next(), "");
  registers();
  end->receive("garbage", first_place, now);
  EXPECT_EQ(end->counters().malformed, 2u);
  EXPECT_TRUE(has(next(), "ER=400"));
  EXPECT_EQ(state(), "registered");
  says("T=9{C=-{N=ROOT{OE=1{it/ito}}}} T=10{bad}");
  EXPECT_EQ(end->counters().malformed, 3u);
}

TEST_F(MgcPeers, TheTraceSeesAllMessages) {
  std::vector<std::string> seen;
  end->set_trace([&](bool out, const h248::Route& route, std::string_view message) {
    seen.push_back((out ? "> " : "< ") + route.peer.to_string() + " " +
                   std::string(message.substr(0, message.find('\n'))));
  });
  says(change("Restart"));
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0], "< 192.0.2.20:2944 MEGACO/2 [192.0.2.20]:2944");
  EXPECT_EQ(seen[1], "> 192.0.2.20:2944 !/1 [192.0.2.1]:2944");
}

/// A request of the controller's comes between calls of this end's owner, whose clock went on.
TEST_F(MgcPeers, CommandsAreTimedByTheOwnersClock) {
  auto options = usual();
  options.heartbeat = base::Duration::zero();
  int woken = 0;
  options.clock = [this] { return now; };
  options.wake = [&] { ++woken; };
  make(options);
  registers();
  EXPECT_EQ(woken, 0);
  now += seconds(15);
  reserve();
  EXPECT_EQ(woken, 1);
  EXPECT_GT(end->deadline(), now);
  EXPECT_LT(end->deadline(), now + seconds(1));
  end->on_time(now + seconds(9));
  EXPECT_FALSE(outcomes.back());
  end->on_time(now + seconds(10));
  EXPECT_EQ(outcomes.back()->error().code, Errc::unreachable);
}

TEST_F(MgcPeers, TimeStampsAreTheOwnersToo) {
  auto options = usual();
  options.wall = [] { return std::chrono::system_clock::time_point(std::chrono::hours(24)); };
  make(options);
  says(change("Restart"));
  EXPECT_TRUE(has(next(), "19700102T00000000"));
}

}  // namespace
}  // namespace iq
