#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/config_h248.hpp"
#include "base/address.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "controller/controller.hpp"
#include "crypto/tls.hpp"

namespace app {

enum class SourceFilter : std::uint8_t { none, address };

/// "LOW-HIGH", both inclusive, 1 <= low <= high.
struct PortRange {
  std::uint16_t low = 0;
  std::uint16_t high = 0;
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// Everything that the TOML file can say; the members' initial values are the defaults. Keys that belong to
/// later roles are read, checked and printed as well, so that one file serves every version (see
/// without_effect()).
struct Config {
  struct Log {
    base::LogLevel level = base::LogLevel::info;
    friend bool operator==(const Log&, const Log&) = default;
  };
  struct Ng {
    std::vector<std::string> listen = {"udp:127.0.0.1:2228"};
    std::vector<std::string> allow = {"127.0.0.0/8", "::1/128"};  // networks(): as values
    friend bool operator==(const Ng&, const Ng&) = default;
  };
  struct Admin {
    std::string listen = "127.0.0.1:9900";  // empty: no HTTP
    friend bool operator==(const Admin&, const Admin&) = default;
  };
  struct Tls {
    std::string cert, key;  // PEM files; both empty: a certificate made at start
    std::vector<std::string> hashes = {"sha-256", "sha-384", "sha-512"};
    bool require_fingerprint = true;
    crypto::TlsVersion min_version = crypto::TlsVersion::tls12;
    friend bool operator==(const Tls&, const Tls&) = default;
  };
  struct Realm {
    std::string name;
    base::IpAddress address = base::IpAddress::v4({127, 0, 0, 1});
    std::string advertise;
    PortRange ports{20000, 25999};
    std::uint16_t port = 0;
    controller::Profile profile = controller::Profile::automatic;
    controller::PathScheme path_scheme = controller::PathScheme::keep;
    controller::E2ae e2ae = controller::E2ae::preferred;
    SourceFilter source_filter = SourceFilter::address;
    std::uint64_t max_chunk = 0;
    std::uint64_t max_message = 0;
    std::vector<std::string> accept_types;  // empty: all
    std::uint64_t message_rate = 0;
    std::uint64_t octet_rate = 0;
    Tls tls;
    friend bool operator==(const Realm&, const Realm&) = default;
  };
  struct Gateway {
    unsigned shards = 0;
    GatewayH248 h248;
    friend bool operator==(const Gateway&, const Gateway&) = default;
  };
  struct Controller {
    std::vector<std::string> gateways = {"local"};
    std::string events;
    std::string cdr = "-";  // "-": stdout; empty: none
    ControllerH248 h248;
    friend bool operator==(const Controller&, const Controller&) = default;
  };
  struct Kms {
    std::string listen = "127.0.0.1:8443";
    std::string db = "kms.sqlite";
    std::string master_key;
    friend bool operator==(const Kms&, const Kms&) = default;
  };
  struct Timers {
    Span offer_unanswered{300'000};  // an offer without answer: the call is freed
    Span connect{180'000};           // answered, but not connected
    Span candidate{10'000};          // an incoming connection's handshake or first octet
    Span tcp_connect{10'000};        // an outgoing connection
    Span half_close{60'000};         // one side has ended and no octet passes
    Span drain{5'000};               // what a closing connection has still to send
    Span ended{60'000};              // the bearer ended and no delete comes: the call is freed
    Span inactivity{0};              // no octet passes; zero: off
    unsigned keepalive_idle = 60;    // TCP keepalive of every leg, in whole seconds as TCP has it; zero: off
    unsigned keepalive_interval = 10;
    unsigned keepalive_probes = 6;
    Span user_timeout{60'000};  // TCP_USER_TIMEOUT of every leg; zero: the kernel's own
    Span shutdown{5'000};       // SIGTERM: how long calls may take to be released
    friend bool operator==(const Timers&, const Timers&) = default;
  };
  struct Limits {
    unsigned candidates = 4;              // connections that wait on one termination
    std::uint64_t early_octets = 65'536;  // of one connection, held while there is nobody to pass them to
    std::uint64_t max_sessions = 0;       // calls at a time; zero: what the descriptor limit allows
    friend bool operator==(const Limits&, const Limits&) = default;
  };

  Log log;
  Ng ng;
  Admin admin;
  std::vector<Realm> realms =
      default_realms();  // never empty; the first is the default of a call without direction
  Gateway gateway;
  Controller controller;
  H248 h248;
  Kms kms;
  Timers timers;
  Limits limits;

  /// "access" and "core", on loopback.
  static std::vector<Realm> default_realms();
  friend bool operator==(const Config&, const Config&) = default;
};

/// Why a configuration cannot be used, as one line: "FILE:LINE: realm[0].ports: expected ...".
struct ConfigError {
  std::string reason;
};

/// The configuration that this TOML text describes; `file` is what errors call it. Unknown keys, wrong types,
/// values out of range and contradictions are errors.
base::Result<Config, ConfigError> parse_config(std::string_view text, std::string_view file);
base::Result<Config, ConfigError> load_config(const std::string& file);
/// As TOML, every key: parse_config() of it gives the same Config.
std::string print_config(const Config& config);

/// Keys whose values differ, as errors name them: "realm[0].e2ae".
std::vector<std::string> changed_keys(const Config& before, const Config& after);

/// Keys that were given a value this version does not act
/// upon. For the log: who sets `[kms]` must hear that nothing serves it yet.
std::vector<std::string> without_effect(const Config& config);

/// Address blocks of a list that parse_config() has checked.
std::vector<base::Network> networks(const std::vector<std::string>& texts);

/// Where a text of `[ng] listen` says to listen: its scheme and what stands behind the colon.
struct NgListen {
  std::string_view scheme;  // udp, udp6, unix, tcp, http
  std::string_view where;
};
NgListen split_ng_listen(std::string_view text);

}  // namespace app
