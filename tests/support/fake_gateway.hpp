#pragma once
// A gateway that only remembers what it was told: for tests of who commands it.
#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "iq/media_gateway.hpp"

namespace test {

class FakeGateway : public iq::MediaGateway {
 public:
  struct Termination {
    std::string realm;
    iq::TerminationConfig config;
    int restarts = 0;
  };

  /// What is asked is done at once; the reply comes now or, with answers_later, out of answer_one().
  void execute(iq::Request request, Done done) override {
    auto reply = run(request);
    requests.push_back(std::move(request));
    if (!answers_later) return done(std::move(reply));
    replies.push_back([reply = std::move(reply), done = std::move(done)] { done(reply); });
  }
  void set_listener(Listener listener) override { notify = std::move(listener); }

  void answer_one() {
    const auto next = std::move(replies.front());
    replies.pop_front();
    next();
  }
  void answer_all() {
    while (!replies.empty()) answer_one();
  }
  /// Only contexts that are there can tell anything.
  void tell(iq::Event event, const std::string& why = {}, std::size_t which = 0) {
    auto context = contexts.begin();
    std::advance(context, std::ptrdiff_t(which % contexts.size()));
    notify({context->first, {}, event, why});
  }
  std::size_t count(std::size_t procedure) const {
    std::size_t out = 0;
    for (const auto& request : requests)
      for (const auto& each : request.procedures) out += each.index() == procedure;
    return out;
  }

  std::map<iq::ContextId, std::vector<Termination>> contexts;
  std::vector<iq::Request> requests;
  Listener notify;
  bool answers_later = false;
  std::deque<std::function<void()>> replies;
  /// The next requests fail with these, one each.
  std::deque<iq::Error> errors;
  std::size_t ports_left = 1000;
  std::uint16_t next_port = 20000;
  std::string address = "192.0.2.10";
  std::string advertised;
  std::map<std::string, std::string> addresses, advertised_of;  // of realms that have their own
  std::string cause;
  base::Fingerprint fingerprint{"sha-256", std::string(32, '\x5a')};

 private:
  using Outcome = base::Result<iq::Reply, iq::Error>;

  Outcome run(const iq::Request& request) {
    if (!errors.empty()) {
      auto error = errors.front();
      errors.pop_front();
      return error;
    }
    iq::Reply reply;
    auto id = request.context;
    const bool fresh = !id;
    if (fresh) id.value = ++last_;
    if (!fresh && !contexts.contains(id)) return iq::Error{iq::Errc::unknown_context, "unknown context"};
    auto& context = contexts[id];
    reply.context = id;
    for (const auto& procedure : request.procedures) {
      if (const auto* reserve_ = std::get_if<iq::Reserve>(&procedure)) {
        if (ports_left == 0) {
          if (fresh) forget(id);
          return iq::Error{iq::Errc::out_of_ports, "Ran out of ports"};
        }
        reply.reserved.push_back(reserve(context, *reserve_));
      } else if (const auto* configure = std::get_if<iq::Configure>(&procedure)) {
        merge(context.at(configure->termination.value - 1).config, configure->config);
      } else if (const auto* restart = std::get_if<iq::Restart>(&procedure)) {
        ++context.at(restart->termination.value - 1).restarts;
      } else {
        reply.terminations = audit(context);
        if (!std::holds_alternative<iq::Release>(procedure)) continue;
        forget(id);
        break;
      }
    }
    return reply;
  }

  iq::Reserved reserve(std::vector<Termination>& context, const iq::Reserve& reserve) {
    --ports_left;
    context.push_back({reserve.realm, reserve.config});
    const auto of = [&](const std::map<std::string, std::string>& own, const std::string& usual) {
      const auto found = own.find(reserve.realm);
      return found == own.end() ? usual : found->second;
    };
    const auto ip = of(addresses, address);
    const auto shown = of(advertised_of, advertised);
    return {iq::TerminationId{context.size()},
            base::Address{*base::IpAddress::parse(ip), next_port++},
            shown.empty() ? ip : shown,
            {fingerprint}};
  }

  std::vector<iq::TerminationStatus> audit(const std::vector<Termination>& context) const {
    std::vector<iq::TerminationStatus> out;
    for (std::size_t i = 0; i < context.size(); ++i) {
      iq::TerminationStatus status;
      status.termination = iq::TerminationId{i + 1};
      status.realm = context[i].realm;
      status.transport = context[i].config.transport.value_or(iq::Transport::tcp);
      status.setup = context[i].config.setup.value_or(iq::Setup::passive);
      status.counters.octets_in = 10 * (i + 1);
      status.counters.messages_in = {{"SEND", i + 1}};
      status.cause = cause;
      out.push_back(status);
    }
    return out;
  }

  void forget(iq::ContextId id) {
    ports_left += contexts.at(id).size();
    contexts.erase(id);
  }

  static void merge(iq::TerminationConfig& into, const iq::TerminationConfig& from) {
    if (from.transport) into.transport = from.transport;
    if (from.setup) into.setup = from.setup;
    if (from.remote) into.remote = from.remote;
    if (from.source_filter) into.source_filter = from.source_filter;
    if (from.remote_fingerprints) into.remote_fingerprints = from.remote_fingerprints;
    if (from.through_connected) into.through_connected = from.through_connected;
  }
  std::uint64_t last_ = 0;
};

}  // namespace test
