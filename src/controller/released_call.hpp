#pragma once
#include <cstddef>
#include <string>

namespace controller {

/// A call that the gateway released by itself (its bearer ended, a timer ran out, its media could not be set
/// up), as opposed to one that a `delete` ended: what the proxy needs to end the dialog as well.
struct ReleasedCall {
  std::string call_id, from_tag, to_tag, via_branch, cause, mode;
  std::size_t other_media = 0;  // sections that are not ours: whoever gets this may let them go on
};

}  // namespace controller
