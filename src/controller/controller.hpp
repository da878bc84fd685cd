#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "controller/ended_session.hpp"
#include "controller/released_call.hpp"
#include "iq/media_gateway.hpp"
#include "proto/ng/request.hpp"
#include "proto/ng/value.hpp"

namespace controller {

/// off: a=3ge2ae:requested of this side is not heard. required: no clear media on this side.
enum class E2ae : std::uint8_t { off, preferred, required };
enum class Profile : std::uint8_t { automatic, threegpp, gsma, plain };
/// Scheme of a real path shown to a side where its transport differs from the owner's. keep: as its owner
/// wrote it (a strict owner compares it, RFC 4975 6.1). leg: msrps on a TLS leg, msrp on a plain one.
enum class PathScheme : std::uint8_t { keep, leg };

/// What policy says of one realm (interfaces.md [[realm]]).
struct RealmPolicy {
  std::string name;
  E2ae e2ae = E2ae::preferred;
  Profile profile = Profile::automatic;
  bool filter_source = true;        // admit only the address that the SDP names
  bool require_fingerprint = true;  // of TLS peers
  std::vector<std::string> hashes = {"sha-256", "sha-384", "sha-512"};  // acceptable in their fingerprints
  PathScheme path_scheme = PathScheme::keep;
  /// Content types that may pass this side, as in a=accept-types: "text/plain", "image/*"; empty: all.
  std::vector<std::string> accept_types = {};
  std::uint64_t max_message = 0;  // octets of a complete message that may pass this side; 0: no limit
};

/// Looks a host name up; `done` is called once, maybe before this returns, with no addresses where there are
/// none or it takes too long.
using Resolve =
    std::function<void(const std::string& host, std::function<void(std::vector<base::IpAddress>)> done)>;

struct Options {
  std::vector<RealmPolicy> realms;  // the first is the default of a call without `direction`
  base::Duration offer_timeout = std::chrono::seconds(60);  // offered and never answered: the call is freed
  base::Duration ended_linger =
      std::chrono::seconds(60);    // the bearer ended and no delete comes: the call is freed
  std::size_t max_calls = 100000;  // "Parallel session limit reached" beyond; each branch of a fork counts
  /// Branches of one call at a time: proxies fork to a dozen targets, what is more is somebody's loop.
  std::size_t max_branches = 32;
  Resolve resolve;  // absent: names in c= lines stay names
};

/// The IMS-ALG: executes NG commands on the calls, drives the gateway through iq, says what it decided. One
/// thread; no sockets, no clock: time is passed in, and deadline() says when on_time() is wanted. The gateway
/// outlives it and calls back no more once it is gone. Commands of one call are carried out one behind the
/// other, whatever time the gateway takes.
class Controller {
 public:
  using Done = std::function<void(ng::Value reply)>;

  Controller(Options options, iq::MediaGateway& gateway, base::Random& random, base::Log& log);
  ~Controller();

  /// Executes one command; `done` gets the reply dictionary, once, maybe before this returns.
  void execute(const ng::Request& request, base::Time now, Done done);
  void on_time(base::Time now);
  base::Time deadline() const;
  /// Policy that can change at run time (SIGHUP); running calls keep what was decided.
  void set_policy(std::vector<RealmPolicy> realms);
  /// Who hears of calls that ended without the proxy's delete; called from inside what ended them.
  void set_on_released(std::function<void(const ReleasedCall&)> on_released);
  /// Who hears of every session that is over, once each, as soon as its totals are known.
  void set_on_session_ended(std::function<void(const EndedSession&)> on_session_ended);
  /// Releases every call (shutdown); `done` when the gateway has confirmed all.
  void release_all(base::Time now, std::function<void()> done);

  struct Gauges {
    std::size_t calls = 0;
    std::map<std::pair<std::string, std::string>, std::size_t> sessions;  // (mode, security) -> how many now
    std::map<std::string, std::uint64_t> closed;  // reason -> how many since the start
  };
  Gauges gauges() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The NG front: who may command, frames, retransmissions, counting; hands commands to the controller.
class NgFront {
 public:
  using Respond = std::function<void(std::string payload)>;

  NgFront(Controller& controller, std::vector<base::Network> allow, base::Log& log);
  ~NgFront();

  /// One datagram. `source_key` names the sender for the cookie cache ("127.0.0.1:4000", a unix path); `ip`
  /// absent: a local socket, always allowed. What is not allowed gets no answer and is counted; a malformed
  /// frame gets a `result: error` where a cookie can be read.
  void on_frame(std::string_view payload, const std::string& source_key, const base::IpAddress* ip,
                base::Time now, Respond respond);
  void set_allow(std::vector<base::Network> allow);

  struct Counters {
    std::map<std::pair<std::string, std::string>, std::uint64_t> requests;  // (command, result)
    std::uint64_t refused_source = 0;
    std::uint64_t malformed = 0;
    std::uint64_t retransmissions = 0;
    std::map<std::string, std::pair<std::uint64_t, double>> seconds;  // command -> (count, sum of seconds)
  };
  const Counters& counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace controller
