#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "iq/media_gateway.hpp"
#include "iq/packages.hpp"
#include "proto/h248/message.hpp"
#include "proto/h248/transactions.hpp"

namespace iq {

/// The MG end's commands (TS 29.334): contexts, terminations and descriptors made into procedures of the
/// seam, and its notifications made into Notify and ServiceChange. Knows no transport and no registration.
/// One thread; time is passed in.
class GatewayCommands {
 public:
  struct Realm {
    std::string name;
    bool ipv6 = false;
    bool filter_source =
        true;  // who says nothing of gm/saf and latching: only the Remote's address may connect
  };
  struct Options {
    std::vector<Realm> realms;  // the first is where none is named
    Packages packages{};
    std::size_t max_contexts = 0;  // what root/maxNumberOfContexts tells
    /// Of a transaction's reply: beyond, 533, at the command where that has a wildcard, else of the
    /// transaction.
    std::size_t reply_octets = 60'000;
  };
  /// What commands on ROOT mean for the association.
  class Association {
   public:
    /// ServiceChange on ROOT from the controller; the reply's descriptor, or an error.
    virtual base::Result<h248::ServiceChangeDescriptor, h248::ErrorDescriptor> on_service_change(
        const h248::ServiceChangeDescriptor& change) = 0;
    /// it/ito on ROOT: tell when no message of the controller's has come for so long; none: do not.
    virtual void on_inactivity_event(std::optional<base::Duration> time, std::uint32_t request) = 0;
    /// Timers of package root.
    virtual h248::TransactionTimers& timers() = 0;
    /// Whether the association is in service (ServiceStates of ROOT).
    virtual bool in_service() const = 0;
    /// Sends a transaction to the controller. `answered`: it has been answered with this error (none:
    /// answered well); not called where it was lost.
    virtual void send(h248::ActionRequest action,
                      std::function<void(std::optional<h248::ErrorDescriptor>)> answered) = 0;

   protected:
    ~Association() = default;
  };

  /// All outlive it. Takes the gateway's listener (MediaGateway::set_listener). `random`: for session-ids
  /// that the controller leaves to us.
  GatewayCommands(Options options, MediaGateway& gateway, Association& association, base::Random& random);
  ~GatewayCommands();

  /// Executes a transaction, action by action, command by command; commands of one context are never executed
  /// side by side. `done` is called once, maybe before this returns.
  void execute(h248::TransactionRequest request, base::Time now,
               std::function<void(h248::Transactions::Result)> done);
  void on_time(base::Time now);
  base::Time deadline() const;
  /// Everything is released (the controller is gone, or a new one begins). `done` when the gateway has done
  /// so.
  void release_all(std::function<void()> done);
  /// How many there are now.
  struct Status {
    std::size_t contexts = 0;
    std::size_t terminations = 0;
  };
  Status status() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iq
