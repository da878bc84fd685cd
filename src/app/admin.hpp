#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "net/http_message.hpp"
#include "proto/ng/request.hpp"
#include "proto/ng/value.hpp"

namespace app {

/// The HTTP side of the control plane, for people, scrapers and scripts:
///   GET /healthz             200 "ok", or 503 "draining" once the end has begun
///   GET /metrics             Prometheus' text format
///   GET /v1/version          {"version": ...}
///   GET /v1/calls[?limit=N]  {"calls": [ID, ...], "details": [...]}, as NG's `list`, and `query` of each, at
///                            most max_details of them
///   GET /v1/calls/ID         one call, as NG's `query`; ID is percent-encoded
///   DELETE /v1/calls/ID      ends the call, as NG's `delete`
///   GET /v1/associations     {"associations": [...]}: the H.248 ends that this one speaks with
///   POST /v1/associations/ID/trace/on|off   logs every message of that one; ID is its peer or route,
///   percent-encoded
/// Everything under /v1 is JSON, errors too: {"error": "..."}.
class Admin {
 public:
  using Done = std::function<void(ng::Value reply)>;
  /// What it stands on. Each function answers once, maybe before it returns.
  struct Actions {
    std::function<void(const ng::Request&, Done)> execute{};  // Controller::execute; none: no calls here
    std::function<void(std::function<void(std::string)>)> metrics;
    std::function<bool()> draining;
    std::function<ng::Dictionary()> associations{};                 // none: no H.248 here
    std::function<bool(const std::string& name, bool on)> trace{};  // false: no association is named so
  };

  /// Each costs a round trip to a shard and some KiB: a page for people, not a dump.
  static constexpr std::size_t max_details = 100;

  explicit Admin(Actions actions) : actions_(std::move(actions)) {}
  /// A net::HttpHandler.
  void on_request(const net::HttpRequest& request, net::HttpRespond respond);

 private:
  void on_association(const net::HttpRequest& request, std::string_view path,
                      const net::HttpRespond& respond);
  void on_calls(const net::HttpRequest& request, net::HttpRespond respond);
  void on_call(const net::HttpRequest& request, std::string id, net::HttpRespond respond);
  void execute(const ng::Request& request, net::HttpRespond respond);
  void with_details(ng::Dictionary list, net::HttpRespond respond);

  Actions actions_;
};

/// RFC 3986 2.1; nothing where a '%' is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace app
