#include "app/cdr.hpp"

#include <gtest/gtest.h>

#include "proto/ng/json.hpp"

namespace app {
namespace {

using namespace std::chrono_literals;

const base::Time now{1000s};
/// 2026-01-31T12:00:00Z
const Moment moment{now, std::chrono::system_clock::time_point{1'769'860'800s}};

controller::EndedSession example() {
  controller::EndedSession out;
  out.call_id = "1@host";
  out.from_tag = "a";
  out.to_tag = "b";
  out.section = 1;
  out.reserved = now - 90s;
  out.connected = now - 61'250ms;
  out.ended = now - 1ms;
  out.mode = "aware";
  out.security = "tls";
  out.why = "neither end does CEMA";
  out.cause = "closed";
  out.cause_text = "both peers closed";
  auto& caller = out.legs[0];
  caller.realm = "access";
  caller.transport = iq::Transport::tcp_tls_msrp;
  caller.local = *base::Address::parse("192.0.2.1:2855");
  caller.peer = *base::Address::parse("[2001:db8::1]:4000");
  caller.tls_version = "TLSv1.3";
  caller.tls_cipher = "TLS_AES_256_GCM_SHA384";
  auto& counters = caller.counters;
  counters = {.octets_in = 1, .octets_out = 2, .messages_in = {{"200", 3}, {"SEND", 4}}, .messages_out = {}};
  counters.payload_in = 5;
  counters.payload_out = 6;
  counters.completed_in = 7;
  counters.completed_out = 8;
  counters.aborted_in = 9;
  counters.aborted_out = 10;
  counters.unmatched = 11;
  counters.too_large = 12;
  counters.refused_types = 13;
  counters.rate_pauses = 14;
  out.legs[1].realm = "core";
  out.legs[1].local = *base::Address::parse("192.0.2.2:26000");
  return out;
}

TEST(Cdr, IsOneLineWithEveryField) {
  EXPECT_EQ(
      cdr_json(example(), moment),
      R"({"type":"cdr","call_id":"1@host","from_tag":"a","to_tag":"b","section":1,)"
      R"("start":"2026-01-31T11:58:30.000Z","connected":"2026-01-31T11:58:58.750Z",)"
      R"("end":"2026-01-31T11:59:59.999Z","duration_ms":89999,"mode":"aware","security":"tls",)"
      R"("why":"neither end does CEMA","cause":"closed","cause_text":"both peers closed","legs":[)"
      R"({"party":"caller","realm":"access","local":"192.0.2.1:2855","peer":"[2001:db8::1]:4000",)"
      R"("tls_version":"TLSv1.3","tls_cipher":"TLS_AES_256_GCM_SHA384","octets_in":1,"octets_out":2,)"
      R"("messages_in":{"200":3,"SEND":4},"messages_out":{},"payload_in":5,"payload_out":6,"completed_in":7,)"
      R"("completed_out":8,"aborted_in":9,"aborted_out":10,"unmatched":11,"too_large":12,"refused_types":13,)"
      R"("rate_pauses":14},)"
      R"({"party":"callee","realm":"core","local":"192.0.2.2:26000","peer":null,"tls_version":null,)"
      R"("tls_cipher":null,"octets_in":0,"octets_out":0,"messages_in":{},"messages_out":{}}]})");
}

TEST(Cdr, OfASessionThatNobodyAnsweredHasNoTimeOfConnection) {
  auto session = example();
  session.connected.reset();
  EXPECT_NE(cdr_json(session, moment).find(R"(,"connected":null,)"), std::string::npos);
}

TEST(Cdr, TextOfAPeerBreaksNeitherTheLineNorTheJson) {
  auto session = example();
  session.call_id = "a\"b\n\xff";
  session.via_branch = "z9hG4bK\r\n{}";
  session.cause_text = std::string("\0\x1b[", 3);
  session.legs[0].counters.messages_in = {{"X\"Y", 1}};
  const auto line = cdr_json(session, moment);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto read = ng::parse_json(line);
  ASSERT_TRUE(read) << line;
  EXPECT_EQ(read->dictionary()->text("call_id"), "a\"b\n\xEF\xBF\xBD");
  EXPECT_EQ(read->dictionary()->text("via_branch"), session.via_branch);
  EXPECT_EQ(read->dictionary()->text("cause_text"), session.cause_text);
}

}  // namespace
}  // namespace app
