#include "gateway/shard.hpp"

#include <algorithm>

namespace gateway {
namespace {

/// Where what is asked for begins to be not done.
Failure failure_of(const Batch& batch, std::size_t at, iq::Error error) {
  Failure out{std::move(error)};
  out.error.procedure = at;
  for (; at < batch.steps.size(); ++at) {
    const auto& step = batch.steps[at];
    if (const auto* reservation = std::get_if<Reservation>(&step))
      out.not_reserved.push_back(reservation->termination);
    if (const auto* subtract = std::get_if<iq::Subtract>(&step))
      out.not_subtracted.push_back(subtract->termination);
    out.not_released |= std::holds_alternative<iq::Release>(step);
  }
  return out;
}

/// One status a termination: the last one.
void put(std::vector<iq::TerminationStatus>& into, iq::TerminationStatus status) {
  for (auto& each : into)
    if (each.termination == status.termination) return void(each = std::move(status));
  into.push_back(std::move(status));
}

}  // namespace

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
  if (found == contexts_.end()) return failure_of(batch, 0, {iq::Errc::unknown_context, "no such context"});
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
  for (std::size_t i = 0; i < batch.steps.size(); ++i) {
    if (const auto error = run_step(context, batch.steps[i], restarting, reply))
      return failure_of(batch, i, *error);
  }
  const auto changes = [](const Step& step) {
    return std::holds_alternative<Reservation>(step) || std::holds_alternative<iq::Configure>(step);
  };
  if (std::none_of(batch.steps.begin(), batch.steps.end(), changes)) return reply;
  if (const auto error = context.check()) return undo_reservations(context, batch, *error);
  return reply;
}

/// The terminations of the context do not fit each other: the last one to change is to blame.
Failure Shard::undo_reservations(Context& context, const Batch& batch, iq::Error error) {
  Failure out{std::move(error)};
  for (std::size_t i = 0; i < batch.steps.size(); ++i) {
    const auto* reservation = std::get_if<Reservation>(&batch.steps[i]);
    if (reservation || std::holds_alternative<iq::Configure>(batch.steps[i])) out.error.procedure = i;
    if (!reservation || batch.created) continue;
    context.remove(reservation->termination);
    out.not_reserved.push_back(reservation->termination);
  }
  return out;
}

std::optional<iq::Error> Shard::run_step(Context& context, Step& step, bool restarting, iq::Reply& reply) {
  if (auto* reservation = std::get_if<Reservation>(&step)) {
    context.adopt(std::move(*reservation), tls_[reservation->realm]);
  } else if (const auto* configure = std::get_if<iq::Configure>(&step)) {
    return context.configure(*configure, restarting);
  } else if (const auto* restart = std::get_if<iq::Restart>(&step)) {
    return context.restart(restart->termination);
  } else if (const auto* establish = std::get_if<iq::Establish>(&step)) {
    return context.establish(establish->termination);
  } else if (const auto* subtract = std::get_if<iq::Subtract>(&step)) {
    auto status = context.subtract(subtract->termination);
    if (!status) return status.error();
    put(reply.terminations, *std::move(status));
  } else {
    if (std::holds_alternative<iq::Release>(step)) context.release();
    for (auto& each : context.audit()) put(reply.terminations, std::move(each));
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

void Shard::gone(iq::ContextId context, iq::TerminationId termination) {
  listener_.left(context, termination);
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
