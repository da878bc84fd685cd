#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "base/buffer.hpp"
#include "base/expect.hpp"
#include "crypto/identity.hpp"
#include "crypto/tls.hpp"

// The TLS engine in memory: both roles on one thread, so a handshake here costs what both sides pay.
namespace {

using crypto::TlsEngine;
using crypto::TlsRole;

constexpr std::size_t batch =
    64;  // records a call: what a 256 KiB window of small messages brings, or a bulk

struct Pair {
  Pair() {
    client.expect_peer({server_identity.fingerprint()}, to_server);
    server.expect_peer({client_identity.fingerprint()}, to_client);
    client.start(to_server);
    while (!to_server.empty() || !to_client.empty()) {
      server.read(to_server.view(), plain, to_client);
      to_server.clear();
      client.read(to_client.view(), plain, to_server);
      to_client.clear();
    }
    base::expect(client.state() == TlsEngine::State::open && server.state() == TlsEngine::State::open);
  }

  inline static const crypto::Identity client_identity = crypto::Identity::self_signed("client");
  inline static const crypto::Identity server_identity = crypto::Identity::self_signed("server");
  inline static crypto::TlsContext client_context = *crypto::TlsContext::make(client_identity, {});
  inline static crypto::TlsContext server_context = *crypto::TlsContext::make(server_identity, {});

  TlsEngine client{client_context, TlsRole::client};
  TlsEngine server{server_context, TlsRole::server};
  base::Buffer to_server;
  base::Buffer to_client;
  base::Buffer plain;
};

void tls_encrypt(benchmark::State& state) {
  Pair pair;
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    pair.to_server.clear();
    for (std::size_t i = 0; i < batch; ++i) pair.client.write(text, pair.to_server);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
  state.SetBytesProcessed(state.items_processed() * state.range(0));
}

void tls_decrypt(benchmark::State& state) {
  Pair pair;
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    state.PauseTiming();
    pair.to_server.clear();
    pair.plain.clear();
    for (std::size_t i = 0; i < batch; ++i) pair.client.write(text, pair.to_server);
    state.ResumeTiming();
    pair.server.read(pair.to_server.view(), pair.plain, pair.to_client);
  }
  base::expect(pair.plain.size() == batch * text.size());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
  state.SetBytesProcessed(state.items_processed() * state.range(0));
}

/// One message each way, the buffers given back in between: a chat.
void tls_ping_pong(benchmark::State& state) {
  Pair pair;
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    pair.client.write(text, pair.to_server);
    pair.server.read(pair.to_server.view(), pair.plain, pair.to_client);
    pair.server.write(pair.plain.view(), pair.to_client);
    pair.server.rest();
    pair.plain.clear();
    pair.client.read(pair.to_client.view(), pair.plain, pair.to_server);
    pair.client.rest();
    pair.plain.clear();
    pair.to_server.clear();
    pair.to_client.clear();
  }
  state.SetItemsProcessed(state.iterations());
}

void tls_mutual_handshake(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Pair().server.state());
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(tls_encrypt)->Arg(500)->Arg(16384);
BENCHMARK(tls_decrypt)->Arg(500)->Arg(16384);
BENCHMARK(tls_ping_pong)->Arg(500);
BENCHMARK(tls_mutual_handshake)->Unit(benchmark::kMicrosecond);

}  // namespace
