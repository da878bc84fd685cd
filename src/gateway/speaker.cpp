// A link on a connection.
#include "gateway/speaker.hpp"

#include <algorithm>
#include <functional>

namespace gateway {
namespace {

/// From here on a piece is not worth a copy.
constexpr std::size_t long_piece = std::size_t{8} * 1024;

bool is_part(std::string_view piece, std::string_view of) {
  const std::less_equal<> before;
  return before(of.data(), piece.data()) && before(piece.data() + piece.size(), of.data() + of.size());
}

}  // namespace

Link& Connection::speak(Router& router, bool mints) {
  speaker_ = std::make_unique<Speaker>(*this, router, mints);
  return speaker_->link;
}

Link* Connection::link() const noexcept {
  return speaker_ ? &speaker_->link : nullptr;
}

void Connection::stage(std::initializer_list<std::string_view> pieces) {
  auto& worker = worker_;
  if (worker.staged_for && worker.staged_for != this) worker.staged_for->flush_link();
  for (const auto piece : pieces) {
    if (piece.empty()) continue;
    written_ += piece.size();
    if (piece.size() >= Speaker::most_staged && !notes(piece)) {
      flush_link();
      send_off({&piece, 1});
      continue;
    }
    if (worker.staged_for && worker.staged.full()) flush_link();
    if (!worker.staged_for) worker.staged.clear();
    worker.staged_for = this;
    notes(piece) ? worker.staged.note(piece) : worker.staged.copy(piece);
  }
}

void Connection::flush_link() {
  if (worker_.staged_for != this) return;
  worker_.staged_for = nullptr;
  send_off(worker_.staged.view());
}

/// In the turn of another connection, as a rule: its own owner has to learn of a failure.
void Connection::send_off(std::span<const std::string_view> pieces) {
  if (finishing_ || dead_ || broken_) return;
  pieces.size() == 1 ? write(pieces.front()) : put_pieces(pieces);
  if (dead_ || broken_) again();
}

/// One send for all; what it does not take is put as ever.
void Connection::put_pieces(std::span<const std::string_view> pieces) {
  std::size_t sent = 0;
  if (out_.empty()) {
    const auto some = net::send(socket_, pieces);
    if (!some && !net::would_block(some.error())) return die(some.error().message());
    if (some) sent = *some;
  }
  for (const auto piece : pieces) {
    const auto gone = std::min(sent, piece.size());
    sent -= gone;
    put(piece.substr(gone));
  }
}

/// Whether it is left where it is until it is sent. Not where TLS is: each piece would be a record.
bool Connection::notes(std::string_view piece) const noexcept {
  return !engine_ && piece.size() >= long_piece && is_part(piece, worker_.in_hand);
}

/// What links have written of these octets is sent before they go; where that shows that the sink is full,
/// the link takes no more.
void Connection::give_link(std::string_view octets) {
  worker_.in_hand = octets;
  speaker_->link.take(octets);
  if (auto* sink = worker_.staged_for) {
    sink->flush_link();
    if (sink->blocked()) speaker_->link.go_on();
  }
  worker_.in_hand = {};
}

/// Reading stops where the link does, and is one turn's share at most.
std::size_t Connection::feed_link(std::size_t early, std::size_t most) {
  auto& link = speaker_->link;
  flush();
  if (out_.empty() && std::exchange(speaker_->waited, false)) link.on_room();
  link.go_on();
  if (verified() && !held_.empty() && link.hungry()) {
    link.take(held_.view());
    held_.release();
  }
  std::size_t came = 0;
  for (unsigned windows = 0; readable() && link.hungry() && link.held() < early && came < most;) {
    if (windows++ == worker_.options.limits.windows_a_turn) {
      again();
      break;
    }
    const auto got = read(std::min(early - link.held(), most - came));
    came += got.plain.size();
    if (!got.plain.empty()) give_link(got.plain);
    if (got.input != Input::octets) break;
  }
  if (worker_.staged_for) worker_.staged_for->flush_link();
  return came;
}

}  // namespace gateway
