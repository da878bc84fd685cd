#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "app/associations.hpp"
#include "app/call_part.hpp"
#include "base/time.hpp"
#include "gateway/totals.hpp"

namespace app {

/// What the parts of this process have counted, at one moment; a part that it does not have tells nothing.
struct Measured {
  std::optional<gateway::Totals> gateway{};
  std::optional<CallPart::Measured> calls{};
  std::optional<AssociationsMeasured> h248{};
  base::Duration uptime{};
  std::size_t open_descriptors = 0;
  std::size_t descriptor_limit = 0;
};

/// As Prometheus reads it; names and labels are a promise (interfaces.md).
std::string metrics_text(const Measured& measured);

}  // namespace app
