#include "gateway/totals.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

RealmTotals realm_of(std::uint64_t first) {
  return {.name = "access",
          .octets_in = first,
          .octets_out = first + 1,
          .messages_in = {},
          .messages_out = {},
          .refused_connections = first + 2,
          .ports_skipped = first + 3,
          .payload_in = first + 4,
          .payload_out = first + 5,
          .completed_in = first + 6,
          .completed_out = first + 7,
          .aborted_in = first + 8,
          .aborted_out = first + 9,
          .unmatched = first + 10,
          .too_large = first + 11,
          .refused_types = first + 12,
          .rate_pauses = first + 13};
}

TEST(Totals, OfShardsAddUp) {
  Totals sum;
  sum.realms = {realm_of(100)};
  Totals shard;
  shard.contexts = 1;
  shard.sessions_tcp = 2;
  shard.sessions_tls = 3;
  shard.sessions_aware_tcp = 4;
  shard.sessions_aware_tls = 5;
  shard.realms = {realm_of(0)};
  sum.add(shard);
  Totals silent;  // of its realms
  silent.sessions_aware_tcp = 10;
  sum.add(silent);
  EXPECT_EQ(sum.contexts, 1U);
  EXPECT_EQ(sum.sessions_tcp, 2U);
  EXPECT_EQ(sum.sessions_tls, 3U);
  EXPECT_EQ(sum.sessions_aware_tcp, 14U);
  EXPECT_EQ(sum.sessions_aware_tls, 5U);
  const auto& realm = sum.realms[0];
  EXPECT_EQ(realm.octets_in, 100U);
  EXPECT_EQ(realm.octets_out, 102U);
  EXPECT_EQ(realm.refused_connections, 104U);
  EXPECT_EQ(realm.ports_skipped, 106U);
  EXPECT_EQ(realm.payload_in, 108U);
  EXPECT_EQ(realm.payload_out, 110U);
  EXPECT_EQ(realm.completed_in, 112U);
  EXPECT_EQ(realm.completed_out, 114U);
  EXPECT_EQ(realm.aborted_in, 116U);
  EXPECT_EQ(realm.aborted_out, 118U);
  EXPECT_EQ(realm.unmatched, 120U);
  EXPECT_EQ(realm.too_large, 122U);
  EXPECT_EQ(realm.refused_types, 124U);
  EXPECT_EQ(realm.rate_pauses, 126U);
}

}  // namespace
}  // namespace gateway
