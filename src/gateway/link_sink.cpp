// A link as a sink: who may write, and what the gateway itself has to say.
#include <algorithm>
#include <utility>

#include "gateway/link.hpp"

namespace gateway {
namespace {

std::size_t size_of(std::initializer_list<std::string_view> pieces) {
  std::size_t out = 0;
  for (const auto piece : pieces) out += piece.size();
  return out;
}

}  // namespace

/// Whether that one may write now; it has to leave() again.
bool Link::admits(Link& source) {
  if (wire_.blocked()) return false;
  if (writer_ != &source) interrupt();
  if (writer_ == &source) return true;
  const bool next = waiters_.empty() || waiters_.front() == &source;
  const bool goes_on = turn_of_ == &source && turn_octets_ < turn;
  if (writer_ || (!next && !goes_on)) return false;
  writer_ = &source;
  source.stop_waiting();
  turn_of_ = &source;
  if (next) turn_octets_ = 0;
  return true;
}

/// Ends the chunk that is being written where nobody has to wait any longer for its end.
void Link::interrupt() {
  if (!writer_ || !writer_->in_.leg || !writer_->in_.open) return;
  const auto& in = writer_->in_;
  if (in.part_octets >= msrp::chunk_octets || wire_.now() - in.last >= silence) writer_->close_part('+');
}

void Link::leave(Link& source) {
  if (writer_ != &source) return;
  writer_ = nullptr;
  send_replies();
  if (!waiters_.empty()) waiters_.front()->wake();
}

/// Who writes already waits for room only, and stands in no row.
std::size_t Link::wait_for(Link& sink) {
  stopped_ = true;
  if (waits_for_ != &sink) {
    stop_waiting();
    if (sink.writer_ != this) {
      waits_for_ = &sink;
      sink.waiters_.push_back(this);
    }
  }
  if (sink.writer_ && sink.writer_ != this) wire_.again_in(silence);
  return 0;
}

void Link::stop_waiting() {
  if (!waits_for_) return;
  auto& sink = *std::exchange(waits_for_, nullptr);
  const bool first = sink.waiters_.front() == this;
  std::erase(sink.waiters_, this);
  if (first && !sink.writer_ && !sink.waiters_.empty()) sink.waiters_.front()->wake();
}

void Link::on_room() {
  if (writer_) writer_->wake();
  hurry();
  if (!waiters_.empty()) waiters_.front()->wake();
}

/// A whole message: at once, or behind the chunk that is being written.
void Link::write_own(std::initializer_list<std::string_view> pieces) {
  for (const auto piece : pieces) replies_.append(piece);
  hurry();
}

/// The same, of a session.
void Link::write_own_of(Leg& leg, std::initializer_list<std::string_view> pieces) {
  leg.count_octets(0, size_of(pieces));
  write_own(pieces);
}

void Link::write_to(Leg& leg, std::initializer_list<std::string_view> pieces) {
  leg.count_octets(0, size_of(pieces));
  leg.link->wire_.write(pieces);
}

void Link::greet(Leg& leg) {
  const auto id = base::random_token(random_, token_length);
  write_own_of(leg, {"MSRP ", id, " SEND\r\n", leg.paths.whole(), "Message-ID: ", id,
                     "\r\nFailure-Report: no\r\n-------", id, "$\r\n"});
  leg.count_out(msrp::method::send, 0);
}

/// The answer to a SEND of that leg's peer.
void Link::answer(Leg& leg, std::string_view id, std::uint16_t status, std::string_view comment) {
  reply(&leg, id, status, leg.paths.next_hop(), comment);
}

/// `leg` null: what it answers belongs to no session.
void Link::reply(Leg* leg, std::string_view id, std::uint16_t status, std::string_view paths,
                 std::string_view comment) {
  const auto code = std::to_string(status);
  const std::initializer_list<std::string_view> pieces = {
      "MSRP ", id,    " ",       code, " ",    comment.empty() ? msrp::phrase(status) : comment,
      "\r\n",  paths, "-------", id,   "$\r\n"};
  if (!leg) return write_own(pieces);
  write_own_of(*leg, pieces);
  leg->count_out({}, status);
}

/// Sends what we have to say as soon as it is allowed.
void Link::hurry() {
  if (replies_.empty()) return;
  interrupt();
  if (!writer_) return send_replies();
  if (writer_->in_.open) wire_.again_in(silence);
}

void Link::send_replies() {
  if (replies_.empty() || wire_.blocked()) return;
  wire_.write({replies_.view()});
  replies_.release();
  if (stopped_) wake();  // it may have been for the answers
}

}  // namespace gateway
