#pragma once
// A RemoteGateway whose messages the test reads, and whose gateway the test plays by writing texts.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "iq/remote_gateway.hpp"
#include "proto/h248/codec.hpp"
#include "tests/support/random.hpp"

namespace test {

class RemoteRoom final : private h248::Wire, private h248::Transactions::User {
 public:
  using Result = base::Result<iq::Reply, iq::Error>;

  explicit RemoteRoom(iq::RemoteGateway::Options options = {})
      : transactions({.own = {.text = "192.0.2.1", .port = 2944}, .version = 2}, *this, *this, random),
        gateway(std::move(options), transactions, [this] { return now; }) {
    transactions.set_route(route);
    gateway.set_listener([this](const auto& notification) { told.push_back(notification); });
  }

  /// Everything that our own gateway has.
  void has_everything() { gateway.set_packages(iq::Packages().supported()); }
  /// A gateway that has these packages, all of version 1.
  void has(const std::vector<std::string>& names) {
    std::vector<h248::PackageVersion> out;
    for (const auto& name : names) out.push_back({name, 1});
    gateway.set_packages(out);
  }
  /// The reply's place is filled when it comes.
  void run(iq::Request request) {
    const auto place = results.size();
    results.emplace_back();
    gateway.execute(std::move(request), [this, place](auto result) { results[place] = std::move(result); });
  }
  /// The first action of the last request sent, as pretty text.
  std::string sent() const {
    h248::Message message{.version = 2, .sender = {.text = "x"}, .body = {}};
    auto requests = last_request();
    message.body = std::vector<h248::Transaction>{h248::TransactionRequest{1, requests.actions}};
    auto text = h248::print(message);
    std::erase(text, '\r');
    const auto begin = text.find("  Context");
    const auto end = text.rfind("}");
    std::string out;
    text = text.substr(begin, end - begin);
    while (!text.empty()) {  // two blanks of indent less
      auto line = text.substr(0, text.find('\n') + 1);
      text.erase(0, line.size());
      out += line.starts_with("  ") ? line.substr(2) : line;
    }
    return out;
  }
  h248::TransactionRequest last_request() const {
    for (auto it = messages.rbegin(); it != messages.rend(); ++it)
      for (const auto& each : *std::get_if<std::vector<h248::Transaction>>(&it->body))
        if (const auto* request = std::get_if<h248::TransactionRequest>(&each)) return *request;
    return {};
  }
  std::size_t requests() const { return transactions.counters().requests_out; }
  /// The gateway replies to the last request: "Context = 5 { ... }", or "Error = 510 {...}".
  void reply(const std::string& text) { reply_to(last_request().id, text); }
  void reply_to(std::uint32_t id, const std::string& text) {
    receive("Reply = " + std::to_string(id) + " { " + text + " }");
  }
  /// The gateway asks: what is answered, as one action's commands.
  std::vector<h248::CommandReply> asks(const std::string& action) {
    const auto message = parse("Transaction = 1 { " + action + " }");
    const auto& request =
        std::get<h248::TransactionRequest>(std::get<std::vector<h248::Transaction>>(message.body).front());
    return gateway.on_commands(request.actions.front().context, request.actions.front().commands);
  }
  void receive(const std::string& transaction) { transactions.receive(parse(transaction), route, now); }
  void pass(base::Duration time) {
    now += time;
    transactions.on_time(now);
  }
  static h248::Message parse(const std::string& transaction) {
    return h248::parse("MEGACO/2 [192.0.2.20]:2944\n" + transaction).value();
  }

  h248::Route route{.peer = *base::Address::parse("192.0.2.20:2944")};
  base::Time now{std::chrono::hours(1)};
  SeededRandom random;
  std::vector<h248::Message> messages;
  h248::Transactions transactions;
  iq::RemoteGateway gateway;
  std::vector<std::optional<Result>> results;
  std::vector<iq::Notification> told;

 private:
  void send(const h248::Route&, std::string_view message) override {
    messages.push_back(h248::parse(message).value());
  }
  void on_request(h248::TransactionRequest, const h248::Route&) override {}
  void on_message_error(const h248::ErrorDescriptor&, const h248::Route&) override {}
};

inline constexpr std::string_view digest =
    "12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD";

inline base::Fingerprint peer_fingerprint() {
  return base::parse_fingerprint("SHA-256 " + std::string(digest)).value();
}

template <class Fill>
iq::TerminationConfig config(Fill fill) {
  iq::TerminationConfig out;
  fill(out);
  return out;
}

/// The e2ae call of message 03: a UE with TLS that connects, the core's side in the clear.
inline iq::Request e2ae_call() {
  iq::TerminationConfig access;
  access.transport = iq::Transport::tcp_tls;
  access.setup = iq::Setup::passive;
  access.remote = base::Address::parse("198.51.100.10:4242");
  access.source_filter.emplace();
  access.remote_fingerprints = {peer_fingerprint()};
  iq::Request out;
  out.procedures.emplace_back(iq::Reserve{"access", access});
  out.procedures.emplace_back(
      iq::Reserve{"core", config([](auto& core) { core.transport = iq::Transport::tcp; })});
  return out;
}

inline const std::string added = R"(Context = 17 {
  Add = ip/1/access/25 { Media { Stream = 1 { Local {
v=0
c=IN IP4 203.0.113.5
m=message 30010 TCP/TLS -
a=setup:passive
a=fingerprint:SHA-256 )" + std::string(digest) +
                                 R"(
} } } },
  Add = ip/1/core/26 { Media { Stream = 1 { Local {
v=0
c=IN IP4 10.1.1.5
m=message 30012 TCP -
a=setup:passive
} } } }
})";

/// One context, served.
class RemoteTest : public testing::Test {
 protected:
  void begin() {
    room.run(e2ae_call());
    room.reply(added);
    ASSERT_TRUE(room.results.back() && *room.results.back());
  }
  void run(iq::Procedure procedure) { room.run({iq::ContextId{17}, {std::move(procedure)}}); }
  const RemoteRoom::Result& result() const { return room.results.back().value(); }
  RemoteRoom room;
};

}  // namespace test
