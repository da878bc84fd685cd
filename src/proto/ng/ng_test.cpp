#include <string>

#include <gtest/gtest.h>

#include "proto/ng/bencode.hpp"
#include "proto/ng/frame.hpp"
#include "proto/ng/json.hpp"
#include "tests/support/random.hpp"

namespace {

using namespace ng;

// The dictionary that Kamailio 5.6.3 sent (peers.md section 4), with a shortened SDP.
const std::string kamailio =
    "d8:supportsl10:load limite3:sdp27:v=0\r\no=- 1 1 IN IP4 1.1.1.18:msrp-tls3:tcp9:msrp-mode4:auto"
    "9:directionl6:access4:coree5:flagsl9:msrp-e2aee7:replacel6:origine7:call-id16:1-2100@127.0.0.1"
    "13:received-froml3:IP49:127.0.0.1e8:from-tag6:2100a17:command5:offere";

std::string bencoded(const Value& value) {
  std::string out;
  print_bencode(value, out);
  return out;
}

std::string json(const Value& value) {
  std::string out;
  print_json(value, out);
  return out;
}

/// "reason at octet N" of a text that must be refused.
std::string bencode_error(std::string_view text, const Limits& limits = {}) {
  const auto value = parse_bencode(text, limits);
  return value ? "accepted" : value.error().to_string();
}

std::string json_error(std::string_view text, const Limits& limits = {}) {
  const auto value = parse_json(text, limits);
  return value ? "accepted" : value.error().to_string();
}

Value any_value(test::SeededRandom& random, unsigned depth) {
  const auto pick = random.next_u64() % (depth == 0 ? 2 : 4);
  if (pick == 0) return base::random_token(random, random.next_u64() % 20);
  if (pick == 1) return static_cast<std::int64_t>(random.next_u64());
  List list;
  Dictionary dictionary;
  for (auto left = random.next_u64() % 5; left > 0; --left) {
    list.push_back(any_value(random, depth - 1));
    dictionary.set(base::random_token(random, 1), any_value(random, depth - 1));
  }
  return pick == 2 ? Value(std::move(list)) : Value(std::move(dictionary));
}

TEST(Bencode, keeps_a_request_of_kamailio_octet_for_octet) {
  const auto value = parse_bencode(kamailio);
  ASSERT_TRUE(value) << value.error().to_string();
  EXPECT_EQ(bencoded(*value), kamailio);
  EXPECT_EQ(value->dictionary()->text("call-id"), "1-2100@127.0.0.1");
  EXPECT_EQ(*value->dictionary()->find("direction"), (Value(List{"access", "core"})));
}

TEST(Bencode, reads_what_it_prints_whatever_the_value) {
  test::SeededRandom random(7);
  for (int i = 0; i < 500; ++i) {
    const auto value = any_value(random, 5);
    const auto again = parse_bencode(bencoded(value));
    ASSERT_TRUE(again) << again.error().to_string() << bencoded(value);
    EXPECT_EQ(*again, value);
  }
}

TEST(Bencode, keeps_the_order_of_keys_and_octets_that_are_no_text) {
  const std::string with_nul(
      "d1:z1:\0"
      "1:ai0ee",
      14);
  const auto value = parse_bencode(with_nul);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->dictionary()->entries()[0].key, "z");
  EXPECT_EQ(value->dictionary()->text("z"), std::string_view("\0", 1));
  EXPECT_EQ(bencoded(*value), with_nul);
}

TEST(Bencode, reads_integers_from_the_least_to_the_greatest) {
  for (const auto* text : {"i0e", "i-1e", "i42e", "i9223372036854775807e", "i-9223372036854775808e"}) {
    const auto value = parse_bencode(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(bencoded(*value), text);
  }
}

TEST(Bencode, refuses_integers_that_are_not_canonical_or_too_great) {
  EXPECT_EQ(bencode_error("ie"), "not a number at octet 1");
  EXPECT_EQ(bencode_error("i-e"), "not a number at octet 2");
  EXPECT_EQ(bencode_error("i+1e"), "not a number at octet 1");
  EXPECT_EQ(bencode_error("i1.5e"), "not a number at octet 1");
  EXPECT_EQ(bencode_error("i01e"), "number with a leading zero at octet 1");
  EXPECT_EQ(bencode_error("i-0e"), "minus zero at octet 0");
  EXPECT_EQ(bencode_error("i12"), "text ends inside a number at octet 1");
  EXPECT_EQ(bencode_error("i9223372036854775808e"), "integer beyond 64 bits at octet 0");
  EXPECT_EQ(bencode_error("i-9223372036854775809e"), "integer beyond 64 bits at octet 0");
  EXPECT_EQ(bencode_error("i99999999999999999999999e"), "integer beyond 64 bits at octet 0");
}

TEST(Bencode, refuses_strings_that_are_longer_than_the_text_or_badly_counted) {
  EXPECT_EQ(bencode_error("5:abcd"), "string longer than the text at octet 0");
  EXPECT_EQ(bencode_error("18446744073709551616:a"), "string longer than the text at octet 0");
  EXPECT_EQ(bencode_error("18446744073709551615:a"), "string longer than the text at octet 0");
  EXPECT_EQ(bencode_error("03:abc"), "number with a leading zero at octet 0");
  EXPECT_EQ(bencode_error("-1:a"), "not a value at octet 0");
  EXPECT_EQ(bencode_error("3abc"), "not a number at octet 0");
  EXPECT_EQ(bencode_error("3"), "text ends inside a number at octet 0");
}

TEST(Bencode, refuses_broken_dictionaries_and_lists) {
  EXPECT_EQ(bencode_error(""), "text ends where a value should be at octet 0");
  EXPECT_EQ(bencode_error("d"), "text ends inside a dictionary at octet 1");
  EXPECT_EQ(bencode_error("d1:a"), "text ends where a value should be at octet 4");
  EXPECT_EQ(bencode_error("d1:ae"), "not a value at octet 4");
  EXPECT_EQ(bencode_error("di1e1:ae"), "not a value at octet 1");
  EXPECT_EQ(bencode_error("d1:a1:b1:a1:ce"), "key given twice at octet 7");
  EXPECT_EQ(bencode_error("l1:a"), "text ends inside a list at octet 4");
  EXPECT_EQ(bencode_error("x"), "not a value at octet 0");
  EXPECT_EQ(bencode_error("e"), "not a value at octet 0");
  EXPECT_EQ(bencode_error("dee"), "something behind the value at octet 2");
}

TEST(Bencode, keeps_its_limits) {
  const Limits small{.max_size = 20, .max_depth = 2, .max_elements = 4};
  EXPECT_EQ(bencode_error("18:aaaaaaaaaaaaaaaaaa", small), "text too long at octet 20");
  EXPECT_EQ(bencode_error("17:aaaaaaaaaaaaaaaaa", small), "accepted");
  EXPECT_EQ(bencode_error("lleee", small), "something behind the value at octet 4");
  EXPECT_EQ(bencode_error("llee", small), "accepted");
  EXPECT_EQ(bencode_error("llleee", small), "nested too deep at octet 2");
  EXPECT_EQ(bencode_error("d1:ad1:bdeee", small), "nested too deep at octet 8");
  EXPECT_EQ(bencode_error("l0:0:0:e", small), "accepted");
  EXPECT_EQ(bencode_error("l0:0:0:0:e", small), "too many values at octet 7");
  EXPECT_EQ(bencode_error(std::string(60'000, 'l')), "nested too deep at octet 16");
}

TEST(Json, says_the_same_as_bencode) {
  const auto from_json =
      parse_json(R"({"command":"offer","flags":["msrp-e2ae"],"limit":-5,"sdp":"v=0\r\n\u00e4\"\\\u0001"})");
  ASSERT_TRUE(from_json);
  EXPECT_EQ(bencoded(*from_json),
            "d7:command5:offer5:flagsl9:msrp-e2aee5:limiti-5e3:sdp10:v=0\r\n\xc3\xa4\"\\\x01"
            "e");
  EXPECT_EQ(json(*from_json),
            "{\"command\":\"offer\",\"flags\":[\"msrp-e2ae\"],\"limit\":-5,\"sdp\":\"v="
            "0\\r\\n\xc3\xa4\\\"\\\\\\u0001\"}");
}

TEST(Json, reads_what_it_prints_whatever_the_value) {
  test::SeededRandom random(9);
  for (int i = 0; i < 500; ++i) {
    const auto value = any_value(random, 5);
    const auto again = parse_json(json(value));
    ASSERT_TRUE(again) << again.error().to_string() << json(value);
    EXPECT_EQ(*again, value);
  }
}

TEST(Json, maps_the_types_that_bencode_lacks) {
  const auto value =
      parse_json(R"({"a":true,"b":false,"c":null,"d":1.5,"e":9223372036854775808,"f":[null,{}]})");
  ASSERT_TRUE(value);
  EXPECT_EQ(json(*value), R"({"a":1,"b":0,"d":"1.5","e":"9223372036854775808","f":[{}]})");
}

TEST(Json, prints_octets_that_are_not_utf8_as_replacement_characters) {
  EXPECT_EQ(json("a\xff"
                 "b\xc3"),
            "\"a\xef\xbf\xbd"
            "b\xef\xbf\xbd\"");
  EXPECT_EQ(json("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // a surrogate
  EXPECT_EQ(json("\xf0\x9f\x98\x80\xe2\x82\xac\xc0\xaf"),
            "\"\xf0\x9f\x98\x80\xe2\x82\xac\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(Json, refuses_what_is_not_json) {
  EXPECT_NE(json_error(""), "accepted");
  EXPECT_NE(json_error("{"), "accepted");
  EXPECT_NE(json_error("{\"a\"}"), "accepted");
  EXPECT_NE(json_error("{\"a\":1,}"), "accepted");
  EXPECT_NE(json_error("{\"a\":\"\n\"}"), "accepted");
  EXPECT_NE(json_error("{\"a\":\"\xff\"}"), "accepted");
  EXPECT_EQ(json_error("{\"a\":x}").substr(0, 10), "not JSON: ");
  EXPECT_EQ(json_error("{} x"), "something behind the value at octet 3");
}

TEST(Json, keeps_its_limits) {
  const Limits small{.max_size = 20, .max_depth = 2, .max_elements = 4};
  EXPECT_EQ(json_error("\"aaaaaaaaaaaaaaaaaaa\"", small), "text too long at octet 20");
  EXPECT_EQ(json_error("[[]]", small), "accepted");
  EXPECT_EQ(json_error("[[[]]]", small).substr(0, 15), "nested too deep");
  EXPECT_EQ(json_error("[1,2,3]", small), "accepted");
  EXPECT_EQ(json_error("[1,2,3,4]", small), "too many values at octet 0");
}

TEST(Frame, is_a_cookie_and_a_payload) {
  const auto frame = parse_frame("123_4 d7:command4:pinge\r\n");
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->cookie, "123_4");
  EXPECT_EQ(frame->payload, "d7:command4:pinge");
  EXPECT_EQ(*encoding_of(frame->payload), Encoding::bencode);
  EXPECT_EQ(parse_payload(frame->payload)->text("command"), "ping");
}

TEST(Frame, is_answered_in_its_own_encoding) {
  Dictionary pong;
  pong.set("result", "pong");
  EXPECT_EQ(print_frame("5_1", Encoding::bencode, pong), "5_1 d6:result4:ponge");
  EXPECT_EQ(print_frame("5_1", Encoding::json, pong), "5_1 {\"result\":\"pong\"}");
  EXPECT_EQ(*encoding_of("{}"), Encoding::json);
}

TEST(Frame, is_refused_where_nobody_could_be_answered) {
  EXPECT_FALSE(parse_frame(""));
  EXPECT_FALSE(parse_frame("cookie"));
  EXPECT_FALSE(parse_frame(" d7:command4:pinge"));
  EXPECT_FALSE(parse_frame("a\nb d7:command4:pinge"));
  EXPECT_FALSE(parse_frame(std::string(max_cookie + 1, 'c') + " de"));
  EXPECT_TRUE(parse_frame(std::string(max_cookie, 'c') + " de"));
  EXPECT_EQ(parse_frame("c de", Limits{.max_size = 3}).error().reason, "frame too long");
}

TEST(Frame, with_a_payload_of_another_kind_says_so) {
  EXPECT_EQ(parse_payload("").error().reason, "no payload");
  EXPECT_EQ(parse_payload("i5e").error().reason,
            "payload is neither a bencoded dictionary nor a JSON object");
  EXPECT_EQ(parse_payload("d1:a").error().to_string(), "text ends where a value should be at octet 4");
}

TEST(Frame, in_a_stream_ends_where_its_payload_ends) {
  for (const std::string& payload : {kamailio, std::string(R"({"a":"}\"]","b":[{"c":{}}]})"),
                                     std::string("de"), std::string("d1:ai-5e1:bl0:i0eee")}) {
    const auto frame = "17_abc " + payload;
    for (std::size_t n = 0; n < frame.size(); ++n) {
      const auto length = frame_length(std::string_view(frame).substr(0, n));
      ASSERT_TRUE(length) << length.error().to_string();
      EXPECT_EQ(*length, 0U) << n;
    }
    EXPECT_EQ(*frame_length(frame), frame.size());
    EXPECT_EQ(*frame_length(frame + "18_abc d"), frame.size());
  }
}

TEST(Frame, in_a_stream_is_refused_as_soon_as_it_cannot_become_one) {
  EXPECT_EQ(frame_length("GET / HTTP/1.1").error().offset, 4U);
  EXPECT_FALSE(frame_length(std::string(max_cookie + 1, 'c')));
  EXPECT_FALSE(frame_length("a\nb"));
  EXPECT_EQ(frame_length("c dx").error().reason, "not a value");
  EXPECT_EQ(frame_length("c d" + std::string(30, '9')).error().reason, "not a number");
  EXPECT_EQ(frame_length("c d1:a" + std::string(20, 'l')).error().reason, "nested too deep");
  EXPECT_EQ(frame_length("c d1:a70000:").error().reason, "text too long");
  EXPECT_EQ(frame_length("c {" + std::string(70'000, ' ')).error().reason, "text too long");
  EXPECT_EQ(frame_length("c {" + std::string(20, '[')).error().reason, "nested too deep");
}

}  // namespace
