#include "app/dry_gateway.hpp"

#include <gtest/gtest.h>

namespace app {
namespace {

iq::Reply ask(DryGateway& gateway, iq::Request request) {
  iq::Reply out;
  gateway.execute(std::move(request), [&](auto reply) { out = *std::move(reply); });
  return out;
}

TEST(DryGateway, numbers_the_terminations_of_a_context_once) {
  DryGateway gateway({{"access", {*base::IpAddress::parse("192.0.2.1"), "", 20000, {}}}});
  const iq::Reserve wanted{"access", {}};
  const auto first = ask(gateway, {{}, {wanted, wanted}});
  ASSERT_EQ(first.reserved.size(), 2U);
  EXPECT_EQ(first.reserved[1].termination.value, 2U);
  const auto later = ask(gateway, {first.context, {iq::Subtract{first.reserved[0].termination}, wanted}});
  EXPECT_EQ(later.context, first.context);
  EXPECT_EQ(later.reserved.at(0).termination.value, 3U);
  const auto other = ask(gateway, {{}, {wanted}});
  EXPECT_NE(other.context, first.context);
  EXPECT_EQ(other.reserved.at(0).termination.value, 1U);
  EXPECT_EQ(other.reserved.at(0).local.port, 20003U);
}

}  // namespace
}  // namespace app
