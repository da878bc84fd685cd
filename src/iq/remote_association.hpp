#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iq/controller_end.hpp"
#include "iq/remote_audit.hpp"

namespace iq {

/// The association of one gateway with this MGC, from its first ServiceChange on.
///
///   lost --ServiceChange--> auditing --all is known--> registered --ServiceChange (not Restart)--> auditing
///    ^                         |                            |
///    +-------------------------+----------------------------+
///         no reply, connection ended, Forced, a profile that is not accepted, replaced by another
///
/// Only while registered it gets new contexts. Losing it ends all of its contexts at once.
class RemoteAssociation final : private h248::Transactions::User, private RemoteAudit::Owner {
 public:
  /// What all associations share; it outlives them.
  struct Shared {
    ControllerEnd::Options options;
    GatewayPool& pool;
    h248::Wire& wire;
    base::Random& random;
    base::Log& log;
    ControllerEnd::Counters counters{};
    std::function<base::Time()> now{};
  };
  RemoteAssociation(Shared& shared, h248::MessageId peer, const h248::Route& route);
  ~RemoteAssociation();

  void receive(h248::Parsed message, const h248::Route& from, base::Time now);
  void receive_malformed(const h248::Error& error, const h248::Route& from, base::Time now);
  /// Whether messages from there can be this gateway's: the same host, and the same connection or none.
  bool is_from(const h248::Route& route) const;
  const h248::Route& route() const { return transactions_.route(); }
  void on_time(base::Time now);
  base::Time deadline() const;
  /// Its contexts are reported as released with this reason.
  void lose(const std::string& cause, const std::string& reason);
  bool is_lost() const noexcept { return state_ == State::lost; }
  AssociationStatus status() const;

 private:
  enum class State { lost, auditing, registered };
  /// What a transaction brings about once it is answered.
  enum class After { nothing, realms, registration, loss, refusal };

  void on_request(h248::TransactionRequest request, const h248::Route& from) override;
  void on_message_error(const h248::ErrorDescriptor& error, const h248::Route& from) override;
  void ask(std::vector<h248::ActionRequest> actions,
           std::function<void(const h248::TransactionReply&)> replied) override;
  void on_realms(std::vector<std::string> realms) override;
  void on_audited(std::size_t subtracted) override;

  void enter(State state);
  h248::ActionReply on_action(const h248::ActionRequest& action, const h248::Route& from, After& after);
  h248::ActionReply on_root_action(const h248::ActionRequest& action, const h248::Route& from, After& after);
  h248::ActionReply on_all_contexts(const h248::ActionRequest& action);
  h248::CommandReply on_service_change(const h248::ServiceChangeDescriptor& change, const h248::Route& from,
                                       After& after);
  After change(const h248::ServiceChangeDescriptor& change, const h248::Route& from);
  void on_graceful(const h248::ServiceChangeDescriptor& change);
  void take_route(const h248::ServiceChangeDescriptor& change, const h248::Route& from);
  bool takes_profile(const std::optional<h248::Profile>& proposed) const;
  void on_root_events(const h248::ObservedEventsDescriptor& observed, After& after);
  void begin_registration();
  void beat();
  void ease(base::Time now);
  void set_reduction();
  GatewayPool::Traits traits() const;
  std::string name() const;

  Shared& shared_;
  h248::MessageId peer_;
  State state_ = State::lost;
  h248::Transactions transactions_;
  RemoteGateway gateway_;
  RemoteAudit audit_;
  GatewayPool::Member member_ = 0;  // 0: not in the pool
  std::optional<h248::Profile> profile_;
  std::uint8_t version_ = 1;
  std::vector<std::string> realms_;  // that it has told
  std::uint64_t generation_ = 0;     // of what is asked: replies to an earlier one mean nothing
  base::Time heard_{};
  bool beating_ = false;
  bool graceful_ = false;
  base::Time graceful_end_ = base::never;
  unsigned overload_ = 0;    // percent, as its overload events tell; eases by itself
  unsigned congestion_ = 0;  // percent, as it told last
  base::Time ease_at_ = base::never;
  std::string last_error_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace iq
