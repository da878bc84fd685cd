#include "proto/msrp/receiver.hpp"

#include <algorithm>

namespace msrp {
namespace {

// Longer than any ident (32) and any UUID; it is kept for every message that is remembered.
constexpr std::size_t max_message_id = 256;

ReportRequest make_report(std::string to_path, std::string message_id, ByteRange range, std::uint16_t code,
                          std::string_view comment) {
  const auto text = comment.empty() ? phrase(code) : comment;
  return {std::move(to_path), std::move(message_id), range, Status{0, code, std::string(text)}};
}

}  // namespace

Receiver::Receiver(const ReceiverOptions& options, SessionEvents& events, SessionCounters& counters)
    : options_(options), events_(events), counters_(counters) {}

Receiver::Message* Receiver::find(IncomingId id) {
  const auto at =
      std::find_if(messages_.begin(), messages_.end(), [&](const Message& m) { return m.id == id; });
  return at == messages_.end() ? nullptr : &*at;
}

std::uint16_t Receiver::begin(const Head& head) {
  current_ = {};
  is_duplicate_ = false;
  chunk_octets_ = 0;
  const auto message_id = head.value(field::message_id);
  const auto claimed = head.byte_range();
  if (message_id.empty() || message_id.size() > max_message_id || !claimed) return 400;
  const auto range = claimed->value_or(ByteRange{});
  chunk_begin_ = range.start - 1;

  for (const auto& known : finished_) {
    if (known.origin.message_id != message_id) continue;
    if (known.status == 200) {  // came before: acknowledged again, delivered once
      is_duplicate_ = true;
      duplicate_ = known.origin;
    }
    return known.status == 200 ? 0 : known.status;
  }
  for (auto& message : messages_) {
    if (message.origin.message_id != message_id) continue;
    current_ = message.id;
    const auto fits = message.data.begin_chunk(range);
    return fits ? 0 : fail_current(fits.error());
  }
  return begin_new(head, range);
}

std::uint16_t Receiver::begin_new(const Head& head, const ByteRange& range) {
  const auto content_type = head.value(field::content_type);
  if (!options_.accept_types.accepts(content_type)) return 415;
  if (messages_.size() >= options_.incomplete) return 413;
  const auto message_id = head.value(field::message_id);
  Message message{.id = IncomingId{++last_id_},
                  .origin = {std::string(message_id), std::string(head.value(field::from_path)),
                             head.success_report(), head.failure_report()},
                  .data = Reassembly(options_.ranges, options_.max_message)};
  current_ = message.id;
  const auto fits = message.data.begin_chunk(range);
  messages_.push_back(std::move(message));
  events_.push_back(
      MessageStarted{current_, std::string(message_id), std::string(content_type), range.total, head});
  return fits ? 0 : fail_current(fits.error());
}

std::uint16_t Receiver::fail_current(const Error& error) {
  const bool impossible = error.code == Errc::bad_byte_range;
  const std::uint16_t status = impossible ? 400 : 413;
  abandon(current_, status, impossible ? Reason::bad_range : Reason::too_large);
  return status;
}

std::uint16_t Receiver::content(std::string_view octets) {
  chunk_octets_ += octets.size();
  auto* message = find(current_);
  if (!message) return 0;
  const auto offset = message->data.add(octets.size());
  if (!offset) return fail_current(offset.error());
  events_.push_back(Content{current_, *offset, std::string(octets)});
  return 0;
}

Receiver::Ended Receiver::end(char flag) {
  Ended ended;
  if (auto* message = find(current_))
    ended = end_message(*message, flag);
  else if (is_duplicate_ && duplicate_.success && flag != '#')
    ended.report = duplicate_report(flag);
  current_ = {};
  is_duplicate_ = false;
  return ended;
}

ReportRequest Receiver::duplicate_report(char flag) const {
  const auto end = chunk_begin_ + chunk_octets_;
  const ByteRange range{chunk_begin_ + 1, end, flag == '$' ? std::optional(end) : std::nullopt};
  return make_report(duplicate_.from_path, duplicate_.message_id, range, 200, {});
}

Receiver::Ended Receiver::end_message(Message& message, char flag) {
  if (flag == '#') {
    abandon(current_, 200, Reason::by_sender);
    return {};
  }
  const auto ended = message.data.end_chunk(flag == '$');
  if (!ended) return {fail_current(ended.error()), std::nullopt};

  Ended result;
  const auto size = message.data.total();
  const bool complete = message.data.complete();
  if (message.origin.success && (options_.report_each_chunk || complete)) {
    const auto begin = options_.report_each_chunk ? chunk_begin_ : 0;
    const auto end = options_.report_each_chunk ? chunk_begin_ + chunk_octets_ : *size;
    result.report =
        make_report(message.origin.from_path, message.origin.message_id, {begin + 1, end, size}, 200, {});
  }
  if (complete) {
    ++counters_.received.messages_completed;
    events_.push_back(MessageReceived{current_, *size});
    finish(current_, 200, *size);
  }
  return result;
}

// From here on chunks of that Message-ID are answered with `status`.
void Receiver::finish(IncomingId id, std::uint16_t status, std::uint64_t size) {
  auto* message = find(id);
  finished_.push_back({id, std::move(message->origin), size, status});
  if (finished_.size() > options_.finished) finished_.pop_front();
  std::erase_if(messages_, [&](const Message& m) { return m.id == id; });
  if (current_ == id) current_ = {};
}

void Receiver::abandon(IncomingId id, std::uint16_t status, Reason reason) {
  ++counters_.received.messages_aborted;
  events_.push_back(MessageAborted{id, reason});
  finish(id, status, find(id)->data.octets());
}

std::uint16_t Receiver::reject(IncomingId id, std::uint16_t status) {
  if (!find(id)) return 0;
  const bool now = id == current_;
  abandon(id, status, Reason::rejected);
  return now ? status : 0;
}

std::optional<ReportRequest> Receiver::failure_report(IncomingId id, std::uint16_t status,
                                                      std::string_view comment) const {
  const auto make = [&](const Origin& origin, const ByteRange& range) -> std::optional<ReportRequest> {
    if (origin.failure == FailureReport::no) return std::nullopt;
    return make_report(origin.from_path, origin.message_id, range, status, comment);
  };
  for (const auto& message : messages_) {
    if (message.id == id) return make(message.origin, {1, message.data.octets(), message.data.total()});
  }
  for (const auto& message : finished_) {
    if (message.id == id) return make(message.origin, {1, message.size, message.size});
  }
  return std::nullopt;
}

void Receiver::close() {
  for (const auto& message : messages_) {
    ++counters_.received.messages_aborted;
    events_.push_back(MessageAborted{message.id, Reason::connection_closed});
  }
  messages_.clear();
  current_ = {};
}

}  // namespace msrp
