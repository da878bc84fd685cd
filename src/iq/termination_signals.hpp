#pragma once
#include <cstdint>
#include <optional>

#include "iq/command_error.hpp"
#include "iq/packages.hpp"

namespace iq {

/// H.248.37 ipnapt/latch: from where a passive termination takes its peer.
enum class Latch : std::uint8_t { off, latch, relatch };

/// A Signals descriptor understood. All of them are brief: nothing goes on playing.
struct SignalsGiven {
  std::optional<Latch> latch;
  bool establish = false;
  bool release = false;
  bool of_tls = false;  // one of tlsbsc's
};

/// The error is the command's: 440, 446, 452, 454, 457, 501, 513.
base::Result<SignalsGiven, CommandError> read_signals(const h248::SignalsDescriptor& descriptor,
                                                      const Packages& packages);

}  // namespace iq
