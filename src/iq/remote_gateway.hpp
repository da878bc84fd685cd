#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "iq/media_gateway.hpp"
#include "iq/packages.hpp"
#include "proto/h248/transactions.hpp"

namespace iq {

/// The seam over one H.248 association: each Request becomes one transaction, its reply the Reply; Notify and
/// ServiceChange of the gateway's terminations become Notifications. ContextId's value is the gateway's own
/// ContextID; terminations are numbered from 1 in the order of reservation. Sans-I/O.
class RemoteGateway final : public MediaGateway {
 public:
  struct Options {
    std::string termination_prefix = "ip/1";  // Add = <prefix>/<realm>/$
    Packages packages{};
    base::Duration heartbeat = std::chrono::seconds(300);  // hangterm/thb timerx; 0: not asked for
    /// Whose addresses the gateway is asked for by "c=IN IP6 $"; all others' by IP4.
    std::vector<std::string> ipv6_realms{};
    /// A request has failed because no reply came. May call lose_all().
    std::function<void()> silent{};
  };
  RemoteGateway(Options options, h248::Transactions& transactions, std::function<base::Time()> now);
  ~RemoteGateway() override;

  void execute(Request request, Done done) override;
  void set_listener(Listener listener) override;

  /// What AuditValue of Packages told: elements of packages that the gateway does not have are not asked for.
  void set_packages(const std::vector<h248::PackageVersion>& packages);
  /// By our own name of it; before set_packages() all standard ones.
  bool has_package(std::string_view package) const;
  /// Whether this end knows the context.
  bool has(h248::ContextId context) const;
  /// A Notify or ServiceChange on terminations of a context that this end knows; what to reply.
  std::vector<h248::CommandReply> on_commands(h248::ContextId context,
                                              const std::vector<h248::CommandRequest>& commands);
  /// Contexts that exist, as far as this end knows.
  std::vector<ContextId> contexts() const;
  std::size_t context_count() const;
  /// A new context has been asked for and the reply has not come: an audit would not tell whose it is.
  bool is_beginning() const;
  /// The gateway has told which contexts it has (an audit): those that it lacks are reported as released.
  /// Returns those that this end does not know, to be subtracted.
  std::vector<h248::ContextId> reconcile(const std::vector<h248::ContextId>& existing,
                                         const std::string& cause);
  /// The gateway is lost, or has forgotten everything: every context is reported as released at once, with
  /// this reason ("gateway_lost", "gateway_restarted"); requests that wait fail with `unreachable`.
  void lose_all(const std::string& cause, const std::string& reason);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iq
