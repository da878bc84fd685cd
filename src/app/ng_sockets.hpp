#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "controller/controller.hpp"
#include "net/control_loop.hpp"
#include "net/control_ng.hpp"
#include "net/http_server.hpp"

namespace app {

/// Where NG requests arrive: every place of `[ng] listen`, over UDP, unix sockets, TCP and HTTP (POST /ng,
/// the frame as body), joined to the NgFront. Must outlive neither the loop nor the front.
class NgSockets {
 public:
  /// `after` is called behind every frame: the controller's deadline may be another one then. The error is a
  /// sentence that names the place.
  static base::Result<std::unique_ptr<NgSockets>, std::string> open(net::ControlLoop& loop,
                                                                    controller::NgFront& front,
                                                                    std::function<void()> after,
                                                                    const std::vector<std::string>& places);

  /// With the real ports, joined by commas: "udp:127.0.0.1:2228,unix:/run/postern/ng.sock".
  const std::string& addresses() const noexcept { return addresses_; }

 private:
  NgSockets(net::ControlLoop& loop, controller::NgFront& front, std::function<void()> after)
      : loop_(loop), front_(front), after_(std::move(after)) {}
  base::Result<base::Ok, std::string> open(const std::string& place);
  void on_http(const net::HttpRequest& request, net::HttpRespond respond);

  net::ControlLoop& loop_;
  controller::NgFront& front_;
  std::function<void()> after_;
  std::vector<std::unique_ptr<net::NgListener>> listeners_;
  std::vector<std::unique_ptr<net::HttpServer>> servers_;
  std::string addresses_;
};

}  // namespace app
