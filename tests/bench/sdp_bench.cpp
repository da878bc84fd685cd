// What an offer costs as text: parse, look, edit as for e2ae, print.
#include <string>

#include <benchmark/benchmark.h>

#include "proto/sdp/document.hpp"
#include "proto/sdp/media.hpp"
#include "proto/sdp/msrp_attributes.hpp"
#include "tests/support/sdp_samples.hpp"

namespace {

void parse_and_print(benchmark::State& state) {
  const auto text = test::crlf(test::sdp_rcs);
  for (auto _ : state) {
    const auto document = sdp::Document::parse(text);
    benchmark::DoNotOptimize(document->print());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

void parse_edit_print(benchmark::State& state) {
  const auto text = test::crlf(test::sdp_rcs);
  const base::Fingerprint fingerprint{"sha-256", std::string(32, 'x')};
  for (auto _ : state) {
    auto document = *sdp::Document::parse(text);
    for (const auto section : document.media()) {
      if (!sdp::is_msrp(document, section)) continue;
      benchmark::DoNotOptimize(sdp::path(document, section));
      benchmark::DoNotOptimize(sdp::fingerprints(document, section));
      sdp::set_connection(document, section, sdp::connection_of("192.0.2.10"));
      sdp::set_port(document, section, 20001);
      sdp::set_setup(document, section, sdp::Setup::actpass);
      sdp::set_fingerprints(document, section, {fingerprint});
      sdp::set_cema(document, section, true);
      sdp::set_e2ae(document, section, sdp::E2ae::applied);
    }
    benchmark::DoNotOptimize(document.print());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

BENCHMARK(parse_and_print);
BENCHMARK(parse_edit_print);

}  // namespace
