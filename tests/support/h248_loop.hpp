#pragma once
// The seam over H.248 in memory: what is asked becomes a message's text, is parsed and carried out as a
// gateway elsewhere would, and comes back likewise. No time passes and nothing is lost.
#include <deque>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "iq/gateway_commands.hpp"
#include "iq/remote_gateway.hpp"
#include "proto/h248/transactions.hpp"
#include "tests/support/random.hpp"

namespace test {

class H248Loop final : public iq::MediaGateway {
 public:
  struct Options {
    std::vector<iq::GatewayCommands::Realm> realms;
    h248::PrintOptions print{.form = h248::Form::compact};
    iq::Packages packages{};
    /// What the controller's end believes that the gateway has; all of it where this is not said.
    std::vector<h248::PackageVersion> told{};
  };

  H248Loop(iq::MediaGateway& served, const Options& options)
      : gateway_(*this, served, options), controller_(*this, options) {
    controller_.peer = &gateway_;
    gateway_.peer = &controller_;
    controller_.remote.set_packages(options.told.empty() ? options.packages.supported() : options.told);
  }

  void execute(iq::Request request, Done done) override {
    controller_.remote.execute(std::move(request), std::move(done));
    run();
  }
  void set_listener(Listener listener) override { controller_.remote.set_listener(std::move(listener)); }

  std::vector<std::string> messages;  // all that went either way
  const iq::GatewayCommands& commands() const { return gateway_.commands; }

 private:
  /// One end: its messages reach the other one's transactions when run() gets to them.
  class End : public h248::Wire, public h248::Transactions::User {
   public:
    End(H248Loop& loop, std::string name, const Options& options, std::uint64_t seed)
        : loop_(loop),
          random(seed),
          transactions({.own = {h248::MessageId::Kind::device, std::move(name), {}},
                        .version = 2,
                        .print = options.print},
                       *this, *this, random) {}
    virtual ~End() = default;

    void send(const h248::Route&, std::string_view message) override {
      loop_.messages.emplace_back(message);
      loop_.flying_.push_back([to = peer, text = std::string(message)] { to->hear(text); });
    }
    void on_message_error(const h248::ErrorDescriptor& error, const h248::Route&) override {
      throw std::logic_error("a message could not be read: " + error.text.value_or(""));
    }

    End* peer = nullptr;
    H248Loop& loop_;
    SeededRandom random;
    h248::Transactions transactions;

   private:
    void hear(const std::string& text) {
      auto parsed = h248::parse(text);
      if (!parsed) throw std::logic_error(h248::to_string(parsed.error()) + " in " + text);
      transactions.receive(*std::move(parsed), {}, now);
    }
  };

  class ControllerEnd final : public End {
   public:
    ControllerEnd(H248Loop& loop, const Options& options)
        : End(loop, "mgc", options, 1), remote(remote_options(options), transactions, [] { return now; }) {}
    void on_request(h248::TransactionRequest request, const h248::Route&) override {
      std::vector<h248::ActionReply> replies;
      for (const auto& action : request.actions) {
        replies.push_back({.context = action.context});
        if (remote.has(action.context))
          replies.back().commands = remote.on_commands(action.context, action.commands);
        else
          replies.back().error = h248::ErrorDescriptor{411, "unknown"};
      }
      transactions.answer(request.id, std::move(replies), now);
    }
    iq::RemoteGateway remote;

   private:
    static iq::RemoteGateway::Options remote_options(const Options& options) {
      iq::RemoteGateway::Options out;
      out.packages = options.packages;
      for (const auto& realm : options.realms)
        if (realm.ipv6) out.ipv6_realms.push_back(realm.name);
      return out;
    }
  };

  class GatewayEnd final : public End, private iq::GatewayCommands::Association, private iq::MediaGateway {
   public:
    GatewayEnd(H248Loop& loop, iq::MediaGateway& served, const Options& options)
        : End(loop, "mg", options, 2),
          served_(served),
          commands({.realms = options.realms, .packages = options.packages}, *this, *this, random) {}
    void on_request(h248::TransactionRequest request, const h248::Route&) override {
      const auto id = request.id;
      commands.execute(std::move(request), now,
                       [this, id](auto result) { transactions.answer(id, std::move(result), now); });
    }

   private:
    base::Result<h248::ServiceChangeDescriptor, h248::ErrorDescriptor> on_service_change(
        const h248::ServiceChangeDescriptor&) override {
      return h248::ServiceChangeDescriptor{};
    }
    void on_inactivity_event(std::optional<base::Duration>, std::uint32_t) override {}
    h248::TransactionTimers& timers() override { return transactions.timers(); }
    bool in_service() const override { return true; }
    void send(h248::ActionRequest action,
              std::function<void(std::optional<h248::ErrorDescriptor>)> answered) override {
      transactions.request({std::move(action)}, now, [answered = std::move(answered)](const auto& outcome) {
        if (outcome) answered(std::nullopt);
      });
    }
    // What the served gateway tells and answers sets the loop going.
    void execute(iq::Request request, Done done) override {
      served_.execute(std::move(request), [this, done = std::move(done)](auto reply) {
        done(std::move(reply));
        loop_.run();
      });
    }
    void set_listener(Listener listener) override {
      served_.set_listener([this, listener = std::move(listener)](const auto& notification) {
        listener(notification);
        loop_.run();
      });
    }
    iq::MediaGateway& served_;

   public:
    using End::send;
    iq::GatewayCommands commands;
  };

  /// Until nothing flies any more. What callbacks ask for flies, too: the outermost call delivers it.
  void run() {
    if (std::exchange(running_, true)) return;
    while (!flying_.empty()) {
      const auto next = std::move(flying_.front());
      flying_.pop_front();
      next();
    }
    running_ = false;
  }

  static constexpr base::Time now{std::chrono::hours(1)};
  std::deque<std::function<void()>> flying_;
  bool running_ = false;
  GatewayEnd gateway_;
  ControllerEnd controller_;
};

}  // namespace test
