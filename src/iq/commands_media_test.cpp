// What LocalControl, Local, Remote and the latch signal make of a termination's configuration.
#include <gtest/gtest.h>

#include "iq/gateway_commands.hpp"
#include "tests/support/commands_rig.hpp"

namespace {

using test::CommandsRig;

struct Words {
  std::string control = "MO=SR";
  std::string local = "m=message $ TCP -\n";
  std::string remote{};
  std::string signals{};
};

std::string media_of(const Words& words) {
  auto out = "M{O{" + words.control + "},L{v=0\n" + words.local + "}";
  if (!words.remote.empty()) out += ",R{v=0\n" + words.remote + "}";
  out += "}";
  return words.signals.empty() ? out : out + ",SG{" + words.signals + "}";
}
std::string add(const Words& words, const std::string& id = "ip/1/access/$") {
  return "C=${A=" + id + "{" + media_of(words) + "}}";
}

std::string networks(const std::optional<std::vector<base::Network>>& filter) {
  if (!filter) return "nobody";
  if (filter->empty()) return "anybody";
  std::string out;
  for (const auto& each : *filter) out += each.to_string() + ' ';
  out.pop_back();
  return out;
}

constexpr auto remote = "c=IN IP4 198.51.100.1\nm=message 4000 TCP -\n";

TEST(SourceFilter, TheFirstRuleThatAppliesHolds) {
  struct Case {
    const char* control;
    const char* latch;
    bool has_remote;
    const char* id;  // the realm access admits the Remote only, core anybody
    const char* expected;
  };
  for (const auto& each : {
           Case{"gm/saf=ON,gm/sam=\"192.0.2.0/24\"", "LATCH", true, "ip/1/core/$", "192.0.2.0/24"},
           Case{"gm/saf=ON,gm/sam=[\"192.0.2.1\",\"2001:db8::/32\"]", "", false, "ip/1/core/$",
                "192.0.2.1 2001:db8::/32"},
           Case{"gm/saf=ON,gm/sam=\"192.0.2.1, 192.0.2.2\"", "", false, "ip/1/core/$", "192.0.2.1 192.0.2.2"},
           Case{"gm/saf=ON", "LATCH", true, "ip/1/core/$", "198.51.100.1"},
           Case{"gm/saf=ON", "", false, "ip/1/core/$", "nobody"},
           Case{"gm/saf=OFF", "OFF", true, "ip/1/access/$", "anybody"},
           Case{"MO=SR", "LATCH", true, "ip/1/access/$", "anybody"},
           Case{"MO=SR", "RELATCH", true, "ip/1/access/$", "anybody"},
           Case{"MO=SR", "OFF", true, "ip/1/core/$", "198.51.100.1"},
           Case{"MO=SR", "OFF", false, "ip/1/core/$", "nobody"},
           Case{"MO=SR", "", true, "ip/1/access/$", "198.51.100.1"},
           Case{"MO=SR", "", false, "ip/1/access/$", "nobody"},
           Case{"MO=SR", "", true, "ip/1/core/$", "anybody"},
       }) {
    CommandsRig rig;
    Words words;
    words.control = each.control;
    if (each.has_remote) words.remote = remote;
    if (*each.latch) words.signals = std::string("ipnapt/latch{napt=") + each.latch + "}";
    rig.act(add(words, each.id));
    EXPECT_EQ(networks(rig.config(1).source_filter), each.expected) << each.control << ' ' << each.latch;
  }
}

TEST(SourceFilter, WhoCouldConnectAndShallNotAnyMoreIsKeptOut) {
  CommandsRig rig;
  rig.act(add({"MO=SR,gm/saf=OFF"}));
  rig.act("C=1{MF=ip/1/access/1{M{O{MO=SR}}}}");
  ASSERT_TRUE(rig.config(1).source_filter);
  EXPECT_EQ(networks(rig.config(1).source_filter), "0.0.0.0");
}

TEST(Setup, FollowsLocalAndThenRemote) {
  struct Case {
    const char* local;
    const char* remote;
    iq::Setup expected;
    const char* answered;
  };
  using enum iq::Setup;
  for (const auto& each : {
           Case{"a=setup:active\n", "", active, "a=setup:active"},
           Case{"a=setup:passive\n", "a=setup:passive\n", passive, "a=setup:passive"},
           Case{"a=setup:actpass\n", "", passive, "a=setup:passive"},
           Case{"a=setup:actpass\n", "a=setup:passive\n", active, "a=setup:active"},
           Case{"", "a=setup:passive\n", active, ""},
           Case{"", "a=setup:active\n", passive, ""},
           Case{"", "a=setup:actpass\n", passive, ""},
           Case{"", "", passive, ""},
       }) {
    CommandsRig rig;
    const auto reply = rig.act(
        add({"MO=SR", std::string("m=message $ TCP -\n") + each.local, std::string(remote) + each.remote}));
    EXPECT_EQ(rig.config(1).setup, each.expected) << each.local << each.remote;
    EXPECT_EQ(reply.find("a=setup") == reply.npos, *each.answered == 0) << reply;
    EXPECT_NE(reply.find(each.answered), std::string::npos) << reply;
  }
}

TEST(RemoteAddress, IsUnknownWhereItSaysNoPlaceToConnectTo) {
  for (const auto* lines : {"c=IN IP4 $\nm=message $ TCP -\n", "c=IN IP4 *\nm=message 4000 TCP -\n",
                            "c=IN IP4 0.0.0.0\nm=message 4000 TCP -\n", "m=message 4000 TCP -\n",
                            "c=IN IP4 198.51.100.1\nm=message 9 TCP -\n", "c=IN IP4 198.51.100.1\n",
                            "c=IN IP4 198.51.100.1\nm=message 0 TCP -\n"}) {
    CommandsRig rig;
    rig.act(add({"MO=SR", "m=message $ TCP -\na=setup:active\n", lines}));
    EXPECT_FALSE(rig.config(1).remote) << lines;
  }
}

TEST(LocalControl, SaysModeRatesAndMarks) {
  CommandsRig rig;
  rig.act(
      add({"MO=RC,tman/pol=ON,tman/sdr=1000,tman/mbs=0x20,tman/pdr=9,tman/dvt=1,ds/dscp=46,gm/spf=ON,"
           "gm/spr=\"5000-6000\",seplink/link=\"x\",mgbalg/alg=OFF,gm/esas=OFF"}));
  const auto& config = rig.config(1);
  EXPECT_EQ(config.mode, iq::StreamMode::receive_only);
  EXPECT_EQ(config.policing, (iq::Policing{1000, 32}));
  EXPECT_EQ(config.dscp, 46);
  EXPECT_EQ(config.source_ports, (iq::PortRange{5000, 6000}));
}

TEST(LocalControl, ReplacesTheWholeEarlierOne) {
  CommandsRig rig;
  rig.act(add({"MO=SR,tman/pol=ON,tman/sdr=1000,ds/dscp=46,gm/spf=ON,gm/spr=\"5\",gm/saf=OFF"}));
  EXPECT_EQ(rig.config(1).source_ports, (iq::PortRange{5, 5}));
  rig.act("C=1{MF=ip/1/access/1{M{O{ipdc/realm=\"access\"}}}}");
  const auto& config = rig.config(1);
  EXPECT_EQ(config.mode, iq::StreamMode::inactive);
  EXPECT_EQ(config.policing, iq::Policing{});
  EXPECT_EQ(config.dscp, 0);
  EXPECT_EQ(config.source_ports, iq::PortRange{});
  rig.act("C=1{MF=ip/1/access/1{M{O{MO=SO}}}}");
  rig.act("C=1{MF=ip/1/access/1{M{R{v=0\nc=IN IP4 198.51.100.1\nm=message 77 TCP -\n}}}}");
  EXPECT_EQ(rig.config(1).mode, iq::StreamMode::send_only);  // absent: as it was
  EXPECT_EQ(rig.config(1).remote->port, 77);
}

TEST(LocalControl, AbsentItIsInactive) {
  CommandsRig rig;
  rig.act("C=${A=ip/1/access/${M{L{v=0\nm=message $ TCP -\n}}}}");
  EXPECT_EQ(rig.config(1).mode, iq::StreamMode::inactive);
}

TEST(LocalControl, TheRemotesPortIsTheMaskWhereNoneIsGiven) {
  CommandsRig rig;
  rig.act(add({"MO=SR,gm/spf=ON", "m=message $ TCP -\n", remote}));
  EXPECT_EQ(rig.config(1).source_ports, (iq::PortRange{4000, 4000}));
}

TEST(LocalControl, WhatIsAskedForIsAnswered) {
  CommandsRig rig;
  rig.gateway.advertised = "gw.example.org";
  const auto reply = rig.act(add({"MO=SR,ipdc/realm=$,xpostern/local=$"}));
  EXPECT_EQ(reply,
            "C=1{A=ip/1/access/1{M{O{ipdc/realm=\"access\",xpostern/local=\"192.0.2.10:20000\"},"
            "L{v=0\nc=IN IP4 gw.example.org\nm=message 20000 TCP -\n}}}}");
}

TEST(Local, AGivenPortAndAddressAreAskedFor) {
  CommandsRig rig;
  rig.gateway.next_port = 4242;
  const auto reply = rig.act(add({"MO=SR", "c=IN IP4 192.0.2.10\nm=message 4242 TCP -\n"}));
  EXPECT_NE(reply.find("m=message 4242 TCP"), std::string::npos) << reply;
  const auto& reserve = std::get<iq::Reserve>(rig.gateway.requests.back().procedures[0]);
  EXPECT_EQ(reserve.port, 4242);
}

TEST(Local, OfAlternativesTheFirstThatCanBeServedIsTaken) {
  CommandsRig rig;
  const auto reply = rig.act(
      "C=${A=ip/1/access/${M{O{MO=SR,RG=ON,RV=ON},L{v=0\nm=audio $ RTP/AVP 0\n"
      "v=0\nc=IN IP6 $\nm=message $ TCP -\nv=0\nc=IN IP4 $\nm=message $ TCP/TLS -\n}}}}");
  EXPECT_NE(reply.find("TCP/TLS"), std::string::npos) << reply;
  EXPECT_EQ(reply.find("RTP"), std::string::npos) << reply;
  EXPECT_EQ(rig.config(1).transport, iq::Transport::tcp_tls);
}

TEST(Local, ATlsLegGetsAFingerprintInEveryWayOfAsking) {
  for (const auto* lines : {"", "a=fingerprint:$\n", "a=fingerprint:$ $\n", "a=fingerprint:SHA-256 $\n",
                            "a=fingerprint:SHA-512 $\na=fingerprint:SHA-256 $\n"}) {
    CommandsRig rig;
    const auto reply = rig.act(add({"MO=SR", std::string("m=message $ TCP/TLS -\n") + lines}));
    EXPECT_NE(reply.find("a=fingerprint:<fingerprint>"), std::string::npos) << lines << reply;
  }
  CommandsRig rig;
  EXPECT_EQ(rig.act(add({"MO=SR", "m=message $ TCP -\na=fingerprint:$\n"})).find("fingerprint"),
            std::string::npos);
}

TEST(Remote, FingerprintsAreKnownWithIt) {
  CommandsRig rig;
  rig.act(add({"MO=SR", "m=message $ TCP/TLS -\n"}));
  EXPECT_FALSE(rig.config(1).remote_fingerprints);
  rig.act("C=1{MF=ip/1/access/1{M{R{v=0\nc=IN IP4 198.51.100.1\nm=message 1 TCP/TLS -\n}}}}");
  ASSERT_TRUE(rig.config(1).remote_fingerprints);
  EXPECT_TRUE(rig.config(1).remote_fingerprints->empty());
}

TEST(Remote, OfAlternativesTheOneThatFitsLocalIsTaken) {
  CommandsRig rig;
  rig.act(
      add({"MO=SR", "m=message $ TCP -\n",
           "c=IN IP4 198.51.100.1\nm=message 1 TCP/TLS -\nv=0\nc=IN IP4 198.51.100.2\nm=message 2 TCP -\n"}));
  EXPECT_EQ(rig.config(1).remote->to_string(), "198.51.100.2:2");
}

TEST(Aware, WithoutAPathTheSessionIdIsOurs) {
  CommandsRig rig;
  const auto reply = rig.act(add({"MO=SR,xpostern/match=session", "m=message $ TCP/MSRP *\n"}));
  const auto& reserve = std::get<iq::Reserve>(rig.gateway.requests.back().procedures[0]);
  EXPECT_EQ(reserve.session_id.size(), 20u);
  EXPECT_NE(reply.find("a=path:msrp://192.0.2.10:20000/" + reserve.session_id + ";tcp"), std::string::npos);
  EXPECT_EQ(rig.config(1).match_session_id, true);
}

TEST(Aware, AWholePathIsTakenAsItIs) {
  CommandsRig rig;
  const auto reply =
      rig.act(add({"MO=SR", "m=message $ TCP/MSRP *\na=path:msrp://elsewhere:1/abc;tcp\n",
                   "c=IN IP4 198.51.100.1\nm=message 1 TCP/MSRP *\na=path:msrp://peer:2/d;tcp\n"}));
  EXPECT_EQ(rig.config(1).local_path, std::vector<std::string>{"msrp://elsewhere:1/abc;tcp"});
  EXPECT_EQ(rig.config(1).remote_path, std::vector<std::string>{"msrp://peer:2/d;tcp"});
  EXPECT_NE(reply.find("a=path:msrp://elsewhere:1/abc;tcp"), std::string::npos) << reply;
}

TEST(Aware, ThePathFollowsTheTransportInAReoffer) {
  CommandsRig rig;
  rig.act(add({"MO=SR", "m=message $ TCP/MSRP *\na=path:msrp://$:$/abc;tcp\n"}));
  const auto reply =
      rig.act("C=1{MF=ip/1/access/1{M{L{v=0\nm=message $ TCP/TLS/MSRP *\n}},SG{tcpbcc/RelBNC}}}");
  EXPECT_NE(reply.find("a=path:msrps://192.0.2.10:20000/abc;tcp"), std::string::npos) << reply;
  EXPECT_EQ(rig.config(1).local_path, std::vector<std::string>{"msrps://192.0.2.10:20000/abc;tcp"});
}

TEST(Aware, AnotherSessionIdGoesOnUntilTheNext) {
  CommandsRig rig;
  rig.act(add({"MO=SR", "m=message $ TCP/MSRP *\na=path:msrp://$:$/abc;tcp\n"}));
  const std::string modify = "C=1{MF=ip/1/access/1{M{L{v=0\nm=message $ TCP/MSRP *\n";
  rig.act(modify + "a=path:msrp://$:$/def;tcp\n}}}}");
  const auto reply = rig.act(modify + "}}}}");
  EXPECT_NE(reply.find("a=path:msrp://192.0.2.10:20000/def;tcp"), std::string::npos) << reply;
  EXPECT_EQ(rig.config(1).local_path, std::vector<std::string>{"msrp://192.0.2.10:20000/def;tcp"});
}

TEST(Aware, AnEmptySessionIdIsLeftToUs) {
  CommandsRig rig;
  rig.act(add({"MO=SR", "m=message $ TCP/MSRP *\na=path:msrp://$:$/;tcp\n"}));
  EXPECT_EQ(std::get<iq::Reserve>(rig.gateway.requests.back().procedures[0]).session_id.size(), 20u);
}

TEST(Latch, ARelatchOfAConnectedTerminationRestartsIt) {
  CommandsRig rig;
  rig.act(add({}));
  const std::string relatch = "C=1{MF=ip/1/access/1{SG{ipnapt/latch{napt=RELATCH}}}}";
  rig.act(relatch);
  EXPECT_EQ(rig.gateway.contexts.begin()->second[0].restarts, 0);
  rig.tell(iq::Event::connected, 1);
  rig.act(relatch);
  EXPECT_EQ(rig.gateway.contexts.begin()->second[0].restarts, 1);
  rig.act(relatch);
  EXPECT_EQ(rig.gateway.contexts.begin()->second[0].restarts, 1);
}

TEST(Silence, FollowsTheEventsDescriptorAndBeginsAnewWithIt) {
  CommandsRig rig;
  rig.act(add({}));
  const std::string watch = "C=1{MF=ip/1/access/1{E=1{adid/ipstop{dt=30,dir=In}}}}";
  rig.act(watch);
  const iq::SilenceWatch wanted{std::chrono::seconds(30), iq::SilenceWatch::Direction::in};
  EXPECT_EQ(rig.config(1).silence, wanted);
  const auto before = rig.gateway.requests.size();
  rig.act(watch);
  EXPECT_EQ(rig.gateway.requests.size(), before + 1);
  rig.act("C=1{MF=ip/1/access/1{M{O{MO=IN}}}}");
  EXPECT_EQ(rig.config(1).silence, wanted);
  rig.act("C=1{MF=ip/1/access/1{E}}");
  EXPECT_EQ(rig.config(1).silence, iq::SilenceWatch{});
}

}  // namespace
