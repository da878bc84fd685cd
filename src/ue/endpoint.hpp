#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/tls.hpp"
#include "net/fd.hpp"
#include "net/reactor.hpp"
#include "proto/msrp/session.hpp"
#include "ue/link.hpp"
#include "ue/negotiation.hpp"

namespace ue {

/// What became of an endpoint's connection, for people and for the summary.
struct EndpointFacts {
  std::string transport;  // "TCP" or "TCP/TLS"
  bool active = false;
  std::string local, peer;              // "127.0.0.1:2855"; empty before there was a connection
  std::string tls_version, tls_cipher;  // empty without TLS
  std::string fingerprint, peer_fingerprint;
  msrp::SessionCounters counters;
};

/// One MSRP session of a user agent on a reactor: SDP in and out, the TCP connection (opened or awaited) with
/// TLS and the fingerprint check, and the msrp::Session on it. Everything happens on the reactor's thread.
///
/// Offerer: make_offer(), take_answer(). Answerer: take_offer(). Then the observer hears of it.
class Endpoint final : public Link::Owner, net::Handler {
 public:
  /// Called from the reactor's turns and from close(). May call every function of the endpoint, but must not
  /// destroy it (post that).
  class Observer {
   public:
    /// The session is bound: both sides may send.
    virtual void on_connected(Endpoint& endpoint) = 0;
    virtual void on_event(Endpoint& endpoint, const msrp::SessionEvent& event) = 0;
    /// A connection that came was not the peer's; the endpoint goes on waiting.
    virtual void on_refused(Endpoint& endpoint, const std::string& why) = 0;
    /// Once, the last call. Empty: closed in order by either side.
    virtual void on_ended(Endpoint& endpoint, const std::string& why) = 0;

   protected:
    ~Observer() = default;
  };
  struct Options {
    LocalMedia local;               // port, session_id and origin_id are filled in
    std::uint64_t max_message = 0;  // octets; more is answered with 413; 0: no limit
    std::size_t fixed_chunk = 0;    // msrp::SenderOptions
    base::Duration response_timeout = std::chrono::seconds(30);  // RFC 4975 7.1.1
    base::Duration establish = std::chrono::seconds(30);         // from offer or answer to the bound session
    /// Connections that may wait for their handshake or first octet: as the gateway's own, a few strays.
    std::size_t candidates = 4;
    /// How long the peer's FIN is waited for behind ours, so that no octet on its way is lost to a reset.
    base::Duration linger = std::chrono::seconds(2);
  };

  /// `tls` may be null where no TLS is wanted: offers of it are refused then. All references outlive the
  /// endpoint.
  Endpoint(net::Reactor& reactor, base::Random& random, crypto::TlsContext* tls, Options options,
           Observer& observer);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  /// Listens where the role may become passive; the SDP offer. Refusal: the address cannot be bound.
  base::Result<std::string, Refusal> make_offer();
  base::Result<base::Ok, Refusal> take_answer(std::string_view sdp);
  /// Reads an offer and takes its first usable section; the SDP answer. Connects or listens from now on.
  base::Result<std::string, Refusal> take_offer(std::string_view sdp);

  // msrp::Session's. Before an answer was taken or given nothing can be sent (Errc::missing_field).
  msrp::Result<msrp::OutgoingId> send(msrp::OutgoingMessage message);
  void abort(msrp::OutgoingId id);
  std::optional<msrp::SendProgress> progress(msrp::OutgoingId id) const;
  void reject(msrp::IncomingId id, std::uint16_t status);
  bool report_failure(msrp::IncomingId id, std::uint16_t status, std::string_view comment);

  /// Sends what is waiting to be sent of responses and chunks begun, then closes in order; on_ended()
  /// follows.
  void close();
  bool ended() const noexcept { return ended_; }

  const LocalMedia& local() const noexcept { return options_.local; }
  /// What was agreed upon; nothing before.
  const std::optional<Agreement>& agreement() const noexcept { return agreement_; }
  EndpointFacts facts() const;

 private:
  void on_ready(std::uint32_t events) override;  // the listener's
  void on_link(Link& link) override;
  base::Result<base::Ok, Refusal> listen();
  base::Result<base::Ok, Refusal> start(Agreement agreement);
  base::Result<base::Ok, Refusal> connect(const base::Address& to);
  void stop_listening();
  void begin_session();
  void add_candidate(net::Fd socket);
  void consider(Link& candidate);
  void choose(Link& candidate);
  void refuse(Link& candidate);
  void wake();
  void work();
  void read_some();
  void drain_events();
  void pump();
  void conclude();
  void on_time();
  void end(std::string why);
  std::string waiting_for() const;

  net::Reactor& reactor_;
  base::Random& random_;
  crypto::TlsContext* tls_;
  Options options_;
  Observer& observer_;
  std::optional<Agreement> agreement_;
  net::Fd listener_;
  net::Registration listening_ = 0;
  std::vector<std::unique_ptr<Link>> candidates_;
  std::unique_ptr<Link> link_;
  std::optional<msrp::Session> session_;
  net::Timer establish_;
  net::Timer session_timer_;
  net::Timer linger_;
  std::string last_refusal_;
  EndpointFacts last_;      // of the connection, kept when it is gone
  bool opened_ = false;     // the connection is up, and the session knows it
  bool busy_ = false;       // inside work(): what is asked for is done at its end
  bool closing_ = false;    // close() was called, or the session failed
  bool finishing_ = false;  // our FIN is on its way
  bool ended_ = false;
  std::string why_;
};

}  // namespace ue
