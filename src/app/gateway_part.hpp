#pragma once
#include <memory>
#include <string>

#include "app/alarm.hpp"
#include "app/associations.hpp"
#include "app/config.hpp"
#include "app/h248_sockets.hpp"
#include "crypto/identity.hpp"
#include "iq/gateway_end.hpp"
#include "net/control_loop.hpp"

namespace app {

/// The gateway's end of H.248 with its sockets: what makes a gateway of this process one that a controller
/// elsewhere commands.
class GatewayPart final : public Associations {
 public:
  /// Registers as soon as the loop runs. `gateway` outlives it. The error is one line for the operator.
  static base::Result<std::unique_ptr<GatewayPart>, std::string> open(net::ControlLoop& loop, base::Log& log,
                                                                      const Config& config,
                                                                      iq::MediaGateway& gateway,
                                                                      std::size_t max_contexts);

  AssociationsMeasured measured() const override;
  H248Trace& trace() override { return trace_; }
  std::string addresses() const override { return sockets_.addresses(); }
  void apply(const Config& config);
  /// Tells the controller that this is the end; `done` when it has answered, or does not.
  void stop(std::function<void()> done);

 private:
  GatewayPart(net::ControlLoop& loop, base::Log& log, const Config& config);
  base::Result<base::Ok, std::string> start(const Config& config, iq::MediaGateway& gateway,
                                            std::size_t max_contexts);

  net::ControlLoop& loop_;
  base::Log& log_;
  crypto::SystemRandom random_;
  H248Trace trace_;
  mutable AssociationTotals totals_;
  H248Sockets sockets_;
  Alarm alarm_;
  std::unique_ptr<iq::GatewayEnd> end_;
};

}  // namespace app
