#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "base/address.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/control_loop.hpp"
#include "net/http_message.hpp"

namespace net {

struct HttpServerOptions {
  /// Request line and header fields. Scrapers and browsers stay under 8 KiB, Beast's own default.
  std::size_t max_head = std::size_t{8} * 1024;
  /// A body of ours is an SDP, an NG frame or a command: 64 KiB as in NG.
  std::size_t max_body = std::size_t{64} * 1024;
  /// A connection has so long for each request to arrive whole, for its answer to be given and for taking it.
  /// More than the 60 s between two scrapes of Prometheus, whose connection then stays.
  base::Duration idle = std::chrono::seconds(120);
  /// Connections at a time; one more takes the place of the one that has waited longest for a request, or is
  /// closed at once where all of them have one. A control port has few clients; who just holds connections
  /// open must not keep them out.
  std::size_t max_connections = 128;
};

/// A plain HTTP/1.1 server (RFC 9112) on the control loop: keep-alive, one request at a time a connection,
/// bodies whole. A malformed request is answered with 400 and closed, a head too large with 431, a body with
/// 413. The handler sees HEAD as GET; its body is then not sent. Must not outlive the loop.
class HttpServer {
 public:
  /// `listen` is "host:port" ("127.0.0.1:9900", "[::1]:0"); host is an address, port 0 is chosen by the
  /// kernel.
  static base::Result<std::unique_ptr<HttpServer>, ListenError> open(ControlLoop& loop,
                                                                     std::string_view listen,
                                                                     HttpHandler handler,
                                                                     HttpServerOptions options = {});
  /// Closes the port and all connections; unanswered requests stay unanswered.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// With the real port.
  base::Address address() const;
  std::size_t connections() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace net
