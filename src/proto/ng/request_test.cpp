#include "proto/ng/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/ng/bencode.hpp"
#include "proto/ng/json.hpp"
#include "proto/ng/reply.hpp"

namespace {

using namespace ng;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Dictionary offer() {
  Dictionary out;
  out.set("command", "offer");
  out.set("call-id", "c1");
  out.set("from-tag", "f1");
  out.set("sdp", "v=0\r\n");
  return out;
}

Dictionary offer_with(std::string_view key, Value value) {
  auto out = offer();
  out.set(key, std::move(value));
  return out;
}

std::string error_of(const Dictionary& dictionary) {
  const auto request = parse_request(dictionary);
  return request ? "accepted" : request.error().reason;
}

TEST(Request, of_kamailio_is_understood) {
  const auto value = parse_json(
      R"({"supports":["load limit"],"sdp":"v=0\r\n","msrp-tls":"tcp","msrp-peer":"cema","direction":["access","core"],
          "flags":["msrp-e2ae"],"replace":["origin"],"call-id":"1-2100@127.0.0.1","via-branch":"z9hG4bK1",
          "received-from":["IP4","127.0.0.1"],"from-tag":"2100a1","command":"offer"})");
  const auto request = parse_request(*value->dictionary());
  ASSERT_TRUE(request) << request.error().reason;
  EXPECT_EQ(request->command, Command::offer);
  EXPECT_EQ(request->call_id, "1-2100@127.0.0.1");
  EXPECT_EQ(request->from_tag, "2100a1");
  EXPECT_EQ(request->to_tag, "");
  EXPECT_EQ(request->via_branch, "z9hG4bK1");
  EXPECT_EQ(request->sdp, "v=0\r\n");
  EXPECT_EQ(request->direction, (Direction{"access", "core"}));
  EXPECT_EQ(request->msrp_tls, MsrpTls::tcp);
  EXPECT_EQ(request->msrp_peer, MsrpPeer::cema);
  EXPECT_EQ(request->msrp_mode, std::nullopt);
  EXPECT_TRUE(request->msrp_e2ae());
  EXPECT_THAT(request->replace, ElementsAre("origin"));
  EXPECT_EQ(request->received_from, base::IpAddress::parse("127.0.0.1"));
  EXPECT_THAT(request->unknown_keys, IsEmpty());
  EXPECT_THAT(request->unknown_flags, IsEmpty());
}

TEST(Request, may_give_its_keys_as_words_among_the_flags) {
  const auto request = parse_request(offer_with(
      "flags", List{"msrp-tls=tls", "msrp-mode=aware", "msrp-setup=actpass", "msrp-psk=00FF",
                    "msrp-psk-identity=me", "direction=a", "direction=b", "trust-address", "limit=7"}));
  ASSERT_TRUE(request) << request.error().reason;
  EXPECT_EQ(request->msrp_tls, MsrpTls::tls);
  EXPECT_EQ(request->msrp_mode, MsrpMode::aware);
  EXPECT_EQ(request->msrp_setup, MsrpSetup::actpass);
  EXPECT_TRUE(request->msrp_psk.equals(std::as_bytes(std::span("\x00\xff", 2))));
  EXPECT_EQ(request->msrp_psk_identity, "me");
  EXPECT_EQ(request->direction, (Direction{"a", "b"}));
  EXPECT_EQ(request->limit, 7U);
  EXPECT_THAT(request->flags, ElementsAre("trust-address"));
}

TEST(Request, may_give_its_keys_in_the_raw_string_of_rtpp_flags) {
  const auto request = parse_request(offer_with(
      "rtpp-flags",
      "replace-origin  direction=access direction=core msrp-e2ae msrp-tls=passthru codec=[a b] strange "));
  ASSERT_TRUE(request) << request.error().reason;
  EXPECT_EQ(request->direction, (Direction{"access", "core"}));
  EXPECT_THAT(request->replace, ElementsAre("origin"));
  EXPECT_TRUE(request->msrp_e2ae());
  EXPECT_EQ(request->msrp_tls, MsrpTls::passthru);
  EXPECT_THAT(request->unknown_keys, ElementsAre("codec"));
  EXPECT_THAT(request->unknown_flags, ElementsAre("strange"));

  const auto list = parse_request(offer_with("rtpp-flags", "direction=[x y] replace=[origin username]"));
  EXPECT_EQ(list->direction, (Direction{"x", "y"}));
  EXPECT_THAT(list->replace, ElementsAre("origin", "username"));
}

TEST(Request, trusts_its_dictionary_before_the_words_in_it) {
  auto dictionary = offer_with("flags", List{"call-id=other", "msrp-tls=tcp", "direction=x"});
  dictionary.set("msrp-tls", "tls");
  dictionary.set("direction", List{"a", "b"});
  const auto request = parse_request(dictionary);
  ASSERT_TRUE(request) << request.error().reason;
  EXPECT_EQ(request->call_id, "c1");
  EXPECT_EQ(request->msrp_tls, MsrpTls::tls);
  EXPECT_EQ(request->direction, (Direction{"a", "b"}));
}

TEST(Request, spells_its_keys_as_loosely_as_rtpengine) {
  Dictionary dictionary;
  dictionary.set("command", "query");
  dictionary.set("call ID", "c9");
  dictionary.set("from_tag", "f9");
  dictionary.set("received from", List{"IP6", "2001:db8::1"});
  const auto request = parse_request(dictionary);
  ASSERT_TRUE(request) << request.error().reason;
  EXPECT_EQ(request->call_id, "c9");
  EXPECT_EQ(request->from_tag, "f9");
  EXPECT_EQ(request->received_from, base::IpAddress::parse("2001:db8::1"));
}

TEST(Request, collects_what_it_does_not_know_once) {
  auto dictionary = offer_with("ICE", "remove");
  dictionary.set("codec", Dictionary());
  dictionary.set("flags", List{"symmetric", "symmetric", "flags=x", "rtpp-flags=msrp-tls=tcp"});
  const auto request = parse_request(dictionary);
  ASSERT_TRUE(request);
  EXPECT_THAT(request->unknown_keys, ElementsAre("ICE", "codec", "flags", "rtpp-flags"));
  EXPECT_THAT(request->unknown_flags, ElementsAre("symmetric"));
  EXPECT_EQ(request->msrp_tls, std::nullopt);
}

TEST(Request, without_a_key_that_its_command_needs_says_which) {
  Dictionary dictionary;
  EXPECT_EQ(error_of(dictionary), "No command in message");
  dictionary.set("command", "answer");
  EXPECT_EQ(error_of(dictionary), "No call-id in message");
  dictionary.set("call-id", "c1");
  EXPECT_EQ(error_of(dictionary), "No SDP body in message");
  dictionary.set("sdp", "v=0\r\n");
  EXPECT_EQ(error_of(dictionary), "No from-tag in message");
  dictionary.set("from-tag", "f1");
  EXPECT_EQ(error_of(dictionary), "No to-tag in message");
  dictionary.set("to-tag", "t1");
  EXPECT_EQ(error_of(dictionary), "accepted");
}

TEST(Request, needs_no_more_than_its_command_does) {
  for (const char* command : {"ping", "list", "statistics"}) {
    Dictionary dictionary;
    dictionary.set("command", command);
    EXPECT_EQ(error_of(dictionary), "accepted") << command;
  }
  for (const char* command : {"delete", "query"}) {
    Dictionary dictionary;
    dictionary.set("command", command);
    EXPECT_EQ(error_of(dictionary), "No call-id in message") << command;
    dictionary.set("call-id", "c1");
    EXPECT_EQ(error_of(dictionary), "accepted") << command;
  }
}

TEST(Request, with_a_command_that_is_none_of_ours_is_refused) {
  Dictionary dictionary;
  dictionary.set("command", "start recording");
  EXPECT_EQ(error_of(dictionary), "Unrecognized command");
}

TEST(Request, with_a_value_that_a_key_cannot_have_names_the_key) {
  EXPECT_EQ(error_of(offer_with("msrp-tls", "yes")), "Invalid msrp-tls: expected tls, tcp or passthru");
  EXPECT_EQ(error_of(offer_with("msrp-peer", "")),
            "Invalid msrp-peer: expected auto, cema, sessmatch or plain");
  EXPECT_EQ(error_of(offer_with("msrp-mode", "cema")), "Invalid msrp-mode: expected auto, agnostic or aware");
  EXPECT_EQ(error_of(offer_with("msrp-setup", 1)), "Invalid msrp-setup: expected active, passive or actpass");
  EXPECT_EQ(error_of(offer_with("flags", List{"msrp-tls=x"})),
            "Invalid msrp-tls: expected tls, tcp or passthru");
  EXPECT_EQ(error_of(offer_with("call-id", List{})), "Invalid call-id: expected a string");
  EXPECT_EQ(error_of(offer_with("limit", -1)), "Invalid limit: expected a number");
  EXPECT_EQ(error_of(offer_with("limit", "4294967296")), "Invalid limit: expected a number");
  EXPECT_THAT(error_of(offer_with("direction", List{"a"})), HasSubstr("direction"));
  EXPECT_THAT(error_of(offer_with("direction", List{"a", "b", "c"})), HasSubstr("direction"));
  EXPECT_THAT(error_of(offer_with("direction", List{1, 2})), HasSubstr("direction"));
  EXPECT_THAT(error_of(offer_with("flags", 1)), HasSubstr("flags"));
  EXPECT_THAT(error_of(offer_with("rtpp-flags", List{})), HasSubstr("rtpp-flags"));
  EXPECT_THAT(error_of(offer_with("received-from", List{"IP4", "nowhere"})), HasSubstr("received-from"));
  EXPECT_THAT(error_of(offer_with("received-from", List{})), HasSubstr("received-from"));
}

TEST(Request, takes_a_key_of_one_to_64_octets_and_an_identity_of_up_to_128) {
  EXPECT_THAT(error_of(offer_with("msrp-psk", "")), HasSubstr("msrp-psk"));
  EXPECT_THAT(error_of(offer_with("msrp-psk", "abc")), HasSubstr("msrp-psk"));
  EXPECT_EQ(error_of(offer_with("msrp-psk", std::string(128, 'a'))), "accepted");
  EXPECT_THAT(error_of(offer_with("msrp-psk", std::string(130, 'a'))), HasSubstr("msrp-psk"));
  EXPECT_EQ(error_of(offer_with("msrp-psk-identity", "me")),
            "Invalid msrp-psk-identity: expected msrp-psk with it");
  auto both = offer_with("msrp-psk", "aa");
  both.set("msrp-psk-identity", std::string(128, 'i'));
  EXPECT_EQ(error_of(both), "accepted");
  both.set("msrp-psk-identity", std::string(129, 'i'));
  EXPECT_THAT(error_of(both), HasSubstr("msrp-psk-identity"));
}

TEST(Request, is_read_again_as_it_was_printed) {
  auto dictionary = offer();
  for (const auto& [key, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"to-tag", "t"},
                                                                  {"via-branch", "v"},
                                                                  {"msrp-tls", "passthru"},
                                                                  {"msrp-peer", "auto"},
                                                                  {"msrp-mode", "agnostic"},
                                                                  {"msrp-setup", "passive"},
                                                                  {"msrp-psk", "00ff"},
                                                                  {"msrp-psk-identity", "me"}})
    dictionary.set(key, value);
  dictionary.set("direction", List{"a", "b"});
  dictionary.set("flags", List{"msrp-e2ae", "odd"});
  dictionary.set("replace", List{"origin"});
  dictionary.set("received-from", List{"IP6", "2001:db8::1"});
  dictionary.set("limit", 5);
  const auto printed = print_request(*parse_request(dictionary));
  EXPECT_EQ(printed.entries().size(), dictionary.entries().size());
  for (const auto& [key, value] : dictionary.entries()) {
    ASSERT_NE(printed.find(key), nullptr) << key;
    EXPECT_EQ(*printed.find(key), value) << key;
  }
}

std::string printed(const Reply& reply) {
  std::string out;
  print_json(print_reply(reply), out);
  return out;
}

TEST(Reply, says_what_the_proxies_expect) {
  EXPECT_EQ(printed(Reply::pong()), R"({"result":"pong"})");
  EXPECT_EQ(printed(Reply::ok()), R"({"result":"ok"})");
  EXPECT_EQ(printed(Reply::error(ran_out_of_ports)),
            R"({"result":"error","error-reason":"Ran out of ports"})");
  EXPECT_EQ(printed(Reply::warn("Call-ID not found")), R"({"result":"ok","warning":"Call-ID not found"})");
  Reply reply;
  reply.sdp = "v=0\r\n";
  reply.mode = "agnostic";
  reply.why = "Both ends support CEMA.";
  reply.more.set("created", 5);
  EXPECT_EQ(
      printed(reply),
      R"({"result":"ok","sdp":"v=0\r\n","mode":"agnostic","why":"Both ends support CEMA.","created":5})");
  EXPECT_EQ(*parse_reply(print_reply(reply)), reply);
}

TEST(Reply, of_another_daemon_is_understood_or_refused) {
  Dictionary limit;
  limit.set("result", "load limit");
  EXPECT_EQ(*parse_reply(limit), Reply::error("load limit"));
  EXPECT_FALSE(parse_reply(Dictionary()));
  Dictionary odd;
  odd.set("result", "ok");
  odd.set("sdp", 5);
  EXPECT_EQ(parse_reply(odd).error().reason, "sdp is not a string");
}

}  // namespace
