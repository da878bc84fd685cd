#include "gateway/transactions.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

std::string id(std::size_t n) {
  return "tid" + std::to_string(n);
}

TEST(PendingIds, take_what_was_added_once) {
  PendingIds ids;
  EXPECT_FALSE(ids.take("a"));
  ids.add("a");
  ids.add("b");
  EXPECT_TRUE(ids.take("a"));
  EXPECT_FALSE(ids.take("a"));
  EXPECT_TRUE(ids.take("b"));
  EXPECT_FALSE(ids.take("b"));
}

/// Whatever stands in the places between: all orders of taking find all.
TEST(PendingIds, find_each_in_any_order) {
  constexpr std::size_t many = 1000;
  for (const std::size_t stride : {1U, 7U, 333U, 999U}) {
    PendingIds ids;
    for (std::size_t n = 0; n < many; ++n) ids.add(id(n));
    for (std::size_t n = 0; n < many; ++n) ASSERT_TRUE(ids.take(id(n * stride % many))) << n;
    for (std::size_t n = 0; n < many; ++n) ASSERT_FALSE(ids.take(id(n))) << n;
  }
}

TEST(PendingIds, remember_two_generations) {
  PendingIds ids;
  for (std::size_t n = 0; n < 2 * PendingIds::most; ++n) ids.add(id(n));
  EXPECT_TRUE(ids.take(id(0)));
  ids.add(id(2 * PendingIds::most));  // a third generation begins, the first one is forgotten
  EXPECT_FALSE(ids.take(id(1)));
  EXPECT_TRUE(ids.take(id(PendingIds::most)));
  EXPECT_TRUE(ids.take(id(2 * PendingIds::most)));
}

TEST(Transactions, tell_what_was_asked) {
  Transactions t;
  t.expect("send", true);
  t.expect("auth", false);
  EXPECT_EQ(t.take("else"), Transactions::Kind::none);
  EXPECT_EQ(t.take("send"), Transactions::Kind::send);
  EXPECT_EQ(t.take("auth"), Transactions::Kind::other);
  EXPECT_EQ(t.take("auth"), Transactions::Kind::none);
}

TEST(Transactions, forget_the_oldest_of_other_requests) {
  Transactions t;
  for (std::size_t n = 0; n <= Transactions::most_others; ++n) t.expect(id(n), false);
  EXPECT_EQ(t.take(id(0)), Transactions::Kind::none);
  EXPECT_EQ(t.take(id(1)), Transactions::Kind::other);
  EXPECT_EQ(t.take(id(Transactions::most_others)), Transactions::Kind::other);
}

TEST(Transactions, know_the_parts_of_a_request) {
  Transactions t;
  EXPECT_EQ(t.token_of("token.1"), "");
  t.begin("token", {.id = "tid1"});
  t.add_alias("token");
  t.expect_part("token.1");
  EXPECT_EQ(t.take("tid1"), Transactions::Kind::part);
  EXPECT_EQ(t.take("token.1"), Transactions::Kind::part);
  EXPECT_EQ(t.take("token.1"), Transactions::Kind::none);
  EXPECT_EQ(t.token_of("token.1"), "token");
  EXPECT_EQ(t.token_of("tid1"), "token");
  EXPECT_EQ(t.token_of("other.1"), "");
  EXPECT_EQ(t.find("token")->id, "tid1");
  t.end("token");
  EXPECT_EQ(t.token_of("token.1"), "");
  EXPECT_EQ(t.token_of("tid1"), "");
  EXPECT_EQ(t.find("token"), nullptr);
}

TEST(Transactions, forget_the_oldest_requests_in_parts) {
  Transactions t;
  t.begin("first", {.id = "tid"});
  t.add_alias("first");
  for (std::size_t n = 1; n < Transactions::most_originals; ++n) t.begin(id(n), {});
  EXPECT_EQ(t.token_of("tid"), "first");
  t.begin("last", {});
  EXPECT_EQ(t.token_of("tid"), "");
  EXPECT_EQ(t.find("first"), nullptr);
  EXPECT_NE(t.find(id(Transactions::most_originals - 1)), nullptr);
  EXPECT_NE(t.find("last"), nullptr);
}

/// Two requests of the same id: what ends first takes nothing from the other.
TEST(Transactions, keep_aliases_apart) {
  Transactions t;
  t.begin("one", {.id = "tid"});
  t.add_alias("one");
  t.begin("two", {.id = "tid"});
  t.add_alias("two");
  t.end("one");
  EXPECT_EQ(t.token_of("tid"), "two");
  t.end("two");
  EXPECT_EQ(t.token_of("tid"), "");
}

/// One that is never answered must not keep the names of all that came behind it.
TEST(Transactions, outlive_any_number_of_requests) {
  Transactions t;
  t.begin("slow", {});
  for (std::size_t n = 0; n < 3 * Transactions::most_originals; ++n) {
    t.begin(id(n), {});
    t.end(id(n));
  }
  EXPECT_NE(t.find("slow"), nullptr);
}

}  // namespace
}  // namespace gateway
