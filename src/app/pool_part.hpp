#pragma once
#include <memory>
#include <string>

#include "app/alarm.hpp"
#include "app/associations.hpp"
#include "app/config.hpp"
#include "app/h248_sockets.hpp"
#include "crypto/identity.hpp"
#include "iq/controller_end.hpp"
#include "iq/gateway_pool.hpp"
#include "net/control_loop.hpp"

namespace app {

/// The controller's end of H.248 with its sockets, and the pool of the gateways that have registered, to the
/// controller one gateway.
class PoolPart final : public Associations, public iq::MediaGateway {
 public:
  /// Listens. The error is one line for the operator.
  static base::Result<std::unique_ptr<PoolPart>, std::string> open(net::ControlLoop& loop, base::Log& log,
                                                                   const Config& config);

  /// The gateway of this process becomes one of the pool. It outlives the pool.
  void add_local(iq::MediaGateway& gateway, const Config& config);
  void execute(iq::Request request, Done done) override;
  void set_listener(Listener listener) override { pool_.set_listener(std::move(listener)); }

  AssociationsMeasured measured() const override;
  H248Trace& trace() override { return trace_; }
  std::string addresses() const override { return sockets_.addresses(); }
  void apply(const Config& config);

 private:
  PoolPart(net::ControlLoop& loop, base::Log& log, const Config& config);
  base::Result<base::Ok, std::string> start(const Config& config);
  bool admits(const base::IpAddress& address) const;

  net::ControlLoop& loop_;
  base::Log& log_;
  crypto::SystemRandom random_;
  H248Trace trace_;
  mutable AssociationTotals totals_;
  std::vector<base::Network> allow_;
  H248Sockets sockets_;
  iq::GatewayPool pool_;
  Alarm alarm_;
  std::unique_ptr<iq::ControllerEnd> end_;
};

}  // namespace app
