#include "gateway/context.hpp"

#include <algorithm>

namespace gateway {

Context::Context(Worker& worker, Upward& upward, iq::ContextId id)
    : worker_(worker),
      upward_(upward),
      id_(id),
      last_octet_(worker.reactor.now()),
      limit_(worker.reactor.timers(), [this] { on_limit(); }) {}

void Context::adopt(Reservation reservation, std::shared_ptr<crypto::TlsContext> tls) {
  terminations_.push_back(
      std::make_unique<Termination>(worker_, *this, std::move(reservation), std::move(tls)));
  auto* leg = terminations_.back()->leg();
  if (std::exchange(one_stays_, false) && leg) leg->greets = true;
}

std::optional<iq::Error> Context::configure(const iq::Configure& configure, bool restarting) {
  const auto termination = find_open(configure.termination);
  if (!termination) return termination.error();
  return (*termination)->configure(configure.config, restarting);
}

base::Result<Termination*, iq::Error> Context::find_open(iq::TerminationId id) const {
  auto* const found = find(id);
  if (!found) return iq::Error{iq::Errc::unknown_termination, "no such termination"};
  if (state_ == State::closing) return iq::Error{iq::Errc::bad_request, "the context is being released"};
  return found;
}

/// What has ended, or was about to, begins again.
void Context::reopen() {
  state_ = State::open;
  ended_ = false;
  one_stays_ = false;
  await_nothing();
  inactivity_.reset();
}

std::optional<iq::Error> Context::restart(iq::TerminationId id) {
  if (const auto found = find_open(id); !found) return found.error();
  const bool goes_on = is_aware() && state_ == State::open && !ended_;
  reopen();
  bool other_stays = false;
  for (auto& each : terminations_) {
    const bool moves = each->id() == id;
    const bool stays = !moves && goes_on && each->speaks_msrp();
    if (!stays) each->reopen(moves);
    other_stays |= stays;
  }
  if (other_stays) find(id)->leg()->greets = true;
  return std::nullopt;
}

std::optional<iq::Error> Context::establish(iq::TerminationId id) {
  const auto termination = find_open(id);
  if (!termination) return termination.error();
  return (*termination)->establish();
}

base::Result<iq::TerminationStatus, iq::Error> Context::subtract(iq::TerminationId id) {
  const auto found = find_open(id);
  if (!found) return found.error();
  auto& leaving = **found;
  auto* const other = companion_of(leaving);
  if (!other) {
    release();
    count_written();
    return leaving.status();
  }
  relay();  // as on release()
  count_written();
  const bool goes_on = is_aware() && state_ == State::open && !ended_;
  reopen();
  remove(id);
  one_stays_ = goes_on && other->speaks_msrp();
  if (!one_stays_) other->reopen(false);
  return leaving.status();
}

void Context::remove(iq::TerminationId id) {
  const auto found = std::find_if(terminations_.begin(), terminations_.end(),
                                  [id](const auto& each) { return each->id() == id; });
  auto& leaving = **found;
  leaving.close(Connection::Ending::orderly, "");
  if (leaving.leg()) leaving.leg()->part();
  leaving_.push_back(std::move(*found));
  terminations_.erase(found);
  if (terminations_.empty()) release();
}

void Context::release() {
  relay();  // what the kernel holds already was sent before the delete
  if (state_ == State::open) ++worker_.totals.closed[std::string(to_string(CloseReason::deleted))];
  state_ = State::closing;
  limit_.cancel();
  inactivity_.reset();
  for (auto& each : terminations_) each->close(Connection::Ending::orderly, "");
}

std::vector<iq::TerminationStatus> Context::audit() {
  count_written();
  std::vector<iq::TerminationStatus> out;
  for (const auto& each : terminations_) out.push_back(each->status());
  return out;
}

bool Context::is_aware() const noexcept {
  return std::all_of(terminations_.begin(), terminations_.end(),
                     [](const auto& each) { return each->is_aware(); });
}

std::optional<iq::Error> Context::check() const {
  if (terminations_.size() < most_terminations ||
      terminations_[0]->is_aware() == terminations_[1]->is_aware())
    return std::nullopt;
  return iq::Error{iq::Errc::not_supported, "one termination is application-aware, the other one is not"};
}

Termination* Context::find(iq::TerminationId id) const noexcept {
  for (const auto& each : terminations_) {
    if (each->id() == id) return each.get();
  }
  return nullptr;
}

Termination* Context::companion_of(const Termination& termination) const noexcept {
  for (const auto& each : terminations_)
    if (each.get() != &termination) return each.get();
  return nullptr;
}

bool Context::established() const noexcept {
  return terminations_.size() == most_terminations && terminations_[0]->connected() &&
         terminations_[1]->connected();
}

bool Context::uses_tls() const noexcept {
  return std::any_of(terminations_.begin(), terminations_.end(),
                     [](const auto& each) { return each->is_tls(); });
}

bool Context::configured() const noexcept {
  return terminations_.size() == most_terminations &&
         std::all_of(terminations_.begin(), terminations_.end(),
                     [](const auto& each) { return each->configured() && !each->is_held(); });
}

void Context::notify(iq::TerminationId termination, iq::Event event, const std::string& cause,
                     std::string_view reason) {
  upward_.notify({id_, termination, event, cause, std::string(reason)});
}

void Context::touch() {
  last_octet_ = worker_.reactor.now();
}

void Context::turn() {
  settle();
}

void Context::settle() {
  if (state_ == State::open) {
    connect();
    relay();
    if (!end_failed()) update_limits();
  }
  std::erase_if(leaving_, [this](const auto& each) {
    if (each->idle()) upward_.gone(id_, each->id());
    return each->idle();
  });
  if (state_ != State::closing || !leaving_.empty()) return;
  const bool idle =
      std::all_of(terminations_.begin(), terminations_.end(), [](const auto& each) { return each->idle(); });
  if (idle) upward_.gone(id_);
}

/// An incoming connection on one side triggers the outgoing one on the other; two outgoing ones need not wait
/// for each other (TS 23.334 6.2.18), nor does one that is told to establish.
void Context::connect() {
  for (auto& each : terminations_)
    if (each->must_connect()) each->connect();
  if (terminations_.size() != most_terminations) return;
  auto& a = *terminations_[0];
  auto& b = *terminations_[1];
  const bool a_can = a.can_connect();
  const bool b_can = b.can_connect();
  if (a_can && (b.connected() || b_can)) a.connect();
  if (b_can && (a.connected() || a_can)) b.connect();
}

/// True when the bearer has ended.
bool Context::end_failed() {
  for (auto& each : terminations_) {
    if (const auto& loss = each->loss()) {
      if (loss->reason == CloseReason::tls_failed) notify(each->id(), iq::Event::tls_failed, loss->cause);
      end(loss->reason, loss->cause, loss->how);
      return true;
    }
    if (const auto& failure = each->failure()) {
      notify(each->id(), failure->event, failure->cause);
      const bool tls = failure->event == iq::Event::tls_failed;
      end(tls ? CloseReason::tls_failed : CloseReason::tcp_failed, failure->cause,
          Connection::Ending::orderly);
      return true;
    }
    if (each->bound() && end_broken(*each)) return true;
  }
  if (!both_ended()) return false;
  std::string cause = "both peers closed";
  for (const auto& each : terminations_) {
    if (!each->bound()) continue;
    const auto& connection = *each->bound();
    if (!connection.cause().empty()) cause += ", " + connection.peer().to_string() + " " + connection.cause();
  }
  end(CloseReason::closed, cause, Connection::Ending::orderly);
  return true;
}

/// A connection that broke resets the other one: its peer must not take this for an orderly end.
bool Context::end_broken(Termination& termination) {
  const auto& connection = *termination.bound();
  const auto cause = connection.peer().to_string() + ": " + connection.cause();
  if (connection.link() && connection.link()->broken()) {
    end(CloseReason::malformed, connection.peer().to_string() + ": " + connection.link()->why(),
        Connection::Ending::orderly);
  } else if (connection.tls_broken()) {
    notify(termination.id(), iq::Event::tls_failed, connection.cause());
    end(CloseReason::tls_failed, cause, Connection::Ending::reset);
  } else if (connection.dead()) {
    end(connection.reset_by_peer() ? CloseReason::reset : CloseReason::overload, cause,
        Connection::Ending::reset);
  }
  return state_ == State::ended;
}

void Context::end(CloseReason reason, const std::string& cause, Connection::Ending how) {
  state_ = State::ended;
  ++worker_.totals.closed[std::string(to_string(reason))];
  inactivity_.reset();
  for (auto& each : terminations_) {
    // The broken side itself still gets its alert and FIN.
    const bool broken = each->bound() && each->bound()->tls_broken();
    each->close(broken ? Connection::Ending::orderly : how, cause);
  }
  upward_.notify({id_, {}, iq::Event::released, cause, std::string(to_string(reason))});
  awaited_ = Awaited::nothing;
  await(Awaited::oblivion, worker_.options.times.ended);
}

}  // namespace gateway
