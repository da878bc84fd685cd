#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "iq/association_status.hpp"
#include "iq/gateway_pool.hpp"
#include "iq/remote_gateway.hpp"
#include "proto/h248/transactions.hpp"

namespace iq {

/// The MGC end of Iq: takes registrations, asks a gateway which packages and realms it has, which contexts
/// are left of earlier times (and subtracts them), puts it into the pool, watches that it lives. Sans-I/O.
class ControllerEnd {
 public:
  /// What is provisioned of a gateway; of others the defaults hold.
  struct Gateway {
    std::string mid;                  // as in messages: "[192.0.2.20]:2944", "<gw1.example.org>"
    std::vector<std::string> realms;  // empty: what it tells (ipra/ar), or any
    unsigned weight = 1;
  };
  struct Options {
    h248::MessageId own;
    std::vector<base::Network> allow;  // who may register; empty: nobody but loopback
    std::vector<Gateway> gateways;
    std::vector<std::string> profiles;  // acceptable, "IqProfile/1"; empty: any
    h248::PrintOptions print{};
    /// A gateway that does not answer for so long (give_up) is lost.
    h248::TransactionTimers timers = quick();
    base::Duration heartbeat =
        std::chrono::seconds(10);  // empty AuditValue on ROOT when nothing else has passed; 0: off
    base::Duration inactivity =
        std::chrono::seconds(30);  // it/ito: the gateway tells when it hears nothing; 0: off
    std::size_t most_gateways = 256;
    RemoteGateway::Options remote{};
    /// What time it is when the controller commands a gateway between the owner's calls; none: the last
    /// call's.
    std::function<base::Time()> clock{};
    /// Then deadline() has come nearer.
    std::function<void()> wake{};
    /// For the time stamps of ServiceChange; none: they are left out.
    std::function<std::chrono::system_clock::time_point()> wall{};

    static h248::TransactionTimers quick() {
      h248::TransactionTimers out;
      out.give_up = std::chrono::seconds(10);
      return out;
    }
  };

  /// All outlive it.
  ControllerEnd(Options options, GatewayPool& pool, h248::Wire& wire, base::Random& random, base::Log& log);
  ~ControllerEnd();

  void receive(std::string_view octets, const h248::Route& from, base::Time now);
  /// A gateway whose connection ends is lost at once.
  void route_lost(const h248::Route& route, base::Time now);
  void on_time(base::Time now);
  base::Time deadline() const;
  void set_allow(std::vector<base::Network> allow);
  void set_trace(std::function<void(bool out, const h248::Route& route, std::string_view message)> trace);
  /// The time of the last call.
  base::Time now() const;
  std::vector<AssociationStatus> status() const;

  struct Counters {
    std::uint64_t registrations = 0;
    std::uint64_t lost = 0;            // gateways
    std::uint64_t refused_source = 0;  // messages of who is not allowed
    std::uint64_t malformed = 0;
  };
  const Counters& counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iq
