#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "base/time.hpp"
#include "proto/h248/route.hpp"
#include "tests/support/random.hpp"

namespace test {

/// A network of datagrams under a virtual clock, which loses, doubles, delays and so reorders as it is told
/// to; connections (tcp, sctp) do none of that but delay. Each endpoint is an address with a callback.
class LossyWire {
 public:
  struct Weather {
    unsigned lost = 0;     // of 100 datagrams
    unsigned doubled = 0;  // of 100; each copy with its own delay
    base::Duration least{};
    base::Duration most{};
  };
  /// `from` is the route to whoever has sent it.
  using Arrive = std::function<void(const std::string& message, const h248::Route& from, base::Time now)>;

  LossyWire(std::uint64_t seed, Weather weather) : weather_(weather), random_(seed) {}

  /// What one endpoint sends with.
  class End final : public h248::Wire {
   public:
    End(LossyWire& net, base::Address own) : net_(net), own_(std::move(own)) {}
    void send(const h248::Route& to, std::string_view message) override { net_.send(own_, to, message); }
    const base::Address& address() const { return own_; }

   private:
    LossyWire& net_;
    base::Address own_;
  };

  void listen(const base::Address& at, Arrive arrive) { ends_[at] = std::move(arrive); }
  /// Nothing arrives there any more.
  void leave(const base::Address& at) { ends_.erase(at); }
  void set_weather(Weather weather) { weather_ = weather; }
  /// Sees every message that is sent, lost or not.
  void set_tap(std::function<void(std::string_view)> tap) { tap_ = std::move(tap); }

  base::Time now() const { return now_; }
  base::Time deadline() const { return flying_.empty() ? base::never : flying_.begin()->first; }
  bool idle() const { return flying_.empty(); }
  /// The time becomes `to`, which is not later than deadline(); what is due arrives.
  void advance(base::Time to) {
    now_ = std::max(now_, to);
    while (deadline() <= now_) {
      const auto next = flying_.extract(flying_.begin());
      const auto at = ends_.find(next.mapped().to);
      if (at != ends_.end()) at->second(next.mapped().message, next.mapped().from, now_);
    }
  }

 private:
  struct Flying {
    base::Address to;
    h248::Route from;
    std::string message;
  };

  void send(const base::Address& own, const h248::Route& to, std::string_view message) {
    if (tap_) tap_(message);
    const bool reliable = h248::is_reliable(to.carrier);
    if (!reliable && below(100) < weather_.lost) return;
    const int copies = !reliable && below(100) < weather_.doubled ? 2 : 1;
    auto from = to;
    from.peer = own;
    for (int i = 0; i < copies; ++i) fly(to, from, message, reliable);
  }
  void fly(const h248::Route& to, const h248::Route& from, std::string_view message, bool in_order) {
    const auto spread = static_cast<std::uint64_t>((weather_.most - weather_.least).count()) + 1;
    auto when = now_ + weather_.least + base::Duration(static_cast<base::Duration::rep>(below(spread)));
    if (in_order) when = last_[{from.peer, to.peer}] = std::max(when, last_[{from.peer, to.peer}]);
    flying_.emplace(when, Flying{to.peer, from, std::string(message)});
  }
  std::uint64_t below(std::uint64_t limit) { return random_.next_u64() % limit; }

  Weather weather_;
  SeededRandom random_;
  base::Time now_{};
  std::multimap<base::Time, Flying> flying_;
  std::map<base::Address, Arrive> ends_;
  std::map<std::pair<base::Address, base::Address>, base::Time> last_;
  std::function<void(std::string_view)> tap_;
};

}  // namespace test
