// The rewriting alone: a link hears a window's worth of octets, and what it writes is collected as a
// connection does it.
#include <string>

#include <benchmark/benchmark.h>

#include "base/buffer.hpp"
#include "gateway/link.hpp"
#include "tests/support/random.hpp"

namespace {

constexpr std::size_t window = std::size_t{256} * 1024;

class Sink final : public gateway::Wire {
 public:
  void write(std::initializer_list<std::string_view> pieces) override {
    for (const auto piece : pieces) out.append(piece);
  }
  bool blocked() override { return false; }
  void again() override {}
  void again_in(base::Duration) override {}
  base::Time now() const override { return {}; }
  base::Buffer out{2 * window};
};

struct Rig final : gateway::Router {
  explicit Rig(bool mints, std::uint64_t max_chunk = 0)
      : b({.max_chunk = max_chunk}, totals),
        alice(from, *this, random, false),
        bob(to, *this, random, mints) {
    (void)a.paths.set_local({seen});
    (void)a.paths.set_remote({"msrp://192.0.2.33:49152/jshA7weztas;tcp"});
    (void)b.paths.set_local({"msrp://198.51.100.7:2856/kjhd37s2s20w2b;tcp"});
    (void)b.paths.set_remote({"msrp://203.0.113.5:7394/2s93i9ek2a;tcp"});
    a.other = &b;
    b.other = &a;
    a.link = &alice;
    b.link = &bob;
    a.open = b.open = true;
  }
  Route route(gateway::Link&, const msrp::HeadView& request) override {
    return a.paths.matches(request.to_path) ? Route{&a, 0} : Route{nullptr, 481};
  }
  gateway::Leg* route_response(gateway::Link&, const msrp::HeadView&) override { return &b; }

  const std::string seen = "msrp://198.51.100.7:2855/kjhd37s2s20w2a;tcp";
  test::SeededRandom random;
  gateway::RealmTotals totals;
  Sink from, to;
  gateway::Leg a{{}, totals}, b;
  gateway::Link alice, bob;
};

std::string frame(std::size_t n, std::size_t body, std::string_view to) {
  const auto id = "a786h" + std::to_string(100000 + n);
  test::SeededRandom random(n);
  std::string octets(body, '\0');
  random.fill(std::as_writable_bytes(std::span(octets)));
  return "MSRP " + id + " SEND\r\nTo-Path: " + std::string(to) +
         "\r\nFrom-Path: msrp://192.0.2.33:49152/jshA7weztas;tcp\r\nMessage-ID: 87652491\r\nByte-Range: 1-" +
         (body > 2048 ? "*" : std::to_string(body)) + "/" + std::to_string(body) +
         "\r\nContent-Type: text/plain\r\n\r\n" + octets + "\r\n-------" + id + "$\r\n";
}

/// `size` octets a frame; all of it in windows, as it is read.
void pass(benchmark::State& state, Rig& rig, std::size_t size, std::size_t total) {
  const auto head = frame(0, 0, rig.seen).size() + 4;
  std::string stream;
  std::size_t messages = 0;
  for (; stream.size() < total; ++messages) stream += frame(messages, size - head, rig.seen);
  for (auto _ : state) {
    for (std::string_view rest = stream; !rest.empty();) {
      const auto part = rest.substr(0, window);
      rig.alice.take(part);
      benchmark::DoNotOptimize(rig.to.out.view().data());
      rig.to.out.clear();
      rest.remove_prefix(part.size());
    }
  }
  if (rig.alice.broken() || rig.alice.held() > 0) state.SkipWithError("not understood");
  const auto passed = state.iterations() * messages;
  state.counters["a message"] = benchmark::Counter(static_cast<double>(passed),
                                                   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * stream.size()));
}

void small_messages(benchmark::State& state) {
  Rig rig(false);
  pass(state, rig, 500, window);
}
void small_messages_over_a_shared_link(benchmark::State& state) {
  Rig rig(true);
  pass(state, rig, 500, window);
}
void chunks_of_64_kib(benchmark::State& state) {
  Rig rig(false);
  pass(state, rig, 64 << 10, 16 * window);
}
void chunks_of_64_kib_made_2048(benchmark::State& state) {
  Rig rig(false, 2048);
  pass(state, rig, 64 << 10, 16 * window);
}

/// A request and its answer.
void exchanges(benchmark::State& state) {
  Rig rig(false);
  std::string requests, answers;
  std::size_t messages = 0;
  for (; requests.size() < window; ++messages) {
    requests += frame(messages, 200, rig.seen);
    const auto id = "a786h" + std::to_string(100000 + messages);
    answers += "MSRP " + id +
               " 200 OK\r\nTo-Path: msrp://198.51.100.7:2856/kjhd37s2s20w2b;tcp\r\nFrom-Path: "
               "msrp://203.0.113.5:7394/2s93i9ek2a;tcp\r\n-------" +
               id + "$\r\n";
  }
  for (auto _ : state) {
    rig.alice.take(requests);
    rig.to.out.clear();
    rig.bob.take(answers);
    if (rig.from.out.empty()) state.SkipWithError("no answers");
    rig.from.out.clear();
  }
  state.counters["a message"] = benchmark::Counter(static_cast<double>(2 * state.iterations() * messages),
                                                   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

BENCHMARK(small_messages);
BENCHMARK(small_messages_over_a_shared_link);
BENCHMARK(exchanges);
BENCHMARK(chunks_of_64_kib);
BENCHMARK(chunks_of_64_kib_made_2048);

}  // namespace
