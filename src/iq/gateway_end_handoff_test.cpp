// The controller's own ServiceChange on ROOT, and our end.
#include "tests/support/gateway_end_rig.hpp"

using namespace test;

namespace {

using Rig = GatewayEndRig;

constexpr const char* hand_off = "C=-{SC=ROOT{SV{MT=HO,RE=\"903 MGC Directed Change\",MG=[192.0.2.3]:2944}}}";

TEST(HandOff, TheOldOneIsInChargeUntilTheNewOneAnswers) {
  Rig rig;
  rig.settle();
  rig.add_context();
  EXPECT_NE(rig.ask(first, hand_off).find("SC=ROOT"), std::string::npos);
  const auto request = rig.next(0s);
  EXPECT_EQ(request.to, third);
  EXPECT_EQ(request.summary(), "HandOff 903 v2");
  EXPECT_TRUE(rig.serves(first));
  EXPECT_NE(rig.ask(third, Rig::heartbeat).find("ER=505"), std::string::npos);
  const auto status = rig.end.status();
  ASSERT_EQ(status.size(), 2U);
  EXPECT_EQ(status[0].state, "registered");
  EXPECT_EQ(status[1].state, "registering");
  rig.accept(request);
  EXPECT_EQ(rig.end.status().size(), 1U);
  EXPECT_TRUE(rig.serves(third));
  EXPECT_FALSE(rig.serves(first));
  EXPECT_EQ(rig.gateway.contexts.size(), 1U);
  EXPECT_EQ(rig.end.counters().lost, 0U);
}

TEST(HandOff, RepliesOfTheOldOneStillCount) {
  Rig rig;
  rig.settle();
  rig.add_context();
  rig.gateway.tell(iq::Event::released);
  const auto event = rig.next(0s);
  EXPECT_EQ(event.to, first);
  rig.ask(first, hand_off);
  rig.accept(rig.next());
  const auto refused = rig.end.counters().refused_source;
  rig.reply(event, "C=1{SC=ip/1/access/1}");
  EXPECT_EQ(rig.end.counters().refused_source, refused);
  rig.run(30s);
  EXPECT_EQ(rig.asked.size(), rig.taken);
}

TEST(HandOff, WhatTheOldOneDoesNotAnswerIsToldToTheNewOne) {
  Rig rig;
  rig.settle();
  rig.add_context();
  rig.gateway.tell(iq::Event::released);
  EXPECT_EQ(rig.next(0s).to, first);
  rig.ask(first, hand_off);
  rig.accept(rig.next());
  const auto& again = rig.next();
  EXPECT_EQ(again.to, third);
  EXPECT_EQ(again.summary(), "Forced 906");
  EXPECT_EQ(rig.state(), "registered");
  EXPECT_EQ(rig.end.counters().lost, 0U);
}

TEST(HandOff, TheOldOneIsForgottenInTheEnd) {
  Rig rig;
  rig.settle();
  rig.ask(first, hand_off);
  rig.accept(rig.next());
  rig.run(31s);
  rig.from(first, "P=1{C=-{AV=ROOT}}");
  EXPECT_EQ(rig.end.counters().refused_source, 1U);
}

TEST(HandOff, ToNobodyIsALostController) {
  for (const bool refused : {false, true}) {
    auto options = usual_options();
    options.orphan = 1h;
    Rig rig(options);
    rig.settle();
    rig.add_context();
    rig.ask(first, hand_off);
    const auto request = rig.next(0s);
    if (refused) rig.refuse(request, 502);
    const auto& next = rig.next();
    EXPECT_EQ(next.to, first);
    EXPECT_EQ(next.summary(), "Disconnected 900 v2");
    EXPECT_EQ(rig.next().summary(), "Failover 909 v2");
    EXPECT_EQ(rig.gateway.contexts.size(), 1U);
  }
}

TEST(HandOff, NegotiatesTheVersionToo) {
  Rig rig;
  rig.settle();
  rig.ask(first, hand_off);
  rig.refuse(rig.next(), 406);
  const auto request = rig.next(0s);
  EXPECT_EQ(request.to, third);
  EXPECT_EQ(request.summary(), "HandOff 903 v1");
  rig.accept(request, "V=1");
  EXPECT_EQ(rig.end.status().at(0).version, 1U);
}

TEST(HandOff, MayNameTheSameController) {
  Rig rig;
  rig.settle();
  rig.add_context();
  rig.ask(first, "C=-{SC=ROOT{SV{MT=HO,RE=\"903 x\",MG=[192.0.2.1]:2944}}}");
  const auto request = rig.next(0s);
  EXPECT_EQ(request.to, first);
  EXPECT_EQ(request.summary(), "HandOff 903 v2");
  EXPECT_TRUE(rig.serves(first));
  rig.accept(request);
  EXPECT_EQ(rig.state(), "registered");
  EXPECT_EQ(rig.end.counters().registrations, 2U);
  EXPECT_TRUE(rig.serves(first));
}

TEST(HandOff, OneAtATimeAndToAnAddress) {
  Rig rig;
  rig.settle();
  EXPECT_NE(rig.ask(first, "C=-{SC=ROOT{SV{MT=HO,RE=\"903 x\"}}}").find("ER=472"), std::string::npos);
  for (const auto* name : {"mgc9", "<mgc9>", "[0.0.0.0]", "[255.255.255.255]"}) {
    const auto action = std::string("C=-{SC=ROOT{SV{MT=HO,RE=\"903 x\",MG=") + name + "}}}";
    EXPECT_NE(rig.ask(first, action).find("ER=449"), std::string::npos) << name;
  }
  rig.ask(first, hand_off);
  EXPECT_NE(rig.ask(first, hand_off).find("ER=502"), std::string::npos);
}

TEST(HandOff, TwoControllersOfOneAddressAreToldApartByPortAndName) {
  Rig rig;
  rig.settle();
  rig.ask(first, "C=-{SC=ROOT{SV{MT=HO,RE=\"903 x\",MG=[192.0.2.1]:3000}}}");
  const auto request = rig.next(0s);
  EXPECT_EQ(request.to, udp("192.0.2.1:3000"));
  EXPECT_TRUE(rig.serves(first));
  rig.receive(udp("192.0.2.1:50000"),
              "!/1 [192.0.2.1]:3000 P=" + std::to_string(request.id) + "{C=-{SC=ROOT}}");
  EXPECT_TRUE(rig.serves(udp("192.0.2.1:3000")));
  EXPECT_FALSE(rig.serves(first));
}

TEST(Directed, ForcedAndRestartReleaseEverything) {
  for (const auto* method : {"FO", "RS"}) {
    Rig rig;
    rig.settle();
    rig.add_context();
    const auto reply =
        rig.ask(first, std::string("C=-{SC=ROOT{SV{MT=") + method + ",RE=\"903 MGC Directed Change\"}}}");
    EXPECT_NE(reply.find("SC=ROOT"), std::string::npos);
    EXPECT_EQ(reply.find("ER="), std::string::npos);
    EXPECT_EQ(rig.gateway.contexts.size(), 0U);
    EXPECT_EQ(rig.state(), "registered");
  }
}

TEST(Directed, OtherMethodsAreNotImplemented) {
  Rig rig;
  rig.settle();
  rig.add_context();
  for (const auto* method : {"GR", "DC", "FL", "X-abc"}) {
    const auto action = std::string("C=-{SC=ROOT{SV{MT=") + method + ",RE=\"903 x\"}}}";
    EXPECT_NE(rig.ask(first, action).find("ER=501"), std::string::npos) << method;
  }
  EXPECT_EQ(rig.gateway.contexts.size(), 1U);
}

TEST(Stop, TellsTheControllerAndEndsWithItsAnswer) {
  Rig rig;
  rig.settle();
  int done = 0;
  rig.end.stop(rig.now, [&] { ++done; });
  const auto request = rig.next(0s);
  EXPECT_EQ(request.summary(), "Forced 905");
  EXPECT_EQ(rig.state(), "closing");
  EXPECT_EQ(done, 0);
  rig.reply(request, "C=-{SC=ROOT}");
  EXPECT_EQ(done, 1);
  EXPECT_EQ(rig.state(), "idle");
  const auto sent = rig.sent;
  rig.run(1h);
  EXPECT_EQ(rig.sent, sent);
  EXPECT_EQ(rig.ask(first, Rig::heartbeat), "");
}

TEST(Stop, WaitsASecondAtMost) {
  Rig rig;
  rig.settle();
  int done = 0;
  rig.end.stop(rig.now, [&] { ++done; });
  rig.run(999ms);
  EXPECT_EQ(done, 0);
  rig.run(1ms);
  EXPECT_EQ(done, 1);
}

TEST(Stop, WithoutControllerEndsAtOnce) {
  for (int steps = 0; steps < 3; ++steps) {
    Rig rig;
    if (steps > 0) rig.start();
    if (steps > 1) rig.next();
    int done = 0;
    rig.end.stop(rig.now, [&] { ++done; });
    EXPECT_EQ(done, 1);
    const auto sent = rig.sent;
    rig.run(1h);
    EXPECT_EQ(rig.sent, sent);
  }
}

TEST(Stop, ItMayStartAgain) {
  Rig rig;
  rig.settle();
  rig.end.stop(rig.now, [] {});
  rig.reply(rig.next(), "C=-{SC=ROOT}");
  rig.start();
  const auto request = rig.next();
  EXPECT_EQ(request.summary(), "Restart 901 v2");
  rig.accept(request);
  EXPECT_TRUE(rig.serves(first));
}

TEST(Stop, TheOwnerMayDestroyItInTheCallback) {
  FakeGateway gateway;
  SeededRandom random;
  CountedLog log;
  struct Nowhere final : h248::Wire {
    void send(const h248::Route&, std::string_view) override {}
  } wire;
  auto end = std::make_unique<iq::GatewayEnd>(usual_options(), gateway, wire, random, log);
  end->start(base::Time{});
  end->stop(base::Time{}, [&] { end.reset(); });
  EXPECT_EQ(end, nullptr);
}

}  // namespace
