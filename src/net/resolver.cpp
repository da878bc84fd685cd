#include "net/resolver.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

namespace net {
namespace {

using Addresses = std::vector<base::IpAddress>;

template <std::size_t n>
std::array<std::uint8_t, n> octets_at(const void* from) {
  std::array<std::uint8_t, n> out;
  std::memcpy(out.data(), from, n);
  return out;
}

std::optional<base::IpAddress> address_of(const addrinfo& entry) {
  if (entry.ai_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, entry.ai_addr, sizeof v4);
    return base::IpAddress::v4(octets_at<4>(&v4.sin_addr));
  }
  if (entry.ai_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, entry.ai_addr, sizeof v6);
  return base::IpAddress::v6(octets_at<16>(&v6.sin6_addr));
}

}  // namespace

std::vector<base::IpAddress> look_up(const std::string& host) {
  Addresses out;
  if (host.find('\0') != host.npos) return out;  // the system would see another name
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // or each address comes once for each kind of socket
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return out;
  for (const auto* entry = found; entry != nullptr; entry = entry->ai_next) {
    const auto address = address_of(*entry);
    if (address && std::ranges::find(out, *address) == out.end()) out.push_back(*address);
  }
  ::freeaddrinfo(found);
  return out;
}

struct Resolver::Impl {
  struct Asked {
    Done done;
    ControlHandle limit;
  };
  /// What a look-up's thread holds: the way back, as long as there is one.
  struct Link {
    std::mutex mutex;
    Impl* impl = nullptr;  // changed by the loop's thread only
  };

  ControlLoop& loop;
  ResolverOptions options;
  std::unordered_map<std::uint64_t, Asked> asked;
  std::uint64_t last_id = 0;
  std::size_t in_flight = 0;
  std::shared_ptr<Link> link = std::make_shared<Link>();

  Impl(ControlLoop& on, ResolverOptions with) : loop(on), options(std::move(with)) {
    if (!options.lookup) options.lookup = look_up;
    link->impl = this;
  }
  ~Impl() {
    const std::lock_guard lock(link->mutex);
    link->impl = nullptr;
  }

  void finish(std::uint64_t id, Addresses found) {
    const auto at = asked.find(id);
    if (at == asked.end()) return;  // it came too late
    const auto done = std::move(at->second.done);
    asked.erase(at);
    done(std::move(found));
  }

  /// Calls `done` from the loop, after `delay` with `otherwise`, unless finish() comes before.
  void ask(std::uint64_t id, base::Duration delay, Done done, Addresses otherwise = {}) {
    auto end = [this, id, otherwise = std::move(otherwise)] { finish(id, otherwise); };
    asked.emplace(id, Asked{std::move(done), loop.after(delay, std::move(end))});
  }

  /// Whether there is a thread that looks it up now.
  bool start(std::uint64_t id, const std::string& host) {
    try {
      std::thread([id, host, lookup = options.lookup, back = link] {
        report(back, id, lookup(host));
      }).detach();
      ++in_flight;
      return true;
    } catch (const std::system_error&) {  // EAGAIN: the system has no thread left
      return false;
    }
  }

  /// From a look-up's thread. What is posted runs, or is destroyed, on the loop's.
  static void report(const std::shared_ptr<Link>& back, std::uint64_t id, Addresses found) {
    const std::lock_guard lock(back->mutex);
    if (back->impl == nullptr) return;
    back->impl->loop.post([back, id, found = std::move(found)]() mutable {
      if (back->impl == nullptr) return;
      --back->impl->in_flight;
      back->impl->finish(id, std::move(found));
    });
  }
};

Resolver::Resolver(ControlLoop& loop, ResolverOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
Resolver::~Resolver() = default;

void Resolver::resolve(const std::string& host, base::Duration timeout, Done done) {
  const auto id = ++impl_->last_id;
  if (const auto address = base::IpAddress::parse(host))
    return impl_->ask(id, base::Duration::zero(), std::move(done), {*address});
  const bool started = impl_->in_flight < impl_->options.max_in_flight && impl_->start(id, host);
  impl_->ask(id, started ? timeout : base::Duration::zero(), std::move(done));
}

std::size_t Resolver::in_flight() const noexcept {
  return impl_->in_flight;
}

}  // namespace net
