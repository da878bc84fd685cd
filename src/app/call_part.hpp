#pragma once
#include <functional>
#include <memory>
#include <string>

#include "app/alarm.hpp"
#include "app/call_events.hpp"
#include "app/cdr_file.hpp"
#include "app/config.hpp"
#include "app/ng_sockets.hpp"
#include "app/watched_gateway.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "controller/controller.hpp"
#include "crypto/identity.hpp"
#include "net/control_loop.hpp"
#include "net/resolver.hpp"

namespace app {

/// The control plane of calls: commanded over NG, commands a gateway wherever it is, tells the proxy of
/// released calls and writes down those that are over.
class CallPart {
 public:
  /// What it has counted.
  struct Measured {
    controller::Controller::Gauges controller;
    controller::NgFront::Counters ng;
    CallEvents::Counters events;
    CdrFile::Counters cdr;
  };

  /// `capacity`: what the gateway can hold; 0: nobody knows. The error is one line for the operator.
  static base::Result<std::unique_ptr<CallPart>, std::string> open(net::ControlLoop& loop, base::Log& log,
                                                                   const Config& config,
                                                                   iq::MediaGateway& gateway,
                                                                   std::size_t capacity);

  void execute(const ng::Request& request, std::function<void(ng::Value)> done);
  const std::string& addresses() const noexcept { return ng_->addresses(); }
  Measured measured() const;
  /// What may change at run time.
  void apply(const Config& config);
  /// The file of the call detail records may have been renamed.
  void reopen_records(const Config& config);
  /// Releases every call; `done` when the gateway has confirmed all.
  void release_all(std::function<void()> done);
  /// Calls `done` once the proxy has heard of all calls that were released, or never will.
  void when_told(std::function<void()> done);
  /// The last words: waits a moment for whoever reads the records.
  void finish();

 private:
  CallPart(net::ControlLoop& loop, base::Log& log, const Config& config, iq::MediaGateway& gateway,
           std::size_t capacity);
  controller::Options options(const Config& config, std::size_t capacity);
  void record(const controller::EndedSession& session);

  net::ControlLoop& loop_;
  base::Log& log_;
  crypto::SystemRandom random_;
  CallEvents events_;
  net::Resolver resolver_;
  bool recording_ = false;
  std::unique_ptr<CdrFile> cdr_;
  Alarm alarm_;
  WatchedGateway watched_;
  controller::Controller controller_;
  controller::NgFront front_;
  std::unique_ptr<NgSockets> ng_;
  net::ControlHandle telling_;
};

}  // namespace app
