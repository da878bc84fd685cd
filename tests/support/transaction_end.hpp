#pragma once
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "proto/h248/transactions.hpp"
#include "tests/support/random.hpp"

namespace test {

/// A wire that keeps what is sent.
class KeptWire final : public h248::Wire {
 public:
  void send(const h248::Route& to, std::string_view message) override {
    routes.push_back(to);
    sent.emplace_back(message);
  }
  /// What was sent since the last call, without the header's line.
  std::vector<std::string> take() {
    routes.clear();
    std::vector<std::string> out;
    for (const auto& one : std::exchange(sent, {})) out.push_back(one.substr(one.find('\n') + 1));
    return out;
  }

  std::vector<std::string> sent;
  std::vector<h248::Route> routes;
};

/// One end of an association: what its user was asked, and what came of its own requests.
class TransactionEnd final : public h248::Transactions::User {
 public:
  static h248::Transactions::Options options(std::string name) {
    return {.own = {h248::MessageId::Kind::device, std::move(name), {}},
            .version = 2,
            .print = {.form = h248::Form::compact}};
  }
  TransactionEnd(h248::Transactions::Options options, h248::Wire& wire, std::uint64_t seed = 1)
      : random(seed), transactions(std::move(options), wire, *this, random) {}

  void on_request(h248::TransactionRequest request, const h248::Route&) override {
    ++executed[request.id];
    asked.push_back(std::move(request));
  }
  void on_message_error(const h248::ErrorDescriptor& error, const h248::Route&) override {
    message_errors.push_back(error);
  }

  /// An audit of ROOT, as short as a request can be.
  std::uint32_t request(base::Time now) {
    h248::CommandRequest audit{.name = h248::CommandName::audit_value,
                               .termination = {"ROOT"},
                               .descriptors = {.audit = h248::AuditDescriptor{}}};
    std::vector<h248::ActionRequest> actions(1);
    actions[0].commands.push_back(std::move(audit));
    const auto at = outcomes.size();
    outcomes.emplace_back();
    return transactions.request(std::move(actions), now, [this, at](h248::Transactions::Outcome outcome) {
      outcomes[at].push_back(std::move(outcome));
    });
  }
  /// The reply to request(): that it was executed.
  static h248::Transactions::Result result() {
    std::vector<h248::ActionReply> actions(1);
    actions[0].commands.push_back({h248::CommandName::audit_value, {"ROOT"}});
    return actions;
  }
  void hear(const std::string& text, const h248::Route& from, base::Time now) {
    auto parsed = h248::salvage(text);
    if (parsed) return transactions.receive(*std::move(parsed), from, now);
    transactions.receive_malformed(parsed.error(), from, now);
  }

  SeededRandom random;
  h248::Transactions transactions;
  std::map<std::uint32_t, int> executed;
  std::vector<h248::TransactionRequest> asked;
  std::vector<h248::ErrorDescriptor> message_errors;
  std::deque<std::vector<h248::Transactions::Outcome>> outcomes;  // of each request(), in their order
};

}  // namespace test
