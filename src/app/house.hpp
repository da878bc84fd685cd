#pragma once
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/admin.hpp"
#include "app/call_events.hpp"
#include "app/cdr_file.hpp"
#include "app/cli.hpp"
#include "app/config.hpp"
#include "app/key_log.hpp"
#include "app/log.hpp"
#include "app/ng_sockets.hpp"
#include "app/sd_notify.hpp"
#include "app/watched_gateway.hpp"
#include "crypto/identity.hpp"
#include "gateway/local_gateway.hpp"
#include "net/control_loop.hpp"
#include "net/http_server.hpp"
#include "net/resolver.hpp"

namespace app {

/// The roles of `postern up` and what joins them: opened in order, then run until told to end. One thread,
/// the control loop's; the gateway's shards have theirs.
class House {
 public:
  House(Config config, UpArguments arguments, LineLog& log, ServiceManager service);
  ~House();

  /// Opens everything, the gateway first. The error is one line for the operator.
  base::Result<base::Ok, std::string> open();
  /// Serves until a signal has ended it.
  void run();

 private:
  base::Result<base::Ok, std::string> open_gateway();
  base::Result<base::Ok, std::string> open_admin();
  base::Result<base::Ok, std::string> load_identities();
  void log_start() const;
  void record(const controller::EndedSession& session);

  void on_signal(int number);
  void reload();
  void apply(const Config& fresh);
  void reload_identities();
  void drain();
  void end_when_told();
  /// Makes the timer fit the controller's deadline.
  void rearm();
  void watch_over();
  void measure(std::function<void(std::string)> done);

  const base::Time began_ = base::Clock::now();
  Config config_;
  const UpArguments arguments_;
  LineLog& log_;
  const ServiceManager service_;
  crypto::SystemRandom random_;
  std::vector<crypto::Identity> identities_;
  bool draining_ = false;

  // In the order in which each stands on those above.
  net::ControlLoop loop_;
  CallEvents events_;
  net::Resolver resolver_;
  std::unique_ptr<KeyLog> keylog_;
  std::unique_ptr<CdrFile> cdr_;
  std::unique_ptr<gateway::LocalGateway> gateway_;
  std::optional<WatchedGateway> watched_;
  std::unique_ptr<controller::Controller> controller_;
  std::unique_ptr<controller::NgFront> front_;
  std::optional<Admin> admin_;
  std::unique_ptr<NgSockets> ng_;
  std::unique_ptr<net::HttpServer> admin_server_;
  net::ControlHandle controller_timer_, watchdog_timer_, end_timer_, telling_timer_;
};

}  // namespace app
