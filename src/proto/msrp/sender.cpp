#include "proto/msrp/sender.hpp"

#include <algorithm>

#include "base/expect.hpp"
#include "proto/msrp/media_type.hpp"
#include "proto/msrp/writer.hpp"

namespace msrp {
namespace {

constexpr std::size_t transaction_id_length = 16;  // 82 bits; RFC 4975 7.1 wants 64
constexpr std::size_t message_id_length = 20;

}  // namespace

std::size_t StringSource::read(std::uint64_t offset, std::span<char> out) {
  if (offset >= text_.size()) return 0;
  return text_.copy(out.data(), out.size(), static_cast<std::size_t>(offset));
}

Sender::Sender(const SenderOptions& options, base::Random& random, SessionEvents& events,
               SessionCounters& counters)
    : options_(options), random_(random), events_(events), counters_(counters) {
  base::expect(options_.fair_share >= chunk_octets && options_.transactions > 0 && options_.messages > 0);
}

void Sender::set_paths(std::string to, std::string from) {
  to_path_ = std::move(to);
  from_path_ = std::move(from);
}

Sender::Message* Sender::find(OutgoingId id) const {
  const auto at =
      std::find_if(messages_.begin(), messages_.end(), [&](const auto& m) { return m->id == id; });
  return at == messages_.end() ? nullptr : at->get();
}

// The oldest message that only waits for what may never come.
bool Sender::make_place() {
  if (messages_.size() < options_.messages) return true;
  const auto at =
      std::find_if(messages_.begin(), messages_.end(), [](const auto& m) { return m->answered(); });
  if (at == messages_.end()) return false;
  forget((*at)->id);
  return true;
}

bool Sender::is_refused(std::string_view content_type) const {
  return std::find(refused_types_.begin(), refused_types_.end(), media_type(content_type)) !=
         refused_types_.end();
}

Result<OutgoingId> Sender::send(OutgoingMessage content) {
  base::expect(content.source && !media_type(content.content_type).empty());
  if (is_refused(content.content_type)) return msrp::fail(Errc::bad_value);
  if (!make_place()) return msrp::fail(Errc::too_large);
  if (content.message_id.empty()) content.message_id = base::random_token(random_, message_id_length);
  base::expect(is_ident(content.message_id) && content.source->size() <= max_position);
  const auto size = content.source->size();
  const OutgoingId id{++last_id_};
  messages_.push_back(std::make_unique<Message>(Message{
      .id = id, .content = std::move(content), .size = size, .reported = RangeSet(options_.report_ranges)}));
  ready_.push_back(id);
  return id;
}

void Sender::abort(OutgoingId id) {
  auto* message = find(id);
  if (!message) return;
  const bool on_its_way = chunk_ && chunk_->message == id;
  if (!message->sent_all) ++counters_.sent.messages_aborted;
  if (message->begun && !message->sent_all && !on_its_way) aborted_.push_back(std::move(message->content));
  forget(id);
}

std::optional<SendProgress> Sender::progress(OutgoingId id) const {
  const auto* message = find(id);
  if (!message) return std::nullopt;
  return SendProgress{message->size, message->sent, message->accepted, message->reported.octets()};
}

void Sender::forget(OutgoingId id) {
  std::erase(ready_, id);
  std::erase_if(transactions_, [&](const Transaction& t) { return t.message == id; });
  std::erase_if(messages_, [&](const auto& m) { return m->id == id; });
}

// Nothing more is to be learnt about it.
void Sender::settle(const Message& message) {
  const bool reports_done = message.delivered || !message.content.success_report;
  if (message.sent_all && message.open == 0 && reports_done) forget(message.id);
}

void Sender::fail(OutgoingId id, std::uint16_t status, std::string_view why) {
  if (!find(id)) return;
  ++counters_.sent.messages_aborted;
  events_.push_back(SendFailed{id, status, std::string(why)});
  forget(id);
}

// A failure on our side: the peer should not wait for the rest.
void Sender::fail_here(Message& message, std::string_view why) {
  const auto id = message.id;
  const bool on_its_way = chunk_ && chunk_->message == id;
  if (message.begun && !on_its_way) aborted_.push_back(std::move(message.content));
  fail(id, 0, why);
}

void Sender::fail_all(std::string_view why) {
  while (!messages_.empty()) {
    const auto& message = *messages_.front();
    if (message.answered() && !message.content.success_report)
      forget(message.id);
    else
      fail(message.id, 0, why);
  }
  aborted_.clear();
  transactions_.clear();
  bodiless_ = false;
}

void Sender::on_failure(OutgoingId id, std::uint16_t status, std::string_view why) {
  const auto* message = find(id);
  if (!message) return;
  if (status == 415 && !is_refused(message->content.content_type) &&
      refused_types_.size() < options_.refused_types)
    refused_types_.push_back(media_type(message->content.content_type));
  fail(id, status, why.empty() ? phrase(status) : why);
}

std::uint16_t Sender::on_response(const Head& head) {
  const auto at = std::find_if(transactions_.begin(), transactions_.end(),
                               [&](const Transaction& t) { return t.id == head.transaction_id; });
  if (at == transactions_.end()) {  // some peers answer REPORTs
    ++counters_.ignored_responses;
    return 0;
  }
  if (head.status < 300) {
    if (at->deadline == base::never) {  // before the chunk's end; counts when it has ended
      at->answered = true;
      return 0;
    }
    const auto transaction = *at;
    transactions_.erase(at);
    close_transaction(transaction, true);
    return 0;
  }
  const auto message = at->message;
  if (message)
    on_failure(message, head.status, head.comment);
  else
    transactions_.erase(at);
  return head.status == 481 || head.status == 506 ? head.status : 0;
}

void Sender::close_transaction(const Transaction& transaction, bool accepted) {
  auto* message = find(transaction.message);
  if (!message) return;
  --message->open;
  if (accepted) message->accepted += transaction.octets;
  if (message->sent_all && message->open == 0 && message->watched()) events_.push_back(Accepted{message->id});
  settle(*message);
}

std::uint16_t Sender::on_report(const Head& head) {
  const auto at = std::find_if(messages_.begin(), messages_.end(), [&](const auto& m) {
    return m->content.message_id == head.value(field::message_id);
  });
  const auto status = head.report_status();
  const auto range = head.byte_range();
  if (at == messages_.end() || !status || status->name_space != 0 || !range) {
    ++counters_.ignored_reports;
    return 0;
  }
  auto& message = **at;
  events_.push_back(Reported{message.id, *status, *range});
  if (status->code >= 300) {
    on_failure(message.id, status->code, status->comment);
    // 413 and 415 say what the peer wants, not that octets were lost (RFC 4975 7.3.2, 10.5, 10.6).
    const bool lost = *range && status->code != 413 && status->code != 415;
    return lost || status->code == 481 || status->code == 506 ? status->code : 0;
  }
  const auto begin = *range ? (*range)->start - 1 : 0;
  const auto end = std::min(message.size, *range ? (*range)->end.value_or(message.size) : message.size);
  if (begin < end) (void)message.reported.add(begin, end);  // beyond the limit of ranges: not remembered
  if (message.content.success_report && !message.delivered && message.sent_all &&
      message.reported.covers(0, message.size)) {
    message.delivered = true;
    events_.push_back(Delivered{message.id});
    settle(message);
  }
  return 0;
}

// The deadlines are in order: only the last transaction can still be on its way.
void Sender::on_time(base::Time now) {
  while (!transactions_.empty() && transactions_.front().deadline <= now) {
    const auto transaction = std::move(transactions_.front());
    transactions_.pop_front();
    const auto* message = find(transaction.message);
    if (message && message->watched()) {
      ++counters_.timeouts;
      fail(message->id, 408, "no response in time");  // RFC 4975 10.4
    } else {
      close_transaction(transaction, false);
    }
  }
}

base::Time Sender::deadline() const {
  return transactions_.empty() ? base::never : transactions_.front().deadline;
}

bool Sender::may_begin(const Message& message) const {
  if (message.content.failure_report == FailureReport::no) return true;
  if (transactions_.size() < options_.transactions) return true;
  const auto* oldest = find(transactions_.front().message);
  return !oldest || !oldest->watched();
}

bool Sender::has_output() const {
  if (chunk_) return true;
  if (to_path_.empty()) return false;
  return bodiless_ || !aborted_.empty() || (!ready_.empty() && may_begin(*find(ready_.front())));
}

void Sender::open_transaction(std::string id, Message* message, std::uint64_t octets, base::Time deadline) {
  if (message && message->content.failure_report == FailureReport::no) return;
  if (transactions_.size() >= options_.transactions) {  // may_begin: the oldest is not waited for
    const auto oldest = std::move(transactions_.front());
    transactions_.pop_front();
    close_transaction(oldest, false);
  }
  transactions_.push_back({std::move(id), message ? message->id : OutgoingId{}, octets, deadline, false});
  if (message) ++message->open;
}

std::string Sender::new_transaction_id() {
  return base::random_token(random_, transaction_id_length);
}

}  // namespace msrp
