// The whole media plane on loopback: LocalGateway with one shard, client and sink in threads of this process.
//   bulk: one direction, 64 KiB writes.  messages: 500 octets there and back, one at a time.
// Compare ratios of one run only: client, sink and gateway share the machine.
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "crypto/tls.hpp"
#include "gateway/local_gateway.hpp"
#include "net/socket.hpp"

namespace {

constexpr std::size_t message_size = 500;

/// A blocking peer with or without TLS.
class Peer {
 public:
  Peer(net::Fd socket, crypto::TlsContext* tls, const std::vector<base::Fingerprint>& expected)
      : socket_(std::move(socket)), in_(1 << 20), out_(1 << 20) {
    if (tls == nullptr) return;
    engine_.emplace(*tls, crypto::TlsRole::client);
    engine_->expect_peer(expected, out_);
    engine_->start(out_);
    flush();
    while (engine_->state() == crypto::TlsEngine::State::handshaking) receive_some();
    flush();
  }
  void write(std::string_view plain) {
    if (!engine_) return send_all(plain);
    engine_->write(plain, out_);
    flush();
  }
  /// Reads until `n` octets of plaintext have come.
  void read(std::size_t n) {
    while (in_.size() < n) receive_some();
    in_.consume(n);
  }
  int fd() const { return socket_.get(); }

 private:
  void wait(short events) {
    pollfd poll_for{socket_.get(), events, 0};
    poll(&poll_for, 1, -1);
  }
  void receive_some() {
    auto got = net::receive(socket_, wire_);
    if (!got && net::would_block(got.error())) return wait(POLLIN);
    if (!got || *got == 0) std::abort();
    const std::string_view octets(wire_.data(), *got);
    if (!engine_) return in_.append(octets);
    std::size_t taken = 0;
    while (taken < octets.size()) taken += engine_->read(octets.substr(taken), in_, out_);
    flush();
  }
  void flush() {
    send_all(out_.view());
    out_.clear();
  }
  void send_all(std::string_view octets) {
    while (!octets.empty()) {
      const auto sent = net::send(socket_, octets);
      if (sent) {
        octets.remove_prefix(*sent);
      } else if (net::would_block(sent.error())) {
        wait(POLLOUT);
      } else {
        std::abort();
      }
    }
  }

  net::Fd socket_;
  std::optional<crypto::TlsEngine> engine_;
  base::Buffer in_, out_;
  std::vector<char> wire_ = std::vector<char>(1 << 18);
};

/// One context, TLS or not towards the caller, TCP towards the callee, and both peers.
class Bed {
 public:
  explicit Bed(bool tls) : identity_(crypto::Identity::self_signed("bench")) {
    gateway::Options options;
    options.shards = 1;
    options.observe = true;
    for (const auto* name : {"access", "core"}) {
      gateway::RealmOptions realm{.name = name,
                                  .address = *base::IpAddress::parse("127.0.0.1"),
                                  .advertise = "",
                                  .identity = identity_,
                                  .tls = {}};
      realm.port_low = static_cast<std::uint16_t>(options.realms.empty() ? 21000 : 22000);
      realm.port_high = static_cast<std::uint16_t>(realm.port_low + 999);
      options.realms.push_back(realm);
    }
    auto made = gateway::LocalGateway::make(options, [this](auto task) {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
      ready_.notify_one();
    });
    if (!made) std::abort();
    gateway_ = std::move(*made);
    auto listener = net::listen_tcp(*base::Address::parse("127.0.0.1:0"));
    if (!listener) std::abort();
    iq::Request request;
    iq::TerminationConfig access, core;
    access.transport = tls ? iq::Transport::tcp_tls : iq::Transport::tcp;
    access.setup = iq::Setup::passive;
    access.source_filter.emplace();
    if (tls) access.remote_fingerprints = {identity_.fingerprint()};
    core.setup = iq::Setup::active;
    core.source_filter.emplace();
    core.remote = *net::local_address(*listener);
    request.procedures.emplace_back(iq::Reserve{"access", access});
    request.procedures.emplace_back(iq::Reserve{"core", core});
    std::optional<iq::Reply> reply;
    gateway_->execute(std::move(request), [&](auto result) {
      if (!result) std::abort();
      reply = *result;
    });
    while (!reply) run_tasks();
    if (tls) {
      auto context = crypto::TlsContext::make(identity_, {});
      if (!context) std::abort();
      context_.emplace(std::move(*context));
    }
    auto socket = net::connect_tcp(reply->reserved[0].local, std::nullopt);
    if (!socket) std::abort();
    caller.emplace(std::move(*socket), context_ ? &*context_ : nullptr, reply->reserved[0].fingerprints);
    caller->write("MSRP ");  // a plain leg is bound by its first octet
    for (;;) {
      auto accepted = net::accept_tcp(*listener);
      if (!accepted) {
        pollfd poll_for{listener->get(), POLLIN, 0};
        poll(&poll_for, 1, 100);
        continue;
      }
      callee.emplace(std::move(accepted->socket), nullptr, std::vector<base::Fingerprint>{});
      break;
    }
    callee->read(5);
  }

  std::optional<Peer> caller, callee;

 private:
  void run_tasks() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return !tasks_.empty(); });
    auto tasks = std::move(tasks_);
    tasks_.clear();
    lock.unlock();
    for (auto& task : tasks) task();
  }

  crypto::Identity identity_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<std::function<void()>> tasks_;
  std::optional<crypto::TlsContext> context_;
  std::unique_ptr<gateway::LocalGateway> gateway_;
};

void bulk(benchmark::State& state, bool tls, bool from_caller) {
  Bed bed(tls);
  auto& source = from_caller ? *bed.caller : *bed.callee;
  auto& sink = from_caller ? *bed.callee : *bed.caller;
  constexpr std::size_t total = 64 << 20;
  const std::string block(64 << 10, 'x');
  for (auto _ : state) {
    std::thread writer([&] {
      for (std::size_t sent = 0; sent < total; sent += block.size()) source.write(block);
    });
    for (std::size_t got = 0; got < total; got += block.size()) sink.read(block.size());
    writer.join();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * total));
}

void messages(benchmark::State& state, bool tls) {
  Bed bed(tls);
  const std::string message(message_size, 'x');
  for (auto _ : state) {
    bed.caller->write(message);
    bed.callee->read(message_size);
    bed.callee->write(message);
    bed.caller->read(message_size);
  }
  state.SetItemsProcessed(state.iterations());
}

void bulk_tls_to_tcp(benchmark::State& state) {
  bulk(state, true, true);
}
void bulk_tcp_to_tls(benchmark::State& state) {
  bulk(state, true, false);
}
void bulk_tcp_to_tcp(benchmark::State& state) {
  bulk(state, false, true);
}
void ping_tls_to_tcp(benchmark::State& state) {
  messages(state, true);
}
void ping_tcp_to_tcp(benchmark::State& state) {
  messages(state, false);
}

BENCHMARK(bulk_tls_to_tcp)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(bulk_tcp_to_tls)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(bulk_tcp_to_tcp)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(ping_tls_to_tcp)->UseRealTime();
BENCHMARK(ping_tcp_to_tcp)->UseRealTime();

}  // namespace
