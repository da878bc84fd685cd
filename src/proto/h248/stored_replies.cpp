#include "proto/h248/stored_replies.hpp"

namespace h248 {

StoredReplies::StoredReplies(const Transactions::Options& options, Post& post, base::Random& random,
                             Transactions::Counters& counters)
    : options_(options), post_(post), random_(random), counters_(counters) {}

void StoredReplies::send(std::uint32_t id, std::string text, const Route& to, bool until_acked,
                         base::Time now) {
  const auto& timers = options_.timers;
  while (!replies_.empty() && replies_.size() >= timers.kept_replies) forget(*expiry_.due(base::never));
  auto& reply = replies_[id];
  reply.text = std::move(text);
  reply.to = to;
  reply.give_up = now + timers.give_up;
  unacked_.insert(id);
  // The peer's T-MAX began anew when our last Pending came to it, which may have taken as long as its
  // request.
  const auto longest = timers.network_delay * (until_acked ? 2 : 1);
  expiry_.set(id, reply.expires, now + timers.give_up + longest);
  if (until_acked && !is_reliable(to.carrier)) {
    repeats_.set(id, reply.again, now + reply.backoff.next(timers, random_));
  }
  post_.send(to, reply.text);
}

bool StoredReplies::repeat(std::uint32_t id, const Route& to) {
  const auto at = replies_.find(id);
  if (at == replies_.end()) return false;
  at->second.to = to;
  if (unacked_.contains(id)) post_.send(to, at->second.text);
  return true;
}

// However often the peer names a range, each reply in it is looked at once.
void StoredReplies::on_ack(const AckRange& range) {
  const auto begin = unacked_.lower_bound(range.first);
  const auto end = unacked_.upper_bound(range.last);
  for (auto at = begin; at != end; ++at) {
    auto& reply = replies_.at(*at);
    repeats_.set(*at, reply.again, base::never);
    reply.text = {};
  }
  unacked_.erase(begin, end);
}

void StoredReplies::on_time(base::Time now) {
  while (const auto id = expiry_.due(now)) forget(*id);
  while (const auto id = repeats_.due(now)) send_again(*id, replies_.at(*id), now);
}

void StoredReplies::send_again(std::uint32_t id, Reply& reply, base::Time now) {
  if (now >= reply.give_up) return repeats_.set(id, reply.again, base::never);
  repeats_.set(id, reply.again, now + reply.backoff.next(options_.timers, random_));
  ++counters_.retransmissions;
  post_.send(reply.to, reply.text);
}

void StoredReplies::forget(std::uint32_t id) {
  auto& reply = replies_.at(id);
  expiry_.set(id, reply.expires, base::never);
  repeats_.set(id, reply.again, base::never);
  unacked_.erase(id);
  replies_.erase(id);
}

void StoredReplies::clear() {
  replies_.clear();
  unacked_.clear();
  expiry_.clear();
  repeats_.clear();
}

}  // namespace h248
