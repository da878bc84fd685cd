#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/control_loop.hpp"
#include "net/http_message.hpp"

namespace net {

/// Why no response came, a sentence that names the URL.
struct HttpError {
  std::string reason;
};

/// Sends HTTP requests from a control loop, each over a connection of its own. Names are resolved by a
/// Resolver of its own, so the loop never waits. Must not outlive the loop; its end drops what is under way
/// without a call.
class HttpClient {
 public:
  using Done = std::function<void(base::Result<HttpResponse, HttpError>)>;

  explicit HttpClient(ControlLoop& loop);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Whether that is a URL which can be asked for: "http://host[:port][/path]".
  static bool is_url(std::string_view text);

  /// POSTs `body` to "http://host[:port][/path]" (IPv6 hosts in brackets). `done` is called once, from the
  /// loop, with the response of whatever status, or with the reason; `timeout` bounds the whole of it.
  void post(std::string_view url, std::string_view content_type, std::string body, base::Duration timeout,
            Done done);
  void get(std::string_view url, base::Duration timeout, Done done);
  /// DELETE.
  void remove(std::string_view url, base::Duration timeout, Done done);

  /// A response's body is at most this long: SDP answers and acknowledgements are small, statistics may not
  /// be.
  static constexpr std::size_t max_body = std::size_t{4} * 1024 * 1024;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace net
