#pragma once
// What the files gateway_end*.cpp share.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "iq/gateway_end.hpp"
#include "iq/registration.hpp"

namespace iq {

/// "udp:192.0.2.1:2944".
std::string place(const h248::Route& route);
inline bool same_place(const h248::Route& a, const h248::Route& b) {
  return a.carrier == b.carrier && a.peer == b.peer;
}
/// Said of a request to who is not in charge, or has forgotten us (H.248.8).
inline bool means_not_registered(const h248::ErrorDescriptor& error) {
  return error.code == 402 || error.code == 504 || error.code == 505;
}

struct GatewayEnd::Impl final : GatewayCommands::Association, h248::Wire {
  enum class State : std::uint8_t {
    idle,
    waiting,       // for the next round of registrations
    registering,   // a controller has been asked
    registered,    // current_ is in charge
    handing_over,  // it still is, and candidate_ has been asked
    closing,       // it has been told that we go
  };

  /// A controller that we have to do with, and its transactions: ids are each controller's own.
  struct Controller final : h248::Transactions::User {
    Controller(Impl& end, const h248::Route& home, std::uint64_t number);
    void on_request(h248::TransactionRequest request, const h248::Route& from) override;
    void on_message_error(const h248::ErrorDescriptor& error, const h248::Route& from) override;
    /// Where it was asked, where requests to it go, or where its name says that it is.
    bool is_at(const base::IpAddress& ip) const {
      const auto named = id ? address_of(*id) : std::nullopt;
      return home.peer.ip == ip || route().peer.ip == ip || (named && named->ip == ip);
    }
    const h248::Route& route() const { return transactions.route(); }
    bool is_called(const h248::MessageId& name) const {
      return id ? same_end(*id, name) : address_of(name) == home.peer;
    }

    Impl& end;
    std::uint64_t number;
    h248::Route home;  // where it is asked for registration; route(): where all else goes
    std::optional<h248::MessageId> id{};
    h248::PrintOptions print;
    unsigned version = 1;
    std::optional<h248::Profile> profile{};
    base::Time leave = base::never;  // when it is forgotten
    bool guest = false;  // of Options::allow: may command, and has nothing to do with registration
    h248::Transactions transactions;
  };

  /// What GatewayCommands wants to tell; kept until a controller has answered.
  struct Telling {
    h248::ActionRequest action;
    std::function<void(std::optional<h248::ErrorDescriptor>)> answered;
    unsigned attempts_left = 3;
  };

  Impl(Options given, MediaGateway& gateway, h248::Wire& wire, base::Random& random, base::Log& log);
  ~Impl() = default;

  // The machine (gateway_end.cpp).
  /// One call of the owner's: `work`, then what the callbacks in it have left to do.
  template <class Work>
  void call(base::Time now, Work&& work) {
    now_ = std::max(now_, now);
    inside_ = true;
    work();
    settle();
  }
  void settle();
  void start();
  void stop(std::function<void()> done);
  void finish_stop();
  void set_state(State next);
  void lose(const std::string& why);
  void on_time();
  void watch_silence();
  void probe();
  void on_probed(std::uint64_t controller, const h248::Transactions::Outcome& outcome);
  void notify_inactivity();
  void release_orphans();
  base::Time deadline() const;
  base::Time silent_at() const;
  bool in_charge() const;
  base::Duration long_timer() const { return timers_.give_up + timers_.network_delay; }
  std::vector<AssociationStatus> status() const;
  AssociationStatus status_of(const h248::Route& route, const Controller* controller) const;
  std::string state_name() const;

  // Finding a controller (gateway_end_registration.cpp).
  base::Duration random_wait(base::Duration most);
  void begin_round();
  void try_next();
  void wait_for_next_round();
  void ask(const h248::Route& home, unsigned version);
  void on_outcome(std::uint64_t attempt, const h248::Transactions::Outcome& outcome);
  void on_refused(const h248::ErrorDescriptor& error);
  void on_no_success(const std::string& why);
  void on_accepted(const h248::ServiceChangeDescriptor& reply);
  void redirect(const h248::MessageId& to);
  void take_terms(Controller& controller, const h248::ServiceChangeDescriptor& reply);
  void take_charge();
  void leave_candidate();
  h248::ServiceChangeDescriptor change_for(const h248::Route& home, unsigned version) const;
  h248::ServiceChangeDescriptor change(h248::Token method, unsigned reason) const;
  h248::ServiceChangeDescriptor change_reply() const;
  base::Result<h248::ServiceChangeDescriptor, h248::ErrorDescriptor> hand_off(
      const h248::ServiceChangeDescriptor& change);
  bool elsewhere(const h248::MessageId& to) const;

  // Messages and whose they are (gateway_end_messages.cpp).
  void receive(std::string_view octets, const h248::Route& from);
  void note_heard(Controller& controller);
  void note_form(Controller& controller, const h248::Message& message, std::string_view octets);
  void route_lost(const h248::Route& route);
  void refuse(const h248::Route& from);
  void note_identity(Controller& controller, const h248::MessageId& sender, const h248::Route& from);
  bool takes_requests(const Controller& controller) const;
  std::vector<Controller*> by_rank() const;
  /// Whose message it is; `sender` once it is known, which may make a guest. Null: a third party's.
  Controller* owner_of(const h248::Route& from, const h248::MessageId* sender);
  Controller* guest_at(const h248::Route& from);
  bool is_allowed(const base::IpAddress& ip) const;
  Controller& controller_at(const h248::Route& home);
  Controller* find(std::uint64_t number);
  void forget_controllers();
  void execute(Controller& controller, h248::TransactionRequest request);
  void on_message_error(Controller& controller, const h248::ErrorDescriptor& error);
  void tell_all();
  void tell(Telling telling);
  void on_told(std::uint64_t controller, Telling telling, const h248::Transactions::Outcome& outcome);
  void tell_again(Telling telling);
  void leave(Controller& controller);
  bool once_a_minute(const base::IpAddress& ip);

  // GatewayCommands::Association.
  base::Result<h248::ServiceChangeDescriptor, h248::ErrorDescriptor> on_service_change(
      const h248::ServiceChangeDescriptor& change) override;
  void on_inactivity_event(std::optional<base::Duration> time, std::uint32_t request) override;
  h248::TransactionTimers& timers() override { return timers_; }
  bool in_service() const override { return in_charge() && state_ != State::closing; }
  void send(h248::ActionRequest action,
            std::function<void(std::optional<h248::ErrorDescriptor>)> answered) override;
  // h248::Wire, of the transactions.
  void send(const h248::Route& to, std::string_view message) override;

  Options options_;
  h248::Wire& wire_;
  base::Random& random_;
  base::Log& log_;
  h248::TransactionTimers timers_;
  State state_ = State::idle;
  base::Time now_{};  // of the owner's last call
  Counters counters_{};
  std::string last_error_;
  std::function<void(bool, const h248::Route&, std::string_view)> trace_;

  std::vector<std::unique_ptr<Controller>> controllers_;
  std::uint64_t last_number_ = 0;
  Controller* current_ = nullptr;    // in charge
  Controller* candidate_ = nullptr;  // asked; the same as current_ where a HandOff names itself
  std::deque<h248::Route> targets_;  // still to be asked in this round
  std::uint64_t attempt_ = 0;
  unsigned proposed_ = 0;  // version
  unsigned chain_ = 0;     // of MgcIdToTry
  unsigned round_ = 0;
  base::Time wait_until_ = base::never;

  bool kept_ = false;                            // there may be contexts of an association
  std::optional<h248::Route> last_controlling_;  // its home
  base::Time orphaned_at_ = base::never;

  base::Time heard_{};
  bool asked_ = false;  // whether it lives
  std::optional<base::Duration> inactivity_;
  std::uint32_t inactivity_request_ = 0;

  base::Time close_at_ = base::never;
  std::function<void()> stopped_;

  std::deque<Telling> tellings_;  // not yet sent
  std::deque<std::function<void()>> later_;
  bool inside_ = false;  // a call of the owner's
  std::map<base::IpAddress, base::Time> logged_;
  GatewayCommands commands_;  // last: uses the rest
};

}  // namespace iq
