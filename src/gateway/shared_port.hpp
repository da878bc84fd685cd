#pragma once
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/connection.hpp"
#include "gateway/worker.hpp"

namespace gateway {

class Termination;

/// The one port of a realm's application-aware sessions. A connection is for whoever the To-Path of its first
/// request names, and may carry more sessions of the same peer (RFC 4975 5.4). With TLS, which the first
/// octet tells, a certificate is demanded in the handshake, and a session is served only to the one that its
/// SDP's fingerprint stands for: to others it does not exist.
class SharedPort final : public net::Handler {
 public:
  SharedPort(Worker& worker, std::size_t realm, const base::Address& local, net::Fd listener);
  ~SharedPort();

  /// Connections from now on present this identity.
  void set_tls(std::shared_ptr<crypto::TlsContext> tls) { tls_ = std::move(tls); }
  /// It waits here under the session-id of its local path, which stays as it is until withdraw(). Of two with
  /// the same session-id the first one is served.
  void add(Termination& session);
  /// Nobody finds it any more; it keeps its connection.
  void withdraw(Termination& session);
  void remove(Termination& session);
  /// It leaves its connection, but goes on waiting for one.
  void detach(Termination& session);
  /// Requests that waited for what is configured now may find their session.
  void look_again();
  /// No session is left, and none will come: accepts nobody, and ends its connections softly. `done` is
  /// called once, when the last one is gone, maybe before this returns.
  void drain(std::function<void()> done);
  /// Adds to the totals what has been written since the last time.
  void count_written();

 private:
  /// Accepted, and not a word yet.
  struct Silent;
  /// A connection that has begun to speak.
  struct Guest;
  using Guests = std::vector<std::unique_ptr<Guest>>;

  void on_ready(std::uint32_t events) override;
  void on_ready(Guest& guest);
  void on_deadline(Guest& guest);
  Router::Route route(Guest& guest, const msrp::HeadView& request);
  Leg* route_response(Guest& guest, const msrp::HeadView& response);

  void listen();
  void accept_waiting();
  void heard_of(Silent& silent, bool tls);
  void forget(Silent& silent);
  void serve(Guest& guest);
  void drop(Guest& guest, const std::string& cause);
  void forget_closing(Guest& guest);
  void refuse() noexcept;
  Termination* session_of(std::string_view path) const;
  Termination* session_of(const Guest& guest, std::string_view path) const;
  void run_due();

  Worker& worker_;
  std::size_t realm_;
  base::Address local_;
  std::shared_ptr<crypto::TlsContext> tls_;
  net::Fd listener_;
  net::Registration listening_ = 0;
  net::Timer retry_;
  std::unordered_map<std::string, Termination*> sessions_;
  std::vector<std::unique_ptr<Silent>> silent_;
  Guests guests_, closing_;
  std::function<void()> drained_;
  /// Whose context has to look at what has changed, once nobody here is in the middle of something.
  std::vector<Termination*> due_;
};

}  // namespace gateway
