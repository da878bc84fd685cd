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
    int establishments = 0;
    bool configured = false;
    bool gone = false;  // subtracted: its number is not given again
    bool aware() const { return iq::is_aware(config.transport.value_or(iq::Transport::tcp)); }
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
  std::size_t contexts_made = 0;
  Listener notify;
  bool answers_later = false;
  std::deque<std::function<void()>> replies;
  /// The next requests fail with these, one each.
  std::deque<iq::Error> errors;
  /// The next request that has so many procedures fails at this one; those before it are done.
  std::optional<std::size_t> fail_at;
  std::size_t ports_left = 1000;
  std::uint16_t next_port = 20000;
  std::string address = "192.0.2.10";
  std::string advertised;
  std::map<std::string, std::string> addresses, advertised_of;  // of realms that have their own
  std::map<std::string, std::uint16_t> shared_ports;            // likewise
  std::string cause;
  std::string fault;  // what a real gateway could not have done; empty: all could be
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
    for (std::size_t i = 0; i < request.procedures.size() && contexts.contains(id); ++i) {
      const bool fails = fail_at == i;
      if (fails) fail_at.reset();
      auto error = fails ? std::optional(iq::Error{iq::Errc::bad_request, "told to fail"})
                         : carry_out(id, request, i, reply);
      if (error) {
        if (fresh && contexts.contains(id)) forget(id);
        error->procedure = i;
        return *std::move(error);
      }
    }
    contexts_made += fresh;
    if (contexts.contains(id) && is_mixed(context))
      fault = "one termination is application-aware, the other one not";
    return reply;
  }

  std::optional<iq::Error> carry_out(iq::ContextId id, const iq::Request& request, std::size_t which,
                                     iq::Reply& reply) {
    auto& context = contexts.at(id);
    const auto& procedure = request.procedures[which];
    if (const auto* wanted = std::get_if<iq::Reserve>(&procedure)) {
      if (ports_left == 0) return iq::Error{iq::Errc::out_of_ports, "Ran out of ports"};
      reply.reserved.push_back(reserve(context, *wanted));
      return std::nullopt;
    }
    if (std::holds_alternative<iq::Release>(procedure) || std::holds_alternative<iq::Audit>(procedure)) {
      reply.terminations = audit(context);
      if (std::holds_alternative<iq::Release>(procedure)) forget(id);
      return std::nullopt;
    }
    const auto named = named_in(procedure);
    if (!named || named.value > context.size() || context[named.value - 1].gone)
      return iq::Error{iq::Errc::unknown_termination, "no such termination"};
    auto& termination = context[named.value - 1];
    if (const auto* configure = std::get_if<iq::Configure>(&procedure)) {
      check(termination, *configure, request);
      merge(termination.config, configure->config);
      termination.configured = true;
    }
    termination.restarts += std::holds_alternative<iq::Restart>(procedure);
    termination.establishments += std::holds_alternative<iq::Establish>(procedure);
    if (std::holds_alternative<iq::Subtract>(procedure)) subtract(id, named, reply);
    return std::nullopt;
  }

  static iq::TerminationId named_in(const iq::Procedure& procedure) {
    return std::visit(
        [](const auto& each) -> iq::TerminationId {
          if constexpr (requires { each.termination; }) return each.termination;
          return {};
        },
        procedure);
  }

  void subtract(iq::ContextId id, iq::TerminationId which, iq::Reply& reply) {
    auto& context = contexts.at(id);
    reply.terminations.push_back(status_of(context, which.value - 1));
    context[which.value - 1].gone = true;
    ++ports_left;
    if (present(context) == 0) contexts.erase(id);
  }

  static std::size_t present(const std::vector<Termination>& context) {
    return static_cast<std::size_t>(
        std::count_if(context.begin(), context.end(), [](const auto& each) { return !each.gone; }));
  }
  static bool is_mixed(const std::vector<Termination>& context) {
    const auto aware = std::count_if(context.begin(), context.end(),
                                     [](const auto& each) { return !each.gone && each.aware(); });
    return aware != 0 && static_cast<std::size_t>(aware) != present(context);
  }

  /// Only a termination that has been configured before can have a connection; on it the transport is fixed.
  void check(const Termination& now, const iq::Configure& configure, const iq::Request& request) {
    const auto& config = configure.config;
    const auto restarts = [&](const iq::Procedure& procedure) {
      const auto* restart = std::get_if<iq::Restart>(&procedure);
      return restart != nullptr && restart->termination == configure.termination;
    };
    const bool changes = config.transport && config.transport != now.config.transport;
    if (now.configured && changes &&
        std::none_of(request.procedures.begin(), request.procedures.end(), restarts))
      fault = "another transport under a connection";
    if (!iq::is_aware(config.transport.value_or(now.config.transport.value_or(iq::Transport::tcp)))) return;
    const auto& local = config.local_path ? config.local_path : now.config.local_path;
    if (!local || local->empty() || local->front().empty()) fault = "application-aware without local_path";
    const auto& remote = config.remote_path ? config.remote_path : now.config.remote_path;
    if (!remote || remote->empty()) fault = "application-aware without remote_path";
    if (!config.match_session_id && !now.config.match_session_id)
      fault = "application-aware, and nothing said of matching";
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
    const auto shared = shared_ports.find(reserve.realm);
    const bool on_shared = !reserve.session_id.empty() && shared != shared_ports.end();
    iq::Reserved out{iq::TerminationId{context.size()},
                     base::Address{*base::IpAddress::parse(ip), on_shared ? shared->second : next_port++},
                     shown.empty() ? ip : shown,
                     {fingerprint}};
    if (reserve.session_id.empty()) return out;
    const auto v6 = out.advertised.find(':') != std::string::npos;
    const auto host = v6 ? "[" + out.advertised + "]" : out.advertised;
    out.path = (iq::is_tls(*reserve.config.transport) ? "msrps://" : "msrp://") + host + ":" +
               std::to_string(out.local.port) + "/" + reserve.session_id + ";tcp";
    context.back().config.local_path = {out.path};
    return out;
  }

  std::vector<iq::TerminationStatus> audit(const std::vector<Termination>& context) const {
    std::vector<iq::TerminationStatus> out;
    for (std::size_t i = 0; i < context.size(); ++i)
      if (!context[i].gone) out.push_back(status_of(context, i));
    return out;
  }
  iq::TerminationStatus status_of(const std::vector<Termination>& context, std::size_t i) const {
    iq::TerminationStatus status;
    status.termination = iq::TerminationId{i + 1};
    status.realm = context[i].realm;
    status.transport = context[i].config.transport.value_or(iq::Transport::tcp);
    status.setup = context[i].config.setup.value_or(iq::Setup::passive);
    status.counters.octets_in = 10 * (i + 1);
    status.counters.messages_in = {{"SEND", i + 1}};
    status.counters.payload_in = iq::is_aware(status.transport) ? 5 * (i + 1) : 0;
    status.counters.too_large = iq::is_aware(status.transport) ? i : 0;
    status.counters.completed_in = 7 * (i + 1);
    status.cause = cause;
    return status;
  }

  void forget(iq::ContextId id) {
    ports_left += present(contexts.at(id));
    contexts.erase(id);
  }

  static void merge(iq::TerminationConfig& into, const iq::TerminationConfig& from) {
    if (from.transport) into.transport = from.transport;
    if (from.setup) into.setup = from.setup;
    if (from.remote) into.remote = from.remote;
    if (from.source_filter) into.source_filter = from.source_filter;
    if (from.remote_fingerprints) into.remote_fingerprints = from.remote_fingerprints;
    if (from.mode) into.mode = from.mode;
    if (from.source_ports) into.source_ports = from.source_ports;
    if (from.dscp) into.dscp = from.dscp;
    if (from.policing) into.policing = from.policing;
    if (from.silence) into.silence = from.silence;
    if (from.local_path) into.local_path = from.local_path;
    if (from.remote_path) into.remote_path = from.remote_path;
    if (from.match_session_id) into.match_session_id = from.match_session_id;
  }
  std::uint64_t last_ = 0;
};

}  // namespace test
