#include "tests/support/gateway_end_rig.hpp"

using namespace test;

namespace {

using Rig = GatewayEndRig;

TEST(Sources, CommandsBeforeTheReplyAre505) {
  Rig rig;
  rig.start();
  const auto request = rig.next();
  EXPECT_NE(rig.ask(first, Rig::heartbeat).find("ER=505"), std::string::npos);
  rig.accept(request);
  EXPECT_TRUE(rig.serves(first));
}

TEST(Sources, ThirdPartiesGetNothing) {
  Rig rig;
  rig.settle();
  const auto sent = rig.sent;
  for (const auto& who : {second, third, udp("[2001:db8::1]:2944")}) {
    EXPECT_EQ(rig.ask(who, Rig::heartbeat), "");
    EXPECT_EQ(rig.ask(who, "C=*{S=*}"), "");
    rig.receive(who, "no message at all");
    rig.receive(who, "!/1 [192.0.2.1]:2944 T=1{C=-{AV=ROOT{AT{}}}}");
  }
  EXPECT_EQ(rig.sent, sent);
  EXPECT_EQ(rig.end.counters().refused_source, 12U);
  EXPECT_EQ(rig.end.counters().malformed, 0U);
  EXPECT_EQ(rig.log.count("h248_refused_source"), 3);
}

TEST(Sources, AreSaidOnceAMinute) {
  Rig rig;
  rig.settle();
  for (int i = 0; i < 59; ++i) {
    rig.ask(third, Rig::heartbeat);
    rig.serves(first);
    rig.run(1s);
  }
  EXPECT_EQ(rig.log.count("h248_refused_source"), 1);
  rig.run(1s);
  rig.ask(third, Rig::heartbeat);
  EXPECT_EQ(rig.log.count("h248_refused_source"), 2);
}

TEST(Sources, OfManyAddressesCostNoMemoryEach) {
  Rig rig;
  rig.settle();
  const auto stray = [&](int i) {
    rig.receive(
        udp(("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) + ":2944").c_str()), "?");
  };
  for (int i = 0; i < 1000; ++i) stray(i);
  stray(0);
  EXPECT_EQ(rig.log.count("h248_refused_source"), 1000);
  // One more, and what was known of the others is forgotten.
  stray(1000);
  stray(0);
  EXPECT_EQ(rig.log.count("h248_refused_source"), 1002);
  EXPECT_EQ(rig.end.counters().refused_source, 1003U);
  EXPECT_TRUE(rig.serves(first));
}

TEST(Sources, AnyPortOfTheControllersAddressIsTheController) {
  Rig rig;
  rig.settle();
  EXPECT_TRUE(rig.serves(udp("192.0.2.1:50000")));
  EXPECT_EQ(rig.replied_to.back().peer, at("192.0.2.1:50000"));
}

TEST(Sources, TheAddressThatTheControllersNameSaysIsTheController) {
  Rig rig;
  rig.start();
  const auto request = rig.next();
  rig.receive(first, "!/1 [192.0.2.9]:2944 P=" + std::to_string(request.id) + "{C=-{SC=ROOT}}");
  EXPECT_TRUE(rig.serves(udp("192.0.2.9:50000")));
  EXPECT_FALSE(rig.serves(third));
}

TEST(Sources, AllowedNetworksMayCommand) {
  auto options = usual_options();
  options.allow = {*base::Network::parse("198.51.100.0/24")};
  Rig rig(options);
  const auto friendly = udp("198.51.100.7:2944");
  rig.start();
  EXPECT_EQ(rig.ask(friendly, Rig::heartbeat), "");
  const auto request = rig.next();
  EXPECT_NE(rig.ask(friendly, Rig::heartbeat).find("ER=505"), std::string::npos);
  rig.accept(request);
  EXPECT_TRUE(rig.serves(friendly));
  EXPECT_EQ(rig.replied_to.back(), friendly);
  EXPECT_FALSE(rig.serves(udp("198.51.101.7:2944")));
}

TEST(Sources, WhoIsAllowedHasTransactionIdsOfItsOwn) {
  auto options = usual_options();
  options.allow = {*base::Network::parse("198.51.100.0/24")};
  Rig rig(options);
  rig.settle();
  const auto body = "T=7{" + std::string(Rig::heartbeat) + "}";
  rig.from(first, body);
  rig.from(udp("198.51.100.7:2944"), body);
  rig.from(udp("198.51.100.8:2944"), body);
  EXPECT_EQ(rig.end.status().at(0).counters.requests_in, 1U);
  EXPECT_EQ(rig.replied_to, (std::vector{first, udp("198.51.100.7:2944"), udp("198.51.100.8:2944")}));
  // The same name on another port repeats.
  rig.receive(udp("198.51.100.8:4000"), "!/2 [198.51.100.8]:2944 " + body);
  EXPECT_EQ(rig.replied_to.back(), udp("198.51.100.8:4000"));
  EXPECT_EQ(rig.end.counters().refused_source, 0U);
}

TEST(Sources, OfThoseThereAre16AtATime) {
  auto options = usual_options();
  options.allow = {*base::Network::parse("198.51.100.0/24")};
  Rig rig(options);
  rig.settle();
  const auto guest = [](int i) { return udp(("198.51.100." + std::to_string(i) + ":2944").c_str()); };
  for (int i = 1; i <= 16; ++i) EXPECT_TRUE(rig.serves(guest(i)));
  EXPECT_FALSE(rig.serves(guest(17)));
  EXPECT_TRUE(rig.serves(guest(16)));
  rig.run(31s);
  EXPECT_TRUE(rig.serves(guest(17)));
}

TEST(Sources, WhoIsNotAllowedAnyMoreIsAThirdParty) {
  auto options = usual_options();
  options.allow = {*base::Network::parse("198.51.100.0/24")};
  Rig rig(options);
  rig.settle();
  EXPECT_TRUE(rig.serves(udp("198.51.100.7:2944")));
  EXPECT_FALSE(rig.serves(udp("203.0.113.7:2944")));
  rig.end.set_allow({*base::Network::parse("203.0.113.0/24")});
  EXPECT_FALSE(rig.serves(udp("198.51.100.7:2944")));
  EXPECT_TRUE(rig.serves(udp("203.0.113.7:2944")));
  EXPECT_TRUE(rig.serves(first));
}

TEST(Sources, AForeignNameFromTheRightAddressIsTakenAndSaidOnce) {
  Rig rig;
  rig.settle();
  for (int i = 1; i <= 3; ++i) {
    rig.receive(first, "!/2 mgc7 T=" + std::to_string(i) + "{C=-{AV=ROOT{AT{}}}}");
    EXPECT_NE(rig.reply_to(std::uint32_t(i)).find("AV=ROOT"), std::string::npos);
  }
  EXPECT_EQ(rig.log.count("h248_other_name"), 1);
  EXPECT_EQ(rig.end.status().at(0).peer, "[192.0.2.1]:2944");
}

TEST(Malformed, IsAnsweredToTheControllerOnly) {
  Rig rig;
  rig.settle();
  rig.receive(first, "no message at all");
  EXPECT_EQ(rig.errors, std::vector{400U});
  rig.receive(third, "no message at all");
  EXPECT_EQ(rig.errors.size(), 1U);
  EXPECT_EQ(rig.end.counters().malformed, 1U);
}

TEST(Malformed, ABrokenTransactionDoesNotTakeTheOthersWithIt) {
  Rig rig;
  rig.settle();
  rig.from(first, "T=1{C=-{AV=ROOT{AT{}}}} T=2{C=-{nonsense}}");
  EXPECT_NE(rig.reply_to(1).find("AV=ROOT"), std::string::npos);
  EXPECT_NE(rig.reply_to(2).find("ER="), std::string::npos);
  EXPECT_EQ(rig.end.counters().malformed, 1U);
}

TEST(Malformed, AnotherVersionsHeaderIs406) {
  Rig rig;
  rig.settle();
  rig.command(first, Rig::heartbeat, 4);
  EXPECT_EQ(rig.errors, std::vector{406U});
  EXPECT_NE(rig.reply_to(rig.command(first, Rig::heartbeat, 3)).find("AV=ROOT"), std::string::npos);
}

TEST(Malformed, NoOctetsDoHarmInAnyState) {
  SeededRandom dice(7);
  const std::string sample =
      "!/2 [192.0.2.1]:2944 T=7{C=-{SC=ROOT{SV{MT=HO,RE=\"903 x\",MG=[192.0.2.3]:2944}}}}";
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Rig rig(usual_options(), seed);
    rig.start();
    if (seed % 3 != 0) rig.accept(rig.next());
    for (int i = 0; i < 10; ++i) {
      auto text = sample.substr(0, dice.next_u64() % (sample.size() + 1));
      if (!text.empty()) text[dice.next_u64() % text.size()] = static_cast<char>(dice.next_u64());
      rig.receive(seed % 2 != 0 ? first : third, text);
      rig.run(100ms);
    }
    EXPECT_LE(rig.end.counters().registrations, 1U);
  }
}

TEST(Forms, TheCompactFormIsWrittenWhereConfigured) {
  Rig rig;
  rig.settle();
  EXPECT_EQ(rig.end.status().at(0).form, "compact");
  EXPECT_EQ(rig.asked.at(0).text.find("Transaction"), std::string::npos);
  auto options = usual_options();
  options.print.form = h248::Form::pretty;
  Rig other(options);
  other.settle();
  EXPECT_EQ(other.end.status().at(0).form, "pretty");
  EXPECT_NE(other.asked.at(0).text.find("Transaction"), std::string::npos);
}

TEST(Traces, HoldEveryMessageOfTheAssociationAndNoOther) {
  Rig rig;
  std::vector<std::pair<bool, std::string>> seen;
  rig.end.set_trace([&](bool out, const h248::Route& route, std::string_view message) {
    EXPECT_EQ(route, first);
    seen.emplace_back(out, message);
  });
  rig.start();
  const auto request = rig.next();
  rig.ask(third, Rig::heartbeat);
  rig.accept(request);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_TRUE(seen[0].first);
  EXPECT_EQ(seen[0].second, request.text);
  EXPECT_FALSE(seen[1].first);
  EXPECT_NE(seen[1].second.find("P="), std::string::npos);
}

TEST(Status, TellsOfTheAssociation) {
  Rig rig;
  const auto before = rig.end.status();
  ASSERT_EQ(before.size(), 1U);
  EXPECT_EQ(before[0].peer, "udp:192.0.2.1:2944");
  EXPECT_EQ(before[0].state, "idle");
  rig.settle();
  rig.add_context();
  const auto after = rig.end.status();
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after[0].peer, "[192.0.2.1]:2944");
  EXPECT_EQ(after[0].route, "udp:192.0.2.1:2944");
  EXPECT_EQ(after[0].role, "mgc");
  EXPECT_EQ(after[0].state, "registered");
  EXPECT_EQ(after[0].profile, "IqProfile/1");
  EXPECT_EQ(after[0].version, 2U);
  EXPECT_EQ(after[0].contexts, 1U);
  EXPECT_EQ(after[0].counters.requests_in, 1U);
  EXPECT_EQ(after[0].counters.requests_out, 1U);
}

}  // namespace
