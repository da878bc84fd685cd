#include <utility>

#include "proto/msrp/syntax.hpp"
#include "ue/endpoint.hpp"

// The part of an Endpoint that drives its session over the chosen connection.
namespace ue {
namespace {

/// Octets made for the connection at a time: enough to fill TLS records, little to hold back.
constexpr std::size_t output_piece = 64 * 1024;
/// Windows read, and 16 times as many pieces written, before other handlers have their turn.
constexpr unsigned windows_a_turn = 4;
constexpr unsigned pieces_a_turn = 64;

}  // namespace

msrp::Result<msrp::OutgoingId> Endpoint::send(msrp::OutgoingMessage message) {
  if (!session_ || ended_ || closing_) return msrp::fail(msrp::Errc::missing_field);
  auto id = session_->send(std::move(message));
  wake();
  return id;
}

void Endpoint::abort(msrp::OutgoingId id) {
  if (!session_ || ended_) return;
  session_->abort(id);
  wake();
}

std::optional<msrp::SendProgress> Endpoint::progress(msrp::OutgoingId id) const {
  return session_ ? session_->progress(id) : std::nullopt;
}

void Endpoint::reject(msrp::IncomingId id, std::uint16_t status) {
  if (!session_ || ended_) return;
  session_->reject(id, status);
  wake();
}

bool Endpoint::report_failure(msrp::IncomingId id, std::uint16_t status, std::string_view comment) {
  const bool sent = session_ && !ended_ && session_->report_failure(id, status, comment);
  wake();
  return sent;
}

/// What was asked for is done in a turn of the reactor, never inside the caller's call.
void Endpoint::wake() {
  if (link_ && !ended_) link_->again();
}

void Endpoint::close() {
  if (ended_) return;
  closing_ = true;
  const bool open =
      link_ && link_->state() != Link::State::connecting && link_->state() != Link::State::handshaking;
  if (!open) return end("");
  work();
}

/// The driver's law of msrp::Session: octets in, events out, octets out, the deadline.
void Endpoint::work() {
  if (busy_ || ended_ || !link_) return;
  busy_ = true;
  read_some();
  drain_events();
  pump();
  drain_events();
  busy_ = false;
  conclude();
}

void Endpoint::read_some() {
  for (unsigned i = 0; i < windows_a_turn && !session_->congested(); ++i) {
    const auto octets = link_->read();
    if (!opened_ && (link_->state() == Link::State::open || !octets.empty())) {
      opened_ = true;
      session_->on_connected();
    }
    if (octets.empty()) return;
    session_->on_bytes(octets);
    drain_events();
  }
}

void Endpoint::drain_events() {
  while (const auto event = session_->take_event()) {
    if (std::holds_alternative<msrp::Bound>(*event)) {
      establish_.cancel();
      observer_.on_connected(*this);
      continue;
    }
    if (const auto* failed = std::get_if<msrp::SessionFailed>(&*event)) {
      why_ = "the session failed: " + (failed->status != 0 ? std::to_string(failed->status) + " " : "") +
             failed->why;
      closing_ = true;
    }
    observer_.on_event(*this, *event);
  }
}

/// Output is made only as fast as the connection takes it.
void Endpoint::pump() {
  base::Buffer piece;
  for (unsigned i = 0; i < pieces_a_turn && opened_ && !link_->blocked() && !link_->broken(); ++i) {
    piece.clear();
    if (session_->produce(piece, output_piece, base::Clock::now()) == 0) return;
    link_->write(piece.view());
    drain_events();
  }
}

void Endpoint::conclude() {
  const bool silent = !opened_ || (!link_->blocked() && !session_->has_output());
  if (link_->broken()) return end(why_.empty() ? link_->cause() : why_);
  if (link_->state() == Link::State::ended && (silent || finishing_)) {
    if (why_.empty() && !finishing_) why_ = link_->cause();
    link_->finish();
    return end(why_);
  }
  if (closing_ && silent && !std::exchange(finishing_, true)) {
    link_->finish();
    linger_.set(base::Clock::now() + options_.linger);
  }
  const bool more_in = link_->readable() && !session_->congested();
  const bool more_out = opened_ && !link_->blocked() && session_->has_output();
  if (more_in || more_out) link_->again();
  session_timer_.set(session_->deadline());
}

void Endpoint::on_time() {
  session_->on_time(base::Clock::now());
  drain_events();
  work();
}

void Endpoint::end(std::string why) {
  if (ended_) return;
  ended_ = true;
  last_ = facts();
  stop_listening();
  establish_.cancel();
  session_timer_.cancel();
  linger_.cancel();
  candidates_.clear();
  if (session_) {
    session_->on_closed();
    drain_events();
  }
  link_.reset();
  observer_.on_ended(*this, why);
}

EndpointFacts Endpoint::facts() const {
  auto out = last_;
  if (session_) out.counters = session_->counters();
  if (!link_) return out;
  out.transport = link_->tls() ? "TCP/TLS" : "TCP";
  out.active = agreement_ && agreement_->active;
  out.local = link_->local().to_string();
  out.peer = link_->peer().to_string();
  if (const auto& tls = link_->tls()) {
    out.tls_version = tls->version();
    out.tls_cipher = tls->cipher();
    if (!options_.local.fingerprints.empty())
      out.fingerprint = base::to_string(options_.local.fingerprints.front());
    if (const auto peer = tls->peer_fingerprint()) out.peer_fingerprint = base::to_string(*peer);
  }
  return out;
}

}  // namespace ue
