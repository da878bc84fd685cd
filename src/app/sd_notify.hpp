#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace app {

/// Tells the service manager how we are: the sd_notify(3) protocol, datagrams to the unix socket that it
/// named. Without one every call does nothing. SIGPIPE is never raised and nothing waits.
class ServiceManager {
 public:
  /// `socket` is $NOTIFY_SOCKET: a path, or an abstract name after '@'; empty: there is no service manager.
  /// `watchdog_usec` is $WATCHDOG_USEC, `watchdog_pid` $WATCHDOG_PID.
  explicit ServiceManager(std::string socket, std::string_view watchdog_usec = {},
                          std::string_view watchdog_pid = {});
  static ServiceManager from_environment();

  void ready() const { send("READY=1"); }
  /// With the monotonic time that Type=notify-reload asks for; ready() ends it.
  void reloading() const;
  void stopping() const { send("STOPPING=1"); }
  void watchdog() const { send("WATCHDOG=1"); }
  void status(std::string_view text) const;

  /// How often to call watchdog(): half of what the service manager tolerates; nothing: it does not watch.
  std::optional<std::chrono::microseconds> watchdog_interval() const { return interval_; }

 private:
  void send(std::string_view message) const;

  std::string socket_;
  std::optional<std::chrono::microseconds> interval_;
};

}  // namespace app
