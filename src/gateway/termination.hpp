#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/connection.hpp"
#include "gateway/observer.hpp"
#include "gateway/pacing.hpp"
#include "gateway/worker.hpp"
#include "iq/media_gateway.hpp"

namespace gateway {

/// What a Reserve hands from the control thread to a shard.
struct Reservation {
  iq::TerminationId termination;
  std::size_t realm = 0;  // index into Options::realms
  base::Address local;
  net::Fd listener;  // of a passive one: listens already
  iq::TerminationConfig config;
  bool shared = false;    // at the realm's shared port, if the shard has it
  std::string path = {};  // its local path, where it is application-aware from the start
};

/// One side of a context. Finds its connection: passive, among the candidates that its listener accepts;
/// active, by connecting. Then it is bound to that connection until Restart. Strays never do more than cost
/// it a candidate.
///
///   waiting --candidate--> connecting --verified, admitted--> connected --close()--> closed
///      ^                                                          |                     |
///      +-------------------------- reopen() ----------------------+---------------------+
class Termination final : public net::Handler, public Connection::Owner, public Router {
 public:
  class Host {
   public:
    /// `reason`: see iq::Notification.
    virtual void notify(iq::TerminationId termination, iq::Event event, const std::string& cause,
                        std::string_view reason = {}) = 0;
    virtual void touch() = 0;
    /// The last thing that a termination does in its turn.
    virtual void turn() = 0;

   protected:
    ~Host() = default;
  };
  /// Why an active termination, or the verification of a bound one, failed.
  struct Failure {
    iq::Event event;  // tcp_failed or tls_failed
    std::string cause;
  };

  Termination(Worker& worker, Host& host, Reservation reservation, std::shared_ptr<crypto::TlsContext> tls);
  ~Termination();

  iq::TerminationId id() const noexcept { return id_; }
  std::size_t realm() const noexcept { return realm_; }
  bool is_active() const noexcept { return setup_ == iq::Setup::active; }
  bool is_tls() const noexcept { return iq::is_tls(transport_); }
  bool is_aware() const noexcept { return iq::is_aware(transport_); }

  // On a shared port, which has the connection.
  /// Whether a connection is its peer's, as far as is known what that is like.
  enum class Claim : std::uint8_t { wrong, unknown, right };
  Claim claim_of(const Connection& connection) const;
  struct Loss {
    CloseReason reason;
    std::string cause;
    Connection::Ending how;  // for the other side
  };
  void take_connection(Connection& connection);
  void lose_connection(Loss loss);
  const std::optional<Loss>& loss() const noexcept { return loss_; }
  /// Octets came for it.
  void touch() { host_.touch(); }
  /// Has its context look at what has changed. May destroy it.
  void turn() { host_.turn(); }

  /// Its side of an application-aware session; null where it is agnostic.
  Leg* leg() const noexcept { return leg_.get(); }
  iq::StreamMode mode() const noexcept { return mode_; }
  /// All is known that it takes to connect.
  bool configured() const noexcept;
  /// Active, and its gate is shut: it does not connect.
  bool is_held() const noexcept { return is_active() && mode_ == iq::StreamMode::inactive; }
  /// Active, and nothing but the other side's connection is missing.
  bool can_connect() const noexcept;
  /// Told to establish, whatever the other side does.
  bool must_connect() const noexcept { return eager_ && remote_ && may_connect(); }

  /// bad_request where the transport would change under a connection; `restarting`: it will be closed anyway.
  std::optional<iq::Error> configure(const iq::TerminationConfig& config, bool restarting);
  void connect();
  /// It connects as soon as its gate is not shut; bad_request where it cannot.
  std::optional<iq::Error> establish();
  /// Closes everything; `how` is for the bound connection.
  void close(Connection::Ending how, const std::string& cause);
  /// As after Reserve, but with what is configured. `with_candidates`: those are closed too.
  void reopen(bool with_candidates);

  Connection* bound() const noexcept { return bound_.get(); }
  /// It has a connection that its transport fits, and that nobody has begun to end.
  bool speaks_msrp() const noexcept {
    return guest_ || (bound_ && bound_->link() && !bound_->finishing() && !bound_->hung_up());
  }
  /// It has a connection, its own or a shared one.
  bool connected() const noexcept { return bound_ || guest_; }
  /// The peer has sent FIN or RST, whether everything before it was read or not.
  bool hung_up() const noexcept { return (bound_ && bound_->hung_up()) || (guest_ && guest_->hung_up()); }
  const std::optional<Failure>& failure() const noexcept { return failure_; }
  /// No socket is open any more.
  bool idle() const noexcept { return !listener_ && !bound_ && candidates_.empty() && closing_.empty(); }

  Observer& observer() noexcept { return observer_; }
  MessageCounts& messages_in() noexcept { return messages_in_; }
  MessageCounts& messages_out() noexcept { return messages_out_; }
  /// How many octets may be read from the peer now, at most `most`. Zero: it sends too fast; its context has
  /// a turn when reading may go on.
  std::size_t allowance(std::size_t most);
  bool is_paused() const noexcept { return policer_ && policer_->paused(); }
  void count_in(std::size_t octets) noexcept;
  void count_out(std::size_t octets) noexcept;
  iq::TerminationStatus status() const;

 private:
  void on_ready(std::uint32_t events) override;
  void on_ready(Connection& connection) override;
  void on_deadline(Connection& connection) override;

  Route route(Link& link, const msrp::HeadView& request) override;
  Leg* route_response(Link& link, const msrp::HeadView& response) override;
  /// Empty: it may come in, as far as is known. Otherwise why not.
  std::string_view objection(const base::Address& peer) const;
  bool may_connect() const noexcept;
  void configure_sending(const iq::TerminationConfig& config);
  void mark_all() noexcept;
  void police(const iq::Policing& limits);
  void watch(const iq::SilenceWatch& watch);
  void tell_silence(const iq::SilenceWatch& watch);
  SilenceMonitor::Traffic traffic() const noexcept;
  std::unique_ptr<Leg> make_leg() const;
  std::optional<iq::Error> configure_paths(const iq::TerminationConfig& config);
  void detach();
  void note_connection(const Connection& connection);
  bool still_asks() const noexcept;
  void register_listener();
  void close_listener() noexcept;
  void pause_listening();
  void accept_waiting();
  void admit(net::Accepted accepted);
  void candidate_ready(Connection& candidate);
  bool finish_connect(Connection& candidate);
  void read_candidate(Connection& candidate);
  void settle_candidate(Connection& candidate);
  void settle_candidates();
  void refilter();
  void verify(const std::vector<base::Fingerprint>& fingerprints);
  void bind(Connection& candidate);
  void refuse(Connection& candidate, const std::string& cause);
  void note_refusal(const base::Address& peer, const std::string& cause, std::string_view reason = {});
  void fail(iq::Event event, std::string cause);
  std::unique_ptr<Connection> take_candidate(Connection& candidate);
  void move_to_closing(std::unique_ptr<Connection> connection, Connection::Ending how);
  void forget_closing(Connection& connection);
  void drop_candidates();

  Worker& worker_;
  Host& host_;
  iq::TerminationId id_;
  std::size_t realm_;
  base::Address local_;
  std::shared_ptr<crypto::TlsContext> tls_;  // whose fingerprint was promised

  iq::Transport transport_ = iq::Transport::tcp;
  iq::Setup setup_ = iq::Setup::passive;
  std::optional<base::Address> remote_;
  std::optional<std::vector<base::Network>> source_filter_;
  std::optional<iq::PortRange> source_ports_;
  std::optional<std::vector<base::Fingerprint>> fingerprints_;
  std::uint8_t dscp_ = 0;
  iq::Policing policing_;
  std::unique_ptr<Policer> policer_;         // where there is a limit
  std::unique_ptr<SilenceMonitor> silence_;  // where somebody asked
  bool eager_ = false;                       // told to establish
  iq::StreamMode mode_ = iq::StreamMode::send_receive;
  bool open_ = true;  // may get connections

  net::Fd listener_;
  net::Registration listening_ = 0;
  std::unique_ptr<net::Timer> retry_;                    // made when the descriptors ran out
  std::vector<std::unique_ptr<Connection>> candidates_;  // of an active termination: its one attempt
  SharedPort* shared_ = nullptr;                         // where it waits
  Connection* guest_ = nullptr;                          // the shared port's
  std::optional<Loss> loss_;
  std::unique_ptr<Leg> leg_;  // outlives the connections, whose links know it
  Link* claimed_ = nullptr;   // a candidate's, with a request for this session
  std::unique_ptr<Connection> bound_;
  std::vector<std::unique_ptr<Connection>> closing_;
  std::optional<Failure> failure_;

  std::string cause_;
  std::optional<base::Address> last_peer_;
  std::string tls_version_;
  std::string tls_cipher_;
  std::optional<base::Fingerprint> peer_fingerprint_;
  std::uint64_t octets_in_ = 0;
  std::uint64_t octets_out_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t pauses_ = 0;
  MessageCounts messages_in_;
  MessageCounts messages_out_;
  Observer observer_;
};

}  // namespace gateway
