#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "gateway/local_gateway.hpp"
#include "tests/support/media_peer.hpp"

namespace test {

/// `count` neighbouring TCP ports that nobody uses right now, below the kernel's ephemeral range.
inline std::pair<std::uint16_t, std::uint16_t> free_ports(std::uint16_t count) {
  static unsigned next = static_cast<unsigned>(getpid()) * 61;
  const auto any = *base::IpAddress::parse("127.0.0.1");
  for (unsigned tries = 0; tries < 200; ++tries) {
    const auto low = static_cast<std::uint16_t>(10000 + next % 20000);
    next += count;
    bool all = true;
    for (unsigned i = 0; i < count && all; ++i) {
      all = net::listen_tcp({any, static_cast<std::uint16_t>(low + i)}).has_value();
    }
    if (all) return {low, static_cast<std::uint16_t>(low + count - 1)};
  }
  throw std::runtime_error("no free ports");
}

// What a controller says of a termination.
inline iq::TerminationConfig anybody() {
  iq::TerminationConfig out;
  out.source_filter.emplace();
  return out;
}
inline iq::TerminationConfig towards(const base::Address& remote) {
  iq::TerminationConfig out;
  out.setup = iq::Setup::active;
  out.remote = remote;
  return out;
}
inline iq::TerminationConfig with_tls(iq::TerminationConfig config, std::vector<base::Fingerprint> peers) {
  config.transport = iq::Transport::tcp_tls;
  config.remote_fingerprints = std::move(peers);
  return config;
}
/// TLS whose peer is not known yet: the answer is late.
inline iq::TerminationConfig unanswered_tls() {
  iq::TerminationConfig out;
  out.transport = iq::Transport::tcp_tls;
  return out;
}

/// Octets that differ from place to place, so that a loss or a swap shows.
inline std::string pattern(std::size_t size, unsigned seed = 1) {
  std::string out(size, '\0');
  std::uint32_t state = seed * 2654435761U + 1;
  for (auto& octet : out) {
    state = state * 1664525U + 1013904223U;
    octet = static_cast<char>(state >> 24);
  }
  return out;
}

/// Somebody who waits for a connection.
struct Ear {
  Ear(const char* ip = "127.0.0.1")
      : listener(std::move(*net::listen_tcp({*base::IpAddress::parse(ip), 0}))),
        address(*net::local_address(listener)) {}
  net::Fd listener;
  base::Address address;
};

/// A gateway and the far ends of its connections, all driven from the test's own thread: it is the control
/// thread, and it waits for whatever happens first. No sleeps: until() returns as soon as the condition
/// holds.
class GatewayRig {
 public:
  static constexpr auto patience = std::chrono::seconds(20);
  static constexpr std::uint16_t ports = 64;

  GatewayRig() : wakeup_(eventfd(0, EFD_NONBLOCK)), identity(crypto::Identity::self_signed("gateway")) {
    options.shards = 1;
    const auto [low, high] = free_ports(2 * ports);
    const auto middle = static_cast<std::uint16_t>(low + ports);
    add_realm("access", "127.0.0.1", low, static_cast<std::uint16_t>(middle - 1));
    add_realm("core", "127.0.0.1", middle, high);
  }
  ~GatewayRig() { gateway.reset(); }

  void add_realm(const std::string& name, const char* address, std::uint16_t low, std::uint16_t high) {
    options.realms.push_back({name, *base::IpAddress::parse(address), "", low, high, identity, {}});
  }
  void start() {
    auto made = gateway::LocalGateway::make(options, [this](auto task) { post(std::move(task)); });
    if (!made) throw std::runtime_error(made.error());
    gateway = std::move(*made);
    gateway->set_listener([this](const iq::Notification& n) { events.push_back(n); });
  }

  /// Runs everything until `condition` holds; false when it does not in time.
  bool until(const std::function<bool()>& condition, std::chrono::milliseconds limit = patience) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
      turn();
      if (condition()) return true;
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return false;
      wait(static_cast<int>(left.count()));
    }
  }

  base::Result<iq::Reply, iq::Error> execute(iq::Request request) {
    std::optional<base::Result<iq::Reply, iq::Error>> out;
    gateway->execute(std::move(request), [&](auto result) { out.emplace(std::move(result)); });
    if (!until([&] { return out.has_value(); })) throw std::runtime_error("no answer");
    return std::move(*out);
  }
  struct Call {
    iq::ContextId context;
    iq::Reserved a;
    iq::Reserved b;
  };
  /// Two terminations; by default both wait for anybody (merge mode).
  Call reserve(iq::TerminationConfig a = anybody(), iq::TerminationConfig b = anybody(),
               const std::string& realm_a = "access", const std::string& realm_b = "core") {
    auto reply = execute({{}, {iq::Reserve{realm_a, std::move(a)}, iq::Reserve{realm_b, std::move(b)}}});
    if (!reply) throw std::runtime_error(reply.error().text);
    return {reply->context, reply->reserved.at(0), reply->reserved.at(1)};
  }
  base::Result<iq::Reply, iq::Error> configure(const Call& call, const iq::Reserved& which,
                                               iq::TerminationConfig config) {
    return execute({call.context, {iq::Configure{which.termination, std::move(config)}}});
  }
  base::Result<iq::Reply, iq::Error> release(const Call& call) {
    return execute({call.context, {iq::Release{}}});
  }
  bool hears(const MediaPeer& peer, const std::string& octets) {
    return until([&] { return peer.heard().size() >= octets.size(); }) && peer.heard() == octets;
  }
  bool ends(const MediaPeer& peer, MediaPeer::End how) {
    return until([&] { return peer.end() != MediaPeer::End::none; }) && peer.end() == how;
  }
  /// For conditions that ask the gateway (audit(), totals()): no event says that they hold now, so they are
  /// asked again and again; each question waits for its answer.
  bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
  }
  /// All contexts have closed their sockets and given back their ports.
  bool until_gone() {
    return eventually([&] { return totals().contexts == 0; });
  }

  gateway::Totals totals() {
    std::optional<gateway::Totals> out;
    gateway->collect([&](gateway::Totals sum) { out = std::move(sum); });
    if (!until([&] { return out.has_value(); })) throw std::runtime_error("no totals");
    return std::move(*out);
  }
  std::vector<iq::TerminationStatus> audit(iq::ContextId context) {
    auto reply = execute({context, {iq::Audit{}}});
    return reply ? std::move(reply->terminations) : std::vector<iq::TerminationStatus>{};
  }

  MediaPeer& connect(const base::Address& to, const std::optional<base::Address>& from = {}) {
    return *peers_.emplace_back(std::make_unique<MediaPeer>(MediaPeer::connect(to, from)));
  }
  /// The next connection that arrives at `listener`.
  MediaPeer& accept(const net::Fd& listener) {
    std::optional<net::Accepted> got;
    watched_ = listener.get();
    const bool came = until([&] {
      auto accepted = net::accept_tcp(listener);
      if (accepted) got.emplace(std::move(*accepted));
      return got.has_value();
    });
    watched_ = -1;
    if (!came) throw std::runtime_error("nobody connected");
    last_accepted_from = got->peer;
    return *peers_.emplace_back(std::make_unique<MediaPeer>(std::move(got->socket)));
  }
  /// A further descriptor whose readiness ends a wait; -1: none.
  void watch(int fd) { watched_ = fd; }
  void forget_peers() { peers_.clear(); }

  std::size_t count(iq::Event event) const {
    return static_cast<std::size_t>(
        std::count_if(events.begin(), events.end(), [event](const auto& n) { return n.event == event; }));
  }
  std::string cause_of(iq::Event event) const {
    for (const auto& each : events) {
      if (each.event == event) return each.cause;
    }
    return {};
  }
  bool await(iq::Event event, std::size_t times = 1) {
    return until([&] { return count(event) >= times; });
  }

 private:
  net::Fd wakeup_;

 public:
  crypto::Identity identity;
  gateway::Options options;
  std::unique_ptr<gateway::LocalGateway> gateway;
  std::vector<iq::Notification> events;
  base::Address last_accepted_from;

 private:
  void post(std::function<void()> task) {
    const std::lock_guard lock(lock_);
    tasks_.push_back(std::move(task));
    eventfd_write(wakeup_.get(), 1);
  }
  void turn() {
    std::deque<std::function<void()>> tasks;
    {
      const std::lock_guard lock(lock_);
      tasks.swap(tasks_);
    }
    for (auto& task : tasks) task();
    for (auto& peer : peers_) peer->step();
  }
  void wait(int milliseconds) {
    std::vector<pollfd> fds = {{wakeup_.get(), POLLIN, 0}};
    if (watched_ >= 0) fds.push_back({watched_, POLLIN, 0});
    for (const auto& peer : peers_) {
      short events_wanted = peer->wants_read() ? POLLIN : 0;
      if (peer->wants_write()) events_wanted |= POLLOUT;
      if (events_wanted != 0 && peer->fd() >= 0) fds.push_back({peer->fd(), events_wanted, 0});
    }
    ::poll(fds.data(), fds.size(), milliseconds);
    eventfd_t ignored = 0;
    eventfd_read(wakeup_.get(), &ignored);
  }

  std::mutex lock_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::unique_ptr<MediaPeer>> peers_;
  int watched_ = -1;
};

}  // namespace test
