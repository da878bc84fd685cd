#pragma once
// Both ends of Iq over a network under one virtual clock, a gateway that remembers, and calls through them.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "iq/controller_end.hpp"
#include "iq/gateway_end.hpp"
#include "iq/registration.hpp"
#include "tests/support/fake_gateway.hpp"
#include "tests/support/lossy_wire.hpp"
#include "tests/support/random.hpp"

namespace test {

using namespace std::chrono_literals;

struct QuietLog : base::Log {
  void write(base::LogLevel, std::string_view, std::initializer_list<base::LogField>) override {}
};

/// A FakeGateway that notes the mark (the remote port) of each reservation and configuration.
class MarkedGateway final : public iq::MediaGateway {
 public:
  void execute(iq::Request request, Done done) override {
    for (const auto& procedure : request.procedures) {
      const auto* reserve = std::get_if<iq::Reserve>(&procedure);
      const auto* configure = std::get_if<iq::Configure>(&procedure);
      const auto* config = reserve ? &reserve->config : configure ? &configure->config : nullptr;
      if (config != nullptr && config->remote && !marks.insert(config->remote->port).second)
        ADD_FAILURE() << "executed twice: " << config->remote->port;
    }
    fake.execute(std::move(request), std::move(done));
  }
  void set_listener(Listener listener) override { fake.set_listener(std::move(listener)); }

  FakeGateway fake;
  std::set<std::uint16_t> marks;
};

class BothEnds {
 public:
  BothEnds(std::uint64_t seed, h248::Carrier carrier, LossyWire::Weather weather)
      : dice(seed), carrier_(carrier), net_(seed, weather), random_(seed + 1) {
    make_controller();
    make_gateway();
  }

  // Two processes. What dies takes with it all that it knew.
  void kill_gateway() {
    gateway_end.reset();
    machine.reset();
    net_.leave(gateway_wire_.address());
    if (carrier_ != h248::Carrier::udp) controller_end->route_lost(route(gateway_wire_), now());
  }
  void make_gateway() {
    machine = std::make_unique<MarkedGateway>();
    machine->fake.answers_later = true;
    iq::GatewayEnd::Options options;
    options.own = iq::message_id_of(gateway_wire_.address());
    options.controllers = {route(controller_wire_)};
    options.profile = "IqProfile/1";
    options.commands.realms = {{"access"}, {"core"}};
    options.wall = [] { return std::chrono::system_clock::time_point{}; };
    gateway_end = std::make_unique<iq::GatewayEnd>(options, *machine, gateway_wire_, random_, log_);
    gateway_end->start(now());
    net_.listen(gateway_wire_.address(), [this](const auto& message, const auto& from, base::Time time) {
      gateway_end->receive(message, from, time);
    });
  }
  void kill_controller() {
    controller_end.reset();
    pool.reset();
    calls.clear();
    waiting = 0;
    net_.leave(controller_wire_.address());
    if (carrier_ != h248::Carrier::udp && gateway_end)
      gateway_end->route_lost(route(controller_wire_), now());
  }
  void make_controller() {
    pool = std::make_unique<iq::GatewayPool>();
    pool->set_listener([this](const iq::Notification& notification) {
      if (notification.event == iq::Event::released) ended.push_back(notification.context);
    });
    iq::ControllerEnd::Options options;
    options.own = iq::message_id_of(controller_wire_.address());
    options.allow = {gateway_wire_.address().ip};
    options.timers.give_up = 10s;
    controller_end = std::make_unique<iq::ControllerEnd>(options, *pool, controller_wire_, random_, log_);
    net_.listen(controller_wire_.address(), [this](const auto& message, const auto& from, base::Time time) {
      controller_end->receive(message, from, time);
    });
  }

  /// One thing that is due, or the time that has passed; false where it is `until`.
  bool step(base::Time until) {
    while (machine && !machine->fake.replies.empty()) machine->fake.answer_one();
    const auto gateway_due = gateway_end ? gateway_end->deadline() : base::never;
    const auto controller_due = controller_end ? controller_end->deadline() : base::never;
    const auto due = std::max(now(), std::min({gateway_due, controller_due, net_.deadline()}));
    if (due > until) {
      net_.advance(until);
      return false;
    }
    net_.advance(due);
    if (gateway_due <= due && gateway_end) gateway_end->on_time(due);
    if (controller_due <= due && controller_end) controller_end->on_time(due);
    release_ended();
    return true;
  }
  void run(base::Duration time) {
    const auto until = now() + time;
    int steps = 0;
    while (step(until)) ASSERT_LT(++steps, 200'000) << "time stands still";
  }
  base::Time now() const { return net_.now(); }
  bool registered() const {
    const auto all = controller_end->status();
    return !all.empty() && all[0].state == "registered" && gateway_end->status().at(0).state == "registered";
  }

  // Calls. Each request has a mark of its own.
  void begin_call() {
    const auto reserve = [&](const char* realm) { return iq::Reserve{realm, marked()}; };
    execute({{}, {reserve("access"), reserve("core")}}, [this](const iq::Reply& reply) {
      calls.insert(reply.context);
      ++made;
    });
  }
  void configure_call() {
    if (calls.empty()) return;
    const iq::TerminationId which{1 + dice.next_u64() % 2};
    execute({any_call(), {iq::Configure{which, marked()}}}, [](const auto&) {});
  }
  void end_call() {
    if (calls.empty()) return;
    const auto which = any_call();
    calls.erase(which);
    execute({which, {iq::Release{}}}, [](const auto&) {});
  }
  void end_all_calls() {
    while (!calls.empty()) end_call();
  }
  /// What a gateway tells by itself.
  void end_bearer() {
    if (machine && !machine->fake.contexts.empty())
      machine->fake.tell(iq::Event::released, "x", dice.next_u64());
  }

  SeededRandom dice;
  std::unique_ptr<MarkedGateway> machine;
  std::unique_ptr<iq::GatewayEnd> gateway_end;
  std::unique_ptr<iq::GatewayPool> pool;
  std::unique_ptr<iq::ControllerEnd> controller_end;
  std::set<iq::ContextId> calls;
  std::vector<iq::ContextId> ended;
  int waiting = 0;  // for replies
  int made = 0, failed = 0;

 private:
  h248::Route route(const LossyWire::End& end) const { return {carrier_, end.address()}; }
  iq::TerminationConfig marked() {
    iq::TerminationConfig out;
    out.remote = base::Address{*base::IpAddress::parse("198.51.100.1"), ++last_mark_};
    out.source_filter.emplace();
    return out;
  }
  iq::ContextId any_call() {
    auto at = calls.begin();
    std::advance(at, std::ptrdiff_t(dice.next_u64() % calls.size()));
    return *at;
  }
  void execute(iq::Request request, std::function<void(const iq::Reply&)> well) {
    controller_end->on_time(now());  // it has no other clock
    ++waiting;
    auto* of = pool.get();
    pool->execute(std::move(request),
                  [this, of, well = std::move(well)](base::Result<iq::Reply, iq::Error> result) {
                    if (of != pool.get()) return;
                    --waiting;
                    result ? well(*result) : void(++failed);
                  });
  }
  /// As a controller does: for the statistics.
  void release_ended() {
    for (const auto& context : std::exchange(ended, {})) {
      if (calls.erase(context) == 0) continue;
      execute({context, {iq::Release{}}}, [](const auto&) {});
    }
  }

  h248::Carrier carrier_;
  LossyWire net_;
  SeededRandom random_;
  QuietLog log_;
  LossyWire::End controller_wire_{net_, *base::Address::parse("192.0.2.1:2944")};
  LossyWire::End gateway_wire_{net_, *base::Address::parse("192.0.2.20:2944")};
  std::uint16_t last_mark_ = 1000;
};

}  // namespace test
