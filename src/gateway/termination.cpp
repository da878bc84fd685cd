#include "gateway/termination.hpp"

#include <algorithm>

#include "base/expect.hpp"
#include "gateway/shared_port.hpp"

namespace gateway {

Termination::Termination(Worker& worker, Host& host, Reservation reservation,
                         std::shared_ptr<crypto::TlsContext> tls)
    : worker_(worker),
      host_(host),
      id_(reservation.termination),
      realm_(reservation.realm),
      local_(reservation.local),
      tls_(std::move(tls)),
      listener_(std::move(reservation.listener)) {
  if (!worker_.options.observe) observer_.stop();
  if (!reservation.path.empty()) {
    leg_ = make_leg();
    base::expect(leg_->paths.set_local({reservation.path}).has_value());
  }
  if (reservation.shared) {
    shared_ = worker_.shared_ports[realm_];
    shared_->add(*this);
  }
  configure(reservation.config, true);
  register_listener();
}

Termination::~Termination() {
  detach();  // before the connections go
  if (shared_) shared_->remove(*this);
  close_listener();
}

bool Termination::configured() const noexcept {
  const bool peer_known = is_active() ? remote_.has_value() : source_filter_.has_value();
  return peer_known && (!is_tls() || fingerprints_) && (!is_aware() || (leg_ && leg_->paths.known()));
}

bool Termination::can_connect() const noexcept {
  return configured() && may_connect();
}

bool Termination::may_connect() const noexcept {
  return open_ && is_active() && !is_held() && !connected() && candidates_.empty() && !failure_;
}

std::optional<iq::Error> Termination::establish() {
  if (!is_active()) return iq::Error{iq::Errc::bad_request, "a passive termination does not connect"};
  if (!remote_) return iq::Error{iq::Errc::bad_request, "where to connect to is not known"};
  if (!open_) return iq::Error{iq::Errc::bad_request, "the bearer has ended"};
  eager_ = !connected() && candidates_.empty();
  return std::nullopt;
}

std::optional<iq::Error> Termination::configure(const iq::TerminationConfig& config, bool restarting) {
  const bool moves = config.transport && *config.transport != transport_;
  if (moves && connected() && !restarting)
    return iq::Error{iq::Errc::bad_request, "the transport cannot change under a connection"};
  if (moves && shared_ && !iq::is_aware(*config.transport))
    return iq::Error{iq::Errc::bad_request, "what waits at a shared port is application-aware"};
  const bool turns = config.setup && *config.setup != setup_;
  // Who waits has begun with TLS or without; and what a link has taken is MSRP for ever.
  const bool renews = moves && (iq::is_tls(*config.transport) != is_tls() || is_aware());
  if (config.transport) transport_ = *config.transport;
  if (config.setup) setup_ = *config.setup;
  if (config.remote) remote_ = config.remote;
  if (config.source_filter) source_filter_ = config.source_filter;
  if (config.source_ports) source_ports_ = config.source_ports;
  configure_sending(config);
  if (open_ && (renews || (turns && !connected()))) reopen(true);
  if (turns && connected()) drop_candidates();  // strays, which are not an active one's attempt
  if (auto wrong = configure_paths(config)) return wrong;
  if (config.source_filter || config.source_ports) refilter();
  if (config.remote_fingerprints && config.remote_fingerprints != fingerprints_) {
    fingerprints_ = config.remote_fingerprints;
    verify(*fingerprints_);
  }
  settle_candidates();
  if (shared_) shared_->look_again();
  return std::nullopt;
}

/// Candidates that came before the controller had said who may come.
void Termination::refilter() {
  if (is_active()) return;
  for (std::size_t i = candidates_.size(); i-- > 0;) {
    if (const auto why = objection(candidates_[i]->peer()); !why.empty())
      refuse(*candidates_[i], std::string(why));
  }
}

/// The answer may be late, or new: whoever is connected must fit it from now on.
void Termination::verify(const std::vector<base::Fingerprint>& fingerprints) {
  for (std::size_t i = candidates_.size(); i-- > 0;) {
    auto& candidate = *candidates_[i];
    if (!candidate.tls() || candidate.state() == Connection::State::connecting) continue;
    if (!candidate.expect_peer(fingerprints)) refuse(candidate, candidate.cause());
  }
  if (bound_ && bound_->tls() && !bound_->expect_peer(fingerprints)) {
    fail(iq::Event::tls_failed, bound_->cause());
  }
  if (guest_ && guest_->tls() && !guest_->tls()->matches(fingerprints))
    fail(iq::Event::tls_failed, guest_->peer().to_string() + ": its certificate is not the SDP's any more");
}

/// Afterwards at most one candidate has become the termination's own.
void Termination::settle_candidates() {
  for (std::size_t i = 0; i < candidates_.size() && still_asks();) {
    const auto* candidate = candidates_[i].get();
    if (candidate->state() == Connection::State::waiting) settle_candidate(*candidates_[i]);
    if (i < candidates_.size() && candidates_[i].get() == candidate) ++i;
  }
}

void Termination::close(Connection::Ending how, const std::string& cause) {
  open_ = false;
  if (silence_) silence_->pause();
  close_listener();
  detach();
  if (shared_) shared_->remove(*this);
  if (!cause.empty()) cause_ = cause;
  if (bound_) move_to_closing(std::move(bound_), how);
  drop_candidates();
}

void Termination::drop_candidates() {
  while (!candidates_.empty())
    move_to_closing(take_candidate(*candidates_.back()), Connection::Ending::orderly);
}

void Termination::reopen(bool with_candidates) {
  detach();
  if (bound_) move_to_closing(std::move(bound_), Connection::Ending::orderly);
  if (with_candidates) drop_candidates();
  if (leg_) leg_->greets = false;
  const bool was_closed = !std::exchange(open_, true);
  if (was_closed && silence_) silence_->resume();
  eager_ = false;
  failure_.reset();
  loss_.reset();
  cause_.clear();
  last_peer_.reset();
  tls_version_.clear();
  tls_cipher_.clear();
  peer_fingerprint_.reset();
  if (worker_.options.observe) observer_.restart();
  if (shared_) shared_->add(*this);
  register_listener();
}

void Termination::count_in(std::size_t octets) noexcept {
  if (policer_) policer_->take(octets);
  octets_in_ += octets;
  worker_.totals.realms[realm_].octets_in += octets;
}

void Termination::count_out(std::size_t octets) noexcept {
  octets_out_ += octets;
  worker_.totals.realms[realm_].octets_out += octets;
}

iq::TerminationStatus Termination::status() const {
  iq::TerminationStatus out;
  out.termination = id_;
  out.realm = worker_.options.realms[realm_].name;
  out.transport = transport_;
  out.setup = setup_;
  const bool connecting = std::any_of(candidates_.begin(), candidates_.end(), [this](const auto& candidate) {
    return is_active() || (candidate->tls() && !candidate->verified() && !candidate->unverified());
  });
  out.state = connected()  ? iq::TerminationState::connected
              : !open_     ? iq::TerminationState::closed
              : connecting ? iq::TerminationState::connecting
                           : iq::TerminationState::waiting;
  out.local = local_;
  out.peer = last_peer_;
  out.tls_version = tls_version_;
  out.tls_cipher = tls_cipher_;
  out.peer_fingerprint = peer_fingerprint_;
  out.cause = bound_ && !bound_->cause().empty() ? bound_->cause() : cause_;
  out.counters.messages_in = messages_in_.to_map();
  out.counters.messages_out = messages_out_.to_map();
  out.counters.refused_connections = refused_;
  if (leg_) leg_->fill(out.counters);
  out.counters.rate_pauses += pauses_;
  const auto passed = traffic();
  out.counters.octets_in = passed.in;
  out.counters.octets_out = passed.out;
  return out;
}

}  // namespace gateway
