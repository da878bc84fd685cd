#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "gateway/context.hpp"
#include "gateway/shared_port.hpp"
#include "gateway/worker.hpp"

namespace gateway {

/// A Request as the shard carries it out: Reserve has become a Reservation.
using Step = std::variant<Reservation, iq::Configure, iq::Restart, iq::Release, iq::Audit, iq::Establish,
                          iq::Subtract>;
struct Batch {
  iq::ContextId context;
  bool created = false;     // by this batch: gone again when a step fails
  std::vector<Step> steps;  // one a procedure, in the same order
};
/// Of a Batch that failed: why, and what of it was not done.
struct Failure {
  iq::Error error;
  std::vector<iq::TerminationId> not_reserved = {};
  std::vector<iq::TerminationId> not_subtracted = {};
  bool not_released = false;
};

/// One thread, one reactor, and the contexts that live there.
class Shard final : public Upward {
 public:
  /// Both are called on the shard's thread.
  struct Listener {
    std::function<void(iq::Notification)> notify;
    std::function<void(iq::ContextId)> gone;
    std::function<void(iq::ContextId, iq::TerminationId)> left;  // a termination that was subtracted
  };
  using Result = base::Result<iq::Reply, Failure>;

  /// `options` must outlive it. `most_extras`: see Worker.
  Shard(const Options& options, std::size_t most_extras, Listener listener);
  /// Ends the thread, then closes every socket at once.
  ~Shard();

  void start();
  /// From any thread. Tasks that were not run when the shard ends are destroyed.
  void post(std::function<void(Shard&)> task);

  // On the shard's thread.
  Result run(Batch batch);
  /// Terminations reserved from now on promise this identity; older ones keep theirs.
  void set_tls(std::size_t realm, std::shared_ptr<crypto::TlsContext> tls);
  Totals totals() const;
  /// When all contexts are released; `each_done`: see SharedPort::drain().
  void drain_shared_ports(const std::function<void()>& each_done);
  /// Before start().
  void open_shared_port(std::size_t realm, const base::Address& local, net::Fd listener);

 private:
  void notify(iq::Notification notification) override;
  void gone(iq::ContextId context) override;
  void gone(iq::ContextId context, iq::TerminationId termination) override;
  Result run_steps(Context& context, Batch& batch);
  static Failure undo_reservations(Context& context, const Batch& batch, iq::Error error);
  std::optional<iq::Error> run_step(Context& context, Step& step, bool restarting, iq::Reply& reply);

  Worker worker_;
  Listener listener_;
  std::vector<std::shared_ptr<crypto::TlsContext>> tls_;  // by realm
  std::vector<std::unique_ptr<SharedPort>> shared_ports_;
  std::unordered_map<iq::ContextId, std::unique_ptr<Context>> contexts_;
  std::thread thread_;
};

}  // namespace gateway
