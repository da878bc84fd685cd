#include <algorithm>
#include <sys/epoll.h>

#include "gateway/speaker.hpp"

namespace gateway {

using TlsState = crypto::TlsEngine::State;

Connection::Connection(Worker& worker, Owner& owner, net::Fd socket, const base::Address& peer,
                       std::shared_ptr<crypto::TlsContext> tls, crypto::TlsRole role, State state)
    : worker_(worker),
      owner_(owner),
      socket_(std::move(socket)),
      peer_(peer),
      context_(std::move(tls)),
      role_(role),
      state_(state),
      deadline_(worker.reactor.timers(), [this] { owner_.on_deadline(*this); }) {
  if (context_) engine_.emplace(*context_, role_);
  if (state_ == State::waiting) net::tune_tcp(socket_, worker_.options.keep_alive);
  registration_ = worker_.reactor.add(socket_.get(), *this);
  count_extra(true);
}

Connection::~Connection() {
  speaker_.reset();  // it may still wake others
  if (worker_.staged_for == this) worker_.staged_for = nullptr;
  worker_.reactor.remove(registration_);
  count_extra(false);
}

void Connection::count_extra(bool extra) noexcept {
  if (extra == extra_) return;
  extra_ = extra;
  worker_.extras += extra ? std::size_t{1} : static_cast<std::size_t>(-1);
}

void Connection::on_ready(std::uint32_t events) {
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readable_ = true;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) hung_up_ = true;
  if (events & EPOLLERR) error_event_ = true;
  owner_.on_ready(*this);
}

std::error_code Connection::established() {
  if (const auto error = net::connect_error(socket_)) return error;
  net::tune_tcp(socket_, worker_.options.keep_alive);
  state_ = State::waiting;
  if (engine_) {
    worker_.wire.clear();
    engine_->start(worker_.wire);
    put(worker_.wire.view());
  }
  return {};
}

void Connection::bind() {
  state_ = State::bound;
  cancel_deadline();
  count_extra(false);
}

bool Connection::verified() const noexcept {
  if (!engine_) return true;
  const auto state = engine_->state();
  return state == TlsState::open || (state == TlsState::closed && !engine_->version().empty());
}

bool Connection::unverified() const noexcept {
  return engine_ && engine_->state() == TlsState::unverified;
}

/// What was held as ciphertext until now is decrypted as soon as the peer is verified.
bool Connection::expect_peer(const std::vector<base::Fingerprint>& fingerprints) {
  const bool was_unverified = unverified();
  worker_.wire.clear();
  engine_->expect_peer(fingerprints, worker_.wire);
  put(worker_.wire.view());
  if (engine_->state() == TlsState::failed) tls_failed();
  if (broken_ || !was_unverified || held_.empty()) return !broken_;
  const auto wire = std::move(held_);
  held_ = {};
  const auto read = decrypt(wire.view());
  held_.append(read.plain);
  return !broken_;
}

void Connection::expect_certificate() {
  worker_.wire.clear();
  engine_->expect_certificate(worker_.wire);
  put(worker_.wire.view());
}

Connection::Read Connection::read(std::size_t most) {
  const auto window = worker_.reactor.window().first(std::min(most, net::Reactor::window_size));
  const auto got = net::receive(socket_, window);
  if (!got) {
    readable_ = false;
    if (net::would_block(got.error())) return {Input::drained, {}};
    die(got.error().message());
    return {Input::dead, {}};
  }
  if (*got == 0) {
    readable_ = false;
    input_ended_ = fin_seen_ = true;
    if (engine_) cause_ = "closed without close_notify";
    return {Input::end, {}};
  }
  // A short read has drained the socket, and what comes next is a new edge; but a hang-up may have been told
  // already.
  if (*got < window.size() && !hung_up_) readable_ = false;
  const std::string_view octets(window.data(), *got);
  if (!engine_) return {Input::octets, octets};
  if (!unverified()) return decrypt(octets);
  held_.append(octets);
  return {Input::octets, {}};
}

Connection::Read Connection::decrypt(std::string_view wire) {
  worker_.plain.clear();
  worker_.wire.clear();
  const auto taken = engine_->read(wire, worker_.plain, worker_.wire);
  put(worker_.wire.view());
  switch (engine_->state()) {
    case TlsState::handshaking:
    case TlsState::open:
      break;
    case TlsState::unverified:
      held_.append(wire.substr(taken));
      break;
    case TlsState::closed:
      input_ended_ = true;
      return {Input::end, worker_.plain.view()};
    case TlsState::failed:
      tls_failed();
      break;
  }
  return {dead_ || broken_ ? Input::dead : Input::octets, worker_.plain.view()};
}

void Connection::check_reset() {
  if (!error_event_ || dead_) return;
  error_event_ = false;
  if (const auto error = net::connect_error(socket_)) die(error.message());
}

void Connection::again() {
  worker_.reactor.again(registration_, EPOLLIN);
}

void Connection::write(std::string_view plain) {
  if (!engine_) return put(plain);
  worker_.wire.clear();
  if (!engine_->write(plain, worker_.wire)) return tls_failed();
  put(worker_.wire.view());
}

/// Sends at once; only what the kernel does not take is kept.
void Connection::put(std::string_view wire) {
  if (wire.empty() || dead_) return;
  if (out_.empty()) wire.remove_prefix(send(wire));
  if (dead_ || wire.empty()) return;
  if (out_.size() + wire.size() > worker_.options.limits.pending_output) {
    overloaded_ = true;
    return die("the peer makes the gateway answer without reading");
  }
  // Once for all that may come, and only what is used costs memory: growing would hold it twice.
  if (out_.capacity() == 0) out_.reserve(worker_.options.limits.pending_output);
  out_.append(wire);
}

std::size_t Connection::send(std::string_view wire) {
  std::size_t sent = 0;
  while (sent < wire.size()) {
    const auto some = net::send(socket_, wire.substr(sent));
    if (!some) {
      if (!net::would_block(some.error())) die(some.error().message());
      break;
    }
    sent += *some;
  }
  return sent;
}

bool Connection::flush() {
  if (out_.empty() || dead_) return out_.empty();
  out_.consume(send(out_.view()));
  if (!out_.empty()) return false;
  out_.release();
  if (finishing_) send_fin();
  return true;
}

void Connection::finish() {
  flush_link();
  if (finishing_ || dead_) return;
  finishing_ = true;
  if (engine_ && (verified() || unverified())) {
    worker_.wire.clear();
    engine_->close(worker_.wire);
    put(worker_.wire.view());
  }
  if (out_.empty()) send_fin();
}

void Connection::send_fin() {
  if (fin_sent_ || dead_) return;
  net::shut_write(socket_);
  fin_sent_ = true;
}

void Connection::count_handshake() {
  if (!engine_) return;
  std::string result = "ok";
  if (broken_)
    result = to_string(engine_->cause());
  else if (!verified())
    result = "unfinished";
  ++worker_.totals.tls_handshakes[{result, std::string(engine_->version())}];
}

void Connection::rest() noexcept {
  if (engine_) engine_->rest();
}

/// From here on the connection ends by itself; its owner only keeps it until then.
void Connection::begin_closing(Ending how) {
  state_ = State::closing;
  ending_ = how;
  held_.release();
  count_extra(true);
  if (how == Ending::orderly) finish();
  set_deadline(worker_.options.times.drain);
}

bool Connection::closing_step() {
  flush();
  if (dead_) return true;
  if (ending_ == Ending::reset) {
    if (!out_.empty()) return false;
    worker_.reactor.remove(registration_);
    net::reset_close(socket_);
    return true;
  }
  if (!discard_input()) return true;
  if (!fin_sent_) return false;
  if (!lingering_) {
    lingering_ = true;
    set_deadline(worker_.options.times.linger);
  }
  return fin_seen_;
}

/// A close() with unread octets would send RST, and that destroys the last octets on their way to the peer.
/// False when the connection is dead.
bool Connection::discard_input() {
  for (unsigned windows = 0; readable_ && !fin_seen_; ++windows) {
    if (windows == worker_.options.limits.windows_a_turn) {
      again();
      break;
    }
    const auto got = net::receive(socket_, worker_.reactor.window());
    if (!got) {
      readable_ = false;
      return net::would_block(got.error());
    }
    fin_seen_ = *got == 0;
  }
  return true;
}

void Connection::die(std::string cause) {
  if (dead_) return;
  dead_ = true;
  cause_ = std::move(cause);
  out_.release();
}

/// The alert that TLS wrote may still be on its way: not dead, but of no use.
void Connection::tls_failed() {
  if (broken_) return;
  broken_ = true;
  input_ended_ = true;
  cause_ = "TLS " + std::string(to_string(engine_->cause())) + ": " + engine_->detail();
}

}  // namespace gateway
