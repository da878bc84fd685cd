#pragma once
#include <optional>
#include <string>
#include <vector>

#include "iq/command_error.hpp"
#include "iq/media_gateway.hpp"
#include "iq/packages.hpp"

namespace iq {

/// A LocalControl descriptor understood (H.248.1 7.1.7). A new one replaces the whole earlier one, so what
/// it does not say is at its default.
struct Control {
  StreamMode mode = StreamMode::inactive;
  std::optional<std::string> realm;  // ipdc/realm
  bool asks_realm = false;           // "$"
  // gm, H.248.43: who may connect.
  std::optional<bool> filters_source;
  std::vector<base::Network> sources;
  bool filters_ports = false;
  std::optional<PortRange> ports;
  // tman, H.248.53.
  bool polices = false;
  std::optional<std::uint64_t> rate;  // octets a second
  std::uint64_t burst = 0;            // octets
  std::uint8_t dscp = 0;
  std::optional<bool> alg;  // mgbalg/alg: messages are understood
  bool match_session_id = false;
  bool asks_local = false;  // xpostern/local = "$"
};

/// The error is the command's: 440, 445, 449, 450, 454, 455, 456, 472, 517.
base::Result<Control, CommandError> read_local_control(const h248::LocalControl& descriptor,
                                                       const Packages& packages);

}  // namespace iq
