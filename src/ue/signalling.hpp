#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/address.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/control_loop.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "net/reactor.hpp"

namespace ue {

/// The small signalling of our own where no SIP proxy is at hand: an offer is an HTTP POST of
/// application/sdp, answered with the answer (200) or a reason (488, 486); a BYE is DELETE /calls/ID, where
/// ID is the sess-id of the offer's o= line. HTTP runs on a thread of its own; everything that is told here
/// is told on the reactor's thread, and nothing any more once this is gone.
class Signalling {
 public:
  struct Error {
    std::string why;
  };
  using Answered = std::function<void(base::Result<std::string, Error>)>;
  using Respond = std::function<void(net::HttpResponse)>;
  struct Handlers {
    /// Answer it once, on the reactor's thread.
    std::function<void(std::string sdp, Respond)> on_offer;
    /// False: no such call.
    std::function<bool(const std::string& call)> on_bye;
    std::function<void(int)> on_signal;  // SIGINT, SIGTERM; empty: not watched
  };

  Signalling(net::Reactor& reactor, Handlers handlers);
  ~Signalling();
  Signalling(const Signalling&) = delete;
  Signalling& operator=(const Signalling&) = delete;

  /// Before start(). "host:port"; the real address.
  base::Result<base::Address, Error> listen(std::string_view at);
  void start();

  /// The answer's SDP, or why there is none.
  void offer(const std::string& url, std::string sdp, base::Duration timeout, Answered done);
  /// `done` is called whatever came of it.
  void bye(const std::string& url, const std::string& call, std::function<void()> done);

 private:
  /// What tasks on their way to the reactor find gone.
  struct Door {
    Handlers handlers;
  };
  void on_request(const net::HttpRequest& request, const net::HttpRespond& respond);

  net::Reactor& reactor_;
  std::shared_ptr<Door> door_;
  net::ControlLoop loop_;
  net::HttpClient client_;
  std::unique_ptr<net::HttpServer> server_;
  std::thread thread_;
};

/// The sess-id of the o= line that names a call; empty where there is none, or none that can stand in a URL.
std::string call_name(std::string_view sdp);

}  // namespace ue
