#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/termination.hpp"
#include "gateway/totals.hpp"
#include "gateway/worker.hpp"
#include "iq/media_gateway.hpp"

namespace gateway {

/// Two terminations and what passes between them. Everything that happens to it ends in settle(), which looks
/// at the state of both sides and does what follows from it.
///
///   open --both connected--> relaying --both sides ended, an error, a limit--> ended --Times::ended--> gone
///    ^                                                                           |
///    +---------------------- Restart, Subtract of one of two --------------------+
///
///   Release, Subtract of the last one, from anywhere: closing --> gone
class Context final : public Termination::Host {
 public:
  /// A context connects two terminations (TS 23.334 5.19).
  static constexpr std::size_t most_terminations = 2;

  Context(Worker& worker, Upward& upward, iq::ContextId id);

  // The procedures; settle() must follow them.
  void adopt(Reservation reservation, std::shared_ptr<crypto::TlsContext> tls);
  std::optional<iq::Error> configure(const iq::Configure& configure, bool restarting);
  std::optional<iq::Error> restart(iq::TerminationId termination);
  std::optional<iq::Error> establish(iq::TerminationId termination);
  base::Result<iq::TerminationStatus, iq::Error> subtract(iq::TerminationId termination);
  /// Closes it as subtract() does, but the other one does not notice.
  void remove(iq::TerminationId termination);
  /// Soft close: what is in flight arrives, then the context is gone.
  void release();
  std::vector<iq::TerminationStatus> audit();
  /// The error: its terminations cannot work together.
  std::optional<iq::Error> check() const;

  /// May destroy the context (through Upward::gone).
  void settle();

  /// Both sides are connected.
  bool established() const noexcept;
  bool uses_tls() const noexcept;
  /// All of its terminations are application-aware.
  bool is_aware() const noexcept;

 private:
  enum class State : std::uint8_t { open, ended, closing };
  enum class Awaited : std::uint8_t { nothing, connections, second_end, oblivion };

  void notify(iq::TerminationId termination, iq::Event event, const std::string& cause,
              std::string_view reason = {}) override;
  void touch() override;
  void turn() override;

  // Messages (messages.cpp).
  void relay_messages();
  void join_legs();
  void feed(Termination& from);
  void pass_message_end(Termination& from, Termination& to);
  void count_written();
  // Relay (relay.cpp).
  bool speaks_msrp() const noexcept;
  void relay();
  void pump(Termination& from, Termination& to);
  void pass(std::string_view octets, Termination& from, Termination& to);
  void hold(Termination& termination);
  void notice_reset(Termination& termination);
  void pass_end(Termination& from, Termination& to);
  Termination* companion_of(const Termination& termination) const noexcept;
  /// The gates are open that way.
  static bool passes(const Termination& from, const Termination& to) noexcept;
  bool holds_back() const noexcept;
  bool half_closed() const noexcept;
  bool both_ended() const noexcept;

  Termination* find(iq::TerminationId termination) const noexcept;
  base::Result<Termination*, iq::Error> find_open(iq::TerminationId termination) const;
  void reopen();
  bool configured() const noexcept;
  void connect();
  bool end_failed();
  bool end_broken(Termination& termination);
  void end(CloseReason reason, const std::string& cause, Connection::Ending how);
  void update_limits();
  void await(Awaited what, base::Duration limit);
  void await_nothing();
  void on_limit();
  void on_inactivity();

  Worker& worker_;
  Upward& upward_;
  iq::ContextId id_;
  State state_ = State::open;
  Awaited awaited_ = Awaited::nothing;
  bool ended_ = false;  // the peer of the one side has ended, the other one has a shared connection
  base::Time last_octet_;
  bool one_stays_ = false;  // application-aware, and connected: the next companion has to bind its peer
  std::vector<std::unique_ptr<Termination>> terminations_;
  std::vector<std::unique_ptr<Termination>> leaving_;  // subtracted, with sockets that are not closed yet
  net::Timer limit_;
  std::unique_ptr<net::Timer> inactivity_;  // made where there is such a limit
};

}  // namespace gateway
