#include "proto/h248/incoming.hpp"

namespace h248 {

Incoming::Incoming(const Transactions::Options& options, Post& post, base::Random& random,
                   Transactions::Counters& counters)
    : options_(options), post_(post), counters_(counters), replies_(options, post, random, counters) {}

bool Incoming::on_request(std::uint32_t id, const Route& from, base::Time now) {
  if (is_repeated(id, from, now)) return false;
  if (running_.size() >= options_.timers.running) {
    refuse(id, {510, "Too many transactions"}, from, now);
    return false;
  }
  ++counters_.requests_in;
  auto& request = running_[id];
  request.from = from;
  schedule_.set(id, request.pending, now + options_.timers.provisional);
  return true;
}

bool Incoming::is_repeated(std::uint32_t id, const Route& from, base::Time now) {
  const auto at = running_.find(id);
  const bool replied = at == running_.end() && replies_.repeat(id, from);
  if (at == running_.end() && !replied) return false;
  ++counters_.repeated;
  if (replied) return true;
  at->second.from = from;
  send_pending(id, at->second, now);
  return true;
}

// root/MGOriginatedPendingLimit: beyond, the request has failed for the peer, whatever comes of it here.
void Incoming::send_pending(std::uint32_t id, Running& request, base::Time now) {
  if (request.pendings >= options_.timers.pending_limit) {
    answer(id, ErrorDescriptor{506, "Too many pendings"}, now);
    return;
  }
  ++request.pendings;
  ++counters_.pendings_out;
  schedule_.set(id, request.pending, now + std::max<base::Duration>(options_.timers.provisional, least));
  post_.send(request.from, Transaction(TransactionPending{id}));
}

void Incoming::refuse(std::uint32_t id, ErrorDescriptor error, const Route& from, base::Time now) {
  if (is_repeated(id, from, now)) return;
  replies_.send(id, post_.text_of(TransactionReply{id, false, std::move(error)}), from, false, now);
}

// Who has sent a Pending asks for an immediate acknowledgement of the reply (RFC 3525 D.1.4).
bool Incoming::answer(std::uint32_t id, Transactions::Result result, base::Time now) {
  const auto at = running_.find(id);
  if (at == running_.end()) return false;
  const bool late = at->second.pendings > 0;
  const auto to = at->second.from;
  schedule_.set(id, at->second.pending, base::never);
  running_.erase(at);
  replies_.send(id, post_.text_of(TransactionReply{id, late, std::move(result)}), to, late, now);
  return true;
}

void Incoming::on_time(base::Time now) {
  while (const auto id = schedule_.due(now)) send_pending(*id, running_.at(*id), now);
  replies_.on_time(now);
}

void Incoming::forget_all() {
  running_.clear();
  schedule_.clear();
  replies_.clear();
}

}  // namespace h248
