// How a termination finds its connection.
#include <algorithm>
#include <utility>

#include "gateway/termination.hpp"

namespace gateway {

void Termination::on_ready(std::uint32_t) {
  accept_waiting();
  host_.turn();
}

void Termination::on_ready(Connection& connection) {
  if (connection.state() == Connection::State::closing) {
    if (connection.closing_step()) forget_closing(connection);
  } else if (connection.state() != Connection::State::bound) {
    candidate_ready(connection);
  }
  host_.turn();
}

void Termination::on_deadline(Connection& connection) {
  switch (connection.state()) {
    case Connection::State::closing:
      forget_closing(connection);
      break;
    case Connection::State::connecting:
      fail(iq::Event::tcp_failed, "connecting to " + connection.peer().to_string() + ": no answer in time");
      break;
    case Connection::State::waiting:
      if (!is_active()) {
        refuse(connection, connection.link() && connection.verified() ? "no request of this session in time"
                           : connection.tls()                         ? "no TLS handshake in time"
                                                                      : "no octet in time");
      } else {
        connection.count_handshake();
        fail(iq::Event::tls_failed, "no TLS handshake in time");
      }
      break;
    case Connection::State::bound:
      break;
  }
  host_.turn();
}

// The listener: registered while it may be asked for more candidates.

/// None at the port of an active one: it connects from there (peers.md H4), and nobody is to come.
void Termination::register_listener() {
  if (is_active()) return close_listener();
  if (!still_asks() || shared_) return;
  if (!listener_) {  // closed when the last connection was bound
    auto again = net::listen_tcp(local_);
    if (!again)
      return fail(iq::Event::tcp_failed,
                  "listening at " + local_.to_string() + ": " + again.error().message());
    listener_ = std::move(*again);
    if (dscp_ != 0) net::set_dscp(listener_, dscp_);
  }
  const bool room = candidates_.size() + closing_.size() < worker_.options.limits.candidates;
  if (room && listening_ == 0) listening_ = worker_.reactor.add_listener(listener_.get(), *this);
  if (!room && listening_ != 0) worker_.reactor.remove(std::exchange(listening_, 0));
}

void Termination::close_listener() noexcept {
  if (listening_ != 0) worker_.reactor.remove(std::exchange(listening_, 0));
  listener_.reset();
}

/// Out of descriptors: a registered listener would be ready for ever.
void Termination::pause_listening() {
  worker_.reactor.remove(std::exchange(listening_, 0));
  if (!retry_) {
    retry_ = std::make_unique<net::Timer>(worker_.reactor.timers(), [this] {
      register_listener();
      host_.turn();
    });
  }
  retry_->set(worker_.reactor.now() + std::chrono::milliseconds(100));
}

void Termination::accept_waiting() {
  // As many a turn as may wait at all: refused ones do not fill the list, and others want their turn too.
  for (std::size_t n = 0; n < worker_.options.limits.candidates && listening_ != 0; ++n) {
    auto accepted = net::accept_tcp(listener_);
    if (!accepted) {
      if (!net::would_block(accepted.error())) pause_listening();
      return;
    }
    admit(std::move(*accepted));
    register_listener();
  }
}

std::string_view Termination::objection(const base::Address& peer) const {
  const auto fits = [&](const base::Network& network) { return network.contains(peer.ip); };
  if (source_filter_ && !source_filter_->empty() &&
      std::none_of(source_filter_->begin(), source_filter_->end(), fits))
    return "not an address of the SDP";
  if (source_ports_ && (peer.port < source_ports_->low || peer.port > source_ports_->high))
    return "not a port that may connect";
  return {};
}

void Termination::admit(net::Accepted accepted) {
  if (const auto why = objection(accepted.peer); !why.empty())
    return note_refusal(accepted.peer, std::string(why));
  if (worker_.extras >= worker_.most_extras) return note_refusal(accepted.peer, "too many connections wait");
  auto candidate = std::make_unique<Connection>(worker_, *this, std::move(accepted.socket), accepted.peer,
                                                is_tls() ? tls_ : nullptr, crypto::TlsRole::server,
                                                Connection::State::waiting);
  if (is_aware()) candidate->speak(*this, false);
  if (candidate->tls() && fingerprints_) candidate->expect_peer(*fingerprints_);
  if (dscp_ != 0) candidate->mark(dscp_);  // it may have come before the listener was marked
  candidate->set_deadline(worker_.options.times.candidate);
  candidates_.push_back(std::move(candidate));
}

/// From the advertised port, for peers that know us by it (peers.md H4); from any port where that is not
/// possible.
void Termination::connect() {
  eager_ = false;
  if (*remote_ == local_) return fail(iq::Event::tcp_failed, "the peer's address is our own");
  if (!base::may_connect(local_.ip, remote_->ip))
    return fail(iq::Event::tcp_failed,
                remote_->ip.to_string() + " is nowhere to connect to from " + local_.ip.to_string());
  auto socket = net::connect_tcp(*remote_, local_, dscp_);
  if (!socket &&
      (socket.error() == std::errc::address_in_use || socket.error() == std::errc::address_not_available)) {
    socket = net::connect_tcp(*remote_, base::Address{local_.ip, 0}, dscp_);
  }
  if (!socket) {
    return fail(iq::Event::tcp_failed,
                "connecting to " + remote_->to_string() + ": " + socket.error().message());
  }
  candidates_.push_back(std::make_unique<Connection>(worker_, *this, std::move(*socket), *remote_,
                                                     is_tls() ? tls_ : nullptr, crypto::TlsRole::client,
                                                     Connection::State::connecting));
  if (is_aware()) candidates_.back()->speak(*this, false);
  candidates_.back()->set_deadline(worker_.options.times.tcp_connect);
}

// One candidate's way.

void Termination::candidate_ready(Connection& candidate) {
  if (candidate.state() == Connection::State::connecting && !finish_connect(candidate)) return;
  candidate.flush();
  read_candidate(candidate);
  settle_candidate(candidate);
}

/// False when it failed, or the candidate is bound already.
bool Termination::finish_connect(Connection& candidate) {
  if (candidate.tls() && fingerprints_) candidate.expect_peer(*fingerprints_);
  if (const auto error = candidate.established()) {
    fail(iq::Event::tcp_failed, "connecting to " + candidate.peer().to_string() + ": " + error.message());
    return false;
  }
  if (candidate.tls()) candidate.set_deadline(worker_.options.times.candidate);
  return true;
}

void Termination::read_candidate(Connection& candidate) {
  auto most = worker_.options.limits.early_octets;
  if (policer_) most = std::max<std::size_t>(policer_->left(worker_.reactor.now(), most), 1);
  if (candidate.link() && candidate.verified()) {
    candidate.feed_link(
        std::max(most, msrp::ParserLimits{}.head_octets + 1));  // so that a head can be too long
    return candidate.check_reset();
  }
  while (candidate.readable() && candidate.held().size() < most) {
    const auto read = candidate.read(most - candidate.held().size());
    candidate.hold(read.plain);
    if (read.input != Connection::Input::octets) break;
  }
  candidate.check_reset();
}

/// Binds it, refuses it, or lets it wait.
void Termination::settle_candidate(Connection& candidate) {
  if (candidate.dead() || candidate.tls_broken()) return refuse(candidate, candidate.cause());
  auto* link = candidate.link();
  if (link && candidate.verified()) read_candidate(candidate);  // what came before the paths were known
  if (link && link->broken()) return refuse(candidate, link->why());
  const bool spoke = link && !is_active() ? claimed_ == link
                     : candidate.tls()    ? candidate.verified()
                                          : is_active() || !candidate.held().empty();
  if (spoke && !bound_ && (is_active() || source_filter_) && (!link || configured())) return bind(candidate);
  // Behind what a link does not take nobody reads the FIN.
  if (candidate.input_ended() || (link && !link->hungry() && candidate.hung_up())) {
    return refuse(candidate,
                  candidate.tls() ? "closed before it was verified" : "closed before it was bound");
  }
  // It did its part; the answer is late. The context's own limit ends its waiting.
  if (spoke || candidate.unverified()) candidate.cancel_deadline();
}

void Termination::bind(Connection& candidate) {
  bound_ = take_candidate(candidate);
  bound_->bind();
  claimed_ = nullptr;
  if (leg_ && bound_->link()) leg_->link = bound_->link();
  // An application-aware one tells whoever else comes that the session is in use (RFC 4975 5.4: 506).
  if (!is_aware()) close_listener();
  for (auto& other : candidates_)
    if (other->link()) other->link()->wake();
  while (!is_aware() && !candidates_.empty()) refuse(*candidates_.back(), "another connection was bound");
  bound_->count_handshake();
  note_connection(*bound_);
  count_in(bound_->held().size() + (bound_->link() ? bound_->link()->held() : 0));
  host_.notify(id_, iq::Event::connected, "");
}

/// A stray, or an impostor: closed, noted, and the listener goes on. An active termination's only attempt is
/// its failure.
void Termination::refuse(Connection& candidate, const std::string& cause) {
  if (failure_) return;
  candidate.count_handshake();
  if (const auto& tls = candidate.tls(); tls && !bound_) peer_fingerprint_ = tls->peer_fingerprint();
  if (is_active()) {
    const bool tls = candidate.tls() && candidate.state() == Connection::State::waiting;
    return fail(tls ? iq::Event::tls_failed : iq::Event::tcp_failed, cause);
  }
  auto taken = take_candidate(candidate);
  note_refusal(taken->peer(), cause, taken->tls_broken() ? iq::refused_by_tls : std::string_view());
  if (!taken->dead()) move_to_closing(std::move(taken), Connection::Ending::orderly);
  register_listener();
}

void Termination::note_refusal(const base::Address& peer, const std::string& cause, std::string_view reason) {
  ++worker_.totals.realms[realm_].refused_connections;
  const auto line = peer.to_string() + ": " + cause;
  if (!bound_) cause_ = line;
  if (++refused_ <= worker_.options.limits.refused_notifications) {
    host_.notify(id_, iq::Event::refused, line, reason);
  }
}

void Termination::fail(iq::Event event, std::string cause) {
  if (failure_) return;
  cause_ = cause;
  failure_ = Failure{event, std::move(cause)};
}

std::unique_ptr<Connection> Termination::take_candidate(Connection& candidate) {
  const auto found = std::find_if(candidates_.begin(), candidates_.end(),
                                  [&](const auto& each) { return each.get() == &candidate; });
  auto out = std::move(*found);
  candidates_.erase(found);
  if (claimed_ && claimed_ == out->link()) {
    claimed_ = nullptr;  // another one may have it
    for (auto& other : candidates_)
      if (other->link()) other->link()->wake();
  }
  return out;
}

void Termination::move_to_closing(std::unique_ptr<Connection> connection, Connection::Ending how) {
  if (connection->state() == Connection::State::connecting) return;  // nobody to say goodbye to
  connection->begin_closing(how);
  if (!connection->closing_step()) closing_.push_back(std::move(connection));
}

void Termination::forget_closing(Connection& connection) {
  std::erase_if(closing_, [&](const auto& each) { return each.get() == &connection; });
  register_listener();
}

}  // namespace gateway
