#include "tests/support/gateway_end_rig.hpp"

using namespace test;

namespace {

using Rig = GatewayEndRig;

TEST(Registration, BeginsWithARestartInAVersion1Header) {
  auto options = usual_options();
  options.wall = [] { return std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 12h; };
  Rig rig(options);
  EXPECT_EQ(rig.state(), "idle");
  rig.start();
  const auto& request = rig.next();
  EXPECT_EQ(rig.state(), "registering");
  EXPECT_EQ(request.to, first);
  EXPECT_EQ(request.header, 1U);
  EXPECT_EQ(request.summary(), "Restart 901 v2");
  EXPECT_EQ(request.action.context, h248::null_context);
  EXPECT_TRUE(request.command().termination.is_root());
  EXPECT_EQ(request.change().profile, iq::parse_profile("IqProfile/1"));
  EXPECT_EQ(request.change().time, (h248::TimeStamp{20261123, 12000000}));
  EXPECT_EQ(iq::parse_message_id("[192.0.2.20]:2944"), h248::parse(request.text)->sender);
  rig.accept(request);
  EXPECT_EQ(rig.state(), "registered");
  EXPECT_EQ(rig.end.counters().registrations, 1U);
  EXPECT_TRUE(rig.serves(first));
}

TEST(Registration, SaysWhatIsConfigured) {
  auto options = usual_options();
  options.warm_boot = true;
  options.profile = "";
  Rig rig(options);
  rig.start();
  const auto& request = rig.next();
  EXPECT_EQ(request.summary(), "Restart 902 v2");
  EXPECT_FALSE(request.change().profile);
  EXPECT_FALSE(request.change().time);
}

TEST(Registration, WaitsARandomTimeBeforeTheFirst) {
  std::vector<base::Duration> waits;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    auto options = usual_options();
    options.avalanche = 10s;
    Rig rig(options, seed);
    const auto begin = rig.now;
    rig.start();
    rig.next();
    waits.push_back(rig.now - begin);
  }
  const auto [least, most] = std::minmax_element(waits.begin(), waits.end());
  EXPECT_LT(*least, 2s);
  EXPECT_GT(*most, 8s);
  EXPECT_LT(*most, 10s);
}

TEST(Registration, IsRepeatedUntilItIsAnswered) {
  Rig rig;
  rig.start();
  const auto request = rig.next();
  rig.run(2s);
  EXPECT_GT(rig.sent, 2);
  EXPECT_EQ(rig.asked.size(), 1U);
  rig.accept(request);
  EXPECT_EQ(rig.state(), "registered");
}

TEST(Versions, AreWhatTheReplySays) {
  for (const auto& [said, used] :
       {std::pair{"V=2", 2U}, std::pair{"V=1", 1U}, std::pair{"PF=IqProfile/1", 2U}}) {
    Rig rig;
    rig.start();
    rig.accept(rig.next(), said);
    ASSERT_EQ(rig.state(), "registered") << said;
    EXPECT_EQ(rig.end.status().at(0).version, used) << said;
    EXPECT_TRUE(rig.ask(first, Rig::heartbeat).starts_with("!/" + std::to_string(used))) << said;
  }
}

TEST(Versions, AReplyWithoutBracesAcceptsWhatWasProposed) {
  Rig rig;
  rig.start();
  rig.reply(rig.next(), "C=-{SC=ROOT}");
  EXPECT_EQ(rig.state(), "registered");
  EXPECT_EQ(rig.end.status().at(0).version, 2U);
}

TEST(Versions, HigherThanProposedOrNoneIsAnotherControllersTurn) {
  for (const auto* said : {"V=3", "V=0", "V=99"}) {
    Rig rig;
    rig.start();
    rig.accept(rig.next(), said);
    EXPECT_EQ(rig.next().to, second) << said;
  }
}

TEST(Versions, ALowerOneIsProposedAfter406) {
  Rig rig;
  rig.start();
  rig.refuse(rig.next(), 406);
  const auto again = rig.next();
  EXPECT_EQ(again.to, first);
  EXPECT_EQ(again.summary(), "Restart 901 v1");
  rig.accept(again, "V=1");
  EXPECT_EQ(rig.state(), "registered");
  EXPECT_EQ(rig.end.status().at(0).version, 1U);
}

TEST(Versions, ThereIsNoneBelow1) {
  Rig rig;
  rig.start();
  rig.refuse(rig.next(), 406);
  rig.refuse(rig.next(), 406);
  const auto& next = rig.next();
  EXPECT_EQ(next.to, second);
  EXPECT_EQ(next.summary(), "Restart 901 v2");
}

TEST(Versions, The406MayBeOfTheWholeMessage) {
  Rig rig;
  rig.start();
  rig.next();
  const auto sent = rig.sent;
  rig.from(first, "ER=406{}", 1);
  EXPECT_EQ(rig.next().summary(), "Restart 901 v1");
  EXPECT_EQ(rig.sent, sent + 1);
  // Nobody repeats the one that has been refused.
  const auto at = rig.asked.size();
  rig.run(3s);
  EXPECT_EQ(rig.asked.size(), at);
}

TEST(Refusals, AreTheNextControllersTurn) {
  for (const auto* error : {"ER=461{}", "C=-{ER=502{}}", "C=-{SC=ROOT{ER=461{\"no such profile\"}}}",
                            "C=-{AV=ROOT}", "ER=505{}"}) {
    Rig rig;
    rig.start();
    rig.reply(rig.next(), error);
    EXPECT_EQ(rig.next(0s).to, second) << error;
    EXPECT_EQ(rig.log.count("h248_registration_failed"), 1) << error;
  }
}

TEST(Profiles, AreTakenOverFromTheReply) {
  Rig rig;
  rig.start();
  rig.accept(rig.next(), "V=2,PF=Other/3");
  EXPECT_EQ(rig.end.status().at(0).profile, "Other/3");
  EXPECT_EQ(rig.log.count("h248_other_profile"), 1);
}

TEST(Profiles, AreComparedWithoutRegardToCase) {
  Rig rig;
  rig.start();
  rig.accept(rig.next(), "V=2,PF=iqprofile/1");
  EXPECT_EQ(rig.log.count("h248_other_profile"), 0);
}

TEST(Lists, AreGoneThroughAndBegunAnewAfterGrowingWaits) {
  auto options = usual_options();
  options.timers.give_up = 5s;
  options.registration_retry = 2s;
  options.longest_retry = 8s;
  Rig rig(options);
  rig.start();
  for (const auto longest : {2s, 4s, 8s, 8s}) {
    EXPECT_EQ(rig.next().to, first);
    const auto begin = rig.now;
    EXPECT_EQ(rig.next().to, second);
    EXPECT_EQ(rig.now - begin, 5s);
    const auto failed = rig.now + 5s;
    const auto& anew = rig.next();
    EXPECT_GE(rig.now - failed, longest / 2);
    EXPECT_LE(rig.now - failed, longest);
    EXPECT_EQ(anew.summary(), "Restart 901 v2");
    --rig.taken;
  }
  EXPECT_EQ(rig.state(), "registering");
}

TEST(Lists, AConnectionThatCannotBeMadeIsTheNextOnesTurnAtOnce) {
  auto options = usual_options();
  options.controllers = {{h248::Carrier::tcp, at("192.0.2.1:2944")},
                         {h248::Carrier::tcp, at("192.0.2.2:2944")}};
  Rig rig(options);
  rig.start();
  const auto request = rig.next();
  rig.end.route_lost(request.to, rig.now);
  EXPECT_EQ(rig.next(0s).to.peer, at("192.0.2.2:2944"));
}

TEST(OtherControllers, AreAskedWhereAReplyNamesThem) {
  Rig rig;
  rig.start();
  rig.accept(rig.next(), "MG=[192.0.2.3]:2944,V=2");
  const auto& request = rig.next(0s);
  EXPECT_EQ(request.to, third);
  EXPECT_EQ(request.summary(), "Restart 901 v2");
  rig.accept(request);
  EXPECT_EQ(rig.state(), "registered");
  EXPECT_TRUE(rig.serves(third));
  EXPECT_FALSE(rig.serves(first));
}

TEST(OtherControllers, AControllerThatNamesItselfIsMeant) {
  for (const auto* self : {"[192.0.2.1]:2944", "[192.0.2.1]"}) {
    Rig rig;
    rig.start();
    rig.accept(rig.next(), std::string("MG=") + self + ",V=2");
    EXPECT_EQ(rig.state(), "registered") << self;
  }
  Rig rig;
  rig.start();
  const auto request = rig.next();
  rig.receive(first, "!/1 MGC1 P=" + std::to_string(request.id) + "{C=-{SC=ROOT{SV{MG=mgc1,V=2}}}}");
  EXPECT_EQ(rig.state(), "registered");
}

TEST(OtherControllers, AChainHasAnEnd) {
  Rig rig;
  rig.start();
  rig.accept(rig.next(), "MG=[192.0.2.101]:2944");
  for (int i = 0; i < 5; ++i) {
    const auto request = rig.next(0s);
    EXPECT_EQ(request.to.peer.ip.to_string(), "192.0.2." + std::to_string(101 + i));
    rig.accept(request, "MG=[192.0.2." + std::to_string(102 + i) + "]:2944");
  }
  EXPECT_EQ(rig.next(0s).to, second);
}

TEST(OtherControllers, WhatIsNoAddressIsTheNextOnesTurn) {
  for (const auto* name : {"<mgc2.example.org>", "mgc2", "[0.0.0.0]:2944", "[224.0.0.1]"}) {
    Rig rig;
    rig.start();
    rig.accept(rig.next(), std::string("MG=") + name);
    EXPECT_EQ(rig.next(0s).to, second) << name;
  }
}

TEST(Addresses, OfTheReplyAreWhereRequestsGo) {
  for (const auto& [said, where] :
       {std::pair{"AD=3000", "192.0.2.1:3000"}, std::pair{"AD=[192.0.2.9]:3001", "192.0.2.9:3001"},
        std::pair{"AD=<mgc.example.org>", "192.0.2.1:2944"}}) {
    Rig rig;
    rig.start();
    rig.accept(rig.next(), std::string("V=2,") + said);
    ASSERT_EQ(rig.state(), "registered");
    EXPECT_TRUE(rig.serves(udp(where)));
    EXPECT_EQ(rig.end.status().at(0).route, std::string("udp:") + where);
    rig.run(61s);
    EXPECT_EQ(rig.next().to.peer, at(where));
  }
}

}  // namespace
