#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "iq/association_status.hpp"
#include "iq/gateway_commands.hpp"
#include "proto/h248/transactions.hpp"

namespace iq {

/// The MG end of Iq: registers with a controller, keeps the association, finds another controller when it is
/// lost, and has GatewayCommands execute what the controller asks (TS 29.334; H.248.1 11, 9.2). Sans-I/O.
///
///   idle --start--> registering --reply--> registered --stop--> closing --> idle
///                     ^   | no answer: the next controller; after the last: wait (random, growing), begin
///                     anew |   v
///                   disconnected <--transactions time out, connection lost, 505, it/ito unanswered--
///                   registered --HandOff--> handing over --reply--> registered (with the new one)
///
/// Disconnected, what exists goes on; when no controller has been found for `orphan`, all of it is released.
class GatewayEnd {
 public:
  struct Options {
    h248::MessageId own;
    std::vector<h248::Route> controllers;  // in order of preference; never empty
    std::string profile;                   // "IqProfile/1"; empty: none is proposed
    std::vector<base::Network> allow;      // who may command besides the controllers' own addresses
    h248::PrintOptions print{};
    h248::TransactionTimers timers{};
    bool warm_boot = false;  // 902 instead of 901
    base::Duration avalanche =
        std::chrono::milliseconds(500);  // MWD: random wait before the first registration
    base::Duration registration_retry = std::chrono::seconds(2);  // after the whole list has failed; doubles
    base::Duration longest_retry = std::chrono::seconds(30);
    base::Duration silence =
        std::chrono::seconds(60);  // no message from the controller: it is asked whether it lives
    base::Duration orphan = std::chrono::seconds(60);  // without a controller for so long: all is released
    GatewayCommands::Options commands{};
    /// For the time stamps of ServiceChange; none: they are left out.
    std::function<std::chrono::system_clock::time_point()> wall{};
    /// deadline() may have come nearer without a call of the owner's: the gateway has told something, and the
    /// controller shall hear of it. Never called from inside a call of the owner's.
    std::function<void()> wake{};
  };

  /// All outlive it.
  GatewayEnd(Options options, MediaGateway& gateway, h248::Wire& wire, base::Random& random, base::Log& log);
  ~GatewayEnd();

  void start(base::Time now);
  /// One message, as it came.
  void receive(std::string_view octets, const h248::Route& from, base::Time now);
  /// A connection has ended, or could not be made.
  void route_lost(const h248::Route& route, base::Time now);
  void on_time(base::Time now);
  base::Time deadline() const;
  /// Graceful end: ServiceChange Forced 905 (the contexts are drained by whoever owns the gateway). `done`
  /// when the controller has answered or cannot.
  void stop(base::Time now, std::function<void()> done);
  /// Who may command besides the controllers' own addresses, from now on.
  void set_allow(std::vector<base::Network> allow);
  /// Traces every message of this association: in, or out.
  void set_trace(std::function<void(bool out, const h248::Route& route, std::string_view message)> trace);
  std::vector<AssociationStatus> status() const;

  struct Counters {
    std::uint64_t registrations = 0;   // that were answered
    std::uint64_t lost = 0;            // associations
    std::uint64_t refused_source = 0;  // messages of third parties
    std::uint64_t malformed = 0;
  };
  const Counters& counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iq
