// What the realms' policies do to messages.
#include <algorithm>

#include "base/text.hpp"
#include "gateway/link.hpp"
#include "proto/msrp/byte_range.hpp"

namespace gateway {
namespace {

std::string_view first_uri(std::string_view path) {
  return path.substr(0, path.find(' '));
}

bool is_silent(const msrp::HeadView& head) {
  return head.method == msrp::method::report ||
         (head.method == msrp::method::send && base::iequals(head.failure_report, "no"));
}

/// No more chunks of the message are wanted.
bool is_final(std::uint16_t status) {
  return status == 413 || status == 415;
}

/// Receivers could take either.
bool has_two_types(const msrp::HeadView& head) {
  std::size_t found = 0;
  for (auto text : head.fields) {
    while (!text.empty()) {
      const auto line = base::take_until(text, '\n');
      found += base::iequals(line.substr(0, line.find(':')), msrp::field::content_type);
    }
  }
  return found > 1;
}

}  // namespace

/// What the policy has against it; zero: nothing.
std::uint16_t Link::refusal(const Leg& leg, const msrp::HeadView& head, std::size_t body) const {
  if (head.method != msrp::method::send) return body > most_whole ? 413 : 0;
  const auto* known = leg.policed.find(head.message_id);
  if (known && known->refused != 0) return known->refused;
  if (head.flag == 0 && leg.has_types() && (!leg.accepts(head.content_type) || has_two_types(head)))
    return 415;
  const auto most = leg.max_message();
  if (most == 0) return 0;
  const auto range = msrp::parse_byte_range(head.byte_range);
  if (!range && head.byte_range.data()) return 400;
  // A sender need not say where a chunk belongs, or not the truth.
  const auto begins = std::max(range ? range->start - 1 : 0, known ? known->octets : 0);
  const auto total = range && range->total ? *range->total : 0;
  return std::max(total, begins + body) > most ? 413 : 0;
}

/// Answers it where an answer is wanted, and lets its body go by.
std::size_t Link::refuse(const msrp::HeadView& head, std::uint16_t status, Leg* leg) {
  const bool send = head.method == msrp::method::send;
  if (leg) {
    leg->messages.take(1);
    leg->take_octets(head.size);
    leg->count_in(head.method, 0);
    leg->count_refusal(status);
    if (send && is_final(status)) leg->policed.refuse(head.message_id, status);
  }
  if (!is_silent(head)) {
    std::string paths = "To-Path: ";
    paths.append(send ? first_uri(head.from_path) : head.from_path).append("\r\nFrom-Path: ");
    paths.append(first_uri(head.to_path)).append("\r\n");
    reply(leg, head.transaction_id, status, paths, {});
  }
  return swallow(head);
}

/// True while its peer has sent too much.
bool Link::over_rate(Leg& leg) {
  if (!leg.messages.is_limited() && !leg.octets.is_limited() && !leg.policing.is_limited()) return false;
  const auto now = wire_.now();
  const auto wait = std::max({leg.messages.wait(now), leg.octets.wait(now), leg.policing.wait(now)});
  const bool over = wait > base::Duration::zero();
  if (over) wire_.again_in(wait);
  if (over && !paused_) leg.count_rate_pause();
  paused_ = over;
  return over;
}

/// We do not want the rest of it.
void Link::reject(std::uint16_t status) {
  in_.leg->count_refusal(status);
  in_.leg->policed.refuse(in_.message_id, status);
  give_up(status);
}

void Link::note_end(Leg& leg, std::string_view message_id, std::uint64_t octets, char flag) {
  leg.count_end_in(flag);
  if (!leg.is_policed()) return;
  if (flag == '+') {
    leg.policed.add(message_id, octets);
  } else {
    leg.policed.end(message_id);
  }
}

}  // namespace gateway
