// What an Add with TLS and SDP costs: as text, and as a whole transaction from request to reply.
#include <fstream>
#include <iterator>

#include <benchmark/benchmark.h>

#include "tests/support/transaction_end.hpp"

namespace {

/// Message 03: the Add of an access termination with TLS.
std::string add_text() {
  std::ifstream file(POSTERN_SOURCE_DIR "/tests/data/fuzz/h248/03_add_access_tls.txt", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void count(benchmark::State& state, std::size_t octets) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(octets));
}

void parse(benchmark::State& state) {
  const auto text = add_text();
  for (auto _ : state) benchmark::DoNotOptimize(h248::parse(text));
  count(state, text.size());
}

void print(benchmark::State& state, h248::Form form) {
  const auto message = *h248::parse(add_text());
  std::string out;
  for (auto _ : state) {
    out.clear();
    h248::print(message, out, {.form = form});
    benchmark::DoNotOptimize(out);
  }
  count(state, out.size());
}

void parse_and_print(benchmark::State& state, h248::Form form) {
  const auto text = h248::print(*h248::parse(add_text()), {.form = form});
  std::string out;
  for (auto _ : state) {
    out.clear();
    h248::print(*h248::parse(text), out, {.form = form});
    benchmark::DoNotOptimize(out);
  }
  count(state, text.size());
}

/// The Add asked, parsed, executed at once by doing nothing, answered, and the answer parsed.
void transaction(benchmark::State& state) {
  const auto message = *h248::parse(add_text());
  const auto& actions =
      std::get<h248::TransactionRequest>(std::get<std::vector<h248::Transaction>>(message.body)[0]).actions;
  test::KeptWire wire;
  test::TransactionEnd mgc(test::TransactionEnd::options("mgc"), wire, 1);
  test::TransactionEnd gateway(test::TransactionEnd::options("gw"), wire, 2);
  base::Time now{};
  const auto deliver = [&](test::TransactionEnd& to) {
    for (const auto& one : std::exchange(wire.sent, {})) to.hear(one, {}, now);
    wire.routes.clear();
  };
  for (auto _ : state) {
    now += std::chrono::microseconds(100);
    const auto id = mgc.transactions.request(actions, now, [](const auto&) {});
    deliver(gateway);
    gateway.asked.clear();
    gateway.executed.clear();
    gateway.transactions.answer(id, test::TransactionEnd::result(), now);
    deliver(mgc);
    gateway.transactions.on_time(now);
    mgc.transactions.on_time(now);
  }
}

BENCHMARK(parse);
BENCHMARK_CAPTURE(print, compact, h248::Form::compact);
BENCHMARK_CAPTURE(print, pretty, h248::Form::pretty);
BENCHMARK_CAPTURE(parse_and_print, compact, h248::Form::compact);
BENCHMARK_CAPTURE(parse_and_print, pretty, h248::Form::pretty);
BENCHMARK(transaction);

}  // namespace
