#include "gateway/shard.hpp"

#include <algorithm>

namespace gateway {

Shard::Shard(const Options& options, std::size_t most_extras, Listener listener)
    : worker_(options), listener_(std::move(listener)), tls_(options.realms.size()) {
  worker_.most_extras = most_extras;
}

Shard::~Shard() {
  worker_.reactor.stop();
  if (thread_.joinable()) thread_.join();
}

void Shard::start() {
  thread_ = std::thread([this] { worker_.reactor.run(); });
}

void Shard::post(std::function<void(Shard&)> task) {
  worker_.reactor.post([this, task = std::move(task)] { task(*this); });
}

void Shard::set_tls(std::size_t realm, std::shared_ptr<crypto::TlsContext> tls) {
  if (auto* shared = worker_.shared_ports[realm]) shared->set_tls(tls);
  tls_[realm] = std::move(tls);
}

void Shard::open_shared_port(std::size_t realm, const base::Address& local, net::Fd listener) {
  shared_ports_.push_back(std::make_unique<SharedPort>(worker_, realm, local, std::move(listener)));
  worker_.shared_ports[realm] = shared_ports_.back().get();
}

void Shard::drain_shared_ports(const std::function<void()>& each_done) {
  for (auto& each : shared_ports_) each->drain(each_done);
}

Shard::Result Shard::run(Batch batch) {
  if (batch.created)
    contexts_.emplace(batch.context, std::make_unique<Context>(worker_, *this, batch.context));
  const auto found = contexts_.find(batch.context);
  // It may have ended by itself while the request was on its way.
  if (found == contexts_.end()) return iq::Error{iq::Errc::unknown_context, "no such context"};
  auto& context = *found->second;
  auto result = run_steps(context, batch);
  if (!result && batch.created) context.release();
  context.settle();
  return result;
}

Shard::Result Shard::run_steps(Context& context, Batch& batch) {
  iq::Reply reply{batch.context, {}, {}};
  const bool restarting = std::any_of(batch.steps.begin(), batch.steps.end(), [](const Step& step) {
    return std::holds_alternative<iq::Restart>(step);
  });
  for (auto& step : batch.steps) {
    if (const auto error = run_step(context, step, restarting, reply)) return *error;
  }
  if (const auto error = context.check()) return *error;
  return reply;
}

std::optional<iq::Error> Shard::run_step(Context& context, Step& step, bool restarting, iq::Reply& reply) {
  if (auto* reservation = std::get_if<Reservation>(&step)) {
    context.adopt(std::move(*reservation), tls_[reservation->realm]);
  } else if (const auto* configure = std::get_if<iq::Configure>(&step)) {
    return context.configure(*configure, restarting);
  } else if (const auto* restart = std::get_if<iq::Restart>(&step)) {
    return context.restart(restart->termination);
  } else {
    if (std::holds_alternative<iq::Release>(step)) context.release();
    reply.terminations = context.audit();
  }
  return std::nullopt;
}

void Shard::notify(iq::Notification notification) {
  listener_.notify(std::move(notification));
}

void Shard::gone(iq::ContextId context) {
  contexts_.erase(context);
  listener_.gone(context);
}

Totals Shard::totals() const {
  for (const auto& each : shared_ports_) each->count_written();
  auto out = worker_.totals;
  out.contexts = contexts_.size();
  for (const auto& [id, context] : contexts_) {
    if (!context->established()) continue;
    const bool tls = context->uses_tls();
    if (context->is_aware()) {
      ++(tls ? out.sessions_aware_tls : out.sessions_aware_tcp);
    } else {
      ++(tls ? out.sessions_tls : out.sessions_tcp);
    }
  }
  return out;
}

}  // namespace gateway
