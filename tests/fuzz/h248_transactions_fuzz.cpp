// A transaction layer that lives through whatever the octets say: each octet is a step, and what follows it
// may be a message. "@" in a message stands for the id of the last request of ours.
#include <cstdio>
#include <cstdlib>

#include "tests/support/transaction_end.hpp"

namespace {

using namespace std::chrono_literals;

void must(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

h248::Transactions::Options small() {
  auto out = test::TransactionEnd::options("gw");
  out.timers.pending_limit = 3;
  out.timers.kept_replies = out.timers.in_flight = out.timers.running = 4;
  out.most_transactions = 3;
  return out;
}

class Life {
 public:
  explicit Life(std::uint8_t seed) : end_(small(), wire_, seed) {}

  void step(std::uint8_t what, std::string_view& rest) {
    switch (what % 8) {
      case 0:
      case 1:
        hear(base::take_until(rest, '\0'), route(what / 8));
        break;
      case 2:
        last_ = end_.request(now_);
        break;
      case 3:
        pass(std::chrono::milliseconds(1) * (1 << (what / 8 % 16)));
        break;
      case 4:
        answer(what / 8);
        break;
      case 5:
        end_.transactions.set_route(route(what / 8));
        break;
      case 6:
        end_.transactions.route_lost(route(what / 8), now_);
        break;
      case 7:
        if (what / 8 == 0) end_.transactions.cancel_all();
        break;
    }
    check();
  }

  void finish() {
    pass(10min);
    must(end_.transactions.waiting() == 0 && end_.transactions.deadline() == base::never,
         "something is left");
    for (const auto& outcomes : end_.outcomes) must(outcomes.size() == 1, "a request has not ended once");
    for (const auto& message : wire_.sent)
      must(h248::parse(message).has_value(), "a message of ours is broken");
  }

 private:
  static h248::Route route(int which) {
    h248::Route out{which & 1 ? h248::Carrier::tcp : h248::Carrier::udp, {{}, 1}};
    out.connection = static_cast<std::uint64_t>(which >> 1 & 3);
    return out;
  }

  void hear(std::string_view text, const h248::Route& from) {
    std::string message = "!/2 mgc\n";
    for (const char c : text) message += c == '@' ? std::to_string(last_) : std::string(1, c);
    if (text.starts_with('!')) message.erase(0, 8);
    const auto sent = wire_.sent.size();
    end_.hear(message, from, now_);
    must(wire_.sent.size() - sent <= 5'000, "more answers than a message can ask for");
  }
  void answer(int nth) {
    if (end_.asked.empty()) return;
    const auto& request = end_.asked[static_cast<std::size_t>(nth) % end_.asked.size()];
    const bool waited = end_.transactions.answer(request.id, test::TransactionEnd::result(), now_);
    must(!end_.transactions.answer(request.id, test::TransactionEnd::result(), now_), "answered twice");
    if (waited) must(!wire_.sent.empty(), "an answer that is not sent");
  }
  void pass(base::Duration duration) {
    const auto until = now_ + duration;
    while (end_.transactions.deadline() <= until) {
      now_ = std::max(now_, end_.transactions.deadline());
      end_.transactions.on_time(now_);
      must(end_.transactions.deadline() > now_, "a deadline that has passed");
    }
    now_ = until;
  }
  void check() {
    const auto& counters = end_.transactions.counters();
    must(end_.transactions.waiting() <= 4, "more requests than may be in flight");
    must(counters.requests_in == end_.asked.size(), "a request that was not counted");
    must(counters.sent == wire_.sent.size(), "a message that was not counted");
    std::size_t open = 0;
    for (const auto& outcomes : end_.outcomes) {
      must(outcomes.size() <= 1, "a request has ended twice");
      open += outcomes.empty() ? 1 : 0;
    }
    must(open == end_.transactions.waiting(), "a request is neither waiting nor ended");
  }

  test::KeptWire wire_;
  test::TransactionEnd end_;
  base::Time now_{};
  std::uint32_t last_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 4'096) return 0;
  Life life(data[0]);
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (!rest.empty()) {
    const auto what = static_cast<std::uint8_t>(rest.front());
    rest.remove_prefix(1);
    life.step(what, rest);
  }
  life.finish();
  return 0;
}
