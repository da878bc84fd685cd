// A controller whose gateways are elsewhere: real associations over a network in memory, one of which is
// lost.
#include <array>

#include <gtest/gtest.h>

#include "iq/controller_end.hpp"
#include "iq/gateway_end.hpp"
#include "iq/registration.hpp"
#include "tests/support/controller_room.hpp"
#include "tests/support/lossy_wire.hpp"

namespace controller {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::ControllerRoom;
using test::LossyWire;

class FarGateways : public testing::Test {
 protected:
  /// A gateway on a machine of its own.
  struct Machine {
    Machine(LossyWire& net, const std::string& address)
        : wire(net, *base::Address::parse(address)), place(wire.address()) {}
    test::FakeGateway gateway;
    LossyWire::End wire;
    base::Address place;
    std::unique_ptr<iq::GatewayEnd> end;
  };

  FarGateways()
      : room(ControllerRoom::two_realms(), [this](test::FakeGateway&) {
          auto made = std::make_unique<iq::GatewayPool>();
          pool = made.get();
          return made;
        }) {
    room.controller->set_on_released([this](const auto& call) { released.push_back(call); });
    iq::ControllerEnd::Options options;
    options.own = iq::message_id_of(own.address());
    options.allow = {*base::Network::parse("192.0.2.0/24")};
    options.clock = [this] { return net.now(); };
    end = std::make_unique<iq::ControllerEnd>(options, *pool, own, random, log);
    net.listen(own.address(), [this](const auto& message, const auto& from, base::Time now) {
      end->receive(message, from, now);
    });
    for (auto& machine : machines) start(machine);
    run(seconds(2));
  }
  ~FarGateways() override {
    for (auto& machine : machines) machine.end.reset();
    end.reset();
  }

  void start(Machine& machine) {
    iq::GatewayEnd::Options options;
    options.own = iq::message_id_of(machine.place);
    options.controllers = {{.peer = own.address()}};
    options.commands.realms = {{"access"}, {"core"}};
    machine.end = std::make_unique<iq::GatewayEnd>(options, machine.gateway, machine.wire, random, log);
    machine.end->start(net.now());
    net.listen(machine.place, [&machine](const auto& message, const auto& from, base::Time now) {
      machine.end->receive(message, from, now);
    });
  }
  void lose(Machine& machine) {
    net.leave(machine.place);
    machine.end.reset();
  }
  void run(base::Duration time) {
    const auto until = net.now() + time;
    while (true) {
      auto due = std::min(net.deadline(), end->deadline());
      for (auto& machine : machines)
        if (machine.end) due = std::min(due, machine.end->deadline());
      due = std::max(due, net.now());
      if (due > until) break;
      net.advance(due);
      end->on_time(due);
      for (auto& machine : machines)
        if (machine.end) machine.end->on_time(due);
    }
    net.advance(until);
  }
  ng::Dictionary command(ng::Command what, const std::string& call_id, const std::string& sdp = {}) {
    auto request = ControllerRoom::request(what, sdp);
    request.call_id = call_id;
    auto place = std::make_shared<ng::Dictionary>();
    room.controller->execute(request, room.now,
                             [place](const ng::Value& reply) { *place = *reply.dictionary(); });
    run(milliseconds(100));
    return *place;
  }
  ng::Dictionary offer(const std::string& call_id) {
    return command(ng::Command::offer, call_id, test::e2ae_chat().text());
  }
  void establish(const std::string& call_id) {
    EXPECT_EQ(offer(call_id).text("result"), "ok");
    EXPECT_EQ(command(ng::Command::answer, call_id, test::plain_chat().text()).text("mode"), "agnostic");
  }

  test::SeededRandom random;
  test::MemoryLog log;
  LossyWire net{1, {0, 0, milliseconds(1), milliseconds(3)}};
  LossyWire::End own{net, *base::Address::parse("192.0.2.1:2944")};
  std::array<Machine, 2> machines{{{net, "192.0.2.20:2944"}, {net, "192.0.2.21:2944"}}};
  iq::GatewayPool* pool = nullptr;
  ControllerRoom room;
  std::unique_ptr<iq::ControllerEnd> end;
  std::vector<ReleasedCall> released;
};

TEST_F(FarGateways, TheCallsOfALostOneAreReportedAndNewOnesGoToTheOther) {
  for (const auto* id : {"a", "b", "c"}) establish(id);
  auto& [first, second] = machines;
  const auto lost = first.gateway.contexts.size();
  ASSERT_EQ(lost + second.gateway.contexts.size(), 3u);
  ASSERT_GT(lost, 0u);
  lose(first);
  run(seconds(19));  // a heartbeat is due after 10 seconds, and waited for as long
  EXPECT_TRUE(released.empty());
  run(seconds(2));
  ASSERT_EQ(released.size(), lost);
  EXPECT_EQ(released[0].reason, "released");
  EXPECT_EQ(released[0].cause, "the gateway does not answer");
  ASSERT_EQ(room.sessions.size(), lost);
  EXPECT_EQ(room.sessions[0].cause, "gateway_lost");
  const auto before = second.gateway.contexts.size();
  establish("d");
  establish("e");
  EXPECT_EQ(second.gateway.contexts.size(), before + 2);
  EXPECT_EQ(first.gateway.contexts.size(), lost);
}

TEST_F(FarGateways, OneThatComesBackServesAgain) {
  for (const auto* id : {"a", "b"}) establish(id);
  auto& first = machines[0];
  lose(first);
  run(seconds(25));
  start(first);
  run(seconds(5));
  EXPECT_EQ(end->status().at(0).state, "registered");
  offer("c");
  offer("d");
  EXPECT_GE(first.gateway.contexts_made, 2u);
}

TEST_F(FarGateways, WithNoneLeftTheProxyTriesTheNextNode) {
  for (auto& machine : machines) lose(machine);
  run(seconds(25));
  EXPECT_EQ(offer("a").text("error-reason"), "Parallel session limit reached");
}

TEST_F(FarGateways, ACallEndsCleanlyWithItsTotals) {
  establish("a");
  const auto reply = command(ng::Command::delete_call, "a");
  EXPECT_EQ(reply.text("result"), "ok");
  ASSERT_NE(reply.find("totals"), nullptr);
  EXPECT_TRUE(machines[0].gateway.contexts.empty());
  EXPECT_TRUE(machines[1].gateway.contexts.empty());
  EXPECT_EQ(room.controller->gauges().calls, 0u);
  EXPECT_EQ(end->status().at(0).contexts, 0u);
}

}  // namespace
}  // namespace controller
