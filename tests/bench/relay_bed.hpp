#pragma once
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <poll.h>
#include <string>
#include <utility>
#include <vector>

#include "crypto/tls.hpp"
#include "gateway/local_gateway.hpp"
#include "net/socket.hpp"

/// What relay_bench measures: a gateway with one context, and the two peers of it.
namespace bench {

/// A blocking peer with or without TLS. Its thread's only.
class Peer {
 public:
  Peer(net::Fd socket, crypto::TlsContext* tls, const std::vector<base::Fingerprint>& expected)
      : socket_(std::move(socket)), out_(1 << 20) {
    if (tls == nullptr) return;
    engine_.emplace(*tls, crypto::TlsRole::client);
    engine_->expect_peer(expected, out_);
    engine_->start(out_);
    flush();
    while (engine_->state() == crypto::TlsEngine::State::handshaking) receive_some();
    flush();
  }
  /// All at once; with TLS, each `record` octets of it are records of their own.
  void write(std::string_view plain, std::size_t record) {
    if (!engine_) return send_all(plain);
    for (std::size_t at = 0; at < plain.size(); at += record) engine_->write(plain.substr(at, record), out_);
    flush();
  }
  /// Reads until `n` octets of plaintext have come.
  void read(std::size_t n) {
    while (came_ < n) receive_some();
    came_ -= n;
  }

 private:
  void wait(short events) {
    pollfd poll_for{socket_.get(), events, 0};
    poll(&poll_for, 1, -1);
  }
  void receive_some() {
    const auto got = net::receive(socket_, wire_);
    if (!got && net::would_block(got.error())) return wait(POLLIN);
    if (!got || *got == 0) std::abort();
    if (!engine_) {
      came_ += *got;
      return;
    }
    in_.clear();
    engine_->read({wire_.data(), *got}, in_, out_);
    came_ += in_.size();
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
  std::size_t came_ = 0;  // octets of plaintext that nobody has asked for yet
  std::vector<char> wire_ = std::vector<char>(1 << 18);
};

/// One end of a session.
struct End {
  std::string path;   // its own
  std::string shown;  // what it was shown of the other end
  std::optional<Peer> peer;
};

/// One context, TLS or not towards the caller, TCP towards the callee, and both peers.
class Bed {
 public:
  struct Mode {
    bool aware = false;
    bool tls = false;
  };

  explicit Bed(Mode mode) : mode_(mode), identity_(crypto::Identity::self_signed("bench")) {
    caller.path = "msrp://127.0.0.1:7777/session-of-alice;tcp";
    callee.path = "msrp://127.0.0.1:8888/session-of-bob;tcp";
    make_gateway();
    auto listener = net::listen_tcp(*base::Address::parse("127.0.0.1:0"));
    if (!listener) std::abort();
    const auto reply = reserve(*net::local_address(*listener));
    caller.shown = mode.aware ? reply.reserved[0].path : callee.path;
    callee.shown = mode.aware ? reply.reserved[1].path : caller.path;
    connect(reply.reserved[0], *listener);
  }

  End caller, callee;

 private:
  void make_gateway() {
    gateway::Options options;
    options.shards = 1;
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
  }

  /// What a controller asks for.
  iq::Reply reserve(const base::Address& callee_address) {
    iq::TerminationConfig access, core;
    access.transport = transport(mode_.tls);
    access.setup = iq::Setup::passive;
    access.source_filter.emplace();
    if (mode_.tls) access.remote_fingerprints = {identity_.fingerprint()};
    core.transport = transport(false);
    core.setup = iq::Setup::active;
    core.source_filter.emplace();
    core.remote = callee_address;
    if (mode_.aware) {
      access.remote_path = {caller.path};
      core.remote_path = {callee.path};
    }
    iq::Request request;
    request.procedures.emplace_back(iq::Reserve{"access", access, mode_.aware ? "shown-to-alice" : ""});
    request.procedures.emplace_back(iq::Reserve{"core", core, mode_.aware ? "shown-to-bob" : ""});
    std::optional<iq::Reply> reply;
    gateway_->execute(std::move(request), [&](auto result) {
      if (!result) std::abort();
      reply = *result;
    });
    while (!reply) run_tasks();
    return *reply;
  }

  iq::Transport transport(bool tls) const {
    if (mode_.aware) return tls ? iq::Transport::tcp_tls_msrp : iq::Transport::tcp_msrp;
    return tls ? iq::Transport::tcp_tls : iq::Transport::tcp;
  }

  /// A first request binds the caller's leg, and with it the gateway connects to the callee.
  void connect(const iq::Reserved& access, const net::Fd& listener) {
    if (mode_.tls) {
      auto context = crypto::TlsContext::make(identity_, {});
      if (!context) std::abort();
      context_.emplace(std::move(*context));
    }
    auto socket = net::connect_tcp(access.local, std::nullopt);
    if (!socket) std::abort();
    caller.peer.emplace(std::move(*socket), context_ ? &*context_ : nullptr, access.fingerprints);
    const auto first = bare(caller.shown, caller.path);
    caller.peer->write(first, first.size());
    for (;;) {
      pollfd poll_for{listener.get(), POLLIN, 0};
      poll(&poll_for, 1, -1);
      auto accepted = net::accept_tcp(listener);
      if (!accepted) continue;
      callee.peer.emplace(std::move(accepted->socket), nullptr, std::vector<base::Fingerprint>{});
      break;
    }
    callee.peer->read(bare(callee.path, callee.shown).size());
  }

  static std::string bare(const std::string& to, const std::string& from) {
    return "MSRP first SEND\r\nTo-Path: " + to + "\r\nFrom-Path: " + from +
           "\r\nMessage-ID: first\r\nFailure-Report: no\r\n-------first$\r\n";
  }

  void run_tasks() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return !tasks_.empty(); });
    auto tasks = std::move(tasks_);
    tasks_.clear();
    lock.unlock();
    for (auto& task : tasks) task();
  }

  Mode mode_;
  crypto::Identity identity_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<std::function<void()>> tasks_;
  std::optional<crypto::TlsContext> context_;
  std::unique_ptr<gateway::LocalGateway> gateway_;
};

}  // namespace bench
