// Modify: what is one request of the seam, and what holds when one has failed.
#include <gtest/gtest.h>

#include "iq/gateway_commands.hpp"
#include "tests/support/commands_rig.hpp"

namespace {

using test::CommandsRig;

// Short tokens; terminations for what follows.
constexpr auto two = R"(C=${
A=ip/1/access/${M{O{MO=SR},L{v=0
m=message $ TCP -
}}},
A=ip/1/core/${M{O{MO=SR},L{v=0
m=message $ TCP -
a=setup:active
}}}})";

constexpr auto to_tls = "{M{L{v=0\nm=message $ TCP/TLS -\n}},SG{tcpbcc/RelBNC}}";

TEST(Modify, ModifiesAreOneRequestWhereATransportChangesWithARestart) {
  CommandsRig rig;
  rig.act(two);
  const auto before = rig.gateway.requests.size();
  const auto out = rig.act("C=1{MF=ip/1/access/1" + std::string(to_tls) + ",MF=ip/1/core/2{M{O{MO=SO}}}}");
  EXPECT_NE(out.find("},MF=ip/1/core/2}"), std::string::npos) << out;
  ASSERT_EQ(rig.gateway.requests.size(), before + 1);
  EXPECT_EQ(rig.gateway.requests.back().procedures.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<iq::Restart>(rig.gateway.requests.back().procedures[2]));
  EXPECT_EQ(rig.config(1).transport, iq::Transport::tcp_tls);
  EXPECT_EQ(rig.config(2).mode, iq::StreamMode::send_only);
  EXPECT_EQ(rig.gateway.contexts.begin()->second[0].restarts, 1);
}

TEST(Modify, AwarenessChangesForBothInOneRequest) {
  CommandsRig rig;
  rig.act(two);
  const auto before = rig.gateway.requests.size();
  const std::string aware = "{M{L{v=0\nm=message $ TCP/MSRP *\na=path:msrp://$:$/abc;tcp\n}}}";
  const auto out = rig.act("C=1{MF=ip/1/access/1" + aware + ",MF=ip/1/core/2" + aware + "}");
  EXPECT_EQ(out.find("ER="), std::string::npos) << out;
  EXPECT_EQ(rig.gateway.requests.size(), before + 1);
}

TEST(Modify, OtherModifiesAreARequestEach) {
  CommandsRig rig;
  rig.act(two);
  const auto before = rig.gateway.requests.size();
  EXPECT_EQ(rig.act("C=1{MF=ip/1/access/1{M{O{MO=IN}},SG{tcpbcc/RelBNC}},MF=ip/1/core/2{M{O{MO=SO}}}}"),
            "C=1{MF=ip/1/access/1,MF=ip/1/core/2}");
  EXPECT_EQ(rig.gateway.requests.size(), before + 2);
}

TEST(Modify, NothingBehindAModifyThatFailsIsDone) {
  CommandsRig rig;
  rig.act(two);
  rig.gateway.fail_at = 1;  // the restart
  EXPECT_EQ(rig.act("C=1{MF=ip/1/access/1{M{O{MO=IN}},SG{tcpbcc/RelBNC}},MF=ip/1/core/2{M{O{MO=SO}}}}"),
            "C=1{MF=ip/1/access/1{ER=473{\"told to fail\"}}}");
  EXPECT_EQ(rig.config(2).mode, iq::StreamMode::send_receive);
}

constexpr auto establish = R"(C=1{MF=ip/1/core/2{M{O{MO=SR},R{v=0
c=IN IP4 192.0.2.9
m=message 5 TCP -
}},SG{tcpbcc/EstBNC}}})";

TEST(Modify, AfterAModifyThatFailsTheNextOneClosesTheGate) {
  CommandsRig rig;
  rig.act(two);
  rig.act("C=1{MF=*{M{O{MO=IN}}}}");
  rig.gateway.fail_at = 1;
  EXPECT_NE(rig.act(establish).find("ER=473"), std::string::npos);
  EXPECT_EQ(rig.config(2).mode, iq::StreamMode::send_receive);
  EXPECT_EQ(rig.act("C=1{MF=ip/1/core/2{M{O{MO=IN}}}}"), "C=1{MF=ip/1/core/2}");
  EXPECT_EQ(rig.config(2).mode, iq::StreamMode::inactive);
  // Now it is known again.
  const auto before = rig.gateway.requests.size();
  rig.act("C=1{MF=ip/1/core/2{M{O{MO=IN}}}}");
  EXPECT_EQ(rig.gateway.requests.size(), before);
}

TEST(Modify, AfterAModifyThatFailsNobodyMayConnectUnlessItIsSaid) {
  CommandsRig rig;
  rig.act("C=${A=ip/1/access/${M{O{MO=SR},L{v=0\nm=message $ TCP -\n}}}}");
  EXPECT_FALSE(rig.config(1).source_filter);
  rig.gateway.fail_at = 1;
  rig.act(R"(C=1{MF=ip/1/access/1{M{O{MO=SR,gm/saf=OFF}},SG{tcpbcc/RelBNC}}})");
  EXPECT_TRUE(rig.config(1).source_filter && rig.config(1).source_filter->empty());  // anybody
  rig.act("C=1{MF=ip/1/access/1{M{O{MO=SR}}}}");
  EXPECT_EQ(rig.config(1).source_filter, std::vector{base::Network{}});
}

TEST(Modify, WhatWasDoneBeforeAFailureInOneRequestIsSaidAgain) {
  CommandsRig rig;
  rig.act(two);
  rig.gateway.fail_at = 1;
  rig.act("C=1{W-MF=*{M{O{MO=IN}}}}");
  EXPECT_EQ(rig.config(1).mode, iq::StreamMode::inactive);
  const auto before = rig.gateway.requests.size();
  rig.act("C=1{MF=ip/1/access/1{M{O{MO=IN}}}}");
  EXPECT_EQ(rig.gateway.requests.size(), before + 1);
}

TEST(Modify, AModifyOfTheSameTerminationAgainIsARequestOfItsOwn) {
  CommandsRig rig;
  rig.act(two);
  const auto before = rig.gateway.requests.size();
  rig.act("C=1{MF=ip/1/access/1{M{O{MO=IN}}},MF=ip/1/access/1{M{O{MO=SO}}}}");
  EXPECT_EQ(rig.gateway.requests.size(), before + 2);
  EXPECT_EQ(rig.config(1).mode, iq::StreamMode::send_only);
}

TEST(Modify, WhatChangesNothingIsNotSaidAgain) {
  CommandsRig rig;
  rig.act(two);
  const auto before = rig.gateway.requests.size();
  EXPECT_EQ(rig.act("C=1{MF=ip/1/access/1{M{O{MO=SR}}}}"), "C=1{MF=ip/1/access/1}");
  EXPECT_EQ(rig.gateway.requests.size(), before);
}

TEST(Modify, AFailedModifyLeavesWhatCameBeforeItAndStopsWhatFollows) {
  CommandsRig rig;
  rig.act(two);
  EXPECT_EQ(rig.act("C=1{MF=ip/1/access/1{M{O{MO=IN}}},MF=ip/1/core/2{SG{tlsbsc/EstBNC}},S=*}").substr(0, 42),
            "C=1{MF=ip/1/access/1,MF=ip/1/core/2{ER=473");
  EXPECT_EQ(rig.config(1).mode, iq::StreamMode::inactive);
  // Of those that are one request the first is done, the second is not.
  rig.gateway.errors.push_back({iq::Errc::bad_request, "not now", 1});
  const auto out =
      rig.act("C=1{MF=ip/1/core/2{M{O{MO=SO}}},MF=ip/1/access/1" + std::string(to_tls) + ",S=*}");
  EXPECT_EQ(out, "C=1{MF=ip/1/core/2,MF=ip/1/access/1{ER=473{\"not now\"}}}");
  EXPECT_EQ(rig.commands.status().terminations, 2u);
}

}  // namespace
