// How octets pass between the two sides of a context.
#include <algorithm>
#include <array>

#include "gateway/context.hpp"

namespace gateway {

bool Context::through_connected() const noexcept {
  return established() && terminations_[0]->through_connected() && terminations_[1]->through_connected();
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

/// Writes what was left, then moves what can be moved. Cheap when there is nothing to do: every event of a
/// context comes through here.
void Context::relay() {
  if (is_aware()) return relay_messages();
  for (auto& each : terminations_) {
    if (each->bound()) each->bound()->flush();
  }
  if (through_connected()) {
    auto& a = *terminations_[0];
    auto& b = *terminations_[1];
    pump(a, b);
    pump(b, a);
    pass_end(a, b);
    pass_end(b, a);
  } else {
    for (auto& each : terminations_) hold(*each);
  }
  for (auto& each : terminations_) notice_reset(*each);
}

/// A reset that reading will not find, because reading is paused or has ended.
void Context::notice_reset(Termination& termination) {
  auto* connection = termination.bound();
  if (!connection) return;
  const auto& other =
      terminations_.front().get() == &termination ? terminations_.back() : terminations_.front();
  const bool reads_on = connection->readable() && through_connected() && !other->bound()->blocked();
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
    moved = true;
    if (windows++ == worker_.options.limits.windows_a_turn) return source.again();
    const auto read = source.read(net::Reactor::window_size);
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
    const std::array<MessageCounts*, 3> counts = {&from.messages_in(), &realms[from.realm()].messages_in,
                                                  &realms[to.realm()].messages_out};
    from.observer().pass(octets, counts);
  }
  to.bound()->write(octets);
}

/// Early octets wait for the other side; beyond the limit they are left in the kernel, which slows the sender
/// down.
void Context::hold(Termination& termination) {
  auto* connection = termination.bound();
  if (!connection) return;
  const auto most = worker_.options.limits.early_octets;
  while (connection->readable() && connection->held().size() < most) {
    const auto read = connection->read(most - connection->held().size());
    termination.count_in(read.plain.size());
    connection->hold(read.plain);
    if (read.input != Connection::Input::octets) break;
  }
}

/// FIN becomes FIN, and close_notify too, behind everything that came before it.
void Context::pass_end(Termination& from, Termination& to) {
  const auto& source = *from.bound();
  if (source.input_ended() && source.held().empty() && !source.tls_broken()) to.bound()->finish();
}

}  // namespace gateway
