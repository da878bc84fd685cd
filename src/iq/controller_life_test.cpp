// That a gateway lives: heartbeats, losses, planned ends.
#include "iq/controller_end.hpp"
#include "tests/support/mgc_room.hpp"

namespace iq {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::first_place;
using test::has;
using test::usual;

using MgcLife = test::MgcTest;

TEST_F(MgcLife, BeatsWhenNothingIsHeard) {
  registers();
  pass(seconds(9));
  EXPECT_EQ(next(), "");
  pass(seconds(1));
  expect("C=-{AV=ROOT{AT{}}}", "C=-{AV=ROOT}");
  pass(seconds(9));
  says("T=9{C=-{N=ROOT{OE=1{it/ito}}}}");  // heard
  EXPECT_TRUE(has(next(), "P=9{C=-{N=ROOT}}"));
  pass(seconds(9));
  EXPECT_EQ(next(), "");
  EXPECT_EQ(state(), "registered");
}

TEST_F(MgcLife, WithoutAReplyItIsLost) {
  registers();
  serves(5);
  pass(seconds(10));
  EXPECT_TRUE(has(next(), "AV=ROOT{AT{}}"));
  pass(milliseconds(9999));
  EXPECT_TRUE(told.empty());
  pass(milliseconds(1));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].event, Event::released);
  EXPECT_EQ(told[0].reason, "gateway_lost");
  EXPECT_FALSE(told[0].termination);
  EXPECT_EQ(state(), "lost");
  EXPECT_EQ(end->counters().lost, 1u);
  reserve();
  EXPECT_EQ(outcomes.back()->error().code, Errc::unreachable);
  EXPECT_EQ(end->deadline(), base::never);
}

TEST_F(MgcLife, WithoutHeartbeatsNothingIsSent) {
  auto options = usual();
  options.heartbeat = base::Duration::zero();
  make(options);
  registers();
  EXPECT_GE(end->deadline(), now + seconds(15));  // of stored replies
  pass(seconds(3600));
  EXPECT_EQ(next(), "");
}

TEST_F(MgcLife, ALostGatewayMustRegisterAgain) {
  registers();
  serves(5);
  pass(seconds(10));
  pass(seconds(10));
  EXPECT_EQ(state(), "lost");
  wire.take();
  says("T=9{C=5{N=ip/1/access/1{OE=1{hangterm/thb}}}}");
  EXPECT_TRUE(has(next(), "P=9{ER=505"));
  says(change("Disconnected", 10));
  EXPECT_TRUE(has(next(), "P=10{C=-{SC=ROOT"));
  expect("AT{PG}", "C=-{AV=ROOT{PG{tcpbcc-1}}}");
  expect("C=*{AV=*", "C=5{AV=ip/1/access/1}");
  expect("{C=5{O-W-S=*", "C=5{S=*}");  // its call has been reported as ended
  EXPECT_EQ(state(), "registered");
  EXPECT_EQ(told.size(), 1u);
  serves(6);
}

TEST_F(MgcLife, AConnectionThatEndsIsALossAtOnce) {
  auto tcp = first_place;
  tcp.carrier = h248::Carrier::tcp;
  tcp.connection = 3;
  registers(tcp);
  reserve();
  const auto add = next();
  says("Reply=" + add.substr(2, add.find('{') - 2) + "{" + added(5) + "}", tcp);
  auto other = tcp;
  other.connection = 4;
  end->route_lost(other, now);
  EXPECT_EQ(state(), "registered");
  end->route_lost(tcp, now);
  EXPECT_EQ(state(), "lost");
  ASSERT_EQ(told.size(), 1u);
  // It comes back on another one.
  says(change("Disconnected", 2), other);
  EXPECT_EQ(wire.routes.back(), other);
  EXPECT_EQ(state(), "auditing");
}

TEST_F(MgcLife, ForcedIsOutOfService) {
  registers();
  serves(5);
  says(change("Forced", 2));
  EXPECT_TRUE(has(next(), "P=2{C=-{SC=ROOT"));
  EXPECT_EQ(state(), "lost");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].reason, "gateway_out_of_service");
}

TEST_F(MgcLife, GracefulTakesNoNewContextsUntilTheDelayIsOver) {
  registers();
  serves(5);
  says(change("Graceful", 2, ",Delay=5"));
  EXPECT_TRUE(has(next(), "P=2{"));
  reserve();
  EXPECT_EQ(outcomes.back()->error().code, Errc::unreachable);
  EXPECT_EQ(state(), "registered");
  pass(seconds(4));
  EXPECT_TRUE(told.empty());
  pass(seconds(1));
  EXPECT_EQ(told.size(), 1u);
  EXPECT_EQ(state(), "lost");
}

TEST_F(MgcLife, WhoHasNotRegisteredCannotEndGracefully) {
  says(change("Graceful", 2, ",Delay=5"));
  EXPECT_TRUE(has(next(), "P=2{"));
  pass(seconds(3600));
  EXPECT_EQ(end->deadline(), base::never);
  EXPECT_EQ(state(), "lost");
}

TEST_F(MgcLife, GracefulCanBeCancelled) {
  registers();
  says(change("Graceful", 2, ",Delay=5"));
  next();
  says("T=3{C=-{SC=ROOT{SV{MT=RS,RE=\"918 Cancel Graceful\"}}}}");
  EXPECT_TRUE(has(next(), "P=3{"));
  EXPECT_EQ(next(), "");
  pass(seconds(6));
  EXPECT_EQ(state(), "registered");
  serves(5);
}

}  // namespace
}  // namespace iq
