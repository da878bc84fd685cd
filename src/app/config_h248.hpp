#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "proto/h248/route.hpp"
#include "proto/h248/token.hpp"

namespace app {

/// A time of the configuration, in TOML a number of seconds, whole or not.
using Span = std::chrono::milliseconds;

/// h248::TransactionTimers.
struct H248Timers {
  Span first_retransmission{200};
  Span longest_retransmission{4'000};
  Span give_up{20'000};
  Span network_delay{10'000};
  Span provisional{500};
  Span peer_execution{5'000};
  unsigned pending_limit = 20;
  friend bool operator==(const H248Timers&, const H248Timers&) = default;
};

/// The gateway's end: `postern gateway`.
struct GatewayH248 {
  std::vector<std::string> mgc;
  std::string mid;  // empty: from the address
  std::string profile;
  std::string bind;
  std::vector<std::string> allow;
  h248::Form form = h248::Form::compact;
  bool trace = false;
  Span silence{60'000};
  Span orphan{60'000};
  Span avalanche{500};
  H248Timers timers;
  friend bool operator==(const GatewayH248&, const GatewayH248&) = default;
};

/// What is provisioned of one gateway.
struct PooledGateway {
  std::string mid;
  std::vector<std::string> realms;
  unsigned weight = 1;
  friend bool operator==(const PooledGateway&, const PooledGateway&) = default;
};

/// The controller's end.
struct ControllerH248 {
  std::vector<std::string> listen, allow;
  std::string mid;
  std::vector<std::string> profiles;
  h248::Form form = h248::Form::compact;
  bool trace = false;
  Span heartbeat{5'000};
  Span inactivity{30'000};
  // A proxy waits for the answer to its offer some seconds only: a gateway that is silent must be known as
  // lost by then.
  H248Timers timers{.give_up = Span{5'000}};
  std::vector<PooledGateway> gateways;
  friend bool operator==(const ControllerH248&, const ControllerH248&) = default;
};

/// Of both ends.
struct H248 {
  std::map<std::string, std::string> packages;  // see iq::Packages::make
  friend bool operator==(const H248&, const H248&) = default;
};

/// "udp:192.0.2.1:2944", "tcp:[2001:db8::1]", "sctp:..."; without a port 2944.
struct H248Place {
  h248::Carrier carrier = h248::Carrier::udp;
  base::Address address;
};
std::optional<H248Place> parse_h248_place(std::string_view text);
/// With its port: as net::MessageSockets::listen wants it.
std::string to_string(const H248Place& place);

}  // namespace app
