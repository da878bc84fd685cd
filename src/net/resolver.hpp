#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"
#include "net/control_loop.hpp"

namespace net {

struct ResolverOptions {
  /// Look-ups in flight, one thread each; whoever asks beyond gets nothing at once. A peer may choose the
  /// names and the name server that never answers, so this bounds the threads that it can make us hold.
  std::size_t max_in_flight = 64;
  /// What a look-up's thread calls; it may block as long as it likes. Tests put their own here.
  std::function<std::vector<base::IpAddress>(const std::string& host)> lookup;
};

/// Finds the addresses of names for a control loop, which never waits. Asio's resolver has one thread for all
/// look-ups of an io_context and carries them out one behind the other: a single name whose server is silent
/// (a peer's SDP may bring one) would hold up every call behind it, and the end of the loop as well, which
/// joins that thread. So each look-up has a short-lived thread of its own here: a slow one delays nobody,
/// until `max_in_flight` of them are slow at once. A look-up that timed out counts until its thread is back.
/// Must not outlive the loop; its end drops what is under way without a call, and waits for no thread.
class Resolver {
 public:
  using Done = std::function<void(std::vector<base::IpAddress>)>;

  explicit Resolver(ControlLoop& loop, ResolverOptions options = {});
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// `done` is called once, from the loop: with the host's IPv4 and IPv6 addresses in the system's order
  /// (RFC 6724), each once; with none where there is none, or none in time. An address as host is its own.
  void resolve(const std::string& host, base::Duration timeout, Done done);
  /// How many threads look something up now.
  std::size_t in_flight() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What getaddrinfo(3) says: /etc/hosts, then DNS. Blocks. Each address once; none where it fails.
std::vector<base::IpAddress> look_up(const std::string& host);

}  // namespace net
