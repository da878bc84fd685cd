#pragma once
#include <string>
#include <string_view>

#include "proto/ng/value.hpp"

namespace app {

/// What `postern ctl` prints for people. All of it is printable ASCII, whatever the peers sent.

/// A line for each call: its Call-ID, and where the answer tells it, how it stands, how it is served and what
/// both its legs do.
std::string list_text(const ng::Dictionary& reply);

/// A call as `query` tells it: its plain facts in aligned columns, then each list of things (sections, their
/// ends and terminations, branches) as indented blocks. Knows few keys by name, so what a later version adds
/// is shown too; what is empty is left out.
std::string call_text(const ng::Dictionary& call);

/// A table: a line for each H.248 association (ctl_associations.cpp).
std::string associations_text(const ng::Dictionary& reply);

/// That it is over, and what it had carried.
std::string deleted_text(std::string_view call_id, const ng::Dictionary& reply);

}  // namespace app
