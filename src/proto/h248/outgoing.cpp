#include "proto/h248/outgoing.hpp"

namespace h248 {
namespace {

/// Whether what was sent on the one has gone with the other. Connection 0 means the one to that peer.
bool is_on(const Route& sent, const Route& lost) {
  if (sent.carrier != lost.carrier || sent.peer != lost.peer) return false;
  return sent.connection == 0 || lost.connection == 0 || sent.connection == lost.connection;
}

}  // namespace

Outgoing::Outgoing(const Transactions::Options& options, Post& post, base::Random& random,
                   Transactions::Counters& counters)
    : options_(options),
      post_(post),
      random_(random),
      counters_(counters),
      last_id_(static_cast<std::uint32_t>(random.next_u64())) {}

void Outgoing::set_route(const Route& route) {
  if (route == route_) return;
  route_ = route;
  for (auto& [id, request] : waiting_) {
    if (!std::exchange(request.stranded, false)) continue;
    request.again = base::Time::min();
    plan(id, request);
  }
}

std::uint32_t Outgoing::new_id() {
  do {
    ++last_id_;
  } while (last_id_ == 0 || waiting_.contains(last_id_));
  return last_id_;
}

std::uint32_t Outgoing::request(std::vector<ActionRequest> actions, base::Time now, Done done) {
  const auto id = new_id();
  if (waiting_.size() >= options_.timers.in_flight) {
    done(Failure{Failure::Kind::too_many_requests});
    return id;
  }
  ++counters_.requests_out;
  auto& request = waiting_[id];
  request.text = post_.text_of(TransactionRequest{id, std::move(actions)});
  request.done = std::move(done);
  request.give_up = now + options_.timers.give_up;
  send(id, request, now);
  return id;
}

void Outgoing::send(std::uint32_t id, Waiting& request, base::Time now) {
  const bool reliable = is_reliable(route_.carrier);
  request.sent_on = route_;
  request.again = reliable ? base::never : now + request.backoff.next(options_.timers, random_);
  plan(id, request);
  post_.send(route_, request.text);
}

void Outgoing::plan(std::uint32_t id, Waiting& request) {
  schedule_.set(id, request.due, std::min(request.again, request.give_up));
}

void Outgoing::on_time(base::Time now) {
  while (const auto id = schedule_.due(now)) expire(*id, now);
}

void Outgoing::expire(std::uint32_t id, base::Time now) {
  auto& request = waiting_.at(id);
  if (now >= request.give_up) {
    ++counters_.timed_out;
    return finish(id, Failure{Failure::Kind::timed_out});
  }
  ++counters_.retransmissions;
  send(id, request, now);
}

void Outgoing::finish(std::uint32_t id, Transactions::Outcome outcome) {
  const auto at = waiting_.find(id);
  if (at == waiting_.end()) return;
  schedule_.set(id, at->second.due, base::never);
  const auto done = std::move(at->second.done);
  waiting_.erase(at);
  done(std::move(outcome));
}

// A reply that was asked to be acknowledged at once has been so before it came here.
void Outgoing::on_reply(TransactionReply reply) {
  if (!waiting_.contains(reply.id)) return;
  if (!reply.imm_ack_required) post_.acknowledgements().add(reply.id);
  const auto id = reply.id;
  finish(id, std::move(reply));
}

void Outgoing::on_malformed_reply(std::uint32_t id) {
  finish(id, Failure{Failure::Kind::malformed_reply});
}

// The peer lives and works: another timer, and T-MAX begins anew (RFC 3525 8, D.1.4). It keeps its reply for
// longer than that from when it sends it.
void Outgoing::on_pending(std::uint32_t id, base::Time now) {
  const auto at = waiting_.find(id);
  if (at == waiting_.end()) return;
  auto& request = at->second;
  ++counters_.pendings_in;
  if (++request.pendings > options_.timers.pending_limit) {
    return finish(id, Failure{Failure::Kind::too_many_pendings});
  }
  request.give_up = now + options_.timers.give_up;
  if (!is_reliable(request.sent_on.carrier)) request.again = now + options_.timers.peer_execution;
  plan(id, request);
}

void Outgoing::route_lost(const Route& route, base::Time now) {
  const bool futile = route_.connection != 0 && is_on(route_, route);
  for (auto& [id, request] : waiting_) {
    if (!is_on(request.sent_on, route)) continue;
    request.stranded = futile;
    if (futile) continue;
    ++counters_.retransmissions;
    send(id, request, now);
  }
}

void Outgoing::cancel_all() {
  schedule_.clear();
  for (auto& [id, request] : std::exchange(waiting_, {})) request.done(Failure{Failure::Kind::cancelled});
}

}  // namespace h248
