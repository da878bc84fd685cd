#pragma once
#include <cstddef>

#include "base/buffer.hpp"
#include "gateway/options.hpp"
#include "gateway/totals.hpp"
#include "iq/media_gateway.hpp"
#include "net/reactor.hpp"

namespace gateway {

/// What all connections of one shard share. Its thread only.
struct Worker {
  /// Plaintext of one window is never longer than the window; the rest of the room is for what TLS still had
  /// from the window before.
  static constexpr std::size_t plain_room = 2 * net::Reactor::window_size;
  static constexpr std::size_t wire_room = net::Reactor::window_size + std::size_t{64} * 1024;

  explicit Worker(const Options& all) : options(all), plain(plain_room), wire(wire_room) {
    for (const auto& realm : all.realms) totals.realms.emplace_back().name = realm.name;
  }

  const Options& options;  // never changes
  net::Reactor reactor;
  base::Buffer plain;  // decrypted octets: the content dies with the next read
  base::Buffer wire;   // encrypted octets: the content dies with the next read or write
  Totals totals;
  /// Descriptors above one a termination: connections that wait or are being closed. No more than
  /// `most_extras` of them, so that a flood of strays cannot use up the process's descriptors.
  std::size_t extras = 0;
  std::size_t most_extras = 0;
};

/// Where a context reports.
class Upward {
 public:
  virtual void notify(iq::Notification notification) = 0;
  /// All sockets of the context are closed. Destroys it.
  virtual void gone(iq::ContextId context) = 0;

 protected:
  ~Upward() = default;
};

}  // namespace gateway
