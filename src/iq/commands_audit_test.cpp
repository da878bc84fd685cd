#include <gtest/gtest.h>

#include "iq/gateway_commands.hpp"
#include "tests/support/commands_rig.hpp"

namespace {

using test::CommandsRig;

void prepare(CommandsRig& rig) {
  rig.act(
      "C=${A=ip/1/access/${M{ST=1{O{MO=SR,gm/saf=OFF,RG=ON},L{v=0\nc=IN IP4 $\nm=message $ TCP/TLS -\n},"
      "R{v=0\nc=IN IP4 198.51.100.1\nm=message 4000 TCP/TLS -\n}}},E=7{g/cause,tcpbcc/BNCChange{Type=Est}},"
      "SG{ipnapt/latch{napt=LATCH}}}}");
}

TEST(TerminationAudit, TellsMediaAsSetAndAnswered) {
  CommandsRig rig;
  prepare(rig);
  EXPECT_EQ(rig.act("C=1{AV=ip/1/access/1{AT{M}}}"),
            "C=1{AV=ip/1/access/1{M{ST=1{O{MO=SR,RG=ON,gm/saf=OFF,ipdc/realm=\"access\"},"
            "L{v=0\nc=IN IP4 192.0.2.10\nm=message 20000 TCP/TLS -\na=fingerprint:<fingerprint>\n},"
            "R{v=0\nc=IN IP4 198.51.100.1\nm=message 4000 TCP/TLS -\n}}}}}");
}

TEST(TerminationAudit, TellsSingleProperties) {
  CommandsRig rig;
  prepare(rig);
  EXPECT_EQ(rig.act("C=1{AV=ip/1/access/1{AT{M{ST=1{O{gm/saf}}}}}}"),
            "C=1{AV=ip/1/access/1{M{ST=1{O{gm/saf=OFF}}}}}");
  EXPECT_EQ(rig.act("C=1{AV=ip/1/access/1{AT{M{ST=1{O{MO}}},M{ST=1{O{ipdc/realm}}}}}}"),
            "C=1{AV=ip/1/access/1{M{ST=1{O{MO=SR,ipdc/realm=\"access\"}}}}}");
  EXPECT_EQ(rig.act("C=1{AV=ip/1/access/1{AT{M{TS{SI}}}}}"), "C=1{AV=ip/1/access/1{M{TS{SI=IV}}}}");
}

TEST(TerminationAudit, TellsEventsAndWhatIsEmpty) {
  CommandsRig rig;
  prepare(rig);
  EXPECT_EQ(rig.act("C=1{AV=ip/1/access/1{AT{E,SG,OE,EB,DM}}}"),
            "C=1{AV=ip/1/access/1{E=7{g/cause,tcpbcc/BNCChange{Type=Est}},SG,OE,EB,DM}}");
  EXPECT_EQ(rig.act("C=1{AV=ip/1/access/1{AT{E=7{g/cause}}}}"), "C=1{AV=ip/1/access/1{E=7{g/cause}}}");
  rig.act("C=1{MF=ip/1/access/1{E}}");
  EXPECT_EQ(rig.act("C=1{AV=ip/1/access/1{AT{E}}}"), "C=1{AV=ip/1/access/1{E}}");
  EXPECT_EQ(rig.act("C=1{AV=ip/1/access/1{AT{PG{gm-2}}}}"), "C=1{AV=ip/1/access/1{PG{gm-2}}}");
}

TEST(TerminationAudit, TellsStatisticsByAskingTheGateway) {
  CommandsRig rig;
  prepare(rig);
  const auto before = rig.gateway.requests.size();
  EXPECT_EQ(rig.act("C=1{AV=*{AT{SA{nt/or}}}}"), "C=1{AV=ip/1/access/1{SA{nt/or=10}}}");
  EXPECT_EQ(rig.gateway.requests.size(), before + 1);
  EXPECT_NE(rig.act("C=1{MF=ip/1/access/1{M{O{MO=IN}},AT{SA}}}").find("nt/or=10"), std::string::npos);
  const auto both = rig.act("C=1{AV=*{AT{M,SA}}}");
  EXPECT_NE(both.find("M{ST=1"), std::string::npos);
  EXPECT_NE(both.find("SA{nt/dur"), std::string::npos);
}

/// So the controller asks for its contexts where there are too many for one reply.
TEST(TerminationAudit, OneContextAfterTheOtherUntilOneIsUnknown) {
  CommandsRig rig;
  prepare(rig);
  prepare(rig);
  EXPECT_EQ(rig.act("C=1{AV=*{AT{}}},C=2{AV=*{AT{}}}"), "C=1{AV=ip/1/access/1},C=2{AV=ip/1/access/2}");
  const auto reply = rig.act("C=1{AV=*{AT{}}},C=9{AV=*{AT{}}},C=2{AV=*{AT{}}}");
  EXPECT_TRUE(reply.starts_with("C=1{AV=ip/1/access/1},C=9{ER=411{")) << reply;
  EXPECT_EQ(reply.find("C=2"), std::string::npos) << reply;
}

TEST(TerminationAudit, AnAddTellsWhatItAuditsToo) {
  CommandsRig rig;
  EXPECT_EQ(rig.act("C=${A=ip/1/access/${M{L{v=0\nm=message $ TCP -\n}},AT{SG}}}"),
            "C=1{A=ip/1/access/1{M{L{v=0\nc=IN IP4 192.0.2.10\nm=message 20000 TCP -\n}},SG}}");
}

TEST(RootAudit, TellsStateLimitsTimersAndRealms) {
  CommandsRig rig;
  rig.timers_.provisional = std::chrono::milliseconds(700);
  EXPECT_EQ(rig.act("C=-{AV=ROOT{AT{M}}}"),
            "C=-{AV=ROOT{M{TS{root/maxNumberOfContexts=500,root/maxTerminationsPerContext=2,"
            "root/normalMGExecutionTime=100,root/normalMGCExecutionTime=200,"
            "root/MGProvisionalResponseTimerValue=700,root/MGCProvisionalResponseTimerValue=5000,"
            "root/MGOriginatedPendingLimit=20,root/MGCOriginatedPendingLimit=20,"
            "ipra/ar=[\"access\",\"core\",\"six\"],SI=IV}}}}");
  rig.serves = false;
  EXPECT_EQ(rig.act("C=-{AV=ROOT{AT{M{TS{SI}},M{TS{root/maxNumberOfContexts}}}}}"),
            "C=-{AV=ROOT{M{TS{root/maxNumberOfContexts=500,SI=OS}}}}");
  EXPECT_EQ(rig.act("C=-{AV=ROOT{AT{E,SG,SA}}}"), "C=-{AV=ROOT{E,SG,SA}}");
}

TEST(RootModify, SetsTimersAllOrNone) {
  CommandsRig rig;
  EXPECT_EQ(rig.act("C=-{MF=ROOT{M{TS{root/MGProvisionalResponseTimerValue=900,root/normalMGExecutionTime=50,"
                    "root/MGOriginatedPendingLimit=3}}}}"),
            "C=-{MF=ROOT}");
  EXPECT_EQ(rig.timers_.provisional, std::chrono::milliseconds(900));
  EXPECT_EQ(rig.timers_.pending_limit, 3u);
  EXPECT_EQ(rig.act("C=-{AV=ROOT{AT{M{TS{root/normalMGExecutionTime}}}}}"),
            "C=-{AV=ROOT{M{TS{root/normalMGExecutionTime=50}}}}");
  rig.act("C=-{MF=ROOT{M{TS{root/MGProvisionalResponseTimerValue=100,root/MGOriginatedPendingLimit=0}}}}");
  EXPECT_EQ(rig.timers_.provisional, std::chrono::milliseconds(900));
}

TEST(RootModify, EventsTellTheAssociationOfInactivity) {
  CommandsRig rig;
  EXPECT_EQ(rig.act("C=-{MF=ROOT{E=9{it/ito{mit=3000},ocp/mg_overload,chp/mgcon,ipra/arc}}}"),
            "C=-{MF=ROOT}");
  EXPECT_EQ(rig.inactivity.first, std::chrono::seconds(30));
  EXPECT_EQ(rig.inactivity.second, 9u);
  EXPECT_NE(rig.act("C=-{AV=ROOT{AT{E}}}").find("E=9{it/ito{mit=3000}"), std::string::npos);
  rig.act("C=-{MF=ROOT{E}}");
  EXPECT_FALSE(rig.inactivity.first);
}

}  // namespace
