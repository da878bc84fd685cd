#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/address.hpp"

namespace net {

struct HttpRequest {
  std::string method;  // "GET", "POST", ...
  std::string target;  // as on the wire: "/v1/calls?limit=10"
  std::string content_type;
  std::string body;
  base::Address peer;

  /// The target before its '?'.
  std::string_view path() const noexcept { return std::string_view(target).substr(0, target.find('?')); }
};

struct HttpResponse {
  unsigned status = 200;  // RFC 9110 15
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

/// Answers one request, at most once, at any later time, on the loop's thread; without effect once the
/// connection or the server is gone. A request whose HttpRespond is dropped without a call is closed by the
/// idle limit.
using HttpRespond = std::function<void(HttpResponse)>;
using HttpHandler = std::function<void(const HttpRequest& request, HttpRespond respond)>;

}  // namespace net
