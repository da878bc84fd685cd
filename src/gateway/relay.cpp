// How octets pass between the two sides of a context.
#include <algorithm>
#include <array>

#include "gateway/context.hpp"

namespace gateway {

bool Context::passes(const Termination& from, const Termination& to) noexcept {
  return iq::receives(from.mode()) && iq::sends(to.mode());
}

/// A closed gate or a limit of the rate: whoever has ended may well have octets that wait for it.
bool Context::holds_back() const noexcept {
  return std::any_of(terminations_.begin(), terminations_.end(), [](const auto& each) {
    return each->mode() != iq::StreamMode::send_receive || each->is_paused();
  });
}

bool Context::half_closed() const noexcept {
  return std::any_of(terminations_.begin(), terminations_.end(),
                     [](const auto& each) { return each->hung_up(); });
}

/// A shared connection does not end with one of its sessions: then the end of the other side is enough.
bool Context::both_ended() const noexcept {
  if (!established()) return false;
  const auto* a = terminations_[0]->bound();
  const auto* b = terminations_[1]->bound();
  const bool shared = a == nullptr || b == nullptr;
  const auto ended = [&](const Connection* each) {
    return each == nullptr ? ended_ : each->input_ended() && (shared || each->finished());
  };
  return ended(a) && ended(b);
}

/// A connection from before the transport changed has no link; it will be restarted.
bool Context::speaks_msrp() const noexcept {
  return std::all_of(terminations_.begin(), terminations_.end(), [](const auto& each) {
    return each->is_aware() && (!each->bound() || each->bound()->link());
  });
}

/// Writes what was left, then moves what can be moved. Cheap when there is nothing to do: every event of a
/// context comes through here.
void Context::relay() {
  if (speaks_msrp()) return relay_messages();
  for (auto& each : terminations_) {
    if (each->bound()) each->bound()->flush();
  }
  for (auto& each : terminations_) {
    auto* const to = companion_of(*each);
    const bool flows = to && each->bound() && to->bound() && passes(*each, *to);
    flows ? pump(*each, *to) : hold(*each);
  }
  for (auto& each : terminations_) {
    auto* const to = companion_of(*each);
    if (to && each->bound() && to->bound()) pass_end(*each, *to);
  }
  for (auto& each : terminations_) notice_reset(*each);
}

/// A reset that reading will not find, because reading is paused or has ended.
void Context::notice_reset(Termination& termination) {
  auto* connection = termination.bound();
  if (!connection) return;
  const auto* other = companion_of(termination);
  const bool reads_on = connection->readable() && !termination.is_paused() && other && other->bound() &&
                        passes(termination, *other) && !other->bound()->blocked();
  if (!reads_on) connection->check_reset();
}

/// Backpressure: what the sink has not taken stops the source from being read. The sink's EPOLLOUT resumes
/// it.
void Context::pump(Termination& from, Termination& to) {
  auto& source = *from.bound();
  auto& sink = *to.bound();
  bool moved = false;
  for (unsigned windows = 0; !sink.blocked() && !sink.dead() && !sink.tls_broken();) {
    if (!source.held().empty()) {
      pass(source.held().view(), from, to);
      source.drop_held();
      continue;
    }
    if (!source.readable()) break;
    const auto most = from.allowance(net::Reactor::window_size);
    if (most == 0) break;
    moved = true;
    if (windows++ == worker_.options.limits.windows_a_turn) return source.again();
    const auto read = source.read(most);
    from.count_in(read.plain.size());
    if (!read.plain.empty()) pass(read.plain, from, to);
    if (read.input != Connection::Input::octets) break;
  }
  if (!moved) return;
  source.rest();
  sink.rest();
}

void Context::pass(std::string_view octets, Termination& from, Termination& to) {
  last_octet_ = worker_.reactor.now();
  to.count_out(octets.size());
  if (from.observer().observing()) {
    auto& realms = worker_.totals.realms;
    const std::array<MessageCounts*, 4> counts = {&from.messages_in(), &to.messages_out(),
                                                  &realms[from.realm()].messages_in,
                                                  &realms[to.realm()].messages_out};
    from.observer().pass(octets, counts);
  }
  to.bound()->write(octets);
}

/// Early octets wait for the other side, or for the gate; beyond the limit they are left in the kernel, which
/// slows the sender down.
void Context::hold(Termination& termination) {
  auto* connection = termination.bound();
  if (!connection) return;
  const auto most = worker_.options.limits.early_octets;
  while (connection->readable() && connection->held().size() < most) {
    const auto allowed = termination.allowance(most - connection->held().size());
    if (allowed == 0) return;
    const auto read = connection->read(allowed);
    termination.count_in(read.plain.size());
    connection->hold(read.plain);
    if (read.input != Connection::Input::octets) break;
  }
}

/// FIN becomes FIN, and close_notify too, behind everything that came before it: a gate that keeps nothing
/// back does not keep the end back either.
void Context::pass_end(Termination& from, Termination& to) {
  const auto& source = *from.bound();
  if (source.input_ended() && source.held().empty() && !source.tls_broken()) to.bound()->finish();
}

}  // namespace gateway
