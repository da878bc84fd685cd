#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/h248_trace.hpp"
#include "iq/association_status.hpp"
#include "net/control_messages.hpp"
#include "proto/ng/value.hpp"

namespace app {

/// What an H.248 end tells of itself, for admin HTTP and metrics.
struct AssociationsMeasured {
  std::vector<iq::AssociationStatus> associations;
  h248::Transactions::Counters totals;  // of all that there have been
  std::uint64_t registrations = 0;
  std::uint64_t lost = 0;
  std::uint64_t refused_source = 0;
  std::uint64_t malformed = 0;
  net::MessageSockets::Counters sockets;
};

/// Adds up what associations count, so that the sums never fall when one of them ends or begins anew. What
/// one counts between the last look at it and its end is not seen.
class AssociationTotals {
 public:
  h248::Transactions::Counters update(const std::vector<iq::AssociationStatus>& associations);

 private:
  std::map<std::string, h248::Transactions::Counters> last_;  // by peer
  h248::Transactions::Counters gone_;
};

/// An H.248 end of this process, whichever it is, on the control loop's thread.
class Associations {
 public:
  virtual ~Associations() = default;
  virtual AssociationsMeasured measured() const = 0;
  virtual H248Trace& trace() = 0;
  const H248Trace& trace() const { return const_cast<Associations*>(this)->trace(); }
  /// For the `ready` line.
  virtual std::string addresses() const = 0;
};

/// {"associations": [{"peer": ..., "state": ..., "trace": "off", "counters": {...}}, ...]}
ng::Dictionary associations_json(const Associations& end);

}  // namespace app
