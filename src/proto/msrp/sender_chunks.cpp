// The part of the Sender that writes chunks (RFC 4975 7.1, 7.1.1).
#include <algorithm>
#include <array>

#include "base/expect.hpp"
#include "proto/msrp/sender.hpp"
#include "proto/msrp/writer.hpp"

namespace msrp {
namespace {

constexpr std::size_t piece_octets = 64 * 1024;  // of one read from a source

}  // namespace

void Sender::produce(base::Buffer& out, std::size_t room, bool waiting, base::Time now) {
  const auto begin = out.size();
  while (out.size() - begin < room) {
    if (chunk_)
      continue_chunk(out, room - (out.size() - begin), waiting, now);
    else if (waiting || !begin_next(out, now))
      return;
  }
}

bool Sender::begin_next(base::Buffer& out, base::Time now) {
  if (!has_output()) return false;
  if (bodiless_) {
    send_bodiless(out, now);
  } else if (!aborted_.empty()) {
    send_abort(out);
  } else {
    auto& message = *find(ready_.front());
    auto octets = message.size - message.sent;
    if (options_.fixed_chunk != 0) octets = std::min<std::uint64_t>(octets, options_.fixed_chunk);
    if (octets <= chunk_octets)
      send_whole(out, message, static_cast<std::size_t>(octets), now);
    else
      begin_chunk(out, message);
  }
  return true;
}

void Sender::print_chunk_head(base::Buffer& out, const OutgoingMessage& content,
                              std::string_view transaction_id, const ByteRange& range) {
  print_request_line(out, transaction_id, method::send);
  print_field(out, field::to_path, to_path_);
  print_field(out, field::from_path, from_path_);
  print_field(out, field::message_id, content.message_id);
  print_field(out, field::byte_range, to_string(range));
  if (content.success_report) print_field(out, field::success_report, "yes");
  if (content.failure_report != FailureReport::yes)
    print_field(out, field::failure_report, to_string(content.failure_report));
  for (const auto& header : content.headers) print_field(out, header.name, header.value);
  print_field(out, field::content_type, content.content_type);
  print_body_start(out);
  ++counters_.sent.sends;
}

// No body, no Content-Type, no empty line (RFC 4975 7.1); the range of nothing is 1-0/0 (7.1.1).
void Sender::send_bodiless(base::Buffer& out, base::Time now) {
  bodiless_ = false;
  const auto id = new_transaction_id();
  print_request_line(out, id, method::send);
  print_field(out, field::to_path, to_path_);
  print_field(out, field::from_path, from_path_);
  print_field(out, field::message_id, new_transaction_id());
  print_field(out, field::byte_range, "1-0/0");
  print_end_line(out, id, '$', false);
  ++counters_.sent.sends;
  open_transaction(id, nullptr, 0, now + options_.response_timeout);
}

// Given up between two chunks: an empty one that says so, since only an end-line can (RFC 4975 7.1).
void Sender::send_abort(base::Buffer& out) {
  const auto content = std::move(aborted_.front());
  aborted_.pop_front();
  const auto id = new_transaction_id();
  print_chunk_head(out, content, id, {1, 0, std::nullopt});
  print_end_line(out, id, '#', true);
}

// A chunk that need not be interruptible: all at once, under a transaction id that its body does not contain.
void Sender::send_whole(base::Buffer& out, Message& message, std::size_t octets, base::Time now) {
  std::array<char, chunk_octets> storage;
  const auto got = message.content.source->read(message.sent, std::span(storage).first(octets));
  if (got < octets) return fail_here(message, "the source failed");
  const std::string_view body(storage.data(), octets);
  auto id = new_transaction_id();
  while (EndLineGuard(id).admit(body) < octets) id = new_transaction_id();

  print_chunk_head(out, message.content, id, {message.sent + 1, message.sent + octets, message.size});
  out.append(body);
  message.begun = true;
  message.sent += octets;
  print_end_line(out, id, message.sent == message.size ? '$' : '+', true);
  open_transaction(id, &message, octets, now + options_.response_timeout);
  after_chunk(message);
}

void Sender::begin_chunk(base::Buffer& out, Message& message) {
  const auto id = new_transaction_id();
  print_chunk_head(out, message.content, id, {message.sent + 1, std::nullopt, message.size});
  message.begun = true;
  open_transaction(id, &message, 0, base::never);
  chunk_.emplace(Chunk{message.id, id, EndLineGuard(id)});
}

// How many octets may still go into the open chunk: RFC 4975 7.1.1 makes it end at 2048 for responses and
// REPORTs.
std::uint64_t Sender::allowance(const Message& message, std::size_t room, bool waiting) const {
  auto most = std::uint64_t{max_position};
  if (options_.fixed_chunk != 0) most = options_.fixed_chunk;
  if (waiting || bodiless_ || !aborted_.empty())
    most = std::min<std::uint64_t>(most, chunk_octets);
  else if (ready_.size() > 1)
    most = std::min<std::uint64_t>(most, options_.fair_share);
  const auto left = chunk_->sent < most ? most - chunk_->sent : 0;
  return std::min({left, message.size - message.sent, std::uint64_t{room}, std::uint64_t{piece_octets}});
}

void Sender::continue_chunk(base::Buffer& out, std::size_t room, bool waiting, base::Time now) {
  auto* message = find(chunk_->message);
  if (!message) return end_chunk(out, '#', now);  // aborted, or refused by the peer (RFC 4975 7.3.2)
  const auto octets = static_cast<std::size_t>(allowance(*message, room, waiting));
  if (octets == 0) return end_chunk(out, '+', now);

  const auto space = out.prepare(octets).first(octets);
  const auto got = message->content.source->read(message->sent, space);
  if (got < octets) {
    fail_here(*message, "the source failed");
    return end_chunk(out, '#', now);
  }
  const auto admitted = chunk_->guard.admit({space.data(), octets});
  out.commit(admitted);
  chunk_->sent += admitted;
  message->sent += admitted;
  if (admitted < octets) return end_chunk(out, '+', now);
  if (message->sent == message->size) return end_chunk(out, '$', now);
}

void Sender::end_chunk(base::Buffer& out, char flag, base::Time now) {
  const auto chunk = *std::move(chunk_);
  chunk_.reset();
  print_end_line(out, chunk.transaction_id, flag, true);
  auto* message = find(chunk.message);
  if (!message) return;
  const bool answered = !transactions_.empty() && transactions_.back().answered;
  if (message->content.failure_report != FailureReport::no) {
    base::expect(!transactions_.empty() && transactions_.back().id == chunk.transaction_id);
    transactions_.back().octets = chunk.sent;
    transactions_.back().deadline = now + options_.response_timeout;
  }
  after_chunk(*message);
  if (!answered) return;
  const auto transaction = std::move(transactions_.back());
  transactions_.pop_back();
  close_transaction(transaction, true);
}

// The next message's turn.
void Sender::after_chunk(Message& message) {
  base::expect(!ready_.empty() && ready_.front() == message.id);
  ready_.pop_front();
  if (message.sent < message.size) {
    ready_.push_back(message.id);
    return;
  }
  message.sent_all = true;
  ++counters_.sent.messages_completed;
  events_.push_back(Sent{message.id});
  settle(message);
}

}  // namespace msrp
