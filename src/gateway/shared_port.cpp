#include "gateway/shared_port.hpp"

#include <algorithm>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "gateway/termination.hpp"

namespace gateway {

/// A TLS client begins with a handshake record (RFC 8446 5.1), an MSRP peer with "MSRP".
struct SharedPort::Silent final : net::Handler {
  static constexpr char handshake_record = 0x16;

  Silent(SharedPort& at, net::Accepted accepted)
      : port(at),
        socket(std::move(accepted.socket)),
        peer(accepted.peer),
        deadline(at.worker_.reactor.timers(), [this] {
          port.refuse();
          port.forget(*this);
        }) {
    registration = port.worker_.reactor.add(socket.get(), *this);
    deadline.set(port.worker_.reactor.now() + port.worker_.options.times.candidate);
    ++port.worker_.extras;
  }
  ~Silent() {
    --port.worker_.extras;
    port.worker_.reactor.remove(registration);
  }
  void on_ready(std::uint32_t) override {
    char first = 0;
    const auto got = ::recv(socket.get(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got > 0) return port.heard_of(*this, first == handshake_record);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    port.refuse();
    port.forget(*this);
  }

  SharedPort& port;
  net::Fd socket;
  base::Address peer;
  net::Registration registration = 0;
  net::Timer deadline;
};

struct SharedPort::Guest final : Connection::Owner, Router {
  Guest(SharedPort& at, Silent& was, std::shared_ptr<crypto::TlsContext> tls)
      : port(at),
        connection(at.worker_, *this, std::move(was.socket), was.peer, std::move(tls),
                   crypto::TlsRole::server, Connection::State::waiting) {
    connection.speak(*this, true);
    if (connection.tls()) connection.expect_certificate();
    connection.set_deadline(at.worker_.options.times.candidate);
  }
  void on_ready(Connection&) override { port.on_ready(*this); }
  void on_deadline(Connection&) override { port.on_deadline(*this); }
  Route route(Link&, const msrp::HeadView& request) override { return port.route(*this, request); }
  Leg* route_response(Link&, const msrp::HeadView& response) override {
    return port.route_response(*this, response);
  }

  SharedPort& port;
  std::vector<Termination*> sessions;
  bool late = false;         // whether its request is for a session shows when more is configured
  bool told_of_end = false;  // its sessions know that it has hung up
  Connection connection;
};

namespace {

/// What it means for the sessions of a connection that it has ended.
Termination::Loss loss_of(const Connection& connection, const std::string& cause) {
  using Ending = Connection::Ending;
  auto line = connection.peer().to_string() + ": " + cause;
  if (connection.link()->broken()) return {CloseReason::malformed, std::move(line), Ending::orderly};
  if (connection.tls_broken()) return {CloseReason::tls_failed, std::move(line), Ending::reset};
  if (connection.reset_by_peer()) return {CloseReason::reset, std::move(line), Ending::reset};
  if (connection.dead()) return {CloseReason::overload, std::move(line), Ending::reset};
  return {CloseReason::closed, std::move(line), Ending::orderly};
}

}  // namespace

SharedPort::SharedPort(Worker& worker, std::size_t realm, const base::Address& local, net::Fd listener)
    : worker_(worker),
      realm_(realm),
      local_(local),
      listener_(std::move(listener)),
      retry_(worker.reactor.timers(), [this] { listen(); }) {
  listen();
}

SharedPort::~SharedPort() {
  if (listening_ != 0) worker_.reactor.remove(listening_);
}

void SharedPort::listen() {
  if (listening_ == 0) listening_ = worker_.reactor.add_listener(listener_.get(), *this);
}

void SharedPort::on_ready(std::uint32_t) {
  accept_waiting();
}

void SharedPort::accept_waiting() {
  constexpr int share = 16;  // of one turn
  for (int n = 0; n < share; ++n) {
    auto accepted = net::accept_tcp(listener_);
    if (!accepted) {
      if (net::would_block(accepted.error())) return;
      // Out of descriptors: a registered listener would be ready for ever.
      worker_.reactor.remove(std::exchange(listening_, 0));
      return retry_.set(worker_.reactor.now() + std::chrono::milliseconds(100));
    }
    // Half of what may wait: whoever floods this port keeps nobody from the others.
    if (worker_.extras >= worker_.most_extras / 2) {
      refuse();
    } else {
      silent_.push_back(std::make_unique<Silent>(*this, std::move(*accepted)));
    }
  }
}

void SharedPort::heard_of(Silent& silent, bool tls) {
  worker_.reactor.remove(std::exchange(silent.registration, 0));
  guests_.push_back(std::make_unique<Guest>(*this, silent, tls ? tls_ : nullptr));
  forget(silent);  // the guest's octets are an event of their own
}

void SharedPort::forget(Silent& silent) {
  std::erase_if(silent_, [&](const auto& each) { return each.get() == &silent; });
}

void SharedPort::forget_closing(Guest& guest) {
  std::erase_if(closing_, [&](const auto& each) { return each.get() == &guest; });
  if (drained_ && guests_.empty() && closing_.empty()) std::exchange(drained_, nullptr)();
}

void SharedPort::refuse() noexcept {
  ++worker_.totals.realms[realm_].refused_connections;
}

void SharedPort::on_ready(Guest& guest) {
  if (guest.connection.state() == Connection::State::closing) {
    if (guest.connection.closing_step()) forget_closing(guest);
    return;
  }
  serve(guest);
  run_due();
}

void SharedPort::on_deadline(Guest& guest) {
  if (guest.connection.state() == Connection::State::closing) return forget_closing(guest);
  if (!guest.sessions.empty()) return;
  // It did its part; the answer is late.
  if (guest.late) return guest.connection.set_deadline(worker_.options.times.candidate);
  drop(guest, "no request of a session in time");
}

void SharedPort::serve(Guest& guest) {
  auto& connection = guest.connection;
  const auto& limits = worker_.options.limits;
  const auto came =
      connection.feed_link(guest.sessions.empty() ? limits.early_octets : net::Reactor::window_size);
  worker_.totals.realms[realm_].octets_in += came;
  if (came > 0) {
    connection.rest();
    for (auto* session : guest.sessions) session->touch();
  }
  connection.check_reset();
  const auto& link = *connection.link();
  if (link.broken()) {
    drop(guest, link.why());
  } else if (connection.dead() || connection.tls_broken()) {
    drop(guest, connection.cause());
  } else if (connection.input_ended() && link.is_drained()) {
    drop(guest, "the peer closed");
  } else if (connection.hung_up() && !std::exchange(guest.told_of_end, true)) {
    due_.insert(due_.end(), guest.sessions.begin(), guest.sessions.end());
  }
}

/// All its sessions have lost their connection (RFC 4975 5.4).
void SharedPort::drop(Guest& guest, const std::string& cause) {
  const auto found =
      std::find_if(guests_.begin(), guests_.end(), [&](const auto& each) { return each.get() == &guest; });
  auto taken = std::move(*found);
  guests_.erase(found);
  auto& connection = guest.connection;
  if (connection.state() != Connection::State::bound) {
    connection.count_handshake();
    refuse();
  }
  connection.link()->end();
  for (auto* session : guest.sessions) {
    session->lose_connection(loss_of(connection, cause));
    due_.push_back(session);
  }
  guest.sessions.clear();
  worker_.totals.realms[realm_].octets_out += connection.take_written();
  if (connection.dead()) return;
  connection.begin_closing(Connection::Ending::orderly);
  if (!connection.closing_step()) closing_.push_back(std::move(taken));
}

/// Each of them may be destroyed by it, and others with it.
void SharedPort::run_due() {
  while (!due_.empty()) {
    auto* session = due_.back();
    due_.pop_back();
    session->turn();
  }
}

void SharedPort::add(Termination& session) {
  const auto& name = session.leg()->paths.local().session_id;
  if (name) sessions_.emplace(*name, &session);
}

void SharedPort::withdraw(Termination& session) {
  const auto& name = session.leg()->paths.local().session_id;
  const auto found = name ? sessions_.find(*name) : sessions_.end();
  if (found != sessions_.end() && found->second == &session) sessions_.erase(found);
}

void SharedPort::remove(Termination& session) {
  detach(session);
  std::erase(due_, &session);
  withdraw(session);
  look_again();
}

void SharedPort::detach(Termination& session) {
  for (auto& guest : guests_) {
    if (std::erase(guest->sessions, &session) == 0 || !guest->sessions.empty()) continue;
    guest->connection.set_deadline(worker_.options.times.candidate);  // it may have another one to come
  }
}

void SharedPort::look_again() {
  for (auto& guest : guests_)
    if (guest->late) guest->connection.link()->wake();
}

void SharedPort::count_written() {
  for (auto& guest : guests_) worker_.totals.realms[realm_].octets_out += guest->connection.take_written();
}

void SharedPort::drain(std::function<void()> done) {
  worker_.reactor.remove(std::exchange(listening_, 0));
  listener_.reset();
  retry_.cancel();
  silent_.clear();
  while (!guests_.empty()) drop(*guests_.back(), "the gateway ends");
  run_due();
  if (closing_.empty()) return done();
  drained_ = std::move(done);
}

/// By the session-id of the last URI, which is the gateway's own.
Termination* SharedPort::session_of(std::string_view path) const {
  const auto parsed = msrp::parse_path(path);
  if (!parsed || !parsed->back().session_id) return nullptr;
  const auto found = sessions_.find(*parsed->back().session_id);
  return found == sessions_.end() || !found->second->leg()->paths.matches(path) ? nullptr : found->second;
}

/// As a rule a connection has one session, whose path comes as it was shown: that need not be parsed.
Termination* SharedPort::session_of(const Guest& guest, std::string_view path) const {
  if (guest.sessions.size() == 1 && guest.sessions.front()->leg()->paths.local_text() == path)
    return guest.sessions.front();
  return session_of(path);
}

/// To whom a session does not belong, it does not exist.
Router::Route SharedPort::route(Guest& guest, const msrp::HeadView& request) {
  auto* session = session_of(guest, request.to_path);
  auto* link = guest.connection.link();
  guest.late = false;
  if (session && session->leg()->link == link) return {session->leg()};
  const auto claim = session ? session->claim_of(guest.connection) : Termination::Claim::wrong;
  if (claim == Termination::Claim::unknown) {
    guest.late = true;
    return {};
  }
  if (claim == Termination::Claim::wrong) {
    ++worker_.totals.realms[realm_].unmatched;
    return {nullptr, 481, nullptr};
  }
  if (session->leg()->link) return {nullptr, 506, session->leg()};
  if (guest.connection.state() != Connection::State::bound) guest.connection.count_handshake();
  if (guest.sessions.empty()) guest.connection.bind();
  guest.sessions.push_back(session);
  session->take_connection(guest.connection);
  due_.push_back(session);
  return {session->leg()};
}

/// Its From-Path in our request was the local path (RFC 4975 7.2).
Leg* SharedPort::route_response(Guest& guest, const msrp::HeadView& response) {
  auto* session = session_of(guest, response.to_path);
  return session && session->leg()->link == guest.connection.link() ? session->leg() : nullptr;
}

}  // namespace gateway
