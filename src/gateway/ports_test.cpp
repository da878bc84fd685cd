// Ports: those that peers connect from, and one that the controller asks for.
#include <gtest/gtest.h>

#include "tests/support/gateway_rig.hpp"

namespace gateway {
namespace {

using test::anybody;
using test::Ear;
using test::towards;

struct Ports : ::testing::Test, test::GatewayRig {
  Ear ear;
  Call call;
};

TEST_F(Ports, only_ports_of_the_range_come_in) {
  start();
  const auto [low, high] = test::free_ports(2);
  auto narrow = anybody();
  narrow.source_ports = iq::PortRange{low, low};
  call = reserve(narrow, towards(ear.address));
  const auto any = *base::IpAddress::parse("127.0.0.1");
  auto& stray = connect(call.a.local, base::Address{any, high});
  ASSERT_TRUE(await(iq::Event::refused));
  EXPECT_NE(cause_of(iq::Event::refused).find("port"), std::string::npos);
  EXPECT_TRUE(until([&] { return stray.tcp_closed(); }));
  auto& right_one = connect(call.a.local, base::Address{any, low});
  right_one.say("me");
  EXPECT_TRUE(hears(accept(ear.listener), "me"));
}

TEST_F(Ports, who_waits_has_to_fit_the_range_that_comes_later) {
  start();
  call = reserve({}, towards(ear.address));
  auto& waiting = connect(call.a.local);
  waiting.say("me");
  ASSERT_TRUE(eventually([&] { return audit(call.context)[0].state == iq::TerminationState::waiting; }));
  iq::TerminationConfig low_ports;
  low_ports.source_ports = iq::PortRange{1, 1023};
  ASSERT_TRUE(configure(call, call.a, low_ports));
  EXPECT_TRUE(until([&] { return waiting.tcp_closed(); }));
}

TEST_F(Ports, a_port_that_is_asked_for_is_given_or_named_in_the_error) {
  start();
  const auto& realm = options.realms[0];
  const auto wanted = static_cast<std::uint16_t>(realm.port_low + 7);
  const auto ask = [&](std::uint16_t port) {
    iq::Reserve reserve{"access", anybody()};
    reserve.port = port;
    return execute({{}, {reserve}});
  };
  const auto got = ask(wanted);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->reserved[0].local.port, wanted);
  const net::Fd thief = *net::listen_tcp({realm.address, realm.port_high});
  for (const auto port : {wanted, static_cast<std::uint16_t>(realm.port_low - 1), std::uint16_t{1},
                          static_cast<std::uint16_t>(realm.port_high + 1), realm.port_high}) {
    const auto refused = ask(port);
    ASSERT_FALSE(refused) << port;
    EXPECT_EQ(refused.error().code, iq::Errc::out_of_ports);
    EXPECT_NE(refused.error().text.find(std::to_string(port)), std::string::npos);
  }
  ASSERT_TRUE(execute({got->context, {iq::Release{}}}));
  ASSERT_TRUE(until_gone());
  EXPECT_TRUE(ask(wanted)) << "it came back";
}

}  // namespace
}  // namespace gateway
