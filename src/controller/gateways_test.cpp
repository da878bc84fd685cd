// Calls on several gateways: where they begin, and what becomes of them when a gateway is lost.
#include <gtest/gtest.h>

#include "iq/gateway_pool.hpp"
#include "tests/support/controller_room.hpp"

namespace controller {
namespace {

using test::ControllerRoom;

class Gateways : public testing::Test {
 protected:
  Gateways()
      : room(ControllerRoom::two_realms(), [this](test::FakeGateway& gateway) {
          auto made = std::make_unique<iq::GatewayPool>();
          pool = made.get();
          first = pool->add(gateway, {"first", {}, 1});
          second = pool->add(other, {"second", {}, 1});
          return made;
        }) {
    room.controller->set_on_released([this](const auto& call) { released.push_back(call); });
  }
  ng::Dictionary offer(const std::string& call_id) {
    auto request = ControllerRoom::request(ng::Command::offer, test::e2ae_chat().text());
    request.call_id = call_id;
    return room.run(request);
  }
  ng::Dictionary answer(const std::string& call_id) {
    auto request = ControllerRoom::request(ng::Command::answer, test::plain_chat().text());
    request.call_id = call_id;
    return room.run(request);
  }
  /// As whoever commands a gateway elsewhere does when it is gone: nothing can be asked of it any more, and
  /// each of its contexts is told of.
  void lose(iq::GatewayPool::Member member, test::FakeGateway& gateway) {
    pool->set_live(member, false);
    const auto lost = std::exchange(gateway.contexts, {});
    for (const auto& [context, terminations] : lost)
      gateway.notify({context, {}, iq::Event::released, "the gateway does not answer", "gateway_lost"});
    pool->remove(member);
  }

  test::FakeGateway other;
  iq::GatewayPool* pool = nullptr;
  iq::GatewayPool::Member first = 0, second = 0;
  ControllerRoom room;
  std::vector<ReleasedCall> released;
};

TEST_F(Gateways, CallsAreSharedAndEachStaysWhereItBegan) {
  offer("a");
  offer("b");
  ASSERT_EQ(room.gateway.contexts.size(), 1u);
  ASSERT_EQ(other.contexts.size(), 1u);
  EXPECT_EQ(answer("b").text("result"), "ok");
  EXPECT_EQ(room.gateway.requests.size(), 1u);
  EXPECT_EQ(other.requests.size(), 2u);
}

TEST_F(Gateways, TheCallsOfALostOneAreReportedAndNewOnesGoElsewhere) {
  for (const auto* id : {"a", "b", "c"}) {
    offer(id);
    answer(id);
  }
  ASSERT_EQ(room.gateway.contexts.size(), 2u);
  lose(first, room.gateway);
  ASSERT_EQ(released.size(), 2u);
  EXPECT_EQ(released[0].call_id, "a");
  EXPECT_EQ(released[1].call_id, "c");
  EXPECT_EQ(released[0].cause, "the gateway does not answer");
  ASSERT_EQ(room.sessions.size(), 2u);
  EXPECT_EQ(room.sessions[0].cause, "gateway_lost");
  EXPECT_EQ(offer("d").text("result"), "ok");
  EXPECT_EQ(other.contexts.size(), 2u);
  EXPECT_TRUE(room.gateway.contexts.empty());
}

TEST_F(Gateways, ALostCallsDeleteIsGood) {
  offer("a");
  answer("a");
  lose(first, room.gateway);
  auto request = ControllerRoom::request(ng::Command::delete_call);
  request.call_id = "a";
  EXPECT_EQ(room.run(request).text("result"), "ok");
  EXPECT_EQ(room.controller->gauges().calls, 0u);
}

TEST_F(Gateways, AnAnswerAfterTheLossClosesTheSection) {
  offer("a");
  lose(first, room.gateway);
  const auto reply = answer("a");
  EXPECT_NE(reply.text("sdp").find("m=message 0 "), std::string::npos) << reply.text("sdp");
}

/// On this reason the proxies try the next node.
TEST_F(Gateways, WithNoneLeftTheLimitIsReached) {
  lose(first, room.gateway);
  lose(second, other);
  const auto reply = offer("a");
  EXPECT_EQ(reply.text("result"), "error");
  EXPECT_EQ(reply.text("error-reason"), "Parallel session limit reached");
  EXPECT_EQ(room.controller->gauges().calls, 0u);
}

}  // namespace
}  // namespace controller
