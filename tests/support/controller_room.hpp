#pragma once
// A controller on a fake gateway, with a clock that the test moves, and the proxy's side of NG.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/controller.hpp"
#include "tests/support/fake_gateway.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sdp_samples.hpp"

namespace test {

class MemoryLog : public base::Log {
 public:
  void write(base::LogLevel, std::string_view event, std::initializer_list<base::LogField> fields) override {
    std::string line(event);
    for (const auto& field : fields) line.append(" ").append(field.key).append("=").append(field.value);
    lines.push_back(std::move(line));
  }
  std::size_t count(std::string_view text) const {
    std::size_t out = 0;
    for (const auto& line : lines) out += line.find(text) != line.npos;
    return out;
  }
  std::vector<std::string> lines;
};

class ControllerRoom {
 public:
  /// What the controller commands, made of the fake gateway, which must stay below it.
  using Carrier = std::function<std::unique_ptr<iq::MediaGateway>(FakeGateway& gateway)>;

  explicit ControllerRoom(controller::Options options = two_realms(), const Carrier& carry = {}) {
    if (carry) carrier = carry(gateway);
    auto& commanded = carrier ? *carrier : gateway;
    controller = std::make_unique<controller::Controller>(std::move(options), commanded, random, log);
    controller->set_on_session_ended([this](const auto& session) { sessions.push_back(session); });
  }

  static controller::Options two_realms() {
    controller::Options out;
    out.realms.resize(2);
    out.realms[0].name = "access";
    out.realms[1].name = "core";
    out.realms[1].e2ae = controller::E2ae::off;
    return out;
  }

  static ng::Request request(ng::Command command, std::string sdp = {}) {
    ng::Request out;
    out.command = command;
    out.call_id = "call-1";
    out.from_tag = "alice";
    if (command == ng::Command::answer) out.to_tag = "bob";
    if (command == ng::Command::offer) out.direction = ng::Direction{"access", "core"};
    out.sdp = std::move(sdp);
    return out;
  }
  /// From core to access, to a UE that registered with msrp-tls;mediasec.
  static ng::Request to_ue(std::string sdp) {
    auto out = request(ng::Command::offer, std::move(sdp));
    out.direction = ng::Direction{"core", "access"};
    out.flags = {"msrp-e2ae"};
    return out;
  }

  /// The reply, where it comes at once; an empty dictionary where it does not.
  ng::Dictionary run(const ng::Request& request) {
    auto place = std::make_shared<ng::Dictionary>();
    controller->execute(request, now, [place](const ng::Value& reply) { *place = *reply.dictionary(); });
    return *place;
  }
  ng::Dictionary offer(const Chat& chat) { return run(request(ng::Command::offer, chat.text())); }
  ng::Dictionary answer(const Chat& chat) { return run(request(ng::Command::answer, chat.text())); }
  ng::Dictionary remove() { return run(request(ng::Command::delete_call)); }
  ng::Dictionary query() { return run(request(ng::Command::query)); }
  /// The e2ae call of the issue: a UE with TLS, the core without.
  void establish() {
    offer(e2ae_chat());
    answer(plain_chat());
  }
  void pass(base::Duration time) {
    now += time;
    if (controller->deadline() <= now) controller->on_time(now);
  }
  /// Nothing of any call is left, in the controller or in the gateway, and each context has been told of
  /// once.
  bool is_clean() const {
    return gateway.contexts.empty() && gateway.ports_left == 1000 && controller->gauges().calls == 0 &&
           controller->gauges().sessions.empty() && controller->deadline() == base::never &&
           sessions.size() == gateway.contexts_made;
  }
  const std::vector<FakeGateway::Termination>& context() const { return gateway.contexts.begin()->second; }

  FakeGateway gateway;
  SeededRandom random;
  MemoryLog log;
  std::vector<controller::EndedSession> sessions;
  base::Time now{std::chrono::hours(1)};
  std::unique_ptr<iq::MediaGateway> carrier;
  std::unique_ptr<controller::Controller> controller;
};

}  // namespace test
