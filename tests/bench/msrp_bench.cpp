// The parser alone: a stream of small chat messages, bulk, and the body that a peer would choose to slow it
// down.
#include <string>

#include <benchmark/benchmark.h>

#include "proto/msrp/head_view.hpp"
#include "proto/msrp/parser.hpp"
#include "tests/support/random.hpp"

namespace {

std::string frame(const std::string& body) {
  return "MSRP a786hjs2 SEND\r\nTo-Path: msrp://198.51.100.7:2855/kjhd37s2s20w2a;tcp\r\n"
         "From-Path: msrp://192.0.2.33:49152/jshA7weztas;tcp\r\nMessage-ID: 87652491\r\n"
         "Byte-Range: 1-300/300\r\nSuccess-Report: yes\r\nFailure-Report: yes\r\n"
         "Content-Type: text/plain\r\n\r\n" +
         body + "\r\n-------a786hjs2$\r\n";
}

/// Octets like those of a compressed picture: a body of one letter would measure that letter.
std::string noise(std::size_t size) {
  test::SeededRandom random;
  std::string out(size, '\0');
  random.fill(std::as_writable_bytes(std::span(out)));
  return out;
}

void parse(benchmark::State& state, const std::string& stream, std::size_t messages) {
  for (auto _ : state) {
    msrp::Parser parser;
    std::string_view rest = stream;
    while (!rest.empty()) {
      auto step = parser.step(rest);
      if (!step || step->consumed == 0) {
        state.SkipWithError("the stream was not understood");
        return;
      }
      benchmark::DoNotOptimize(step->event);
      rest.remove_prefix(step->consumed);
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * messages));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * stream.size()));
}

void small_messages(benchmark::State& state) {
  std::string stream;
  for (int i = 0; i < 500; ++i) stream += frame(noise(300));
  parse(state, stream, 500);
}
void bulk(benchmark::State& state) {
  parse(state, frame(noise(1 << 20)), 1);
}
void bulk_of_carriage_returns(benchmark::State& state) {
  parse(state, frame(std::string(1 << 20, '\r')), 1);
}
void bulk_of_hyphens(benchmark::State& state) {
  parse(state, frame(std::string(1 << 20, '-')), 1);
}

/// What the gateway does with a stream: heads and bodies are found, nothing is told.
void scan(benchmark::State& state, const std::string& stream, std::size_t messages) {
  for (auto _ : state) {
    msrp::HeadScanner heads;
    msrp::BodyScanner bodies;
    std::string_view rest = stream;
    while (!rest.empty()) {
      const auto head = heads.scan(rest);
      if (!head || !*head || (*head)->flag != 0) return state.SkipWithError("no head");
      rest.remove_prefix((*head)->size);
      bodies.begin((*head)->transaction_id);
      const auto body = bodies.scan(rest);
      if (body.flag == 0) return state.SkipWithError("no end-line");
      rest.remove_prefix(body.consumed);
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * messages));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * stream.size()));
}

std::string repeated(std::string_view text, std::size_t size) {
  std::string out;
  while (out.size() < size) out += text;
  return out;
}
constexpr std::size_t chunk = 64 << 10;

void scan_small_messages(benchmark::State& state) {
  std::string stream;
  for (int i = 0; i < 500; ++i) stream += frame(noise(300));
  scan(state, stream, 500);
}
void scan_chunk(benchmark::State& state) {
  scan(state, frame(noise(chunk)), 1);
}
void scan_carriage_returns(benchmark::State& state) {
  scan(state, frame(std::string(chunk, '\r')), 1);
}
void scan_hyphens(benchmark::State& state) {
  scan(state, frame(std::string(chunk, '-')), 1);
}
void scan_look_alikes(benchmark::State& state) {
  scan(state, frame(repeated("\r\n-------a786hjs2!", chunk)), 1);
}
void scan_short_look_alikes(benchmark::State& state) {
  scan(state, frame(repeated("\r\n-------", chunk)), 1);
}
void scan_rows_of_hyphens(benchmark::State& state) {
  scan(state, frame(repeated("----\r\n--", chunk)), 1);
}

BENCHMARK(scan_small_messages);
BENCHMARK(scan_chunk);
BENCHMARK(scan_carriage_returns);
BENCHMARK(scan_hyphens);
BENCHMARK(scan_look_alikes);
BENCHMARK(scan_short_look_alikes);
BENCHMARK(scan_rows_of_hyphens);
BENCHMARK(small_messages);
BENCHMARK(bulk);
BENCHMARK(bulk_of_carriage_returns);
BENCHMARK(bulk_of_hyphens);

}  // namespace
