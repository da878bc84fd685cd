#pragma once
#include <cstddef>
#include <cstring>
#include <vector>

#include "base/buffer.hpp"
#include "crypto/identity.hpp"
#include "gateway/options.hpp"
#include "gateway/stage.hpp"
#include "gateway/totals.hpp"
#include "iq/media_gateway.hpp"
#include "net/reactor.hpp"

namespace gateway {

class Connection;
class SharedPort;

/// What all connections of one shard share. Its thread only.
struct Worker {
  /// Plaintext of one window is never longer than the window; the rest of the room is for what TLS still had
  /// from the window before.
  static constexpr std::size_t plain_room = 2 * net::Reactor::window_size;
  static constexpr std::size_t wire_room = net::Reactor::window_size + std::size_t{64} * 1024;

  /// A link collects less than half of it before it sends.
  static constexpr std::size_t staged_room = net::Reactor::window_size;

  explicit Worker(const Options& all)
      : options(all), plain(plain_room), wire(wire_room), staged(staged_room) {
    // Now, and not when the first sessions are busy: what a shard costs is there from the start.
    const auto window = reactor.window();
    std::memset(window.data(), 0, window.size());
    for (auto* buffer : {&plain, &wire, &staged.copies()}) {
      const auto room = buffer->prepare(buffer->capacity());
      std::memset(room.data(), 0, room.size());
    }
    shared_ports.resize(all.realms.size());
    for (const auto& realm : all.realms) totals.realms.emplace_back().name = realm.name;
  }

  const Options& options;  // never changes
  net::Reactor reactor;
  base::Buffer plain;  // decrypted octets: the content dies with the next read
  base::Buffer wire;   // encrypted octets: the content dies with the next read or write
  /// What links have written to one connection in this turn, so that many messages become one send().
  Stage staged;
  Connection* staged_for = nullptr;
  /// The octets that a link has in hand: what it writes of them stays where it is until they are all taken.
  std::string_view in_hand;
  crypto::SystemRandom random;
  /// By realm; null where it has none, or another shard has it.
  std::vector<SharedPort*> shared_ports;
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
  /// All sockets of one that was subtracted are closed.
  virtual void gone(iq::ContextId context, iq::TerminationId termination) = 0;

 protected:
  ~Upward() = default;
};

}  // namespace gateway
