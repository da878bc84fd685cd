#include "gateway/port_pool.hpp"

#include <set>

#include <gtest/gtest.h>

namespace gateway {
namespace {

using Try = PortPool::Try;

Try take_it(std::uint16_t) {
  return Try::taken;
}

TEST(PortPool, hands_out_every_port_once_and_then_none) {
  PortPool pool(5000, 5003);
  std::set<std::uint16_t> ports;
  for (int i = 0; i < 4; ++i) ports.insert(pool.take(take_it).value());
  EXPECT_EQ(ports, (std::set<std::uint16_t>{5000, 5001, 5002, 5003}));
  EXPECT_FALSE(pool.take(take_it));
  EXPECT_EQ(pool.free(), 0U);
}

TEST(PortPool, lets_a_port_rest_before_it_is_used_again) {
  PortPool pool(5000, 5003);
  const auto first = pool.take(take_it).value();
  pool.give_back(first);
  EXPECT_EQ(pool.take(take_it), 5001);
  EXPECT_EQ(pool.take(take_it), 5002);
  EXPECT_EQ(pool.take(take_it), 5003);
  EXPECT_EQ(pool.take(take_it), first);
}

TEST(PortPool, skips_and_counts_a_port_that_somebody_else_holds_and_tries_it_again_later) {
  PortPool pool(5000, 5001);
  const auto held = [](std::uint16_t port) { return port == 5000 ? Try::held : Try::taken; };
  EXPECT_EQ(pool.take(held), 5001);
  EXPECT_EQ(pool.skipped(), 1U);
  EXPECT_FALSE(pool.take(held));
  EXPECT_EQ(pool.skipped(), 2U);
  EXPECT_EQ(pool.take(take_it), 5000);
}

TEST(PortPool, stops_where_no_port_will_do) {
  PortPool pool(5000, 5010);
  int asked = 0;
  EXPECT_FALSE(pool.take([&](std::uint16_t) {
    ++asked;
    return Try::stop;
  }));
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(pool.free(), 11U);
  EXPECT_EQ(pool.skipped(), 0U);
}

TEST(PortPool, reaches_the_last_port_of_the_numbers) {
  PortPool pool(65535, 65535);
  EXPECT_EQ(pool.take(take_it), 65535);
  pool.give_back(65535);
  EXPECT_EQ(pool.take(take_it), 65535);
}

TEST(PortPool, gives_the_port_that_is_asked_for) {
  PortPool pool(20000, 20002);
  const auto open = [](std::uint16_t) { return PortPool::Try::taken; };
  EXPECT_TRUE(pool.take(20001, open));
  EXPECT_EQ(pool.free(), 2U);
  for (const auto none : std::initializer_list<std::uint16_t>{20001, 19999, 20003, 0, 65535})
    EXPECT_FALSE(pool.take(none, open)) << none;
  EXPECT_FALSE(pool.take(20002, [](std::uint16_t) { return PortPool::Try::held; }));
  EXPECT_EQ(pool.free(), 2U);
  EXPECT_EQ(pool.take(open), 20000);
  EXPECT_EQ(pool.take(open), 20002) << "20001 is passed over";
  pool.give_back(20001);
  EXPECT_TRUE(pool.take(20001, open));
}

}  // namespace
}  // namespace gateway
