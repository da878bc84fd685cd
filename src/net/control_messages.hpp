#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/result.hpp"
#include "net/control_loop.hpp"

namespace net {

enum class MessageCarrier : std::uint8_t { udp, tcp, sctp };

/// A peer of MessageSockets: where a message came from or shall go.
struct MessagePeer {
  MessageCarrier carrier = MessageCarrier::udp;
  base::Address address;
  /// Of ours, from 1: where it arrived; 0: whichever fits. Each address that was asked of a wildcard socket
  /// for datagrams has its own number, so answers leave from the address that was asked.
  std::uint32_t socket = 0;
  /// Of tcp and sctp, never given twice; 0: the one to that address, made if there is none.
  std::uint64_t connection = 0;
};

struct MessageOptions {
  /// Octets of a message, sent or received; at most what TPKT (RFC 1006) carries. A connection that brings a
  /// longer one is closed, a longer datagram dropped.
  std::size_t max_message = 65'531;
  /// Connections at a time that others have made; one more is closed at once.
  std::size_t max_connections = 256;
  /// Octets that wait for one connection's peer to take them; beyond: it is closed.
  std::size_t max_pending = std::size_t{1} << 20;
  /// A connection whose message stays incomplete for so long is closed; so is one that shall end and whose
  /// peer does not take what waits.
  base::Duration partial = std::chrono::seconds(10);
  base::Duration connect = std::chrono::seconds(5);  // how long it may take to make one
  std::size_t burst = 64;                            // datagrams taken before the loop serves others
  std::uint32_t sctp_protocol = 7;                   // payload protocol identifier (H.248)
  /// Whether connections from there are taken at all; absent: all are.
  std::function<bool(const base::IpAddress&)> admit{};
};

/// Whole messages over UDP datagrams, over TCP in TPKT packets (RFC 1006: 03 00 and 16 bits of length), and
/// over SCTP (RFC 6458), one user message each, where the kernel has it. Connections are the same for both
/// ends, whoever made them. Lives on the loop's thread and must not outlive the loop. Callbacks come from the
/// loop only, never from inside send(); they may call anything here but the destructor.
class MessageSockets {
 public:
  struct User {
    /// `message` dies with the call.
    std::function<void(std::string_view message, const MessagePeer& from)> on_message;
    /// A connection has ended or could not be made; what waited for it is lost. `why` is for people. Not for
    /// those that close() ended.
    std::function<void(const MessagePeer& peer, const std::string& why)> on_closed;
  };
  MessageSockets(ControlLoop& loop, User user, MessageOptions options = {});
  ~MessageSockets();

  /// "udp:192.0.2.1:2944", "tcp:[::]:2944", "sctp:..."; port 0 is chosen by the kernel. Returns the socket's
  /// number. Refused with a sentence that says why: binary encoding ("ber:", "binary:", port 2945 of H.248.1
  /// annex D), SCTP where the kernel has none.
  base::Result<std::uint32_t, ListenError> listen(std::string_view place);
  base::Address address(std::uint32_t socket) const;  // 0.0.0.0:0 where there is no such socket
  /// "udp:192.0.2.1:2944, tcp:[::]:2944": those that listen, with real ports.
  std::string addresses() const;
  /// Where connections that we make come from, and datagrams where nothing listens for them: one address an
  /// IP version, the last one holds. Port 0: any.
  void set_source(const base::Address& address);

  void send(const MessagePeer& to, std::string_view message);
  /// Ends a connection once what waits for it is sent; nothing is taken from it any more.
  void close(const MessagePeer& peer);

  struct Counters {
    std::uint64_t refused = 0;    // connections that were not admitted, or too many
    std::uint64_t malformed = 0;  // no TPKT, or a message that is too long
    std::uint64_t unsent = 0;     // messages that no socket or connection took
  };
  const Counters& counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whether this kernel has SCTP; asking may load its module.
bool has_sctp();

}  // namespace net
