#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "gateway/options.hpp"
#include "gateway/port_pool.hpp"
#include "gateway/shard.hpp"
#include "gateway/totals.hpp"
#include "iq/media_gateway.hpp"

namespace gateway {

/// The gateway of this process: hands out addresses and ports, and spreads the contexts over the shards.
/// Everything but the executor belongs to the control thread, on which all callbacks come.
class LocalGateway final : public iq::MediaGateway {
 public:
  /// Calls a function on the control thread, later; itself called from any thread. Must outlive the gateway.
  using Executor = std::function<void(std::function<void()>)>;

  /// Starts the shards. The error is a sentence for the operator.
  static base::Result<std::unique_ptr<LocalGateway>, std::string> make(Options options, Executor executor);
  /// Closes everything that is still open at once. No callback comes afterwards.
  ~LocalGateway() override;

  /// Reservations alone are answered before this returns, everything else when the shard has done it.
  void execute(iq::Request request, Done done) override;
  void set_listener(Listener listener) override { listener_ = std::move(listener); }

  /// New terminations of the realm promise and present this identity; those that exist keep theirs.
  base::Result<base::Ok, std::string> set_identity(std::string_view realm, crypto::Identity identity);
  void collect(std::function<void(Totals)> done);
  /// Releases every context softly, and takes no new ones. `done` when the last one is gone, and the last
  /// connection of a shared port, which takes no longer than Times::drain and Times::linger.
  void drain(std::function<void()> done);

  /// Contexts at a time. Derived from the descriptor limit where Limits::max_contexts is zero: two fifths of
  /// it, each context has two sockets, which leaves a fifth for candidates; after a reserve for the rest of
  /// the process.
  std::size_t max_contexts() const noexcept { return max_contexts_; }

 private:
  struct Realm {
    PortPool ports;
    std::vector<base::Fingerprint> fingerprints;
  };
  struct Lease {
    iq::TerminationId termination;
    std::size_t realm;
    std::uint16_t port;    // 0: the realm's shared one
    bool aware;            // as far as was asked
    bool leaving = false;  // subtracted, and not all of its sockets are closed
  };
  struct Record {
    std::size_t shard = 0;
    std::uint64_t last_termination = 0;
    std::vector<Lease> leases;
    bool released = false;

    /// Null: there is none, or it is leaving.
    Lease* find(iq::TerminationId termination) noexcept;
    /// Those that are not leaving.
    std::size_t present() const noexcept;
  };
  using Outcome = base::Result<base::Ok, iq::Error>;

  LocalGateway(Options options, Executor executor);
  base::Result<base::Ok, std::string> install_identity(std::size_t realm, const crypto::Identity& identity);
  base::Result<base::Ok, std::string> open_shared_ports();
  bool is_shared(const iq::Reserve& reserve) const;
  base::Result<iq::ContextId, iq::Error> context_of(const iq::Request& request);
  iq::ContextId create_context(const iq::Request& request);
  Outcome prepare(iq::Procedure& procedure, Batch& batch, iq::Reply& reply);
  Outcome prepare_known(iq::Procedure& procedure, Batch& batch);
  Outcome reserve(iq::Reserve& reserve, Batch& batch, iq::Reply& reply);
  Outcome check_reserve(const iq::Reserve& reserve, const Record& record) const;
  base::Result<net::Fd, iq::Error> listen(std::size_t realm, base::Address& local);
  void give_back(const Lease& lease);
  void dispatch(Batch batch, iq::Reply reply, Done done);
  void abandon(Batch batch);
  void take_back(iq::ContextId context, const Failure& failure);
  void on_gone(iq::ContextId context);
  void on_left(iq::ContextId context, iq::TerminationId termination);
  void check_drained();
  void on_notification(const iq::Notification& notification);
  void post_up(std::function<void()> task);
  std::size_t realm_index(std::string_view name) const noexcept;

  const Options options_;
  Executor executor_;
  Listener listener_;
  std::size_t max_contexts_ = 0;
  std::vector<Realm> realms_;
  std::unordered_map<iq::ContextId, Record> records_;
  std::vector<std::size_t> load_;  // contexts of each shard
  std::uint64_t last_serial_ = 0;
  bool draining_ = false;
  std::size_t shared_ports_ = 0;  // that are not drained
  std::function<void()> drained_;
  std::shared_ptr<bool> alive_;  // what the executor still holds must not come back after the end
  std::vector<std::unique_ptr<Shard>> shards_;  // last: ended first
};

}  // namespace gateway
