#include "app/ctl_text.hpp"

#include <gtest/gtest.h>

#include "proto/ng/json.hpp"

namespace app {
namespace {

ng::Value json(std::string_view text) {
  auto value = ng::parse_json(text);
  EXPECT_TRUE(value) << value.error().to_string();
  return value ? *value : ng::Value{};
}

std::string shown(std::string_view text) {
  return call_text(*json(text).dictionary());
}

TEST(CtlText, ACallIsItsFactsThenItsSectionsWithTheirTerminations) {
  EXPECT_EQ(shown(R"({"result":"ok","mode":"agnostic","why":"e2ae on the caller's side","call-id":"1@host",
    "from-tag":"a","to-tag":"","state":"answered","totals":{"octets":46,"messages":{"SEND":2}},"sections":[
     {"state":"connected","mode":"agnostic","security":"tls","why":"e2ae","terminations":[
      {"realm":"access","transport":"TCP/TLS","setup":"passive","state":"connected","local":"127.0.0.1:20000",
       "peer":"127.0.0.1:4000","tls-version":"TLSv1.3","tls-cipher":"TLS_AES_256_GCM_SHA384","cause":"",
       "octets-in":12,"octets-out":34,"messages-in":{"SEND":2,"200":1},"messages-out":{}},
      {"realm":"core","transport":"TCP","setup":"active","state":"failed","cause":"tcp_failed",
       "messages-in":{},"messages-out":{}}]}]})"),
            R"(mode      agnostic
why       e2ae on the caller's side
call-id   1@host
from-tag  a
state     answered
totals    octets 46, messages SEND 2

section 1
  state     connected
  mode      agnostic
  security  tls
  why       e2ae
  termination access
    transport    TCP/TLS
    setup        passive
    state        connected
    local        127.0.0.1:20000
    peer         127.0.0.1:4000
    tls-version  TLSv1.3
    tls-cipher   TLS_AES_256_GCM_SHA384
    octets       in 12; out 34
    messages     in SEND 2, 200 1; out -
  termination core
    transport  TCP
    setup      active
    state      failed
    cause      tcp_failed
)");
}

TEST(CtlText, WhatAnAwareTerminationCountsStandsInPairs) {
  EXPECT_EQ(shown(R"({"sections":[{"mode":"aware","terminations":[{"realm":"core","transport":"TCP/MSRP",
    "payload-in":5,"payload-out":0,"completed-in":1,"completed-out":2,"too-large":3}]}]})"),
            R"(
section 1
  mode  aware
  termination core
    transport  TCP/MSRP
    payload    in 5; out 0
    completed  in 1; out 2
    too-large  3
)");
}

TEST(CtlText, TheEndsOfASectionAndTheBranchesOfAForkedCallAreNamed) {
  EXPECT_EQ(shown(R"({"call-id":"1","branches":[
     {"to-tag":"b1","via-branch":"z9-1","state":"answered","sections":[{"state":"connected","ends":[
       {"party":"caller","tag":"a","realm":"access","sdp":{"address":"192.0.2.1","port":9,"cema":1},
        "role":"active","handling":"cema"},
       {"party":"callee","tag":"b1","realm":"core","sdp":{"address":"192.0.2.2","port":2855,
        "path":"msrp://192.0.2.2:2855/s;tcp","fingerprints":["sha-256 AA:BB","sha-1 CC:DD"]}}]}]},
     {"to-tag":"b2","state":"offered"}]})"),
            R"(call-id  1

branch z9-1
  to-tag  b1
  state   answered
  section 1
    state  connected
    end caller
      tag       a
      realm     access
      sdp       address 192.0.2.1, port 9, cema 1
      role      active
      handling  cema
    end callee
      tag    b1
      realm  core
      sdp
        address       192.0.2.2
        port          2855
        path          msrp://192.0.2.2:2855/s;tcp
        fingerprints  sha-256 AA:BB, sha-1 CC:DD

branch b2
  state  offered
)");
}

TEST(CtlText, WhatLaterVersionsAddIsShownAndWhatIsStrangeBreaksNothing) {
  EXPECT_EQ(shown(R"({"new":"thing","flags":[1,"two"],"sections":"none","terminations":[],"x-in":1,
                      "mixed":[1,{"a":"b"},["c"]],"y-in":1,"y-out":[{"z":1}],"deep":{"er":{"still":["x"]}}})"),
            R"(new       thing
flags     1, two
sections  none
x-in      1
y-in      1
deep      er still x
mixed 1  1

mixed 2
  a  b
mixed 3  c

y-out 1
  z  1
)");
  EXPECT_EQ(shown("{}"), "");
}

TEST(CtlText, NothingOfAPeerReachesTheTerminalAsItIs) {
  EXPECT_EQ(shown(R"({"why":"\u001b[2J\n","\u0007":"x","s":[{"realm":"\u001b","\u0007s":[{"a":1}]}]})"),
            "why   \\x1b[2J\\x0a\n\\x07  x\n\ns \\x1b\n  \\x07 1\n    a  1\n");
  EXPECT_EQ(list_text(*json(R"({"calls":["a","b\n\u001b",3]})").dictionary()), "a\nb\\x0a\\x1b\n3\n");
}

TEST(CtlText, AListTellsHowEachCallStands) {
  const auto reply = json(R"({"calls":["a","gone"],"details":[{"call-id":"a","state":"answered","sections":[
    {"mode":"agnostic","security":"tls","terminations":[
      {"realm":"access","transport":"TCP/TLS","setup":"passive","state":"connected"},
      {"realm":"core","transport":"TCP","setup":"active","state":"waiting"}, 7]}, 3],
    "totals":{"octets":12}}, "junk"]})");
  EXPECT_EQ(
      list_text(*reply.dictionary()),
      "a  answered  agnostic tls  access TCP/TLS passive connected  core TCP active waiting  octets 12\n"
      "gone\n");
}

TEST(CtlText, ACallThatIsOverTellsWhatItCarried) {
  EXPECT_EQ(deleted_text("a\n", *json(R"({"totals":{"octets":7,"messages":{"SEND":1}}})").dictionary()),
            "deleted a\\x0a: octets 7, messages SEND 1\n");
  EXPECT_EQ(deleted_text("a", {}), "deleted a\n");
}

TEST(CtlText, AssociationsAreATable) {
  EXPECT_EQ(associations_text(*json(R"({"associations":[
    {"peer":"[192.0.2.20]:2944","role":"mg","state":"registered","route":"udp:192.0.2.20:2944","contexts":12,
     "version":2,"profile":"","form":"compact","trace":"on","last-error":"",
     "counters":{"requests-out":104,"requests-in":3,"retransmissions":1,"timed-out":0}},
    {"peer":"<g\n>","role":"mg","state":"lost","route":"","last-error":"gone"}]})")
                                   .dictionary()),
            "PEER               ROLE  STATE       ROUTE                CONTEXTS  VERSION  PROFILE  OUT/IN  "
            "RETRANSMITTED  TIMED OUT  TRACE  LAST ERROR\n"
            "[192.0.2.20]:2944  mg    registered  udp:192.0.2.20:2944  12        2        -        104/3   1 "
            "             0          on     -\n"
            "<g\\x0a>            mg    lost        -                    -         -        -        -/-     "
            "-              -          -      gone\n");
  EXPECT_EQ(associations_text(*json("{}").dictionary()).find('\n'),
            associations_text(*json("{}").dictionary()).size() - 1);
}

}  // namespace
}  // namespace app
