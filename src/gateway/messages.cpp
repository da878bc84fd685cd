// How messages pass between the two sides of an application-aware context.
#include <limits>
#include <utility>

#include "gateway/context.hpp"

namespace gateway {

void Context::relay_messages() {
  auto& a = *terminations_[0];
  auto& b = *terminations_[1];
  a.leg()->other = b.leg();
  b.leg()->other = a.leg();
  const bool open = through_connected() && a.leg()->paths.known() && b.leg()->paths.known();
  a.leg()->open = b.leg()->open = open;
  for (auto* each : {&a, &b})
    if (open && std::exchange(each->leg()->greets, false) && each->is_active())
      each->leg()->link->greet(*each->leg());
  feed(a, b);
  feed(b, a);
  if (open) {
    pass_message_end(a, b);
    pass_message_end(b, a);
  }
  count_written();
  for (auto& each : terminations_) {
    if (auto* link = each->leg()->link; link && !each->bound() && !link->is_drained()) link->wake();
    if (auto* connection = each->bound()) {
      if (!connection->readable() || !connection->link()->hungry()) connection->check_reset();
    }
  }
}

/// By links, some in the turn of another connection.
void Context::count_written() {
  for (auto& each : terminations_)
    if (auto* connection = each->bound()) each->count_out(connection->take_written());
}

void Context::feed(Termination& from, Termination& to) {
  auto* source = from.bound();
  if (!source) return;
  const bool open = from.leg()->open;
  const auto came =
      source->feed_link(open ? std::numeric_limits<std::size_t>::max() : worker_.options.limits.early_octets);
  if (came == 0) return;
  last_octet_ = worker_.reactor.now();
  from.count_in(came);
  source->rest();
  if (to.bound()) to.bound()->rest();
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
