#pragma once
#include <cstddef>
#include <string>

namespace controller {

/// A call that ended without the proxy's `delete`: its bearer ended, a timer ran out, its media could not be
/// set up, the operator or the end of the process released it. What the proxy needs to end the dialog as
/// well.
struct ReleasedCall {
  std::string call_id, from_tag, to_tag, via_branch;
  std::string
      reason;  // released, tcp_failed, tls_failed, inactive, timed_out; deleted (by the operator), shutdown
  std::string cause;            // what the gateway says of it, for people
  std::string mode;             // agnostic, aware or e2e
  std::size_t other_media = 0;  // sections that are not ours: whoever gets this may let them go on
};

}  // namespace controller
