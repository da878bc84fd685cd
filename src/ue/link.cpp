#include "ue/link.hpp"

#include <sys/epoll.h>

#include "net/socket.hpp"

namespace ue {

using TlsState = crypto::TlsEngine::State;

Link::Link(net::Reactor& reactor, Owner& owner, net::Fd socket, crypto::TlsContext* tls, bool connected)
    : reactor_(reactor),
      owner_(owner),
      socket_(std::move(socket)),
      state_(connected ? State::handshaking : State::connecting),
      is_client_(!connected) {
  if (tls != nullptr) engine_.emplace(*tls, is_client_ ? crypto::TlsRole::client : crypto::TlsRole::server);
  registration_ = reactor_.add(socket_.get(), *this);
  if (registration_ == 0) {
    fail("the kernel has no room for another connection");
  } else if (connected) {
    establish();
  }
}

Link::~Link() {
  reactor_.remove(registration_);
}

void Link::establish() {
  net::tune_tcp(socket_, {});
  if (const auto local = net::local_address(socket_)) local_ = *local;
  if (const auto peer = net::peer_address(socket_)) peer_ = *peer;
  state_ = engine_ ? State::handshaking : State::open;
  if (!engine_ || !is_client_) return;
  engine_->start(out_);
  flush();
}

void Link::on_ready(std::uint32_t events) {
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) in_socket_ = true;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) hung_up_ = true;
  if (state_ == State::connecting && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
    if (const auto error = net::connect_error(socket_)) {
      fail("cannot connect: " + error.message());
    } else {
      establish();
    }
  }
  if (state_ != State::connecting && !broken_) flush();
  owner_.on_link(*this);
}

void Link::expect_peer(const std::vector<base::Fingerprint>& fingerprints) {
  if (!engine_ || broken_) return;
  engine_->expect_peer(fingerprints, out_);
  const auto early = std::move(held_);
  held_ = {};
  plain_.clear();
  decrypt(early.view());
  fresh_ = !plain_.empty();
}

bool Link::readable() const noexcept {
  const bool waits = engine_ && engine_->state() == TlsState::unverified;
  return fresh_ || (in_socket_ && !broken_ && state_ != State::connecting && !waits);
}

void Link::again() {
  reactor_.again(registration_, EPOLLIN);
}

std::string_view Link::read() {
  if (std::exchange(fresh_, false)) return plain_.view();
  plain_.clear();
  while (readable()) {
    const auto window = reactor_.window();
    const auto got = net::receive(socket_, window);
    if (!got) {
      in_socket_ = false;
      if (!net::would_block(got.error())) fail("the connection broke: " + got.error().message());
      break;
    }
    if (*got == 0) {
      in_socket_ = false;
      end(State::ended, engine_ ? "closed without close_notify" : "");
      break;
    }
    // A short read has drained the socket and what comes next is a new edge; but a FIN may have been told
    // already.
    if (*got < window.size() && !hung_up_) in_socket_ = false;
    if (const auto plain = take({window.data(), *got}); !plain.empty()) return plain;
  }
  rest();
  return {};
}

bool Link::fetch() {
  if (fresh_) return true;
  const auto plain = read();
  if (!engine_) plain_.append(plain);
  return fresh_ = !plain.empty();
}

/// An idle connection keeps no memory for octets.
void Link::rest() {
  plain_.release();
  if (engine_ && out_.empty()) engine_->rest();
}

/// What comes after the end of input is dropped: only its FIN is waited for.
std::string_view Link::take(std::string_view octets) {
  if (state_ == State::ended || fin_sent_) return {};
  return engine_ ? decrypt(octets) : octets;
}

std::string_view Link::decrypt(std::string_view wire) {
  const auto taken = engine_->read(wire, plain_, out_);
  flush();
  switch (engine_->state()) {
    case TlsState::handshaking:
      break;
    case TlsState::unverified:
      held_.append(wire.substr(taken));
      break;
    case TlsState::open:
      if (state_ == State::handshaking) state_ = State::open;
      break;
    case TlsState::closed:
      end(State::ended, "");
      break;
    case TlsState::failed:
      fail("TLS " + std::string(to_string(engine_->cause())) + ": " + engine_->detail());
      break;
  }
  return plain_.view();
}

void Link::write(std::string_view plain) {
  if (broken_ || finishing_ || plain.empty()) return;
  if (!engine_) {
    out_.append(plain);
  } else if (!engine_->write(plain, out_)) {
    return fail("TLS: " + engine_->detail());
  }
  flush();
}

void Link::flush() {
  while (!out_.empty()) {
    const auto sent = net::send(socket_, out_.view());
    if (!sent) {
      if (net::would_block(sent.error())) return;
      return fail("the connection broke: " + sent.error().message());
    }
    out_.consume(*sent);
  }
  out_.release();
  if (!finishing_ || fin_sent_ || broken_) return;
  net::shut_write(socket_);
  fin_sent_ = true;
}

void Link::finish() {
  if (finishing_ || broken_ || state_ == State::connecting) return;
  finishing_ = true;
  if (engine_ && engine_->state() != TlsState::handshaking) engine_->close(out_);
  flush();
}

void Link::end(State state, std::string cause) {
  if (state_ == State::ended) return;
  state_ = state;
  cause_ = std::move(cause);
}

/// An alert that TLS wrote was put before: flush() has tried to send it.
void Link::fail(std::string cause) {
  end(State::ended, std::move(cause));
  broken_ = true;
  out_.release();
}

}  // namespace ue
