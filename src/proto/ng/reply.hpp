#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "proto/ng/error.hpp"
#include "proto/ng/value.hpp"

namespace ng {

/// The two error-reasons on which Kamailio and OpenSIPS try the next node; they compare the whole text.
inline constexpr std::string_view ran_out_of_ports = "Ran out of ports";
inline constexpr std::string_view session_limit_reached = "Parallel session limit reached";

enum class Outcome : std::uint8_t { ok, error, pong };

/// An answer of the NG protocol. Empty strings are not sent.
struct Reply {
  Outcome result = Outcome::ok;
  std::string error_reason;  // with Outcome::error: one that a person understands
  std::string sdp;
  std::string mode;     // agnostic, aware or e2e
  std::string why;      // one sentence
  std::string warning;  // e.g. of a delete of an unknown call
  Dictionary more;      // what else the command answers: totals, calls, ...

  static Reply ok() { return {}; }
  static Reply pong();
  static Reply error(std::string_view reason);
  /// ok with a warning.
  static Reply warn(std::string_view warning);

  friend bool operator==(const Reply&, const Reply&) = default;
};

Dictionary print_reply(const Reply& reply);
/// For who plays the proxy's part. Keys that are not named above are put into `more`; "load limit", which
/// rtpengine answers, counts as an error with that reason.
base::Result<Reply, Error> parse_reply(const Dictionary& dictionary);

}  // namespace ng
