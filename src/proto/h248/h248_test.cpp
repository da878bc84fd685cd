#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "proto/h248/codec.hpp"

namespace h248 {
namespace {

Message parsed(std::string_view text) {
  auto out = parse(text);
  if (!out) ADD_FAILURE() << to_string(out.error()) << "\nin:\n" << text;
  return out ? *std::move(out) : Message{};
}

void expect_same(const Message& message, const PrintOptions& options) {
  const auto text = print(message, options);
  const auto again = parse(text);
  ASSERT_TRUE(again) << to_string(again.error()) << "\nin:\n" << text;
  EXPECT_TRUE(*again == message) << text << "\nbecame\n" << print(*again);
  EXPECT_EQ(print(*again, options), text);
}

void expect_round_trip(std::string_view text) {
  SCOPED_TRACE(text);
  const auto out = parse(text);
  ASSERT_TRUE(out) << to_string(out.error());
  expect_same(*out, {});
  expect_same(*out, {.form = Form::compact});
  expect_same(*out, {.form = Form::pretty, .bare_empty_signals = true});
}

/// 01_sc_restart.txt to 22_topology.txt, which are the fuzzer's seeds as well.
std::vector<std::string> samples() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(POSTERN_SOURCE_DIR "/tests/data/fuzz/h248")) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> out;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return out;
}

const TransactionRequest& request_of(const Message& message) {
  return std::get<TransactionRequest>(std::get<std::vector<Transaction>>(message.body).at(0));
}

TEST(H248Samples, AllMessagesRoundTripInBothForms) {
  const auto all = samples();
  ASSERT_EQ(all.size(), 22u);
  for (const auto& text : all) expect_round_trip(text);
}

// No cut of a message may be taken for a whole one, but for the last white space.
TEST(H248Samples, EveryCutIsAnErrorWithItsPlace) {
  for (const auto& text : samples()) {
    const auto end = text.find_last_not_of(" \r\n") + 1;
    for (std::size_t n = 0; n < end; ++n) {
      const auto cut = parse(std::string_view(text).substr(0, n));
      ASSERT_FALSE(cut) << text.substr(0, n);
      EXPECT_LE(cut.error().offset, n);
    }
  }
}

TEST(H248Samples, TheAddIsWhatItSays) {
  const auto message = parsed(samples().at(2));
  EXPECT_EQ(message.version, 2);
  EXPECT_EQ(message.sender, (MessageId{MessageId::Kind::address, "192.0.2.1", 2944}));
  const auto& request = request_of(message);
  EXPECT_EQ(request.id, 101u);
  const auto& action = request.actions.at(0);
  EXPECT_EQ(action.context, choose_context);
  const auto& add = action.commands.at(0);
  EXPECT_EQ(add.name, CommandName::add);
  EXPECT_TRUE(add.termination.has_choose());
  const auto& stream = add.descriptors.media->streams.at(0);
  EXPECT_EQ(stream.id, 1);
  EXPECT_EQ(stream.local_control->mode, StreamMode::send_receive);
  EXPECT_EQ(stream.local_control->properties.at(0).name, (PackagedName{"ipdc", "realm"}));
  EXPECT_EQ(stream.local_control->properties.at(0).value.values, (std::vector<Value>{{"access", true}}));
  EXPECT_EQ(stream.local,
            "v=0\nc=IN IP4 $\nm=message $ TCP/TLS -\na=setup:passive\na=fingerprint:SHA-256 $\n");
  EXPECT_EQ(add.descriptors.events->request, RequestId{77});
  EXPECT_EQ(add.descriptors.events->events.at(3).name, (PackagedName{"g", "cause"}));
  const auto& latch = std::get<Signal>(add.descriptors.signals->items.at(0));
  EXPECT_EQ(latch.stream, 1);
  EXPECT_EQ(latch.parameters.at(0).name, "napt");
}

TEST(H248Print, CompactTextHasShortTokensAndNoWhiteSpace) {
  EXPECT_EQ(print(parsed(samples().at(21)), {.form = Form::compact}),
            "!/2 [192.0.2.1]:2944\nT=111{C=17{TP{ip/1/access/25,ip/1/core/26,OW},PR=5,EG,"
            "MF=ip/1/core/26{M{O{MO=IN}}}}}");
}

TEST(H248Print, PrettyTextIsIndented) {
  EXPECT_EQ(
      print(parsed("!/1 <gw.example>:55 P=1{IA,C=-{AV=ROOT{PG{g-2}},MF=$}}")),
      "MEGACO/1 <gw.example>:55\nReply = 1 {\n  ImmAckRequired,\n  Context = - {\n    AuditValue = ROOT {\n"
      "      Packages {\n        g-2\n      }\n    },\n    Modify = $\n  }\n}");
}

TEST(H248Print, WhatTheGrammarCannotSayIsReplaced) {
  Message message{.sender = {MessageId::Kind::device, "gw", {}}, .body = ErrorDescriptor{400, "a \"b\"\nc"}};
  EXPECT_EQ(std::get<ErrorDescriptor>(parsed(print(message)).body).text, "a 'b' c");
}

TEST(H248Print, AValueCannotBreakOutOfItsPlace) {
  auto message = parsed("MEGACO/2 gw T=1{C=1{MF=a{SG{p/s{x=1}}}}}");
  auto& request = std::get<TransactionRequest>(std::get<std::vector<Transaction>>(message.body).at(0));
  auto& signals = *request.actions.at(0).commands.at(0).descriptors.signals;
  auto& value = std::get<Signal>(signals.items.at(0)).parameters.at(0).value.values.at(0);
  value.text = "1}}}, A=b";
  const auto read = parsed(print(message));
  value.quoted = true;
  EXPECT_EQ(read, message);
}

std::string command(std::string_view text) {
  return "MEGACO/2 gw/1 Transaction = 1 { Context = 5 { " + std::string(text) + " } }";
}
std::string reply(std::string_view text) {
  return "MEGACO/2 gw/1 Reply = 1 { Context = 5 { " + std::string(text) + " } }";
}

TEST(H248Grammar, HeadersAndBodies) {
  const std::string auth = "0x12345678:0x9ABCDEF0:0x" + std::string(24, 'a');
  const std::string longest = "0x12345678:0x9ABCDEF0:0x" + std::string(64, 'F');
  for (const std::string_view text : {
           "MEGACO/1 [2001:db8::1] Error = 406 { }",
           "\r\n ; a comment\r\n!/2 [192.0.2.1] ER=400{\"x\"}",
           "MEGACO/3 <mgc-1.example.com> K{1,2-5,7}",
           "MEGACO/2 MTP{00ff12} PN=1{}",
           "MEGACO/2 *gw/$/1@*.example.com PN=4294967295{} P=2{ER=403{}} T=3{C=*{S=*}}",
       }) {
    expect_round_trip(text);
  }
  expect_round_trip("Authentication = " + auth + "\nMEGACO/2 [192.0.2.1]:1 Pending = 1 { }");
  expect_round_trip("AU=" + longest + " !/2 [192.0.2.1]:1 PN=1{}");
}

TEST(H248Grammar, Contexts) {
  for (const std::string_view text : {
           "Topology { a, b, Bothway, b, c, Isolate, Stream = 3, c, *, OW, ST=1 }",
           "Priority = 15, Emergency, ContextAudit { Topology, Emergency, Priority }, Subtract = *",
           "TP{a,b,BW,ST,c,IS,ST=4,ST,st,OW}",  // a termination named as the token
           "ContextAudit { Priority }",
           "Emergency, CA{TP}, W-S=*{AT{}}",
       }) {
    expect_round_trip(command(text));
  }
  for (const std::string_view text : {
           "Error = 411 { \"no such\" }",
           "Topology { a, b, BW }, PR=1",
           "EG, Subtract = a, Error = 500 { }",
           "AuditValue = Context { ROOT, a/1 }",
           "AC=C{ER=431{}}",
           "AV=a{ER=430{\"x\"}}, N=a, N=a{ER=1{}}",
       }) {
    expect_round_trip(reply(text));
  }
  expect_round_trip("MEGACO/2 gw T=1{C=-{AV=ROOT{AT{}}},C=*{AV=*{AT{}}},C=${A=$}}");
}

TEST(H248Grammar, Commands) {
  for (const std::string_view text : {
           "O-W-Add = $, O-Move = a { Events }, W-Modify = * { Signals { } }, Subtract = a",
           "AuditCapability = a { Audit { Media } }, AuditValue = ROOT { Audit { } }",
           "Notify = a { ObservedEvents = * { g/cause }, Error = 518 { } }",
           "ServiceChange = a { Services { Method = X-Foo12, Reason = 900 } }",
       }) {
    expect_round_trip(command(text));
  }
}

TEST(H248Grammar, Media) {
  for (const std::string_view text : {
           "A=a{M{L{},R{v=0\n}}}",
           "A=a{M{O{p/q=1,P/Q=2}}}",  // told of by who executes it: 456
           "A=a{M{L{v=0\r\na=x:\\}{\\a\\\\}\r\n;tcp}}}",
           "A=a{M{TS{SI=TE,BF=SP,p/q=1},ST=1{O{MO=SO}},ST=65535{O{MO=RC,RV=ON,RG=off}}}}",
           "A=a{Media{TerminationState{ServiceStates=OutOfService,Buffer=OFF}}}",
           "A=a{M{TS{SI=IV},O{MO=LB,p/a>1,p/b<2,p/c#\"x\",p/d=[1,2],p/e={a,\"b c\"},p/f=[1:9],p/g=[1]}}}",
           "A=a{MD=V18{p/q=1},MX=H221{a,b}}, A=b{MD[V22,V22b,V32,V32b,V34,V90,V91,SN,X+1],MX=X-A{a}}",
           "A=a{MX=H223{a}},A=a{MX=H226{a}},A=a{MX=V76{a}},A=a{MX=Nx64Kservice{a}},A=a{MX=N64{a}}",
       }) {
    expect_round_trip(command(text));
  }
}

TEST(H248Grammar, SignalsAndDigitMaps) {
  for (const std::string_view text : {
           "MF=a{SG{p/s,*/*,p/*{ST=1,SY=OO,DR=65535,NC={TO,IBE,IBS,OR},KA,x=1,y=[\"a\"]}}}",
           "MF=a{SG{SL=7{p/a,p/b{SY=BR}},p/c{SignalType=TimeOut}}}",
           "MF=a{DM=map},MF=a{DM={0|1x.}},MF=a{DM=map{T:5,S:12,L:0,Z:9,( 0 | [1-7xA] xx. | LSTZ )}}",
       }) {
    expect_round_trip(command(text));
  }
  EXPECT_EQ(parsed(command("MF=a{Signals}")), parsed(command("MF=a{SG{}}")));
}

TEST(H248Grammar, Events) {
  for (const std::string_view text : {
           "MF=a{E},MF=a{EB},MF=a{EB{p/e,p/f{ST=1,x=1,y#2}}}",
           "MF=a{E=4294967294{p/e{KA,ST=2,DM=m,x=1},p/f{DM={123}},*/*}}",
           "MF=a{E=1{p/e{EM{SG{p/s}}}}}",
           "MF=a{E=1{p/e{Embed{Events}}}}",
           "MF=a{E=*{p/e{EM{SG{},E=2{q/f{EM{SG{q/s}},ST=1,x=y},q/g{KA,DM=m}}}}}}",
           "N=a{OE=1{20261123T12010000 : p/e{ST=1,type=Fail},p/f}}",
       }) {
    expect_round_trip(command(text));
  }
}

TEST(H248Grammar, Audits) {
  for (const std::string_view text : {
           "AV=a{AT{MX,MD,M,SG,EB,DM,SA,E,OE,PG}}",
           "AV=a{AT{M{O{MO}},M{ST=1{O{p/q}}},M{TS{SI}},M{TS{BF}},M{TS{p/q}},M{O{RV}},M{O{RG}}}}",
           "AV=a{AT{E=1{p/e},SG{},SG{p/s},SG{SL=1{p/s}},DM=m,EB{p/e},EB{p/e{ST=1}},EB{p/e{x}},SA{p/"
           "s},PG{g-1}}}",
       }) {
    expect_round_trip(command(text));
  }
  for (const std::string_view text : {
           "AV=a{M,MD,MX,DM,OE,SA,PG}",
           "AV=a{E,SG{},EB}",
           "S=a{SA{p/a=1,p/b=\"x\",p/c},PG{g-1,root-2},OE=1{p/e},M{O{MO=IN}},ER=1{}}",
       }) {
    expect_round_trip(reply(text));
  }
}

TEST(H248Grammar, ServiceChange) {
  for (const std::string_view text : {
           "SC=ROOT{SV{MT=RS,RE=\"901 Cold "
           "Boot\",DL=4294967295,AD=2944,PF=Iq_1/99,V=2,20261123T00000099,X-A1=5,M}}",
           "SC=ROOT{SV{MT=FL,RE=\"909\",AD=[::1]:5,M{O{MO}}}},SC=a{SV{MT=FO,RE=\"9\",MG=MTP{0123}}}",
           "SC=a{SV{MT=GR,RE=\"9\"}},SC=a{SV{MT=DC,RE=\"9\"}},SC=a{SV{MT=HO,RE=\"9\",MG=<a.b>}}",
       }) {
    expect_round_trip(command(text));
  }
  for (const std::string_view text :
       {"SC=ROOT", "SC=a{ER=1{}}", "SC=ROOT{SV{MG=gw/1,PF=a/1,V=1,20261123T00000099}}"}) {
    expect_round_trip(reply(text));
  }
}

TEST(H248Grammar, WhatIsTakenOfVersion3) {
  for (const std::string_view text : {
           "EmergencyOff, IEPSCall = ON, ContextAttr { p/q = 1, p/r = \"x\" }, S=a",
           "EGO,IEPS=OFF,CT{p/q=[1,2]}",
           "MF=a{SG{p/s{SPADI=EX,SPARQ=7,SPAIS=20,NC={IR}}}}",
       }) {
    expect_round_trip(command(text));
  }
  expect_round_trip(reply("IEPS=ON,S=a{M{ST=1{SA{nt/os=1}},ST=2{L{v=0\n},SA{nt/os}}}}"));
  EXPECT_EQ(parsed(command("MF=a{E=1{p/e{NBIN,KA},p/f{ImmediateNotify}}}")),
            parsed(command("MF=a{E=1{p/e{KA},p/f}}")));
  EXPECT_EQ(parsed(command("SC=ROOT{SV{SIC,MT=RS,RE=\"901\"}}")),
            parsed(command("SC=ROOT{SV{MT=RS,RE=\"901\"}}")));
}

TEST(H248Grammar, WhiteSpaceCommentsAndCaseDoNotMatter) {
  const auto plain = parsed(command("W-A=a{M{O{MO=SR,p/q=[1,2]}},E=1{p/e{ST=1}}}"));
  EXPECT_EQ(plain,
            parsed("megaco/2\tgw/1 ;{}\"\r\ntransaction\n=\r1{c =5 { ;x\n w-ADD = a ; y \n {\tmedia{ o "
                   "{mode=sendRECEIVE,p/q\n=[ 1 , 2 ]}\r\n},\r\n events=1{p/e{stream = 1 } } } } } ;end"));
}

TEST(H248Grammar, WhatErlangsMegacoWritesIsRead) {
  const auto message = parsed(
      "!/2 [10.0.0.1]:2944\nT=9001{C=-{SC=root{SV{MT=RS,V=2,PF=iqprofile/1,RE=\"901 Cold "
      "Boot\",20261123T12000000}}}}");
  const auto& change = request_of(message).actions.at(0).commands.at(0);
  EXPECT_TRUE(change.termination.is_root());
  EXPECT_EQ(change.descriptors.service_change->time, (TimeStamp{20261123, 12000000}));
  EXPECT_EQ(change.descriptors.service_change->profile, (Profile{"iqprofile", 1}));
}

TEST(H248Errors, SayWhereAndWhat) {
  const auto error_of = [](std::string_view text) {
    const auto out = parse(text);
    return out ? "none" : to_string(out.error());
  };
  EXPECT_EQ(error_of(""), "line 1, octet 1: expected MEGACO/ and a version");
  EXPECT_EQ(error_of("MEGACO/2 gw\r\nT=1{C=1{\r\n  A a}}"), "line 3, octet 5: expected '='");
  EXPECT_EQ(error_of("MEGACO/2 gw\nT=1{C=1{\rA=a{Q}}}"), "line 3, octet 5: not a descriptor: Q");
  EXPECT_EQ(error_of("MEGACO/2 gw PN=1{} x"), "line 1, octet 20: expected a transaction");
  EXPECT_EQ(error_of("MEGACO/2 gw ER=1{\"a\nb\"}"),
            "line 1, octet 20: quoted string without its end on the line");
  EXPECT_EQ(error_of("MEGACO/2 [1.2.3] PN=1{}"), "line 1, octet 11: not an IP address: 1.2.3");
}

struct Case {
  std::string_view text;
  ErrorCode code;
  Level level;
};

TEST(H248Errors, HaveACodeAndALevel) {
  for (const auto& [text, code, level] : std::initializer_list<Case>{
           {"MEGACO/2 gw", ErrorCode::syntax, Level::message},
           {"MEGACO/2 gw T=x{", ErrorCode::syntax, Level::transaction},
           {"MEGACO/2 gw T=7{C=1{}}", ErrorCode::syntax, Level::command},
           {"MEGACO/2 gw T=7{C=x{}}", ErrorCode::syntax, Level::action},
           {"MEGACO/2 gw T=7{C=1{Foo=a}}", ErrorCode::unknown, Level::command},
           {"MEGACO/2 gw T=7{C=1{PR=1,PR=2}}", ErrorCode::repeated, Level::action},
           {"MEGACO/2 gw T=7{C=1{A=a{M{O{MO=SR}},M{O{MO=SR}}}}}", ErrorCode::repeated, Level::command},
           {"MEGACO/2 gw T=7{C=1{A=a{SG{p/s{x=1,X=2}}}}}", ErrorCode::repeated, Level::command},
           {"MEGACO/2 gw P=7{C=1{S=a{SA{p/q,p/q=1}}}} T=7{}", ErrorCode::repeated, Level::command},
           {"MEGACO/2 gw T=7{C=1{A=a{SA{p/q}}}}", ErrorCode::illegal, Level::command},
           {"MEGACO/2 gw T=7{C=1{A=a{M{O{MO=SR},ST=1{L{}}}}}}", ErrorCode::illegal, Level::command},
           {"MEGACO/2 gw T=7{C=1{A=a{E=1{p/e{KA,EM{SG{}}}}}}}", ErrorCode::illegal, Level::command},
           {"MEGACO/2 gw T=7{C=1{SC=a{SV{MT=RS}}}}", ErrorCode::missing, Level::command},
           {"MEGACO/2 gw T=7{C=1{AV=a}}", ErrorCode::missing, Level::command},
           {"MEGACO/2 gw T=7{C=1{N=a{ER=1{}}}}", ErrorCode::missing, Level::command},
           {"MEGACO/2 gw T=7{C=1{A=a{M{O{p/q=[1:2,3]}}}}}", ErrorCode::syntax, Level::command},
           {"MEGACO/2 gw T=7{C=1{A=a{DM={Q:1,x}}}}", ErrorCode::unknown, Level::command},
           {"MEGACO/2 gw K{5-4}", ErrorCode::illegal, Level::transaction},
       }) {
    const auto out = parse(text);
    ASSERT_FALSE(out) << text;
    EXPECT_EQ(out.error().code, code) << text << ": " << to_string(out.error());
    EXPECT_EQ(out.error().level, level) << text;
    const bool numbered = text.find("T=7") != text.npos;
    EXPECT_EQ(out.error().transaction.has_value(), numbered) << text;
    EXPECT_EQ(out.error().transaction.value_or(7), 7u);
  }
}

TEST(H248Limits, AreKept) {
  const auto code_of = [](std::string_view text, const Limits& limits) {
    const auto out = parse(text, limits);
    return out ? ErrorCode::syntax : out.error().code;
  };
  const std::string text = "MEGACO/2 gw K{1,2,3}";
  EXPECT_TRUE(parse(text, {.octets = text.size(), .list_items = 3, .items = 4}));
  EXPECT_EQ(code_of(text, {.octets = text.size() - 1}), ErrorCode::too_long);
  EXPECT_EQ(code_of(text, {.list_items = 2}), ErrorCode::too_many);
  EXPECT_EQ(code_of(text, {.items = 3}), ErrorCode::too_many);
}

TEST(H248Tokens, EachIsFoundByBothNames) {
  for (int i = 1; i <= static_cast<int>(Token::version); ++i) {
    const auto token = static_cast<Token>(i);
    EXPECT_EQ(find_token(name_of(token, Form::pretty)), token);
    EXPECT_EQ(find_token(base::to_lower(name_of(token, Form::compact))), token);
  }
  EXPECT_EQ(find_token(""), Token::none);
  EXPECT_EQ(find_token("Medi"), Token::none);
}

}  // namespace
}  // namespace h248
