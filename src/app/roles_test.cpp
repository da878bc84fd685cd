#include <arpa/inet.h>

#include "app/config.hpp"
#include "iq/registration.hpp"
#include "proto/h248/codec.hpp"
#include "tests/support/up_rig.hpp"

// `postern gateway` and `postern controller` as processes of their own.
namespace app {
namespace {

using test::Child;
using test::exchange;
using test::field;
using test::offer;
using test::patience_ms;

/// A controller that does what the test says, over one UDP socket.
class ScriptedController {
 public:
  ScriptedController() {
    fd_ = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    socklen_t size = sizeof at;
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    place_ = "udp:127.0.0.1:" + std::to_string(ntohs(at.sin_port));
    const timeval limit{patience_ms / 1000, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~ScriptedController() { ::close(fd_); }
  const std::string& place() const { return place_; }

  /// The next message that holds a T; others, repetitions among them, are passed over.
  template <class T>
  T next() {
    for (;;) {
      char buffer[65536];
      socklen_t size = sizeof gateway_;
      const auto n = ::recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&gateway_), &size);
      const auto message = n > 0 ? h248::parse({buffer, static_cast<std::size_t>(n)}) : h248::parse("");
      EXPECT_TRUE(message) << "nothing came, or no message";
      if (!message) return {};
      text_.assign(buffer, static_cast<std::size_t>(n));
      for (const auto& each : std::get<std::vector<h248::Transaction>>(message->body))
        if (const auto* found = std::get_if<T>(&each); found != nullptr && found->id > last_<T>) {
          last_<T> = found->id;
          return *found;
        }
    }
  }
  const std::string& text() const { return text_; }
  void send(std::string_view body, int version = 2) {
    const auto message = "MEGACO/" + std::to_string(version) + " [127.0.0.1]:2944\n" + std::string(body);
    ::sendto(fd_, message.data(), message.size(), 0, reinterpret_cast<const sockaddr*>(&gateway_),
             sizeof gateway_);
  }
  /// Answers the ServiceChange that comes; the request.
  h248::TransactionRequest accept(std::string_view services = "") {
    auto request = next<h248::TransactionRequest>();
    send("Reply = " + std::to_string(request.id) + " { Context = - { ServiceChange = ROOT" +
             (services.empty() ? "" : " { Services { " + std::string(services) + " } }") + " } }",
         1);
    return request;
  }

 private:
  int fd_ = -1;
  sockaddr_in gateway_{};
  std::string place_, text_;
  template <class T>
  inline static std::uint32_t last_ = 0;
};

UpArguments with_role(Role role, const std::string& config) {
  auto out = test::arguments(config);
  out.role = role;
  return out;
}

class Roles : public test::Up {
 protected:
  /// A gateway that registers with `mgc`.
  std::unique_ptr<Child> gateway(const std::string& mgc, const std::string& more = "") {
    configure("", "127.0.0.0/8",
              "[gateway.h248]\nmgc = [\"" + mgc + "\"]\nbind = \"127.0.0.1:0\"\navalanche = 0\n" + more);
    return std::make_unique<Child>(with_role(Role::gateway, config()));
  }
  std::unique_ptr<Child> controller(const std::string& place, const std::string& more = "") {
    configure("", "127.0.0.0/8",
              "[controller.h248]\nlisten = [\"" + place + "\"]\n" + more + "[timers]\nshutdown = 4\n");
    auto out = std::make_unique<Child>(with_role(Role::controller, config()));
    const auto ready = out->line("event=ready");
    const auto places = field(ready, "ng");
    ng_ = places.substr(4, places.find(',') - 4);
    admin_ = field(ready, "admin");
    place_ = field(ready, "h248");
    return out;
  }
  std::string place_;  // where the controller takes gateways
};

TEST_F(Roles, AGatewayRegistersIsCommandedAndSaysGoodbye) {
  ScriptedController controller;
  const auto child = gateway(controller.place(), "profile = \"IqProfile/1\"\n");
  const auto ready = child->line("event=ready");
  EXPECT_EQ(field(ready, "ng"), "");
  EXPECT_TRUE(field(ready, "h248").starts_with("udp:127.0.0.1:")) << ready;
  admin_ = field(ready, "admin");
  const auto registration = controller.accept("Version = 2, Profile = IqProfile/1");
  ASSERT_EQ(registration.actions.size(), 1U);
  const auto* change = iq::root_change_of(registration.actions[0]);
  ASSERT_NE(change, nullptr);
  EXPECT_EQ(iq::to_string(change->profile.value()), "IqProfile/1");
  EXPECT_NE(controller.text().find("[127.0.0.1]:" + field(ready, "h248").substr(14)), std::string::npos)
      << controller.text();
  EXPECT_NE(child->line("state=registered"), "");

  controller.send(
      "Transaction = 7 { Context = $ { Add = ip/1/access/$ { Media { LocalControl { Mode = SendReceive }, "
      "Local {\nv=0\nc=IN IP4 $\nm=message $ TCP -\n} } } } }");
  const auto added = controller.next<h248::TransactionReply>();
  EXPECT_EQ(added.id, 7U);
  EXPECT_NE(controller.text().find("c=IN IP4 127.0.0.1"), std::string::npos) << controller.text();
  const auto associations = http("GET", "/v1/associations");
  EXPECT_NE(associations.find("\"role\":\"mgc\",\"state\":\"registered\""), std::string::npos)
      << associations;
  EXPECT_NE(associations.find("\"contexts\":1"), std::string::npos) << associations;
  const auto metrics = http("GET", "/metrics");
  EXPECT_NE(metrics.find("\npostern_contexts 1\n"), std::string::npos);
  EXPECT_NE(metrics.find("\npostern_h248_transactions_total{dir=\"in\",result=\"executed\"} 1\n"),
            std::string::npos)
      << metrics;
  EXPECT_EQ(metrics.find("postern_calls"), std::string::npos);
  EXPECT_TRUE(http("GET", "/v1/calls").starts_with("HTTP/1.1 404 "));

  child->signal(SIGTERM);
  const auto goodbye = controller.accept();
  ASSERT_EQ(goodbye.actions.size(), 1U);
  ASSERT_NE(iq::root_change_of(goodbye.actions[0]), nullptr);
  EXPECT_EQ(iq::code_of(iq::root_change_of(goodbye.actions[0])->reason.value()), 905U);
  EXPECT_EQ(child->wait(), 0);
}

TEST_F(Roles, AGatewayWithoutAControllerEndsAtOnce) {
  const auto child = gateway(ScriptedController().place());
  EXPECT_NE(child->line("event=ready"), "");
  child->signal(SIGTERM);
  EXPECT_EQ(child->wait(), 0);
  EXPECT_NE(child->line("event=ended"), "");
}

TEST_F(Roles, ACallGoesOverEachCarrier) {
  for (const std::string carrier : {"udp", "tcp"}) {
    const auto control = controller(carrier + ":127.0.0.1:0");
    EXPECT_NE(exchange(SOCK_DGRAM, ng_, offer("early")).find("Parallel session limit reached"),
              std::string::npos)
        << carrier;  // there is no gateway yet
    const auto media = gateway(place_);
    ASSERT_NE(control->line("event=gateway_ready"), "") << carrier;
    const auto offered = exchange(SOCK_DGRAM, ng_, offer("call"));
    EXPECT_NE(offered.find("6:result2:ok"), std::string::npos) << offered;
    EXPECT_NE(http("GET", "/metrics").find("\npostern_gateway_contexts{gateway=\"[127.0.0.1]:"),
              std::string::npos);
    EXPECT_NE(http("GET", "/v1/calls/call").find("\"from-tag\":\"a\""), std::string::npos);
    control->signal(SIGTERM);
    EXPECT_EQ(control->wait(), 0);
    media->signal(SIGTERM);
    EXPECT_EQ(media->wait(), 0);
    EXPECT_EQ(control->line("drain_cut_short"), "");
  }
}

TEST_F(Roles, CallsOfAGatewayThatGoesAreReleasedAtOnceAndItsSuccessorTakesNewOnes) {
  const auto control = controller("tcp:127.0.0.1:0");
  auto media = gateway(place_);
  ASSERT_NE(control->line("event=gateway_ready"), "");
  EXPECT_NE(exchange(SOCK_DGRAM, ng_, offer("one")).find("6:result2:ok"), std::string::npos);
  media->signal(SIGKILL);
  EXPECT_NE(control->line("event=released call_id=one"), "");
  EXPECT_NE(exchange(SOCK_DGRAM, ng_, offer("two")).find("Parallel session limit reached"),
            std::string::npos);
  media = gateway(place_);
  ASSERT_NE(control->line("event=gateway_ready"), "");
  EXPECT_NE(exchange(SOCK_DGRAM, ng_, offer("three")).find("6:result2:ok"), std::string::npos);
  media->signal(SIGTERM);
  EXPECT_EQ(media->wait(), 0);
  control->signal(SIGTERM);
  EXPECT_EQ(control->wait(), 0);
}

TEST_F(Roles, SighupTakesTheAllowListAndTheTrace) {
  const auto control = controller("udp:127.0.0.1:0", "allow = [\"192.0.2.1\"]\n");
  const auto media =
      gateway(place_, "timers = { first_retransmission = 0.01, longest_retransmission = 0.05 }\n");
  EXPECT_NE(control->line("event=gateway_refused from=127.0.0.1:"), "");
  configure("", "127.0.0.0/8",
            "[controller.h248]\nlisten = [\"udp:127.0.0.1:0\"]\ntrace = true\n[timers]\nshutdown = 4\n");
  control->signal(SIGHUP);
  EXPECT_NE(control->line("event=config_changed key=controller.h248.allow"), "");
  EXPECT_NE(control->line("event=h248 dir=in peer=udp:127.0.0.1:"), "");
  EXPECT_NE(control->line("event=gateway_ready"), "");
  EXPECT_EQ(http("GET", "/metrics").find("\npostern_h248_refused_source_total 0\n"), std::string::npos);
  control->signal(SIGTERM);
  EXPECT_EQ(control->wait(), 0);
}

TEST_F(Roles, UpMayCommandItsOwnGatewayAndOthers) {
  configure(
      "", "127.0.0.0/8",
      "[controller]\ngateways = [\"local\", \"h248\"]\n[controller.h248]\nlisten = [\"tcp:127.0.0.1:0\"]\n");
  start();
  for (int i = 0; i < 3; ++i)
    EXPECT_NE(exchange(SOCK_DGRAM, ng_, offer("call" + std::to_string(i))).find("6:result2:ok"),
              std::string::npos);
  const auto metrics = http("GET", "/metrics");
  EXPECT_NE(metrics.find("\npostern_contexts 3\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("\npostern_h248_registrations_total 0\n"), std::string::npos);
  EXPECT_NE(http("GET", "/v1/associations").find("{\"associations\":[]}"), std::string::npos);
  EXPECT_EQ(end(), 0);
}

TEST_F(Roles, WhatARoleLacksIsOneLineAndUsageError) {
  const auto refuse = [&](Role role, std::string_view more, std::string_view part) {
    configure("", "127.0.0.0/8", more);
    Child child(with_role(role, config()));
    const auto line = child.line("postern: ");
    EXPECT_NE(line.find(part), std::string::npos) << line;
    EXPECT_EQ(child.wait(), 2);
  };
  refuse(Role::gateway, "", "gateway.h248.mgc: expected at least one controller");
  refuse(Role::controller, "", "controller.h248.listen: expected at least one place");
  refuse(Role::all, "[gateway.h248]\nmgc = [\"udp:127.0.0.1\"]\n", "use `postern gateway`");
  refuse(Role::controller, "[controller.h248]\nlisten = [\"udp:127.0.0.1:2945\"]\n",
         "controller.h248.listen: ");
  refuse(Role::gateway, "[gateway.h248]\nmgc = [\"udp:192.0.2.1\"]\nbind = \"192.0.2.9:0\"\n",
         "gateway.h248.bind: ");
}

}  // namespace
}  // namespace app
