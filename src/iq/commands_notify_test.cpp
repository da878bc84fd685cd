// What the gateway tells, as the controller hears it; heartbeats.
#include <initializer_list>

#include <gtest/gtest.h>

#include "iq/gateway_commands.hpp"
#include "tests/support/commands_rig.hpp"

namespace {

using namespace std::chrono_literals;
using iq::Event;
using test::CommandsRig;

/// ip/1/access/1 with TLS and ip/1/core/2 without.
void prepare(CommandsRig& rig, const std::string& events = {}, const std::string& core_events = {}) {
  const auto with = [](const std::string& text) { return text.empty() ? text : ",E=" + text; };
  rig.act("C=${A=ip/1/access/${M{O{MO=SR},L{v=0\nm=message $ TCP/TLS -\n}}" + with(events) +
          "},A=ip/1/core/${M{O{MO=SR},L{v=0\nm=message $ TCP -\n}}" + with(core_events) + "}}");
}

struct Told {
  Event event;
  std::uint64_t termination;
  const char* expected;
};

TEST(StandardEvents, AreToldAsTheyWereAskedFor) {
  for (const auto& each : {
           Told{Event::connected, 1,
                "C=1{N=ip/1/access/1{OE=5{tcpbcc/BNCChange{ST=1,Type=Est},tlsbsc/BNCChange{Type=Est}}}}\n"},
           Told{Event::tcp_failed, 1,
                "C=1{N=ip/1/access/1{OE=5{tcpbcc/BNCChange{ST=1,Type=Fail},"
                "g/cause{Generalcause=FT,Failurecause=\"why\"}}}}\n"},
           Told{Event::tls_failed, 1,
                "C=1{N=ip/1/access/1{OE=5{tlsbsc/BNCChange{Type=Fail},"
                "g/cause{Generalcause=FP,Failurecause=\"why\"}}}}\n"},
           Told{Event::released, 0,
                "C=1{N=ip/1/access/1{OE=5{tcpbcc/BNCChange{ST=1,Type=Rel},tlsbsc/BNCChange{Type=Rel},"
                "g/cause{Generalcause=NR,Failurecause=\"why\"}}},"
                "N=ip/1/core/2{OE=6{g/cause{Generalcause=NR,Failurecause=\"why\"}}}}\n"},
           Told{Event::inactive, 0,
                "C=1{N=ip/1/access/1{OE=5{tcpbcc/BNCChange{ST=1,Type=Rel},tlsbsc/BNCChange{Type=Rel},"
                "g/cause{Generalcause=FT,Failurecause=\"why\"}}},"
                "N=ip/1/core/2{OE=6{g/cause{Generalcause=FT,Failurecause=\"why\"}}}}\n"},
           Told{Event::silent, 1, "C=1{N=ip/1/access/1{OE=5{adid/ipstop}}}\n"},
           Told{Event::silent, 2, ""},
           Told{Event::connected, 2, ""},
           Told{Event::refused, 1, ""},
       }) {
    CommandsRig rig;
    prepare(rig, "5{tcpbcc/BNCChange{ST=1},tlsbsc/BNCChange,g/cause,adid/ipstop{dt=5}}", "6{g/cause}");
    rig.tell(each.event, each.termination, "why");
    EXPECT_EQ(rig.told(), each.expected) << to_string(each.event);
  }
}

TEST(StandardEvents, OnlyOfTheTypesThatWereAskedFor) {
  CommandsRig rig;
  prepare(rig, "5{tcpbcc/BNCChange{Type=[Fail,Rel]}}");
  rig.tell(Event::connected, 1);
  EXPECT_EQ(rig.told(), "");
  rig.tell(Event::tcp_failed, 1);
  EXPECT_EQ(rig.told(), "C=1{N=ip/1/access/1{OE=5{tcpbcc/BNCChange{Type=Fail}}}}\n");
}

TEST(StandardEvents, AnImpostorIsAFailureOfTls) {
  CommandsRig rig;
  prepare(rig, "5{tcpbcc/BNCChange,tlsbsc/BNCChange}");
  rig.tell(Event::refused, 1, "192.0.2.9:1: no certificate");
  EXPECT_EQ(rig.told(), "");  // a stray
  rig.tell(Event::refused, 1, "192.0.2.9:1: fingerprint mismatch", std::string(iq::refused_by_tls));
  EXPECT_EQ(rig.told(), "C=1{N=ip/1/access/1{OE=5{tlsbsc/BNCChange{Type=Fail}}}}\n");
}

TEST(StandardEvents, AnEndThatNobodyAskedForIsAServiceChange) {
  CommandsRig rig;
  prepare(rig, "5{tcpbcc/BNCChange{Type=Est}}");
  rig.tell(Event::timed_out, 0);
  EXPECT_EQ(rig.told(),
            "C=1{SC=ip/1/access/1{SV{MT=FO,RE=\"906 Loss of lower layer connectivity\"}},"
            "SC=ip/1/core/2{SV{MT=FO,RE=\"906 Loss of lower layer connectivity\"}}}\n");
}

TEST(StandardEvents, ANewDescriptorReplacesTheOldOne) {
  CommandsRig rig;
  prepare(rig, "5{tcpbcc/BNCChange}");
  rig.act("C=1{MF=ip/1/access/1{E=8{tlsbsc/BNCChange}}}");
  rig.tell(Event::connected, 1);
  EXPECT_EQ(rig.told(), "C=1{N=ip/1/access/1{OE=8{tlsbsc/BNCChange{Type=Est}}}}\n");
  rig.act("C=1{MF=ip/1/access/1{E}}");
  rig.tell(Event::connected, 1);
  EXPECT_EQ(rig.told(), "");
}

TEST(StandardEvents, AreWrittenAsConfigured) {
  auto options = CommandsRig::usual();
  options.packages = *iq::Packages::make({{"tcpbcc/BNCChange", "tcpbcc/Change"},
                                          {"tcpbcc/BNCChange.Type", "tcpbcc/Change.type"},
                                          {"tcpbcc/BNCChange.Type=Est", "tcpbcc/BNCChange.Type=1"}});
  CommandsRig rig(options);
  prepare(rig, "5{tcpbcc/Change}");
  rig.tell(Event::connected, 1);
  EXPECT_EQ(rig.told(), "C=1{N=ip/1/access/1{OE=5{tcpbcc/Change{type=1}}}}\n");
}

TEST(OwnEvent, TellsEveryNotificationAsItIs) {
  CommandsRig rig;
  prepare(rig, "5{xpostern/bearer,tcpbcc/BNCChange}", "6{xpostern/bearer}");
  rig.tell(Event::refused, 2, "stray");
  EXPECT_EQ(rig.told(),
            "C=1{N=ip/1/core/2{OE=6{xpostern/bearer{ev=refused,scope=termination,cause=\"stray\"}}}}\n");
  rig.tell(Event::connected, 1);
  EXPECT_EQ(rig.told(), "C=1{N=ip/1/access/1{OE=5{xpostern/bearer{ev=connected,scope=termination}}}}\n");
  // The whole context is told of once.
  rig.tell(Event::released, 0, "gone", "peer_closed");
  EXPECT_EQ(rig.told(),
            "C=1{N=ip/1/access/1{OE=5{xpostern/bearer{ev=released,scope=context,cause=\"gone\","
            "reason=\"peer_closed\"}}}}\n");
}

TEST(Notifications, OfUnknownContextsAreDropped) {
  CommandsRig rig;
  prepare(rig, "5{tcpbcc/BNCChange}");
  rig.gateway.notify({iq::ContextId{99}, iq::TerminationId{1}, Event::connected, "", ""});
  rig.tell(Event::connected, 9);
  EXPECT_EQ(rig.told(), "");
}

TEST(Overload, IsToldOnceASecond) {
  CommandsRig rig;
  rig.act("C=-{MF=ROOT{E=9{ocp/mg_overload}}}");
  rig.gateway.ports_left = 0;
  prepare(rig);
  EXPECT_EQ(rig.told(), "C=-{N=ROOT{OE=9{ocp/mg_overload}}}\n");
  prepare(rig);
  EXPECT_EQ(rig.told(), "");
  rig.now += 1s;
  prepare(rig);
  EXPECT_EQ(rig.told(), "C=-{N=ROOT{OE=9{ocp/mg_overload}}}\n");
  rig.act("C=-{MF=ROOT{E}}");
  rig.now += 1s;
  prepare(rig);
  EXPECT_EQ(rig.told(), "");
}

struct Heartbeat : testing::Test {
  void at(base::Duration later) {
    rig.now = began + later;
    rig.commands.on_time(rig.now);
  }
  CommandsRig rig;
  base::Time began = rig.now;
  const std::string beat = "C=1{N=ip/1/access/1{OE=5{hangterm/thb}}}\n";
};

TEST_F(Heartbeat, IsToldWhenNoCommandHasComeForSoLong) {
  EXPECT_EQ(rig.commands.deadline(), base::never);
  prepare(rig, "5{hangterm/thb{timerx=10}}");
  EXPECT_EQ(rig.commands.deadline(), began + 10s);
  at(9s);
  EXPECT_EQ(rig.told(), "");
  rig.act("C=1{AV=ip/1/access/1{AT{}}}");
  at(10s);
  EXPECT_EQ(rig.told(), "");
  EXPECT_EQ(rig.commands.deadline(), began + 19s);
  at(19s);
  EXPECT_EQ(rig.told(), beat);
  rig.answer();
  at(28s);
  EXPECT_EQ(rig.told(), "");
  at(29s);
  EXPECT_EQ(rig.told(), beat);
}

TEST_F(Heartbeat, ItsTerminationIsSubtractedWhereTheControllerDoesNotKnowIt) {
  for (const std::uint16_t code : std::initializer_list<std::uint16_t>{411, 430, 431, 435}) {
    CommandsRig other;
    prepare(other, "5{hangterm/thb{timerx=10}}");
    other.commands.on_time(other.now += 10s);
    other.answer(h248::ErrorDescriptor{code, {}});
    EXPECT_EQ(other.commands.status().terminations, 1u) << code;
    EXPECT_EQ(other.commands.deadline(), base::never) << code;
    EXPECT_TRUE(other.gateway.contexts.begin()->second[0].gone) << code;
  }
}

TEST_F(Heartbeat, AfterAnyOtherErrorItIsToldAgain) {
  prepare(rig, "5{hangterm/thb{timerx=10}}");
  base::Duration later = 0s;
  for (const std::uint16_t code : std::initializer_list<std::uint16_t>{400, 443, 500, 502, 506, 510}) {
    at(later += 10s);
    EXPECT_EQ(rig.told(), beat) << code;
    rig.answer(h248::ErrorDescriptor{code, {}});
    EXPECT_EQ(rig.commands.status().terminations, 2u) << code;
    EXPECT_EQ(rig.commands.deadline(), began + later + 10s) << code;
  }
}

TEST_F(Heartbeat, UnansweredItIsToldAgain) {
  prepare(rig, "5{hangterm/thb{timerx=10}}");
  at(10s);
  at(20s);
  EXPECT_EQ(rig.told(), beat + beat);
}

TEST_F(Heartbeat, IsOffByZeroAnotherDescriptorOrSubtract) {
  for (const std::string end :
       {"MF=ip/1/access/1{E=5{hangterm/thb{timerx=0}}}", "MF=ip/1/access/1{E}", "S=ip/1/access/1"}) {
    CommandsRig other;
    prepare(other, "5{hangterm/thb{timerx=10}}");
    other.act("C=1{" + end + "}");
    EXPECT_EQ(other.commands.deadline(), base::never) << end;
  }
}

TEST_F(Heartbeat, ARefusalThatComesWhenItIsGoneIsNobodys) {
  prepare(rig, "5{hangterm/thb{timerx=10}}");
  at(10s);
  rig.act("C=1{S=*}");
  rig.answer(h248::ErrorDescriptor{430, {}});
  EXPECT_EQ(rig.commands.status().contexts, 0u);
}

}  // namespace
