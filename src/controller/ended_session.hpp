#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "iq/media_gateway.hpp"

namespace controller {

/// An MSRP session that is over, in whatever way and mode: one context, from its reservation to its release,
/// with the totals of its terminations. Nothing in it is a secret or a part of a message.
struct EndedSession {
  std::string call_id, via_branch, from_tag, to_tag;  // as they are at the end; to_tag empty: never answered
  std::size_t section = 0;                            // which m= line of the SDP, from 1
  base::Time reserved{};
  std::optional<base::Time> connected;  // when both legs had been connected for the first time
  base::Time ended{};                   // when it was decided or heard
  std::string mode, security, why;      // as in `query`
  /// One word. Of the gateway: closed, reset, tcp_failed, tls_failed, timed_out, half_close, inactive,
  /// overload, malformed (released: a gateway elsewhere does not say). Of the controller: deleted, refused,
  /// replaced, offer_timeout, offer_failed, fork_gone, shutdown.
  std::string cause = {};
  std::string cause_text = {};  // for people; may be empty
  /// Of caller and callee. Where the gateway did not tell the totals, what was reserved.
  std::array<iq::TerminationStatus, 2> legs = {};
};

}  // namespace controller
