#pragma once
// GatewayCommands on a gateway that only remembers: messages in, replies out, as texts.
#include <deque>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "iq/gateway_commands.hpp"
#include "proto/h248/codec.hpp"
#include "tests/support/fake_gateway.hpp"
#include "tests/support/random.hpp"

namespace test {

/// One of tests/data/fuzz/h248: "03_add_access_tls".
inline std::string sample(const std::string& name) {
  std::ifstream file(POSTERN_SOURCE_DIR "/tests/data/fuzz/h248/" + name + ".txt", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class CommandsRig final : public iq::GatewayCommands::Association {
 public:
  explicit CommandsRig(iq::GatewayCommands::Options options = usual())
      : commands(std::move(options), gateway, *this, random) {}

  static iq::GatewayCommands::Options usual() {
    iq::GatewayCommands::Options out;
    out.realms = {{"access", false, true}, {"core", false, false}, {"six", true, true}};
    out.max_contexts = 500;
    return out;
  }

  /// The message's first transaction, or its place in `results` is empty until it is answered.
  std::size_t start(const std::string& text) {
    const auto whole =
        text.starts_with("MEGACO") || text.starts_with("!") ? text : "MEGACO/2 [192.0.2.1]:2944\n" + text;
    auto message = h248::parse(whole);
    if (!message) throw std::runtime_error(to_string(message.error()) + " in " + whole);
    auto& transactions = std::get<std::vector<h248::Transaction>>(message->body);
    auto request = std::get<h248::TransactionRequest>(transactions.at(0));
    const auto index = results.size();
    const auto id = request.id;
    results.emplace_back();
    commands.execute(std::move(request), now, [this, index, id](h248::Transactions::Result result) {
      if (results[index]) throw std::runtime_error("answered twice");
      results[index] = print(h248::TransactionReply{id, false, std::move(result)});
    });
    return index;
  }
  /// Its reply, as pretty text without the header.
  std::string run(const std::string& text) { return results[start(text)].value_or("no reply yet"); }
  /// The actions of a transaction with an id of no interest, in compact text.
  std::string act(const std::string& actions) {
    form = h248::Form::compact;
    auto out = run("T=1{" + actions + "}");
    form = h248::Form::pretty;
    return out.starts_with("P=1{") ? out.substr(4, out.size() - 5) : out;
  }

  template <class Transaction>
  std::string print(Transaction transaction) const {
    h248::Message message;
    message.sender.text = "g";
    message.body = std::vector<h248::Transaction>{std::move(transaction)};
    auto out = h248::print(message, {.form = form});
    out.erase(0, out.find('\n') + 1);
    while (out.ends_with('\n')) out.pop_back();
    replace(out, base::to_string(gateway.fingerprint), "<fingerprint>");
    replace(out, "\r", "");
    return out;
  }

  static void replace(std::string& text, const std::string& what, const std::string& with) {
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
      text.replace(at, what.size(), with);
  }

  /// What has been told to the controller since the last time, one action a line.
  std::string told() {
    form = h248::Form::compact;
    std::string out;
    for (auto& action : std::exchange(sent, {})) {
      auto text = print(h248::TransactionRequest{1, {std::move(action)}});
      out += text.substr(4, text.size() - 5) + '\n';
    }
    form = h248::Form::pretty;
    return out;
  }
  void tell(iq::Event event, std::uint64_t termination, const std::string& cause = {},
            const std::string& reason = {}) {
    gateway.notify({gateway.contexts.begin()->first, iq::TerminationId{termination}, event, cause, reason});
  }
  /// The controller's answer to what was sent first.
  void answer(std::optional<h248::ErrorDescriptor> error = {}) {
    const auto answered = std::move(waiting.front());
    waiting.pop_front();
    answered(std::move(error));
  }
  const iq::TerminationConfig& config(std::size_t termination, std::size_t context = 0) const {
    auto at = gateway.contexts.begin();
    std::advance(at, std::ptrdiff_t(context));
    return at->second.at(termination - 1).config;
  }

  // iq::GatewayCommands::Association
  base::Result<h248::ServiceChangeDescriptor, h248::ErrorDescriptor> on_service_change(
      const h248::ServiceChangeDescriptor& change) override {
    changes.push_back(change);
    if (change_refused) return *change_refused;
    return change_reply;
  }
  void on_inactivity_event(std::optional<base::Duration> time, std::uint32_t request) override {
    inactivity = {time, request};
  }
  h248::TransactionTimers& timers() override { return timers_; }
  bool in_service() const override { return serves; }
  void send(h248::ActionRequest action,
            std::function<void(std::optional<h248::ErrorDescriptor>)> answered) override {
    sent.push_back(std::move(action));
    waiting.push_back(std::move(answered));
  }

  FakeGateway gateway;
  SeededRandom random{1};
  base::Time now{std::chrono::hours(1)};
  h248::Form form = h248::Form::pretty;
  std::vector<std::optional<std::string>> results;
  std::vector<h248::ActionRequest> sent;
  std::deque<std::function<void(std::optional<h248::ErrorDescriptor>)>> waiting;
  std::vector<h248::ServiceChangeDescriptor> changes;
  h248::ServiceChangeDescriptor change_reply;
  std::optional<h248::ErrorDescriptor> change_refused;
  std::pair<std::optional<base::Duration>, std::uint32_t> inactivity;
  bool serves = true;
  h248::TransactionTimers timers_;
  iq::GatewayCommands commands;
};

}  // namespace test
