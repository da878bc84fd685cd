#include "gateway/leg.hpp"

#include <gtest/gtest.h>

#include "tests/support/link_rig.hpp"

namespace gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(LegPaths, say_what_is_wrong) {
  LegPaths paths;
  EXPECT_FALSE(paths.set_local({}));
  EXPECT_FALSE(paths.set_remote({"http://a.example/"}));
  EXPECT_FALSE(paths.has_local());
  ASSERT_TRUE(paths.set_local({"msrp://gw.example:2855/x;tcp"}));
  EXPECT_TRUE(paths.has_local());
  EXPECT_FALSE(paths.known());
  ASSERT_TRUE(paths.set_remote({"msrp://a.example:7777/s;tcp"}));
  EXPECT_TRUE(paths.known());
}

/// Requests go the whole way, answers to SENDs to the next hop (RFC 4975 7.2).
TEST(LegPaths, write_the_heads_of_both_kinds) {
  LegPaths paths;
  ASSERT_TRUE(paths.set_local({"msrp://gw.example:2855/x;tcp"}));
  ASSERT_TRUE(paths.set_remote({"msrps://relay.example:2855/r;tcp", "msrp://a.example:7777/s;tcp"}));
  const std::string from = "\r\nFrom-Path: msrp://gw.example:2855/x;tcp\r\n";
  EXPECT_EQ(paths.whole(), "To-Path: msrps://relay.example:2855/r;tcp msrp://a.example:7777/s;tcp" + from);
  EXPECT_EQ(paths.next_hop(), "To-Path: msrps://relay.example:2855/r;tcp" + from);
}

TEST(LegPaths, match_by_the_whole_uri_or_by_the_session) {
  LegPaths paths;
  ASSERT_TRUE(paths.set_local({"msrp://gw.example:2855/x;tcp"}));
  EXPECT_TRUE(paths.matches("msrp://gw.example:2855/x;tcp"));
  EXPECT_TRUE(paths.matches("MSRP://GW.example:2855/x;TCP"));
  EXPECT_FALSE(paths.matches("msrp://gw.example:2855/X;tcp"));
  EXPECT_FALSE(paths.matches("msrp://nat.example:99/x;tcp"));
  EXPECT_FALSE(paths.matches("msrp://gw.example:2855/x;tcp msrp://gw.example:2855/x;tcp"));
  EXPECT_FALSE(paths.matches(""));
  paths.match_session_id(true);
  EXPECT_TRUE(paths.matches("msrp://nat.example:99/x;tcp"));
  EXPECT_FALSE(paths.matches("msrp://gw.example:2855/y;tcp"));
}

TEST(Bucket, without_a_rate_never_waits) {
  Bucket bucket;
  bucket.take(1ULL << 60);
  EXPECT_EQ(bucket.wait(base::Time{}), base::Duration::zero());
}

TEST(Bucket, holds_a_second_and_may_be_overdrawn) {
  Bucket bucket(100);
  base::Time now{};
  bucket.take(99);
  EXPECT_EQ(bucket.wait(now), base::Duration::zero());
  bucket.take(101);  // 100 below nothing
  EXPECT_EQ(bucket.wait(now), milliseconds(1010));
  now += milliseconds(900);
  EXPECT_EQ(bucket.wait(now), milliseconds(110));
  now += milliseconds(110);
  EXPECT_EQ(bucket.wait(now), base::Duration::zero());
  now += seconds(1000);  // no more than a second's worth is saved
  EXPECT_EQ(bucket.wait(now), base::Duration::zero());
  bucket.take(100);
  EXPECT_GT(bucket.wait(now), base::Duration::zero());
}

TEST(PolicedMessages, are_known_until_they_end) {
  PolicedMessages policed;
  EXPECT_EQ(policed.find("m"), nullptr);
  policed.add("m", 10);
  policed.add("m", 5);
  ASSERT_NE(policed.find("m"), nullptr);
  EXPECT_EQ(policed.find("m")->octets, 15U);
  policed.end("m");
  EXPECT_EQ(policed.find("m"), nullptr);
  policed.refuse("m", 413);
  policed.end("m");  // the rest of it may still come
  ASSERT_NE(policed.find("m"), nullptr);
  EXPECT_EQ(policed.find("m")->refused, 413);
}

TEST(PolicedMessages, without_a_name_are_not_known_again) {
  PolicedMessages policed;
  policed.refuse("", 413);
  policed.add("", 1);
  EXPECT_EQ(policed.find(""), nullptr);
}

TEST(PolicedMessages, forget_the_oldest) {
  PolicedMessages policed;
  for (std::size_t n = 0; n < PolicedMessages::most; ++n) policed.refuse("m" + std::to_string(n), 413);
  policed.refuse("m3", 413);
  EXPECT_NE(policed.find("m0"), nullptr);
  policed.refuse("another", 413);
  EXPECT_EQ(policed.find("m0"), nullptr);
  EXPECT_NE(policed.find("m1"), nullptr);
  EXPECT_NE(policed.find("another"), nullptr);
}

TEST(Leg, obeys_the_tighter_limit_of_both) {
  RealmTotals totals;
  Leg a({.max_message = 100}, totals), b({}, totals);
  a.other = &b;
  b.other = &a;
  EXPECT_EQ(a.max_message(), 100U);
  EXPECT_EQ(b.max_message(), 100U);
  Leg c({.max_message = 50}, totals);
  a.other = &c;
  EXPECT_EQ(a.max_message(), 50U);
  a.other = nullptr;
}

TEST(Leg, takes_only_what_both_take) {
  RealmTotals totals;
  Leg a({.types = *msrp::MediaTypes::parse("text/* image/png")}, totals);
  Leg b({.types = *msrp::MediaTypes::parse("text/plain image/*")}, totals);
  a.other = &b;
  b.other = &a;
  for (const auto* leg : {&a, &b}) {
    EXPECT_TRUE(leg->accepts("text/plain;charset=utf-8"));
    EXPECT_TRUE(leg->accepts("image/png"));
    EXPECT_FALSE(leg->accepts("text/html"));
    EXPECT_FALSE(leg->accepts("image/jpeg"));
    EXPECT_FALSE(leg->accepts(""));
  }
}

TEST(Leg, counts_for_itself_and_for_its_realm) {
  RealmTotals totals;
  Leg leg({}, totals);
  leg.count_in("SEND", 0);
  leg.count_out({}, 413);
  leg.count_octets(100, 200);
  leg.count_payload(10, 20);
  leg.count_end_in('$');
  leg.count_end_in('+');
  leg.count_end_out('#');
  for (const auto status : std::initializer_list<std::uint16_t>{413, 415, 481, 506})
    leg.count_refusal(status);
  leg.count_rate_pause();
  iq::Counters c;
  c.refused_connections = 7;
  leg.fill(c);
  EXPECT_EQ(c.refused_connections, 7U);
  EXPECT_EQ(c.octets_in, 100U);
  EXPECT_EQ(c.octets_out, 200U);
  EXPECT_EQ(c.messages_in.at("SEND"), 1U);
  EXPECT_EQ(c.messages_out.at("413"), 1U);
  EXPECT_EQ(c.payload_in, 10U);
  EXPECT_EQ(c.payload_out, 20U);
  EXPECT_EQ(c.completed_in, 1U);
  EXPECT_EQ(c.aborted_in, 0U);
  EXPECT_EQ(c.aborted_out, 1U);
  EXPECT_EQ(c.too_large, 1U);
  EXPECT_EQ(c.refused_types, 1U);
  EXPECT_EQ(c.unmatched, 2U);
  EXPECT_EQ(c.rate_pauses, 1U);
  EXPECT_EQ(totals.payload_in, 10U);
  EXPECT_EQ(totals.completed_in, 1U);
  EXPECT_EQ(totals.unmatched, 2U);
  EXPECT_EQ(totals.rate_pauses, 1U);
}

TEST(Leg, that_goes_takes_its_other_sides_ease) {
  test::LinkPair rig;
  rig.s.a->transactions.expect("x", true);
  rig.s.b->transactions.expect("y", true);
  rig.s.b.reset();
  EXPECT_EQ(rig.s.a->other, nullptr);
  EXPECT_FALSE(rig.s.a->open);
  EXPECT_EQ(rig.s.a->transactions.take("x"), Transactions::Kind::none);
}

}  // namespace
}  // namespace gateway
