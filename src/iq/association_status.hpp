#pragma once
#include <string>
#include <vector>

#include "proto/h248/transactions.hpp"

namespace iq {

/// One control association, for `postern ctl associations`, the log and metrics.
struct AssociationStatus {
  std::string peer;   // its mId as printed in messages, or the configured place while none is known
  std::string route;  // "udp:192.0.2.1:2944"
  std::string role;   // what the peer is: "mgc" or "mg"
  std::string state;  // of ours with an MGC: "registering", "registered", "disconnected", "closing", "idle";
                      // of an MG: "registered", "auditing", "lost"
  std::string profile;  // "IqProfile/1"; empty: none
  unsigned version = 0;
  std::string form;  // "pretty" or "compact": what we write
  std::size_t contexts = 0;
  std::size_t waiting = 0;  // requests of ours without reply
  h248::Transactions::Counters counters;
  std::string last_error;
};

}  // namespace iq
