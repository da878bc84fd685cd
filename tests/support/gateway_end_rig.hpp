#pragma once
// The MG end under a virtual clock, and controllers that are scripted: what it sends is noted and answered by
// hand.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "iq/gateway_end.hpp"
#include "iq/registration.hpp"
#include "proto/h248/codec.hpp"
#include "tests/support/fake_gateway.hpp"
#include "tests/support/random.hpp"

namespace test {

using namespace std::chrono_literals;

inline base::Address at(const char* text) {
  return *base::Address::parse(text);
}
inline h248::Route udp(const char* text) {
  return {h248::Carrier::udp, at(text)};
}

struct CountedLog : base::Log {
  void write(base::LogLevel, std::string_view event, std::initializer_list<base::LogField>) override {
    events.emplace_back(event);
  }
  auto count(std::string_view event) const { return std::count(events.begin(), events.end(), event); }
  std::vector<std::string> events;
};

/// A request that the gateway has sent; once, however often it was repeated.
struct Asked {
  h248::Route to;
  unsigned header = 0;
  std::uint32_t id = 0;
  h248::ActionRequest action;
  std::string text;  // of the message

  const h248::CommandRequest& command() const { return action.commands.at(0); }
  const h248::ServiceChangeDescriptor& change() const { return *command().descriptors.service_change; }
  /// "Restart 901 v2".
  std::string summary() const {
    if (!command().descriptors.service_change) return std::string(name_of(h248::Token(command().name)));
    auto out = std::string(name_of(*std::get_if<h248::Token>(&*change().method)));
    out += " " + std::to_string(*iq::code_of(*change().reason));
    if (change().version) out += " v" + std::to_string(*change().version);
    return out;
  }
};

inline const h248::Route first = udp("192.0.2.1:2944");
inline const h248::Route second = udp("192.0.2.2:2944");
inline const h248::Route third = udp("192.0.2.3:2944");

inline iq::GatewayEnd::Options usual_options() {
  iq::GatewayEnd::Options out;
  out.own = *iq::parse_message_id("[192.0.2.20]:2944");
  out.controllers = {first, second};
  out.profile = "IqProfile/1";
  out.print.form = h248::Form::compact;
  out.commands.realms = {{"access"}, {"core"}};
  return out;
}

class GatewayEndRig final : public h248::Wire {
 public:
  explicit GatewayEndRig(iq::GatewayEnd::Options options = usual_options(), std::uint64_t seed = 1)
      : random(seed), end(std::move(options), gateway, *this, random, log) {}

  void send(const h248::Route& to, std::string_view text) override {
    ++sent;
    auto message = h248::parse(text);
    ASSERT_TRUE(message) << text;
    if (const auto* error = std::get_if<h248::ErrorDescriptor>(&message->body)) {
      errors.push_back(error->code);
      return;
    }
    for (auto& each : *std::get_if<std::vector<h248::Transaction>>(&message->body))
      note(to, *message, each, text);
  }

  void start() { end.start(now); }
  /// The clock runs on; whoever is due is told.
  void run(base::Duration time) {
    const auto until = now + time;
    for (int steps = 0; end.deadline() <= until; ++steps) {
      ASSERT_LT(steps, 10'000) << "the deadline does not move";
      now = std::max(now, end.deadline());
      end.on_time(now);
    }
    now = until;
  }
  /// Until another request has been sent.
  const Asked& next(base::Duration within = 1h) {
    const auto until = now + within;
    while (taken == asked.size() && end.deadline() <= until)
      run(std::max(base::Duration{0}, end.deadline() - now));
    if (taken == asked.size()) {
      ADD_FAILURE() << "nothing is sent";
      asked.emplace_back(asked.empty() ? Asked{} : asked.back());
    }
    return asked[taken++];
  }

  void receive(const h248::Route& from, const std::string& text) { end.receive(text, from, now); }
  /// A message whose sender calls itself by its address.
  void from(const h248::Route& who, const std::string& body, unsigned header = 2) {
    receive(who, "!/" + std::to_string(header) + " [" + who.peer.ip.to_string() +
                     "]:" + std::to_string(who.peer.port) + " " + body);
  }
  /// To a ServiceChange: `parameters` such as "V=2".
  void accept(const Asked& request, const std::string& parameters = "V=2") {
    reply(request, "C=-{SC=ROOT{SV{" + parameters + "}}}");
  }
  void reply(const Asked& request, const std::string& body) {
    from(request.to, "P=" + std::to_string(request.id) + "{" + body + "}", 1);
  }
  void refuse(const Asked& request, unsigned code) { reply(request, "ER=" + std::to_string(code) + "{}"); }
  /// Registered with the first controller.
  void settle() {
    start();
    accept(next());
    ASSERT_EQ(state(), "registered");
  }

  std::uint32_t command(const h248::Route& who, const std::string& actions, unsigned header = 2) {
    from(who, "T=" + std::to_string(++last_id) + "{" + actions + "}", header);
    return last_id;
  }
  /// The reply that the gateway gave to it, as text; empty: none.
  std::string reply_to(std::uint32_t id) const {
    for (const auto& [reply, text] : replies)
      if (reply == id) return text;
    return {};
  }
  std::string ask(const h248::Route& who, const std::string& actions) {
    return reply_to(command(who, actions));
  }
  static constexpr const char* heartbeat = "C=-{AV=ROOT{AT{}}}";
  bool serves(const h248::Route& who) { return ask(who, heartbeat).find("AV=ROOT") != std::string::npos; }
  /// A context, so that there is something to lose and to tell of.
  void add_context() {
    ask(first, "C=${A=ip/1/access/${M{O{MO=SR},L{\nv=0\nc=IN IP4 $\nm=message $ TCP -\n}}}}");
    ASSERT_EQ(gateway.contexts.size(), 1U);
  }

  std::string state() const { return end.status().at(0).state; }

  SeededRandom random;
  CountedLog log;
  FakeGateway gateway;
  base::Time now = base::Time{} + 24h;
  std::vector<Asked> asked;
  std::size_t taken = 0;
  std::vector<std::pair<std::uint32_t, std::string>> replies;  // transaction, message
  std::vector<h248::Route> replied_to;
  std::vector<unsigned> errors;  // of whole messages
  int sent = 0;
  std::uint32_t last_id = 100;
  iq::GatewayEnd end;

 private:
  void note(const h248::Route& to, const h248::Message& message, const h248::Transaction& each,
            std::string_view text) {
    if (const auto* reply = std::get_if<h248::TransactionReply>(&each)) {
      replies.emplace_back(reply->id, text);
      replied_to.push_back(to);
    }
    const auto* request = std::get_if<h248::TransactionRequest>(&each);
    if (request == nullptr) return;
    const bool repeated = std::any_of(asked.begin(), asked.end(), [&](const Asked& one) {
      return one.id == request->id && one.to.peer == to.peer;
    });
    if (!repeated)
      asked.push_back({to, message.version, request->id, request->actions.at(0), std::string(text)});
  }
};

}  // namespace test
