// How long a context waits for what.
#include <utility>

#include "gateway/context.hpp"

namespace gateway {

void Context::update_limits() {
  const auto& times = worker_.options.times;
  if (!established()) {
    configured() ? await(Awaited::connections, times.connect) : await_nothing();
    return;
  }
  if (half_closed() && !holds_back()) {
    await(Awaited::second_end, times.half_close);
  } else {
    await_nothing();
  }
  if (times.inactivity > base::Duration::zero() && !inactivity_) {
    last_octet_ = worker_.reactor.now();
    inactivity_ = std::make_unique<net::Timer>(worker_.reactor.timers(), [this] { on_inactivity(); });
    inactivity_->set(last_octet_ + times.inactivity);
  }
}

/// Starts the limit unless it runs already.
void Context::await(Awaited what, base::Duration limit) {
  if (awaited_ == what) return;
  awaited_ = what;
  limit_.set(worker_.reactor.now() + limit);
}

void Context::await_nothing() {
  if (std::exchange(awaited_, Awaited::nothing) != Awaited::nothing) limit_.cancel();
}

void Context::on_limit() {
  const auto& times = worker_.options.times;
  switch (std::exchange(awaited_, Awaited::nothing)) {
    case Awaited::nothing:
      return;
    case Awaited::connections:
      notify({}, iq::Event::timed_out, "not connected in time");
      end(CloseReason::timed_out, "not connected in time", Connection::Ending::orderly);
      return;
    case Awaited::second_end:
      // As long as octets pass, a side that has ended may well have its answer still under way.
      if (last_octet_ + times.half_close > worker_.reactor.now()) {
        awaited_ = Awaited::second_end;
        limit_.set(last_octet_ + times.half_close);
      } else {
        end(CloseReason::half_close, "one side closed and nothing came from the other",
            Connection::Ending::orderly);
      }
      return;
    case Awaited::oblivion:
      release();
      return settle();
  }
}

void Context::on_inactivity() {
  const auto due = last_octet_ + worker_.options.times.inactivity;
  if (due > worker_.reactor.now()) return inactivity_->set(due);
  notify({}, iq::Event::inactive, "no octets for too long");
  end(CloseReason::inactive, "no octets for too long", Connection::Ending::orderly);
}

}  // namespace gateway
