// The sample messages, and calls in the ways that TS 23.334 has them.
#include "iq/gateway_commands.hpp"

#include <gtest/gtest.h>

#include "tests/support/commands_rig.hpp"

namespace {

using test::CommandsRig;
using test::sample;

/// As a controller would write it whose context is the first one here.
std::string here(const std::string& name) {
  auto text = sample(name);
  CommandsRig::replace(text, "Context = 17", "Context = 1");
  CommandsRig::replace(text, "access/25", "access/1");
  CommandsRig::replace(text, "core/26", "core/2");
  return text;
}

TEST(SampleMessages, AddReservesOnBothSidesAndRepliesWithWhatWasChosen) {
  CommandsRig rig;
  EXPECT_EQ(rig.run(sample("03_add_access_tls")), R"(Reply = 101 {
  Context = 1 {
    Add = ip/1/access/1 {
      Media {
        Stream = 1 {
          Local {
v=0
c=IN IP4 192.0.2.10
m=message 20000 TCP/TLS -
a=setup:passive
a=fingerprint:<fingerprint>
}
        }
      }
    },
    Add = ip/1/core/2 {
      Media {
        Stream = 1 {
          Local {
v=0
c=IN IP4 192.0.2.10
m=message 20001 TCP -
a=setup:active
}
        }
      }
    }
  }
})");
  ASSERT_EQ(rig.gateway.contexts.size(), 1u);
  const auto& access = rig.config(1);
  EXPECT_EQ(access.transport, iq::Transport::tcp_tls);
  EXPECT_EQ(access.setup, iq::Setup::passive);
  EXPECT_EQ(access.mode, iq::StreamMode::send_receive);
  EXPECT_EQ(access.remote->to_string(), "198.51.100.10:4242");
  EXPECT_TRUE(access.source_filter && access.source_filter->empty());
  EXPECT_EQ(access.remote_fingerprints->size(), 1u);
  const auto& core = rig.config(2);
  EXPECT_EQ(core.setup, iq::Setup::active);
  EXPECT_EQ(core.transport, iq::Transport::tcp);
  EXPECT_FALSE(core.remote);
  EXPECT_EQ(rig.commands.status().contexts, 1u);
  EXPECT_EQ(rig.commands.status().terminations, 2u);
}

TEST(SampleMessages, ModifyWithTheAnswerConnects) {
  CommandsRig rig;
  rig.run(sample("03_add_access_tls"));
  EXPECT_EQ(rig.run(here("05_modify_core_answer")),
            "Reply = 102 {\n  Context = 1 {\n    Modify = ip/1/core/2\n  }\n}");
  EXPECT_EQ(rig.config(2).remote->to_string(), "10.9.9.9:40040");
  EXPECT_EQ(rig.gateway.contexts.begin()->second[1].establishments, 1);
  EXPECT_EQ(rig.gateway.requests.back().procedures.size(), 2u);
}

TEST(SampleMessages, SubtractOfAllReleasesAndRepliesOnce) {
  CommandsRig rig;
  rig.run(sample("03_add_access_tls"));
  EXPECT_EQ(rig.run(here("10_subtract_all")), "Reply = 103 {\n  Context = 1 {\n    Subtract = *\n  }\n}");
  EXPECT_TRUE(rig.gateway.contexts.empty());
  EXPECT_EQ(rig.commands.status().contexts, 0u);
  EXPECT_EQ(rig.run(here("10_subtract_all")),
            "Reply = 103 {\n  Context = 1 {\n    Error = 411 {\n      "
            "\"The transaction refers to an unknown ContextId: 1\"\n    }\n  }\n}");
}

TEST(SampleMessages, RootAnswersTheHeartbeatAndTellsItsPackages) {
  CommandsRig rig;
  EXPECT_EQ(rig.run(sample("12_audit_root_heartbeat")),
            "Reply = 104 {\n  Context = - {\n    AuditValue = ROOT\n  }\n}");
  const auto packages = rig.run(sample("13_audit_packages"));
  for (const auto* each : {"g-2", "root-2", "nt-1", "ipdc-2", "gm-2", "tman-2", "ipnapt-1", "hangterm-1",
                           "adid-1", "tcpbcc-1", "tlsbsc-1", "seplink-1"})
    EXPECT_NE(packages.find(each), std::string::npos) << each;
}

TEST(SampleMessages, ServiceChangeOnRootGoesToTheAssociation) {
  CommandsRig rig;
  EXPECT_EQ(rig.run(sample("19_sc_handoff_from_mgc")),
            "Reply = 108 {\n  Context = - {\n    ServiceChange = ROOT\n  }\n}");
  ASSERT_EQ(rig.changes.size(), 1u);
  EXPECT_EQ(rig.changes[0].mgc_id->text, "192.0.2.2");
  rig.change_refused = h248::ErrorDescriptor{503, "Service Unavailable"};
  EXPECT_NE(rig.run(sample("19_sc_handoff_from_mgc")).find("Error = 503"), std::string::npos);
}

TEST(SampleMessages, AnAwareLegGetsAPathOfTheGatewaysAddress) {
  CommandsRig rig;
  rig.gateway.address = "2001:db8::5";
  auto text = sample("21_add_msrp_aware_path");
  CommandsRig::replace(text, "access/$", "six/$");
  EXPECT_EQ(rig.run(text), R"(Reply = 110 {
  Context = 1 {
    Add = ip/1/six/1 {
      Media {
        Stream = 1 {
          Local {
v=0
c=IN IP6 2001:db8::5
m=message 20000 TCP/TLS/MSRP *
a=setup:passive
a=fingerprint:<fingerprint>
a=path:msrps://[2001:db8::5]:20000/abc123;tcp
}
        }
      }
    }
  }
})");
  EXPECT_EQ(rig.config(1).local_path->front(), "msrps://[2001:db8::5]:20000/abc123;tcp");
  EXPECT_EQ(rig.config(1).match_session_id, false);
}

TEST(SampleMessages, AOnewayTopologyIsNotImplemented) {
  CommandsRig rig;
  rig.run(sample("03_add_access_tls"));
  const auto before = rig.gateway.requests.size();
  EXPECT_NE(rig.run(here("22_topology")).find("Error = 501"), std::string::npos);
  EXPECT_EQ(rig.gateway.requests.size(), before);
}

// Short tokens; terminations for what follows.
constexpr auto two = R"(C=${
A=ip/1/access/${M{O{MO=SR},L{v=0
m=message $ TCP -
}}},
A=ip/1/core/${M{O{MO=SR},L{v=0
m=message $ TCP -
a=setup:active
}}}})";

TEST(Commands, AShortFormWithoutAStreamIsAnsweredLikewise) {
  CommandsRig rig;
  EXPECT_EQ(rig.act(two),
            "C=1{A=ip/1/access/1{M{L{v=0\nc=IN IP4 192.0.2.10\nm=message 20000 TCP -\n}}},"
            "A=ip/1/core/2{M{L{v=0\nc=IN IP4 192.0.2.10\nm=message 20001 TCP -\na=setup:active\n}}}}");
}

TEST(Commands, SubtractTellsStatisticsUnlessTheyAreNotWanted) {
  CommandsRig rig;
  rig.act(two);
  rig.now += std::chrono::seconds(3);
  const auto one = rig.act("C=1{S=ip/1/access/1}");
  EXPECT_NE(one.find("C=1{S=ip/1/access/1{SA{nt/dur=3000,nt/os=0,nt/or=10,"), std::string::npos) << one;
  EXPECT_NE(one.find("xpostern/mi=\"SEND=1\""), std::string::npos) << one;
  EXPECT_EQ(rig.commands.status().terminations, 1u);
  EXPECT_EQ(rig.act("C=1{S=ip/1/core/2{AT{}}}"), "C=1{S=ip/1/core/2}");
  EXPECT_TRUE(rig.gateway.contexts.empty());
}

TEST(Commands, AContextThatTheGatewayHasForgottenIsSubtractedAllTheSame) {
  CommandsRig rig;
  rig.act(two);
  rig.gateway.contexts.clear();
  EXPECT_EQ(rig.act("C=1{AV=*{AT{SA}}}"), "C=1{AV=ip/1/access/1{SA},AV=ip/1/core/2{SA}}");
  EXPECT_EQ(rig.act("C=1{MF=ip/1/core/2{M{O{MO=IN}}}}"), "C=1{MF=ip/1/core/2{ER=411{\"unknown context\"}}}");
  EXPECT_EQ(rig.act("C=1{S=*}"), "C=1{S=ip/1/access/1{SA},S=ip/1/core/2{SA}}");
  EXPECT_EQ(rig.commands.status().contexts, 0u);
}

TEST(Commands, AnOptionalCommandThatFailsDoesNotStopTheOthers) {
  CommandsRig rig;
  rig.act(two);
  EXPECT_EQ(rig.act("C=1{O-MF=ip/1/none/9{M{O{MO=IN}}},MF=ip/1/core/2{M{O{MO=SO}}}},C=1{W-S=*}"),
            "C=1{MF=ip/1/none/9{ER=430{\"Unknown TerminationID: ip/1/none/9\"}},MF=ip/1/core/2},C=1{S=*}");
  EXPECT_EQ(rig.act(std::string(two) + ",C=77{AV=*{AT{}}},C=2{S=*}").find("C=2{S"), std::string::npos);
}

TEST(Commands, WildcardsMeanWholeLevels) {
  CommandsRig rig;
  rig.act(two);
  EXPECT_EQ(rig.act("C=1{AV=ip/1/access/*{AT{}}}"), "C=1{AV=ip/1/access/1}");
  EXPECT_EQ(rig.act("C=1{AV=ip/*{AT{}}}"), "C=1{AV=ip/1/access/1,AV=ip/1/core/2}");
  EXPECT_EQ(rig.act("C=1{AV=ip/*/core/2{AT{}}}"), "C=1{AV=ip/1/core/2}");
  EXPECT_EQ(rig.act("C=1{AV=ip/2/*{AT{}}}"),
            "C=1{AV=ip/2/*{ER=431{\"No TerminationID matched a wildcard: ip/2/*\"}}}");
  EXPECT_EQ(rig.act("C=1{W-MF=*{M{O{MO=IN}}}}"), "C=1{MF=*}");
  EXPECT_EQ(rig.config(2).mode, iq::StreamMode::inactive);
}

TEST(Commands, AllContextsAreMeantByAStar) {
  CommandsRig rig;
  rig.act(two);
  rig.act(two);
  EXPECT_EQ(rig.act("C=*{AV=ip/1/access/*{AT{}}}"), "C=1{AV=ip/1/access/1},C=2{AV=ip/1/access/3}");
  EXPECT_EQ(rig.act("C=*{AV=ip/1/core/4{AT{}}}"), "C=2{AV=ip/1/core/4}");
  EXPECT_EQ(rig.act("C=*{AV=ROOT{AT{}}}"), "C=1{AV=ROOT},C=2{AV=ROOT}");
  EXPECT_EQ(rig.act("C=*{W-S=*{AT{}}}"), "C=*{S=*}");
  EXPECT_TRUE(rig.gateway.contexts.empty());
  EXPECT_EQ(rig.act("C=*{S=*}"), "C=*{S=*{ER=431{\"No TerminationID matched a wildcard\"}}}");
  EXPECT_EQ(rig.act("C=*{AV=ROOT{AT{}}}"), "C=*{AV=ROOT}");
}

TEST(Commands, AReplyThatIsTooLargeIsAnError) {
  auto options = CommandsRig::usual();
  options.reply_octets = 800;
  CommandsRig rig(options);
  for (int i = 0; i < 3; ++i) rig.act(two);
  EXPECT_EQ(rig.act("C=*{AV=*{AT{M}}}"),
            "C=*{AV=*{ER=533{\"Response exceeds maximum transport PDU size\"}}}");
  EXPECT_EQ(rig.act("C=*{W-S=*}"), "C=*{S=*}");
}

TEST(Commands, ATransactionWhoseReplyIsTooLargeIsAnsweredWithAnError) {
  auto options = CommandsRig::usual();
  options.reply_octets = 800;
  CommandsRig rig(options);
  rig.act(two);
  const std::string audit = "C=1{AV=ip/1/access/1{AT{M}}}";
  EXPECT_EQ(rig.act(audit + ',' + audit).find("ER="), std::string::npos);
  EXPECT_EQ(rig.act(audit + ',' + audit + ',' + audit + ',' + audit),
            "ER=533{\"Response exceeds maximum transport PDU size\"}");
  // All are small enough alone.
  EXPECT_EQ(rig.act("C=1{AV=*{AT{}}},C=1{AV=*{AT{}}}"),
            "C=1{AV=ip/1/access/1,AV=ip/1/core/2},C=1{AV=ip/1/access/1,AV=ip/1/core/2}");
}

constexpr auto plain = "{M{L{v=0\nm=message $ TCP -\n}}}";

std::string added(CommandsRig& rig, const std::string& id, const std::string& descriptors = plain) {
  auto out = rig.act("C=${A=" + id + descriptors + "}");
  const auto from = out.find("A=") + 2;
  return out.substr(from, out.find('{', from) - from);
}

TEST(Commands, AnIdThatIsGivenWholeIsTaken) {
  CommandsRig rig;
  EXPECT_EQ(added(rig, "ip/3/core/77"), "ip/3/core/77");
  EXPECT_EQ(rig.gateway.contexts.begin()->second[0].realm, "core");
}

TEST(Commands, EveryLevelThatIsLeftOpenIsChosen) {
  CommandsRig rig;
  EXPECT_EQ(added(rig, "$"), "ip/1/access/1");
  EXPECT_EQ(added(rig, "ip/$/$/$"), "ip/1/access/2");
  EXPECT_EQ(added(rig, "x/7/$/$"), "x/7/access/3");
  EXPECT_EQ(added(rig, "x/$"), "x/4");
  EXPECT_EQ(added(rig, "$", "{M{O{ipdc/realm=\"core\"},L{v=0\nm=message $ TCP -\n}}}"), "ip/1/core/5");
  EXPECT_EQ(added(rig, "ip/$/core/1"), "ip/1/core/1");
  EXPECT_EQ(added(rig, "ip/$/core/1"), "ip/$/core/1");  // taken: an error
}

TEST(Commands, NumbersThatAreTakenAreNotChosen) {
  CommandsRig rig;
  added(rig, "ip/1/access/2");
  EXPECT_EQ(added(rig, "ip/1/access/$"), "ip/1/access/3");
}

TEST(Commands, AnAddBehindASubtractBeginsTheContextAnew) {
  CommandsRig rig;
  const std::string add = "A=ip/1/access/${M{L{v=0\nm=message $ TCP -\n}}}";
  const auto out = rig.act("C=${" + add + ",S=*{AT{}}," + add + "}");
  EXPECT_NE(out.find("S=ip/1/access/1,A=ip/1/access/2"), std::string::npos) << out;
  EXPECT_EQ(rig.gateway.contexts.size(), 1u);
  EXPECT_EQ(rig.commands.status().terminations, 1u);
  rig.tell(iq::Event::released, 0);
  EXPECT_NE(rig.told().find("ip/1/access/2"), std::string::npos);
}

TEST(Commands, ReleaseAllLeavesNothing) {
  CommandsRig rig;
  rig.act(two);
  rig.act(two);
  bool done = false;
  rig.commands.release_all([&] { done = true; });
  EXPECT_TRUE(done);
  EXPECT_TRUE(rig.gateway.contexts.empty());
  EXPECT_EQ(rig.commands.status().contexts, 0u);
}

TEST(Commands, ReleaseAllGoesOnBehindAContextThatCannotBeReleased) {
  CommandsRig rig;
  for (int i = 0; i < 3; ++i) rig.act(two);
  rig.gateway.errors.push_back({iq::Errc::unreachable, "not now"});
  bool done = false;
  rig.commands.release_all([&] { done = true; });
  EXPECT_TRUE(done);
  EXPECT_EQ(rig.gateway.contexts.size(), 1u);
  EXPECT_EQ(rig.commands.status().contexts, 1u);
  EXPECT_EQ(rig.act("C=*{W-S=*{AT{}}}"), "C=*{S=*}");
  EXPECT_TRUE(rig.gateway.contexts.empty());
}

TEST(Commands, PropertiesOfAContextAreKeptAndTold) {
  CommandsRig rig;
  rig.act(two);
  EXPECT_EQ(rig.act("C=1{PR=5,EG}"), "C=1{PR=5,EG}");
  EXPECT_EQ(rig.act("C=1{CA{TP,EG,PR}}"), "C=1{TP{ip/1/access/1,ip/1/core/2,BW},PR=5,EG}");
  EXPECT_EQ(rig.act("C=1{TP{ip/1/access/1,ip/1/core/2,BW},AV=*{AT{}}}"),
            "C=1{AV=ip/1/access/1,AV=ip/1/core/2}");
}

}  // namespace
