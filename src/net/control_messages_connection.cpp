#include "net/control_messages_connection.hpp"

#include <algorithm>
#include <fcntl.h>
#include <utility>

#include "net/sctp.hpp"
#include "net/tpkt.hpp"

namespace net {
namespace {

constexpr std::size_t read_size = std::size_t{16} * 1024;

}  // namespace

std::string reason_of(MessageCarrier carrier, const std::error_code& error) {
  const bool missing = error == std::errc::protocol_not_supported;
  if (carrier == MessageCarrier::sctp && missing) return "this kernel has no SCTP (module sctp)";
  return error.message();
}

MessageConnection::MessageConnection(ControlLoop& loop, MessageCarrier carrier, const MessageOptions& options,
                                     MessageSockets::Counters& counters, User user)
    : loop_(loop), carrier_(carrier), options_(options), counters_(counters), user_(std::move(user)) {}

void MessageConnection::accepted(Fd socket) {
  opened(std::move(socket));
}

void MessageConnection::connect(const base::Address& to, const std::optional<base::Address>& from) {
  auto socket = carrier_ == MessageCarrier::sctp ? connect_sctp(to, from) : connect_tcp(to, from);
  if (!socket) return end("cannot connect: " + reason_of(carrier_, socket.error()));
  twin_ = std::move(*socket);
  writing_ = loop_.watch(twin_.get(), Readiness::write, [this] { on_connected(); });
  limit(options_.connect, "cannot connect: no answer in time");
}

void MessageConnection::on_connected() {
  writing_.cancel();
  if (const auto error = connect_error(twin_)) return end("cannot connect: " + error.message());
  opened(std::move(twin_));
}

void MessageConnection::opened(Fd socket) {
  socket_ = std::move(socket);
  state_ = State::open;
  deadline_.cancel();
  if (closing_) limit(options_.partial, "");
  if (carrier_ == MessageCarrier::tcp) tune_tcp(socket_, {});
  if (carrier_ == MessageCarrier::sctp) tune_sctp(socket_);
  reading_ = loop_.watch(socket_.get(), Readiness::read, [this] { on_readable(); });
  flush();
}

bool MessageConnection::send(std::string_view message) {
  if (closing_ || state_ == State::ended) return false;
  if (out_.size() + tpkt_head_size + message.size() > options_.max_pending) {
    end("does not take what it is sent");
    return false;
  }
  const auto head = tpkt_head(message.size());
  out_.append({head.data(), head.size()});
  out_.append(message);
  if (state_ != State::connecting && !writing_.active()) flush();
  return true;
}

void MessageConnection::close() {
  if (std::exchange(closing_, true) || state_ == State::ended) return;
  if (state_ == State::connecting && out_.empty()) return end("");
  if (state_ != State::connecting) limit(options_.partial, "");
  if (state_ == State::open && out_.empty()) linger();
}

void MessageConnection::linger() {
  state_ = State::lingering;
  shut_write(socket_);
}

void MessageConnection::on_readable() {
  bool last = false;
  const auto room = in_.prepare(read_size);
  const bool sctp = carrier_ == MessageCarrier::sctp;
  const auto count = sctp ? receive_sctp(socket_, room, last) : receive(socket_, room);
  if (!count && would_block(count.error())) return;
  if (!count) return end("ended: " + count.error().message());
  if (*count == 0) return on_end();
  if (closing_) return;
  in_.commit(*count);
  sctp ? take_user_message(last) : take_packets();
}

void MessageConnection::on_end() {
  if (out_.empty()) return end(in_.empty() ? "ended by the other end" : "ended inside a message");
  state_ = State::draining;
  reading_.cancel();
  limit(options_.partial, "ended by the other end, which does not take what it is sent");
}

void MessageConnection::take_packets() {
  bool taken = false;
  while (!closing_ && state_ == State::open) {
    const auto message = first_tpkt(in_.view(), options_.max_message);
    if (!message) return malformed(to_string(message.error()));
    if (!*message) return watch_partial(taken);
    user_.message(**message);
    in_.consume(tpkt_head_size + (*message)->size());
    taken = true;
  }
}

void MessageConnection::take_user_message(bool last) {
  if (in_.size() > options_.max_message) return malformed("a message that is too long");
  if (!last) return watch_partial(false);
  user_.message(in_.view());
  in_.clear();
  if (!closing_ && state_ == State::open) watch_partial(true);
}

void MessageConnection::malformed(std::string_view why) {
  ++counters_.malformed;
  end("sent " + std::string(why));
}

/// The time counts from a message's first octet: a peer that sends one octet now and then gains nothing.
void MessageConnection::watch_partial(bool new_message) {
  if (in_.empty()) return deadline_.cancel();
  if (new_message || !deadline_.active()) limit(options_.partial, "left a message incomplete");
}

void MessageConnection::flush() {
  while (!out_.empty()) {
    const auto count = send_some();
    if (!count && would_block(count.error())) return wait_for_room();
    if (!count) return end("ended: " + count.error().message());
    out_.consume(*count);
  }
  writing_.cancel();
  twin_.reset();
  if (state_ == State::draining) return end("ended by the other end");
  if (closing_) linger();
}

IoResult<std::size_t> MessageConnection::send_some() {
  if (carrier_ == MessageCarrier::tcp) return net::send(socket_, out_.view());
  const auto packet = first_tpkt(out_.view(), tpkt_longest);
  auto sent = send_sctp(socket_, **packet, options_.sctp_protocol);
  if (sent) *sent = tpkt_head_size + (*packet)->size();  // whole or not at all
  return sent;
}

/// Reading goes on meanwhile: two ends that only wait to write would wait for ever.
void MessageConnection::wait_for_room() {
  if (writing_.active()) return;
  twin_ = Fd(fcntl(socket_.get(), F_DUPFD_CLOEXEC, 0));
  if (!twin_) return end("no descriptor is left");
  writing_ = loop_.watch(twin_.get(), Readiness::write, [this] { flush(); });
}

void MessageConnection::limit(base::Duration time, std::string why) {
  deadline_ = loop_.after(time, [this, why = std::move(why)] { end(why); });
}

/// Tells the user from the loop: whoever calls this may be inside send().
void MessageConnection::end(std::string why) {
  if (state_ == State::ended) return;
  state_ = State::ended;
  reading_.cancel();
  writing_.cancel();
  deadline_ = loop_.after({}, [this, why = std::move(why)] {
    const auto end = std::move(user_.end);  // it destroys this
    end(why);
  });
}

}  // namespace net
