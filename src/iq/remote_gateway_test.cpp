// What a request of the seam is as a message.
#include "iq/remote_gateway.hpp"

#include "tests/support/remote_room.hpp"

namespace iq {
namespace {

using std::chrono::seconds;
using test::added;
using test::config;
using test::digest;
using test::e2ae_call;
using test::peer_fingerprint;

using RemoteRequests = test::RemoteTest;

TEST_F(RemoteRequests, AReserveIsAnAddWithWhatIsKnown) {
  room.has_everything();
  room.run(e2ae_call());
  EXPECT_EQ(room.sent(), R"(Context = $ {
  Add = ip/1/access/$ {
    Media {
      Stream = 1 {
        LocalControl {
          Mode = SendReceive,
          ipdc/realm = "access",
          gm/saf = OFF,
          xpostern/local = $
        },
        Local {
v=0
c=IN IP4 $
m=message $ TCP/TLS -
a=setup:passive
a=fingerprint:SHA-256 $
},
        Remote {
v=0
c=IN IP4 198.51.100.10
m=message 4242 TCP/TLS -
a=setup:active
a=fingerprint:sha-256 )" + std::string(digest) +
                             R"(
}
      }
    },
    Events = 1 {
      xpostern/bearer,
      hangterm/thb {
        timerx = 300
      }
    }
  },
  Add = ip/1/core/$ {
    Media {
      Stream = 1 {
        LocalControl {
          Mode = SendReceive,
          ipdc/realm = "core",
          gm/saf = ON,
          xpostern/local = $
        },
        Local {
v=0
c=IN IP4 $
m=message $ TCP -
a=setup:passive
}
      }
    },
    Events = 2 {
      xpostern/bearer,
      hangterm/thb {
        timerx = 300
      }
    }
  }
}
)");
}

TEST_F(RemoteRequests, AThirdPartysReplyIsUnderstood) {
  begin();
  const auto& reply = *result();
  EXPECT_EQ(reply.context.value, 17u);
  ASSERT_EQ(reply.reserved.size(), 2u);
  EXPECT_EQ(reply.reserved[0].termination.value, 1u);
  EXPECT_EQ(reply.reserved[0].local.to_string(), "203.0.113.5:30010");
  EXPECT_EQ(reply.reserved[0].advertised, "203.0.113.5");
  ASSERT_EQ(reply.reserved[0].fingerprints.size(), 1u);
  EXPECT_EQ(reply.reserved[0].fingerprints[0], peer_fingerprint());
  EXPECT_EQ(reply.reserved[1].termination.value, 2u);
  EXPECT_TRUE(reply.reserved[1].fingerprints.empty());
  EXPECT_EQ(room.gateway.contexts(), std::vector{ContextId{17}});
}

TEST_F(RemoteRequests, WhereOurOwnGatewayShowsAnotherAddressBothAreKnown) {
  room.has_everything();
  room.run({{}, {Reserve{"core", {}}}});
  room.reply(
      "Context = 1 { Add = ip/1/core/1 { Media { Stream = 1 { LocalControl { xpostern/local = "
      "\"10.0.0.1:2000\" }, Local {\nv=0\nc=IN IP4 gw.example.org\nm=message 2000 TCP -\n} } } } }");
  EXPECT_EQ(result()->reserved[0].local.to_string(), "10.0.0.1:2000");
  EXPECT_EQ(result()->reserved[0].advertised, "gw.example.org");
}

TEST_F(RemoteRequests, ANameOfAThirdPartysHasTheFamilyOfItsLine) {
  room.run({{}, {Reserve{"core", {}}}});
  room.reply(
      "Context = 1 { Add = a/1 { Media { Local {\nv=0\nc=IN IP6 gw.example.org\nm=message 2000 TCP -\n} } } "
      "}");
  EXPECT_EQ(result()->reserved[0].local.to_string(), "[::]:2000");
}

TEST_F(RemoteRequests, RealmsHaveAFamilyAndNamesThatFit) {
  iq::RemoteGateway::Options options;
  options.ipv6_realms = {"six-1.net"};
  options.termination_prefix = "ip/7";
  test::RemoteRoom six(options);
  six.run({{}, {Reserve{"six-1.net", {}, "", 4000}}});
  EXPECT_NE(six.sent().find("Add = ip/7/six_1_net/$ {"), std::string::npos) << six.sent();
  EXPECT_NE(six.sent().find("ipdc/realm = \"six-1.net\""), std::string::npos) << six.sent();
  EXPECT_NE(six.sent().find("c=IN IP6 $\nm=message 4000 TCP -\n"), std::string::npos) << six.sent();
}

TEST_F(RemoteRequests, WholeDescriptorsOfWhatChanges) {
  room.has_everything();
  begin();
  run(Configure{TerminationId{2}, config([](auto& core) {
                  core.setup = Setup::active;
                  core.remote = base::Address::parse("10.9.9.9:40040");
                })});
  const std::string remote = R"(        Remote {
v=0
c=IN IP4 10.9.9.9
m=message 40040 TCP -
a=setup:passive
}
)";
  EXPECT_EQ(room.sent(), R"(Context = 17 {
  Modify = ip/1/core/26 {
    Media {
      Stream = 1 {
        Local {
v=0
c=IN IP4 10.1.1.5
m=message 30012 TCP -
a=setup:active
},
)" + remote + R"(      }
    }
  }
}
)");
  room.reply("Context = 17 { Modify = ip/1/core/26 }");
  EXPECT_TRUE(result());
  run(Configure{TerminationId{2}, config([](auto& core) {
                  core.mode = StreamMode::receive_only;
                  core.source_filter = {*base::Network::parse("10.9.0.0/16"),
                                        *base::Network::parse("10.10.0.1")};
                  core.source_ports = PortRange{1024, 2047};
                  core.policing = Policing{125'000, 10'000};
                  core.dscp = 10;
                })});
  EXPECT_EQ(room.sent(), R"(Context = 17 {
  Modify = ip/1/core/26 {
    Media {
      Stream = 1 {
        LocalControl {
          Mode = ReceiveOnly,
          ipdc/realm = "core",
          gm/saf = ON,
          gm/sam = ["10.9.0.0/16","10.10.0.1"],
          gm/spf = ON,
          gm/spr = "1024-2047",
          tman/pol = ON,
          tman/sdr = 125000,
          tman/mbs = 10000,
          ds/dscp = 10
        },
)" + remote + R"(      }
    }
  }
}
)");
  room.reply("Context = 17 { Modify = ip/1/core/26 }");
  run(Configure{TerminationId{2}, config([](auto& core) {
                  core.policing = Policing{};
                  core.source_ports = PortRange{};
                })});
  EXPECT_EQ(room.sent(), R"(Context = 17 {
  Modify = ip/1/core/26 {
    Media {
      Stream = 1 {
        LocalControl {
          Mode = ReceiveOnly,
          ipdc/realm = "core",
          gm/saf = ON,
          gm/sam = ["10.9.0.0/16","10.10.0.1"],
          gm/spf = OFF,
          tman/pol = OFF,
          ds/dscp = 10
        }
      }
    }
  }
}
)");
}

TEST_F(RemoteRequests, SilenceIsAnEvent) {
  room.has_everything();
  begin();
  const auto watch = [&](base::Duration time, SilenceWatch::Direction direction) {
    run(Configure{TerminationId{2},
                  config([&](auto& core) { core.silence = SilenceWatch{time, direction}; })});
    const auto text = room.sent();
    room.reply("Context = 17 { Modify = ip/1/core/26 }");
    return text;
  };
  const auto first = watch(seconds(30), SilenceWatch::Direction::in);
  EXPECT_NE(first.find("Events = 3 {"), std::string::npos) << first;
  EXPECT_NE(first.find("adid/ipstop {\n        dt = 30,\n        dir = In\n      }"), std::string::npos)
      << first;
  EXPECT_EQ(first.find("Media"), std::string::npos) << first;
  const auto second = watch(std::chrono::milliseconds(1), SilenceWatch::Direction::both);
  EXPECT_NE(second.find("Events = 4 {"), std::string::npos) << second;  // another one
  EXPECT_NE(second.find("dt = 1,\n        dir = Both"), std::string::npos) << second;
  EXPECT_EQ(watch(seconds(0), SilenceWatch::Direction::out).find("adid"), std::string::npos);
}

/// Who may connect is not known: then neither is the peer's address to the gateway.
TEST_F(RemoteRequests, NobodyMayConnectBeforeItIsSaidWho) {
  room.has_everything();
  begin();
  run(Configure{TerminationId{2},
                config([](auto& core) { core.remote = base::Address::parse("10.9.9.9:40040"); })});
  EXPECT_NE(room.sent().find("c=IN IP4 *\nm=message * TCP -\na=setup:active\n"), std::string::npos)
      << room.sent();
  room.reply("Context = 17 { Modify = ip/1/core/26 }");
  run(Configure{TerminationId{2},
                config([](auto& core) { core.source_filter = {*base::Network::parse("10.9.9.9")}; })});
  EXPECT_NE(room.sent().find("c=IN IP4 10.9.9.9\nm=message 40040 TCP -"), std::string::npos) << room.sent();
  EXPECT_NE(room.sent().find("gm/sam = \"10.9.9.9\""), std::string::npos) << room.sent();
}

/// A Remote without any would say that the peer has none.
TEST_F(RemoteRequests, FingerprintsThatAreNotKnownAreNotSaidToBeNone) {
  room.run({{}, {Reserve{"core", config([](auto& c) {
                           c.transport = Transport::tcp_tls;
                           c.setup = Setup::active;
                           c.remote = base::Address::parse("10.9.9.9:40040");
                         })}}});
  EXPECT_EQ(room.sent().find("Remote"), std::string::npos) << room.sent();
  room.reply(
      "Context = 1 { Add = a/1 { Media { Local {\nv=0\nc=IN IP4 10.0.0.1\nm=message 2000 TCP/TLS -\n} } } }");
  room.run({ContextId{1},
            {Configure{TerminationId{1}, config([](auto& c) { c.remote_fingerprints.emplace(); })}}});
  EXPECT_NE(room.sent().find("m=message 40040 TCP/TLS -\na=setup:passive\n}"), std::string::npos)
      << room.sent();
}

TEST_F(RemoteRequests, AwareTerminationsHavePaths) {
  room.has_everything();
  room.run({{},
            {Reserve{"core", config([](auto& c) {
                       c.transport = Transport::tcp_tls_msrp;
                       c.match_session_id = true;
                     }),
                     "abc123"}}});
  EXPECT_NE(room.sent().find("m=message $ TCP/TLS/MSRP *\n"), std::string::npos) << room.sent();
  EXPECT_NE(room.sent().find("a=path:msrps://$:$/abc123;tcp\n"), std::string::npos) << room.sent();
  EXPECT_NE(room.sent().find("xpostern/match = session"), std::string::npos) << room.sent();
  room.reply(
      "Context = 1 { Add = a/1 { Media { Local {\nv=0\nc=IN IP4 10.0.0.1\nm=message 2000 TCP/TLS/MSRP *\n"
      "a=path:msrps://10.0.0.1:2000/abc123;tcp\n} } } }");
  EXPECT_EQ(result()->reserved[0].path, "msrps://10.0.0.1:2000/abc123;tcp");
  room.run({ContextId{1}, {Configure{TerminationId{1}, config([](auto& c) {
                                       c.setup = Setup::active;
                                       c.match_session_id = false;
                                       c.remote_fingerprints.emplace();
                                       c.remote_path = {"msrps://a:1/x;tcp", "msrps://b:2/y;tcp"};
                                     })}}});
  EXPECT_NE(room.sent().find("a=path:msrps://10.0.0.1:2000/abc123;tcp\n"), std::string::npos) << room.sent();
  EXPECT_NE(room.sent().find("a=path:msrps://a:1/x;tcp msrps://b:2/y;tcp\n"), std::string::npos)
      << room.sent();
  EXPECT_NE(room.sent().find("xpostern/match = uri"), std::string::npos) << room.sent();
}

TEST_F(RemoteRequests, RestartsAndEstablishmentsAreSignalsInTheirModify) {
  begin();
  room.run({ContextId{17},
            {Configure{TerminationId{1}, config([](auto& c) { c.mode = StreamMode::inactive; })},
             Configure{TerminationId{2}, config([](auto& c) { c.mode = StreamMode::inactive; })},
             Restart{TerminationId{1}}, Establish{TerminationId{2}}}});
  const auto request = room.last_request();
  ASSERT_EQ(request.actions.at(0).commands.size(), 2u);
  EXPECT_NE(room.sent().find("Signals {\n      tcpbcc/RelBNC\n    }\n  },\n  Modify = ip/1/core/26"),
            std::string::npos)
      << room.sent();
  EXPECT_NE(room.sent().find("Signals {\n      tcpbcc/EstBNC\n    }"), std::string::npos) << room.sent();
  room.reply("Context = 17 { Modify = ip/1/access/25, Modify = ip/1/core/26 }");
  run(Restart{TerminationId{2}});
  EXPECT_EQ(room.sent(), R"(Context = 17 {
  Modify = ip/1/core/26 {
    Signals {
      tcpbcc/RelBNC
    }
  }
}
)");
  room.reply("Context = 17 { Modify = ip/1/core/26 }");
  // One signal a Modify: each has its own meaning.
  room.run({ContextId{17}, {Restart{TerminationId{2}}, Establish{TerminationId{2}}}});
  EXPECT_EQ(room.last_request().actions.at(0).commands.size(), 2u);
}

TEST_F(RemoteRequests, WhatTheGatewayLacksIsLeftOut) {
  room.has({"nt"});
  room.run(e2ae_call());
  EXPECT_NE(room.sent().find("        LocalControl {\n          Mode = SendReceive\n        },"),
            std::string::npos)
      << room.sent();
  EXPECT_EQ(room.sent().find("Events"), std::string::npos) << room.sent();
  room.reply(added);
  run(Restart{TerminationId{1}});
  EXPECT_EQ(result().error().code, Errc::not_supported);
  run(Establish{TerminationId{1}});
  EXPECT_EQ(result().error().code, Errc::not_supported);
  room.has({"G", "TCPBCC", "tlsbsc", "unheard_of"});
  EXPECT_TRUE(room.gateway.has_package("tcpbcc"));
  EXPECT_FALSE(room.gateway.has_package("gm"));
  EXPECT_FALSE(room.gateway.has_package("unheard_of"));
}

TEST_F(RemoteRequests, StandardEventsWhereItIsNotOurGateway) {
  room.run({{}, {Reserve{"core", {}}}});
  EXPECT_NE(
      room.sent().find("Events = 1 {\n      tcpbcc/BNCChange,\n      tlsbsc/BNCChange,\n      g/cause,\n"
                       "      hangterm/thb {"),
      std::string::npos)
      << room.sent();
}

TEST_F(RemoteRequests, TheHeartbeatCanBeOff) {
  iq::RemoteGateway::Options options;
  options.heartbeat = base::Duration::zero();
  test::RemoteRoom quiet(options);
  quiet.run({{}, {Reserve{"core", {}}}});
  EXPECT_EQ(quiet.sent().find("hangterm"), std::string::npos);
}

}  // namespace
}  // namespace iq
