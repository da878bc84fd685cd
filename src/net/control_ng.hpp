#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/control_loop.hpp"

namespace net {

/// Who sent an NG request.
struct NgSource {
  /// Of the peer's socket. Nothing for a unix socket: whoever may open the file may command.
  std::optional<base::IpAddress> ip;
  /// "udp:192.0.2.1:5060", "unix:/path", "tcp:[::1]:4711": tells senders apart (with the cookie it names a
  /// request).
  std::string key;
};

/// Answers one request, at most once, at any later time, on the loop's thread; without effect once the peer's
/// connection or the listener is gone.
using NgReply = std::function<void(std::string_view frame)>;
/// `frame` is "cookie SP payload" as it came and dies with the call.
using NgHandler = std::function<void(std::string_view frame, const NgSource& source, NgReply reply)>;

struct NgListenOptions {
  /// TCP: the length of the first whole frame in the text, 0 where more is needed, nothing where it cannot
  /// become a frame (the connection is closed). Without it no tcp: listener can be opened.
  std::function<std::optional<std::size_t>(std::string_view)> frame_length{};
  /// TCP: the longest frame, the same as what fits a UDP datagram.
  std::size_t max_frame = 65'535;
  /// TCP: connections at a time. It is for people and scripts, not for proxies.
  std::size_t max_connections = 64;
  /// TCP: a connection that says nothing for so long, or does not take its answer, is closed. Long enough to
  /// type.
  base::Duration idle = std::chrono::minutes(5);
  /// TCP: requests of one connection that wait for their answers; then it is not read.
  std::size_t max_in_flight = 16;
  /// UDP and unix: datagrams taken before the loop serves others.
  std::size_t burst = 64;
};

/// Where NG requests arrive: "udp:HOST:PORT", "udp6:[HOST]:PORT" (brackets may be left out), "unix:/path"
/// (datagrams), "tcp:HOST:PORT" (as rtpengine's --listen-tcp-ng: frames one behind the other, white space
/// between them skipped). HOST is an address; port 0 is chosen by the kernel. Lives on the loop's thread,
/// must not outlive the loop and must not be ended by its own handler.
class NgListener {
 public:
  static base::Result<std::unique_ptr<NgListener>, ListenError> open(ControlLoop& loop,
                                                                     std::string_view listen,
                                                                     NgHandler handler,
                                                                     NgListenOptions options = {});
  /// Closes it and its connections; a unix socket's file is removed.
  virtual ~NgListener() = default;

  /// In the form that open() takes, with the real port: "udp:127.0.0.1:2228", "unix:/run/postern/ng.sock".
  virtual std::string local_address() const = 0;
  /// The real address; unspecified with port 0 for a unix socket.
  virtual base::Address address() const = 0;

 protected:
  NgListener() = default;
};

}  // namespace net
