#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "iq/media_gateway.hpp"
#include "iq/remote_leg.hpp"
#include "proto/h248/message.hpp"

// A request of the seam as the commands of one H.248 action: pure functions.
namespace iq {

/// The terminations of a context that a gateway elsewhere serves, as far as requests have made them.
struct RemoteLegs {
  std::vector<RemoteLeg> legs;
  std::uint64_t last = 0;  // number given; none is given twice

  RemoteLeg* find(TerminationId number);
  const RemoteLeg* find(TerminationId number) const;
  /// By H.248's name, without regard to case.
  const RemoteLeg* find(const h248::TerminationId& id) const;
};

struct RemoteDraft {
  RemoteLegs after;  // when all of it has been done; Reserved is still missing
  std::vector<h248::CommandRequest> commands;
  std::vector<std::size_t> procedures;  // of each command: the first procedure that it carries
};

/// A Restart or Establish goes into the Modify of its termination where one has come before it, and nothing
/// but Modifies since. `events` counts RequestIDs. The error: nothing can be sent at all.
base::Result<RemoteDraft, Error> make_draft(const RemoteLegs& before, std::span<const Procedure> procedures,
                                            const LegWriter& writer, const RemotePackages& packages,
                                            std::uint32_t& events);

}  // namespace iq
