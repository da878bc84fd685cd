#pragma once
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/admin.hpp"
#include "app/call_part.hpp"
#include "app/cli.hpp"
#include "app/config.hpp"
#include "app/gateway_part.hpp"
#include "app/log.hpp"
#include "app/media_part.hpp"
#include "app/pool_part.hpp"
#include "app/sd_notify.hpp"
#include "net/control_loop.hpp"
#include "net/http_server.hpp"

namespace app {

/// The parts that a role is made of and what joins them: opened in order, then run until told to end. One
/// thread, the control loop's; the gateway's shards have theirs.
///
///   up           MediaPart <- CallPart             (gateways = ["local"])
///                MediaPart <- PoolPart <- CallPart (["local", "h248"]; without MediaPart: ["h248"])
///   controller   PoolPart <- CallPart
///   gateway      MediaPart <- GatewayPart
class House {
 public:
  House(Config config, UpArguments arguments, LineLog& log, ServiceManager service);
  ~House();

  /// Opens everything, the gateway first. The error is one line for the operator.
  base::Result<base::Ok, std::string> open();
  /// Serves until a signal has ended it.
  void run();

 private:
  base::Result<base::Ok, std::string> open_parts();
  base::Result<base::Ok, std::string> open_media();
  base::Result<base::Ok, std::string> open_end();
  base::Result<base::Ok, std::string> open_pool();
  base::Result<base::Ok, std::string> open_calls();
  base::Result<base::Ok, std::string> open_admin();
  Admin::Actions admin_actions();
  /// The H.248 end of this role; null: it has none.
  Associations* associations() const;
  void log_ready();

  void on_signal(int number);
  void reload();
  void apply(const Config& fresh);
  void drain();
  void end_when_told();
  void watch_over();
  void measure(std::function<void(std::string)> done);

  const base::Time began_ = base::Clock::now();
  Config config_;
  const UpArguments arguments_;
  LineLog& log_;
  const ServiceManager service_;
  bool draining_ = false;

  // In the order in which each stands on those above.
  net::ControlLoop loop_;
  std::unique_ptr<MediaPart> media_;
  std::unique_ptr<GatewayPart> end_;
  std::unique_ptr<PoolPart> pool_;
  std::unique_ptr<CallPart> calls_;
  std::optional<Admin> admin_;
  std::unique_ptr<net::HttpServer> admin_server_;
  net::ControlHandle watchdog_timer_, end_timer_;
};

}  // namespace app
