#include "iq/registration.hpp"

#include <gtest/gtest.h>

#include "proto/h248/codec.hpp"

using namespace iq;

namespace {

TEST(MessageIds, ParseAndPrintEqual) {
  for (const auto* text : {"[192.0.2.1]:2944", "[192.0.2.1]", "[2001:db8::1]:1", "<gw1.example.org>:2944",
                           "<gw1>", "gw1", "gw/1@example.org", "MTP{0a1b}"}) {
    const auto id = parse_message_id(text);
    ASSERT_TRUE(id) << text;
    EXPECT_EQ(to_string(*id), text);
  }
}

TEST(MessageIds, WhatIsNoneIsRefused) {
  for (const auto* text : {"", " ", "[192.0.2.1", "[192.0.2.1]:70000", "<>", "gw1 ER=400{} ",
                           "gw1 ;comment\n", "[192.0.2.1]:2944 gw1"})
    EXPECT_FALSE(parse_message_id(text)) << text;
}

TEST(MessageIds, OneEndHasManySpellings) {
  const auto same = [](const char* a, const char* b) {
    return same_end(*parse_message_id(a), *parse_message_id(b));
  };
  EXPECT_TRUE(same("[192.0.2.1]:2944", "[192.0.2.1]"));
  EXPECT_TRUE(same("[2001:DB8::1]", "[2001:db8:0::1]:2944"));
  EXPECT_TRUE(same("<GW1.example.org>", "<gw1.Example.org>:2944"));
  EXPECT_TRUE(same("GW1", "gw1"));
  EXPECT_FALSE(same("[192.0.2.1]:2944", "[192.0.2.1]:2945"));
  EXPECT_FALSE(same("[192.0.2.1]:2944", "[192.0.2.2]:2944"));
  EXPECT_FALSE(same("<gw1>", "gw1"));
}

TEST(MessageIds, OnlyAddressesSayWhereTheyAre) {
  EXPECT_EQ(address_of(*parse_message_id("[192.0.2.1]")), base::Address::parse("192.0.2.1:2944"));
  EXPECT_EQ(address_of(*parse_message_id("[2001:db8::1]:7")), base::Address::parse("[2001:db8::1]:7"));
  EXPECT_FALSE(address_of(*parse_message_id("<gw1.example.org>:2944")));
  EXPECT_FALSE(address_of(*parse_message_id("gw1")));
  EXPECT_EQ(to_string(message_id_of(*base::Address::parse("[2001:db8::1]:7"))), "[2001:db8::1]:7");
}

TEST(Profiles, ParsePrintAndCompare) {
  const auto profile = parse_profile("IqProfile/1");
  ASSERT_TRUE(profile);
  EXPECT_EQ(to_string(*profile), "IqProfile/1");
  EXPECT_TRUE(same_profile(*profile, {"iqprofile", 1}));
  EXPECT_FALSE(same_profile(*profile, {"IqProfile", 2}));
  EXPECT_EQ(parse_profile("p/01"), (h248::Profile{"p", 1}));
  for (const auto& text :
       {std::string("IqProfile"), std::string("/1"), std::string("1q/1"), std::string("Iq/"),
        std::string("Iq/100"), std::string("I-q/1"), std::string(65, 'a') + "/1"})
    EXPECT_FALSE(parse_profile(text)) << text;
}

TEST(TimeStamps, AreUtcWithHundredths) {
  using namespace std::chrono;
  const auto wall = sys_days(2026y / November / 23) + 12h + 3min + 4s + 56ms;
  EXPECT_EQ(time_stamp(wall), (h248::TimeStamp{20261123, 12030405}));
}

TEST(Reasons, HaveTheNumberAndItsText) {
  EXPECT_EQ(change_reason(901), (h248::Value{"901 Cold Boot", true}));
  EXPECT_EQ(change_reason(999), (h248::Value{"999", true}));
  EXPECT_EQ(code_of({"903 MGC directed change", true}), 903U);
  EXPECT_EQ(code_of({"\t 905 ", true}), 905U);
  EXPECT_FALSE(code_of({"Cold Boot", true}));
}

/// The transaction of a message with one.
template <class T>
T only(const std::string& text) {
  auto message = h248::parse(text);
  EXPECT_TRUE(message) << text;
  return std::get<T>(std::get<std::vector<h248::Transaction>>(message->body).at(0));
}

TEST(RootChange, IsTheCommandAsItStandsInMessages) {
  const auto wanted = only<h248::TransactionRequest>(
      "!/1 gw1 T=1{C=-{SC=ROOT{SV{MT=RS,RE=\"901 Cold Boot\",PF=IqProfile/1,V=2}}}}");
  h248::ServiceChangeDescriptor change;
  change.method = h248::Token::restart;
  change.reason = change_reason(901);
  change.profile = parse_profile("IqProfile/1");
  change.version = 2;
  EXPECT_EQ(root_change(change), wanted.actions.at(0));
  ASSERT_NE(root_change_of(wanted.actions[0]), nullptr);
  EXPECT_EQ(*root_change_of(wanted.actions[0]), change);
  const auto other = only<h248::TransactionRequest>("!/1 gw1 T=1{C=-{AV=ROOT{AT{}}}}");
  EXPECT_EQ(root_change_of(other.actions.at(0)), nullptr);
}

TEST(RootChange, ResultsAreReadAtEveryLevel) {
  const auto result = [](const std::string& body) {
    return change_result(only<h248::TransactionReply>("!/1 mgc1 P=1{" + body + "}"));
  };
  EXPECT_EQ(result("C=-{SC=ROOT{SV{V=1}}}").value().version, 1);
  EXPECT_EQ(result("C=-{SC=ROOT}").value(), h248::ServiceChangeDescriptor{});
  EXPECT_EQ(result("ER=406{\"Version Not Supported\"}").error().code, 406);
  EXPECT_EQ(result("C=-{ER=422{}}").error().code, 422);
  EXPECT_EQ(result("C=-{SC=ROOT{ER=461{}}}").error().code, 461);
  EXPECT_EQ(result("C=-{AV=ROOT}").error().code, 500);
  EXPECT_EQ(to_string(result("ER=406{\"Version\"}").error()), "406 Version");
}

TEST(RootChange, RepliesReadAsTheyWereMade) {
  h248::ServiceChangeDescriptor change;
  change.version = 2;
  const auto reply = root_change_reply(change);
  EXPECT_EQ(change_result({1, false, std::vector{reply}}).value(), change);
}

}  // namespace
