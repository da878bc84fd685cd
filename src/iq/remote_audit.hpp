#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "iq/packages.hpp"
#include "iq/remote_gateway.hpp"
#include "proto/h248/message.hpp"

namespace iq {

/// What the MGC asks of a gateway that has registered, one thing after the other: its packages, its realms,
/// the events of ROOT that the MGC wants to hear of, and the contexts that it has; those that nobody here
/// knows are subtracted. Where it does not tell all contexts at once (533: too many) it is asked for each
/// that is known here, so that those it has lost end here, too.
class RemoteAudit {
 public:
  class Owner {
   public:
    /// `replied` comes only while this audit is the one that the owner waits for.
    virtual void ask(std::vector<h248::ActionRequest> actions,
                     std::function<void(const h248::TransactionReply&)> replied) = 0;
    virtual void on_realms(std::vector<std::string> realms) = 0;
    virtual void on_audited(std::size_t subtracted) = 0;

   protected:
    ~Owner() = default;
  };
  /// `inactivity`: of it/ito; 0: it is not asked for.
  RemoteAudit(Owner& owner, RemoteGateway& gateway, const Packages& names, base::Duration inactivity)
      : owner_(owner), gateway_(gateway), names_(names), inactivity_(inactivity) {}

  void start();
  /// Goes on where it waits for contexts that are being made.
  void go_on();
  /// They have changed.
  void ask_realms();
  bool running() const noexcept { return step_ != Step::idle; }
  /// Nothing that has been asked is waited for any more.
  void stop() { step_ = Step::idle; }

 private:
  enum class Step { idle, packages, realms, events, waiting, contexts, known, cleaning };
  static constexpr std::size_t batch = 20;  // contexts in one transaction: about 1,000 octets

  void ask_packages();
  void ask_events();
  void ask_contexts();
  void read_contexts(const h248::TransactionReply& reply);
  void ask_known();
  void ask_known_batch();
  void read_known(const h248::TransactionReply& reply, std::size_t asked);
  void reconcile(const std::vector<h248::ContextId>& existing);
  void clean_all();
  void clean();
  h248::EventsDescriptor events() const;

  Owner& owner_;
  RemoteGateway& gateway_;
  const Packages& names_;
  base::Duration inactivity_;
  Step step_ = Step::idle;
  std::deque<h248::ContextId> unknown_;
  std::deque<h248::ContextId> known_;      // still to be asked for, one by one
  std::vector<h248::ContextId> existing_;  // of those, what the gateway has
  std::size_t at_once_ = batch;
  std::size_t subtracted_ = 0;
};

/// An action on ROOT of the null context.
h248::ActionRequest on_root(h248::CommandRequest command);
/// AuditValue = ROOT { Audit { items } }; without items it only asks whether the gateway is there.
h248::ActionRequest audit_root(std::vector<h248::AuditItem> items);

}  // namespace iq
