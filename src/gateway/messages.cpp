// How messages pass between the two sides of an application-aware context.
#include <limits>
#include <utility>

#include "gateway/context.hpp"

namespace gateway {

void Context::relay_messages() {
  join_legs();
  for (auto& each : terminations_) feed(*each);
  for (auto& each : terminations_) {
    auto* const to = companion_of(*each);
    if (to && each->leg()->joined) pass_message_end(*each, *to);
  }
  count_written();
  for (auto& each : terminations_) {
    if (auto* link = each->leg()->link; link && !each->bound() && !link->is_drained()) link->wake();
    if (auto* connection = each->bound()) {
      if (!connection->readable() || !connection->link()->hungry()) connection->check_reset();
    }
  }
}

void Context::join_legs() {
  if (terminations_.size() != most_terminations) return;
  auto& a = *terminations_[0];
  auto& b = *terminations_[1];
  const bool joined = established() && a.leg()->paths.known() && b.leg()->paths.known();
  const auto join = [&](Termination& from, Termination& to) {
    auto& leg = *from.leg();
    leg.other = to.leg();
    leg.joined = joined;
    leg.open = joined && passes(from, to);
  };
  join(a, b);
  join(b, a);
  for (auto* each : {&a, &b}) {
    auto& leg = *each->leg();
    if (joined && iq::sends(each->mode()) && std::exchange(leg.greets, false) && each->is_active())
      leg.link->greet(leg);
  }
}

/// By links, some in the turn of another connection.
void Context::count_written() {
  for (auto& each : terminations_)
    if (auto* connection = each->bound()) each->count_out(connection->take_written());
}

void Context::feed(Termination& from) {
  auto* source = from.bound();
  if (!source) return;
  constexpr auto all = std::numeric_limits<std::size_t>::max();
  const auto early = from.leg()->open ? all : worker_.options.limits.early_octets;
  std::size_t sum = 0;
  for (bool more = true; more;) {
    const auto most = source->readable() ? from.allowance(all) : 0;
    const auto came = source->feed_link(early, most);
    more = came > 0 && came >= most;  // once more, and it is known when the rest may come
    sum += came;
    from.count_in(came);
  }
  if (sum == 0) return;
  last_octet_ = worker_.reactor.now();
  source->rest();
  if (auto* to = companion_of(from); to && to->bound()) to->bound()->rest();
}

/// Behind everything that came before it; what is left of an incomplete head goes nowhere.
void Context::pass_message_end(Termination& from, Termination& to) {
  auto* source = from.bound();
  if (!source || !source->input_ended() || source->tls_broken() || !source->link()->hungry()) return;
  source->link()->end();
  if (!to.bound()) {
    ended_ = true;
  } else if (!to.bound()->finishing()) {
    to.bound()->finish();
  }
}

}  // namespace gateway
