// What is refused, with which code, and that the text names what was wrong.
#include <gtest/gtest.h>

#include "iq/gateway_commands.hpp"
#include "tests/support/commands_rig.hpp"

namespace {

using test::CommandsRig;

struct Case {
  std::string actions;
  unsigned code;
  const char* names;  // in the error's text
};

/// Context 1 has ip/1/access/1, TLS and passive, and ip/1/core/2, active and without a Remote; context 2 has
/// only ip/1/six/3, application-aware.
void prepare(CommandsRig& rig) {
  rig.act(
      "C=${A=ip/1/access/${M{O{MO=SR},L{v=0\nm=message $ TCP/TLS -\na=setup:passive\n}}},"
      "A=ip/1/core/${M{O{MO=SR},L{v=0\nm=message $ TCP -\na=setup:active\n}}}}");
  rig.act("C=${A=ip/1/six/${M{O{MO=SR},L{v=0\nc=IN IP6 $\nm=message $ TCP/MSRP *\n}}}}");
}

/// The code and text of the first error, wherever it stands.
std::pair<unsigned, std::string> error_in(const std::string& reply) {
  const auto at = reply.find("ER=");
  if (at == reply.npos) return {0, reply};
  const auto brace = reply.find('{', at);
  return {static_cast<unsigned>(std::stoul(reply.substr(at + 3, brace - at - 3))),
          reply.substr(brace, reply.find('}', brace) - brace)};
}

void expect_refused(const std::vector<Case>& cases) {
  for (const auto& each : cases) {
    CommandsRig rig;
    prepare(rig);
    const auto before = rig.gateway.requests.size();
    const auto reply = rig.act(each.actions);
    const auto [code, text] = error_in(reply);
    EXPECT_EQ(code, each.code) << each.actions << "\n" << reply;
    EXPECT_NE(text.find(each.names), std::string::npos) << each.actions << "\n" << reply;
    EXPECT_EQ(rig.gateway.requests.size(), before) << each.actions;
    EXPECT_EQ(rig.commands.status().contexts, 2u) << each.actions;
    EXPECT_EQ(rig.commands.status().terminations, 3u) << each.actions;
  }
}

TEST(CommandErrors, OfContextsAndActions) {
  expect_refused({
      {"C=99{AV=*{AT{}}}", 411, "99"},
      {"C=${MF=ip/1/access/1}", 421, "begins with Add"},
      {"C=${S=*}", 421, "begins with Add"},
      {"C=*{MF=*{M{O{MO=IN}}}}", 421, "Context = *"},
      {"C=*{CA{PR}}", 421, "Context = *"},
      {"C=-{PR=1}", 421, "null context"},
      {"C=-{A=ip/1/access/$}", 421, "null context"},
      {"C=1{TP{*,*,IS}}", 501, "topology"},
  });
}

TEST(CommandErrors, OfTerminations) {
  expect_refused({
      {"C=1{AV=ip/1/core/77{AT{}}}", 430, "ip/1/core/77"},
      {"C=1{S=ip/1/six/3}", 435, "ip/1/six/3"},
      {"C=1{MF=ROOT}", 435, "ROOT"},
      {"C=1{MF=ip/1/nobody/*}", 431, "ip/1/nobody/*"},
      {"C=1{MF=ip/1/access/$}", 410, "ip/1/access/$"},
      {"C=1{S=$}", 410, "$"},
      {"C=-{AV=ip/1/access/1{AT{}}}", 435, "ip/1/access/1"},
      {"C=-{AV=ip/1/access/9{AT{}}}", 430, "ip/1/access/9"},
      {"C=-{AV=*{AT{}}}", 431, "wildcard"},
      {"C=-{AV=ip/$/1{AT{}}}", 410, "ip/$/1"},
      {"C=*{AV=ip/1/access/9{AT{}}}", 430, "Unknown"},
      {"C=*{AV=ip/1/x/*{AT{}}}", 431, "wildcard"},
      {"C=*{S=$}", 410, "$"},
      {"C=2{A=ip/1/access/1}", 433, "ip/1/access/1"},
      {"C=2{A=IP/1/ACCESS/1}", 433, "IP/1/ACCESS/1"},
      {"C=2{A=ROOT}", 435, "ROOT"},
      {"C=2{A=ip/1/six/*}", 410, "ip/1/six/*"},
      {"C=2{A=ip/1/six/x$}", 410, "x$"},
      {"C=2{A=/}", 410, "/"},
      {"C=2{A=ip/1/six/}", 410, "ip/1/six/"},
      {"C=2{A=ip//six/$}", 410, "ip//six/$"},
      {"C=2{A=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/$/$/$}", 410, "aaa"},
      {"C=1{A=ip/1/core/$}", 434, "Max number"},
  });
}

TEST(CommandErrors, OfCommandsThatTheProfileRefuses) {
  expect_refused({
      {"C=1{MV=ip/1/access/1}", 501, "Not Implemented"},
      {"C=1{AC=ip/1/access/1{AT{M}}}", 501, "Not Implemented"},
      {"C=1{N=ip/1/access/1{OE=1{g/cause}}}", 443, "Notify"},
      {"C=1{SC=ip/1/access/1{SV{MT=FO,RE=\"905\"}}}", 501, "ServiceChange"},
      {"C=-{S=ROOT}", 542, "ROOT"},
      {"C=1{W-AV=*{AT{M}}}", 501, "W-"},
  });
}

TEST(CommandErrors, OfDescriptors) {
  expect_refused({
      {"C=2{A=ip/1/six/${MX=H223{ip/1/six/3}}}", 444, "Mux"},
      {"C=2{A=ip/1/six/${MD=V90}}", 444, "Modem"},
      {"C=2{A=ip/1/six/${DM=a{(x)}}}", 444, "DigitMap"},
      {"C=2{A=ip/1/six/${EB}}", 444, "EventBuffer"},
      {"C=2{A=ip/1/six/$}", 441, "Local"},
      {"C=2{A=ip/1/six/${M{L{}}}}", 441, "Local"},
      {"C=1{MF=ip/1/access/1{M{L{}}}}", 441, "empty"},
      {"C=1{MF=ip/1/access/1{M{TS{SI=OS}}}}", 501, "ServiceStates"},
      {"C=1{MF=ip/1/access/1{M{TS{BF=SP}}}}", 501, "EventBufferControl"},
      {"C=1{MF=ip/1/access/1{M{TS{root/normalMGExecutionTime=5}}}}", 445, "ROOT"},
      {"C=1{MF=ip/1/access/1{M{ST=1{O{MO=SR}},ST=7{O{MO=SR}}}}}", 501, "Stream = 7"},
      {"C=2{MF=ip/1/six/3{M{ST=4{O{MO=SR}}}}}", 501, "Stream = 4"},
      {"C=-{MF=ROOT{M{ST=1{O{MO=SR}}}}}", 447, "Stream"},
      {"C=-{MF=ROOT{M{TS{SI=IV}}}}", 534, "ServiceStates"},
      {"C=-{MF=ROOT{M{TS{BF=SP}}}}", 501, "EventBufferControl"},
      {"C=-{MF=ROOT{SG{tcpbcc/EstBNC}}}", 513, "ROOT"},
      {"C=-{MF=ROOT{EB}}", 444, "ROOT"},
  });
}

std::string with_control(const std::string& properties) {
  return "C=1{MF=ip/1/access/1{M{O{" + properties + "}}}}";
}

TEST(CommandErrors, OfProperties) {
  struct Property {
    const char* text;
    unsigned code;
    const char* names;
  };
  for (const auto& each : {
           Property{"MO=LB", 517, "Loopback"},
           Property{"nobody/x=1", 440, "nobody/x"},
           Property{"gm/x=1", 450, "gm/x"},
           Property{"gm/rsb=ON", 445, "gm/rsb"},
           Property{"root/maxNumberOfContexts=1", 455, "root/maxNumberOfContexts"},
           Property{"tcpbcc/EstBNC=1", 450, "tcpbcc/EstBNC"},
           Property{"gm/saf=ON,GM/SAF=OFF", 456, "gm/saf"},
           Property{"gm/saf=maybe", 449, "gm/saf = maybe"},
           Property{"gm/saf>ON", 449, "gm/saf"},
           Property{"gm/saf=[ON,OFF]", 449, "gm/saf"},
           Property{"gm/esas=ON", 449, "gm/esas"},
           Property{"gm/sam=\"somewhere\"", 449, "somewhere"},
           Property{"gm/sam=[\"192.0.2.1\",\"1.2.3.4/99\"]", 449, "1.2.3.4/99"},
           Property{"gm/spr=\"9-1\"", 449, "9-1"},
           Property{"gm/spr=\"1-70000\"", 449, "70000"},
           Property{"gm/spr=\"x\"", 449, "gm/spr"},
           Property{"tman/pol=ON", 472, "tman/sdr"},
           Property{"tman/sdr=lots", 449, "lots"},
           Property{"tman/pdr=x", 449, "tman/pdr"},
           Property{"ds/dscp=64", 449, "64"},
           Property{"ds/dscp=0x", 449, "0x"},
           Property{"ds/dscp=99999999999999999999", 449, "ds/dscp"},
           Property{"ipdc/realm=\"core\"", 473, "realm"},
           Property{"mgbalg/alg=ON", 473, "mgbalg/alg"},
           Property{"xpostern/match=never", 454, "never"},
           Property{"xpostern/local=\"1.2.3.4:5\"", 449, "1.2.3.4:5"},
       })
    expect_refused({{with_control(each.text), each.code, each.names}});
  expect_refused({{"C=2{A=ip/1/x/${M{O{ipdc/realm=\"nowhere\"},L{v=0\nm=message $ TCP -\n}}}}", 449,
                   "no realm nowhere"}});
}

std::string with_local(const std::string& lines) {
  return "C=1{MF=ip/1/access/1{M{L{v=0\n" + lines + "\n}}}}";
}

TEST(CommandErrors, OfSdp) {
  struct Lines {
    const char* text;
    unsigned code;
    const char* names;
  };
  for (const auto& each : {
           Lines{"m=audio $ RTP/AVP 0", 515, "RTP/AVP"},
           Lines{"m=message", 474, "m=message"},
           Lines{"c=IN IP4 $", 474, "m= line"},
           Lines{"c=IN IP6 $\nm=message $ TCP -", 449, "realm access"},
           Lines{"c=IN IP4 203.0.113.9\nm=message $ TCP -", 449, "203.0.113.9"},
           Lines{"m=message 4000 TCP -", 449, "4000"},
           Lines{"m=message $ TCP -\na=setup:holdconn", 449, "holdconn"},
           Lines{"m=message $ TCP/TLS -\na=fingerprint:MD2 $", 449, "hash"},
           Lines{"m=message $ TCP/MSRP -", 473, "TCP/MSRP beside TCP"},
       })
    expect_refused({{with_local(each.text), each.code, each.names}});
  expect_refused({
      {"C=1{MF=ip/1/access/1{M{R{v=0\nc=IN IP4 host.example\nm=message 1 TCP/TLS -\n}}}}", 449,
       "host.example"},
      {"C=1{MF=ip/1/access/1{M{R{v=0\nc=IN IP4 192.0.2.1\nm=message 1 TCP -\n}}}}", 473, "Remote is TCP"},
      {"C=2{MF=ip/1/six/3{M{L{v=0\nm=message $ TCP/MSRP *\na=path:msrp://[2001:db8::9]:$/x;tcp\n}}}}", 449,
       "2001:db8::9"},
      {"C=2{MF=ip/1/six/3{M{L{v=0\nm=message $ TCP/MSRP *\na=path:msrp://$:$/x;tcp msrp://$:$/y;tcp\n}}}}",
       449, "a=path"},
      {"C=2{A=ip/1/core/${M{L{v=0\nm=message $ TCP -\n}}}}", 473, "TCP beside TCP/MSRP"},
  });
}

TEST(CommandErrors, OfEvents) {
  expect_refused({
      {"C=1{MF=ip/1/access/1{E=1{nobody/x}}}", 440, "nobody/x"},
      {"C=1{MF=ip/1/access/1{E=1{g/x}}}", 451, "g/x"},
      {"C=1{MF=ip/1/access/1{E=1{tcpbcc/*}}}", 451, "tcpbcc/*"},
      {"C=1{MF=ip/1/access/1{E=1{tcpbcc/EstBNC}}}", 451, "tcpbcc/EstBNC"},
      {"C=1{MF=ip/1/access/1{E=1{g/sc}}}", 512, "g/sc"},
      {"C=1{MF=ip/1/access/1{E=1{it/ito{mit=5}}}}", 512, "it/ito"},
      {"C=-{MF=ROOT{E=1{g/cause}}}", 512, "g/cause"},
      {"C=1{MF=ip/1/access/1{E=1{hangterm/thb}}}", 457, "hangterm/thb.timerx"},
      {"C=1{MF=ip/1/access/1{E=1{adid/ipstop{dir=In}}}}", 457, "adid/ipstop.dt"},
      {"C=-{MF=ROOT{E=1{it/ito}}}", 457, "it/ito.mit"},
      {"C=1{MF=ip/1/access/1{E=1{hangterm/thb{x=1}}}}", 446, "x of hangterm/thb"},
      {"C=1{MF=ip/1/access/1{E=1{g/cause{Generalcause=NR}}}}", 446, "Generalcause"},
      {"C=1{MF=ip/1/access/1{E=1{hangterm/thb{timerx=soon}}}}", 449, "soon"},
      {"C=1{MF=ip/1/access/1{E=1{hangterm/thb{timerx=99999999999}}}}", 449, "99999999999"},
      {"C=1{MF=ip/1/access/1{E=1{adid/ipstop{dt=1,dir=Up}}}}", 454, "Up"},
      {"C=1{MF=ip/1/access/1{E=1{tcpbcc/BNCChange{Type=[Est,Odd]}}}}", 454, "Odd"},
      {"C=1{MF=ip/1/access/1{E=1{g/cause{EM{SG{tcpbcc/EstBNC}}}}}}", 501, "g/cause"},
  });
}

TEST(CommandErrors, OfSignals) {
  expect_refused({
      {"C=1{MF=ip/1/access/1{SG{nobody/x}}}", 440, "nobody/x"},
      {"C=1{MF=ip/1/access/1{SG{tcpbcc/x}}}", 452, "tcpbcc/x"},
      {"C=1{MF=ip/1/access/1{SG{ipnapt/latch}}}", 457, "ipnapt/latch.napt"},
      {"C=1{MF=ip/1/access/1{SG{ipnapt/latch{x=1}}}}", 446, "x of ipnapt/latch"},
      {"C=1{MF=ip/1/access/1{SG{ipnapt/latch{napt=MAYBE}}}}", 454, "MAYBE"},
      {"C=1{MF=ip/1/access/1{SG{tcpbcc/EstBNC{x=1}}}}", 446, "x of tcpbcc/EstBNC"},
      {"C=1{MF=ip/1/access/1{SG{SL=1{tcpbcc/EstBNC}}}}", 501, "SignalList"},
      {"C=1{MF=ip/1/access/1{SG{tcpbcc/EstBNC}}}", 473, "passive"},
      {"C=1{MF=ip/1/core/2{SG{tlsbsc/EstBNC}}}", 473, "TLS"},
      {"C=1{MF=ip/1/core/2{SG{tcpbcc/EstBNC}}}", 441, "Remote"},
  });
}

TEST(CommandErrors, OfAuditsAndRootsProperties) {
  expect_refused({
      {"C=1{AV=ip/1/access/1{AT{M{O{gm/x}}}}}", 532, "gm/x"},
      {"C=1{AV=ip/1/access/1{AT{M{ST=9{O{MO}}}}}}", 532, "Stream = 9"},
      {"C=1{AV=ip/1/access/1{AT{M{TS{root/x}}}}}", 532, "root/x"},
      {"C=1{AV=ip/1/access/1{AT{E=1{g/cause}}}}", 532, "g/cause"},
      {"C=1{AV=ip/1/access/1{AT{PG{nobody-1}}}}", 532, "nobody"},
      {"C=-{AV=ROOT{AT{M{TS{root/x}}}}}", 532, "ROOT"},
      {"C=-{AV=ROOT{AT{SA{nt/os}}}}", 532, "ROOT"},
      {"C=-{AV=ROOT{AT{PG{nobody-1}}}}", 532, "ROOT"},
      {"C=-{MF=ROOT{M{TS{root/maxNumberOfContexts=5}}}}", 534, "root/maxNumberOfContexts"},
      {"C=-{MF=ROOT{M{TS{root/normalMGExecutionTime=0}}}}", 449, "root/normalMGExecutionTime"},
      {"C=-{MF=ROOT{M{TS{root/MGOriginatedPendingLimit=5,root/MGOriginatedPendingLimit=6}}}}", 456,
       "root/MGOriginatedPendingLimit"},
      {"C=-{MF=ROOT{M{TS{ipra/ar=\"x\"}}}}", 534, "ipra/ar"},
      {"C=-{MF=ROOT{M{TS{gm/saf=ON}}}}", 455, "gm/saf"},
      {"C=-{MF=ROOT{M{TS{root/x=1}}}}", 450, "root/x"},
  });
}

std::string repeated(const std::string& text, int times) {
  std::string out = text;
  for (int i = 1; i < times; ++i) out += "," + text;
  return out;
}

TEST(CommandErrors, OfWhatIsMoreThanIsKept) {
  const auto event = [](const std::string& events) { return "C=1{MF=ip/1/access/1{E=1{" + events + "}}}"; };
  expect_refused({
      {event(repeated("g/cause", 21)), 510, "events"},
      {event("tcpbcc/BNCChange{Type=[" + repeated("Est", 17) + "]}"), 510, "events"},
      {with_control("gm/sam=[" + repeated("\"192.0.2.1\"", 65) + "]"), 449, "gm/sam"},
      {with_control("seplink/link=[" + repeated("1", 65) + "]"), 449, "seplink/link"},
      {with_control("gm/sam=\"" + repeated("192.0.2.1", 65) + "\""), 449, "gm/sam"},
      {with_local("m=message $ TCP -\na=" + std::string(8 * 1024, 'x')), 510, "8 KiB"},
  });
  CommandsRig rig;
  prepare(rig);
  EXPECT_EQ(error_in(rig.act(event(repeated("g/cause", 20)))).first, 0u);
  EXPECT_EQ(error_in(rig.act(event("tcpbcc/BNCChange{Type=[" + repeated("Est", 16) + "]}"))).first, 0u);
  EXPECT_EQ(error_in(rig.act(with_control("gm/sam=\"" + repeated("192.0.2.1", 64) + "\""))).first, 0u);
}

TEST(CommandErrors, AStatisticThatIsNotThere) {
  CommandsRig rig;
  prepare(rig);
  EXPECT_EQ(error_in(rig.act("C=1{AV=ip/1/access/1{AT{SA{nt/x}}}}")).first, 532u);
  EXPECT_EQ(error_in(rig.act("C=1{S=ip/1/access/1{AT{SA{nt/x}}}}")).first, 532u);
  EXPECT_EQ(rig.commands.status().terminations, 2u);  // subtracted all the same
}

TEST(CommandErrors, OfTheGatewayBecomeH248s) {
  struct Mapped {
    iq::Errc code;
    unsigned h248;
  };
  for (const auto& each : {Mapped{iq::Errc::out_of_ports, 510}, Mapped{iq::Errc::out_of_resources, 510},
                           Mapped{iq::Errc::unknown_realm, 449}, Mapped{iq::Errc::unknown_context, 411},
                           Mapped{iq::Errc::unknown_termination, 430}, Mapped{iq::Errc::bad_request, 473},
                           Mapped{iq::Errc::not_supported, 501}, Mapped{iq::Errc::unreachable, 500}}) {
    CommandsRig rig;
    rig.gateway.errors.push_back({each.code, "the gateway's own words"});
    const auto reply = rig.act("C=${A=ip/1/access/${M{L{v=0\nm=message $ TCP -\n}}}}");
    EXPECT_EQ(error_in(reply), std::pair(each.h248, std::string("{\"the gateway's own words\"")));
    EXPECT_TRUE(reply.starts_with("C=${A=ip/1/access/${ER=")) << reply;
    EXPECT_EQ(rig.commands.status().contexts, 0u);
  }
}

TEST(CommandErrors, WithoutARealmThereIsNothingToReserve) {
  CommandsRig rig(iq::GatewayCommands::Options{});
  EXPECT_EQ(error_in(rig.act("C=${A=ip/1/access/${M{L{v=0\nm=message $ TCP -\n}}}}")).first, 510u);
}

TEST(CommandErrors, WhatWasReservedAndIsNotWhatWasAskedForGoesBack) {
  CommandsRig rig;
  prepare(rig);
  rig.act("C=2{S=*}");
  EXPECT_EQ(
      error_in(rig.act("C=${A=ip/1/core/${M{L{v=0\nc=IN IP4 203.0.113.9\nm=message $ TCP -\n}}}}")).first,
      449u);
  EXPECT_EQ(rig.gateway.contexts.size(), 1u);
  rig.act("C=1{S=ip/1/core/2}");
  EXPECT_EQ(
      error_in(rig.act("C=1{A=ip/1/core/${M{L{v=0\nm=message $ TCP/TLS -\na=fingerprint:MD2 $\n}}}}")).first,
      449u);
  EXPECT_EQ(rig.commands.status().terminations, 1u);
  EXPECT_EQ(rig.gateway.contexts.begin()->second.size(), 3u);
  EXPECT_TRUE(rig.gateway.contexts.begin()->second[2].gone);
  // The gateway's numbers go on behind the one that was given back.
  rig.act(
      "C=1{A=ip/1/core/${M{O{MO=SR},L{v=0\nm=message $ TCP -\na=setup:active\n},R{v=0\nc=IN IP4 "
      "192.0.2.9\nm=message 5 TCP -\n}},SG{tcpbcc/EstBNC}}}");
  EXPECT_EQ(rig.gateway.contexts.begin()->second.at(3).establishments, 1);
}

TEST(CommandErrors, AnAddWhoseConnectionCannotBeEstablishedLeavesNothing) {
  CommandsRig rig;
  prepare(rig);
  rig.act("C=1{S=ip/1/core/2}");
  const auto add =
      "A=ip/1/core/${M{O{MO=SR},L{v=0\nm=message $ TCP -\na=setup:active\n},R{v=0\nc=IN IP4 192.0.2.9\n"
      "m=message 5 TCP -\n}},SG{tcpbcc/EstBNC}}";
  rig.gateway.fail_at = 1;
  EXPECT_EQ(error_in(rig.act("C=1{" + std::string(add) + "}")).first, 473u);
  EXPECT_TRUE(rig.gateway.contexts.begin()->second.at(2).gone);
  EXPECT_EQ(rig.commands.status().terminations, 2u);
  rig.gateway.fail_at = 1;
  EXPECT_EQ(error_in(rig.act("C=${" + std::string(add) + "}")).first, 473u);
  EXPECT_EQ(rig.gateway.contexts.size(), 2u);
  EXPECT_EQ(rig.commands.status().contexts, 2u);
}

}  // namespace
