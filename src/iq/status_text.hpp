#pragma once
#include <vector>

#include "base/time.hpp"
#include "iq/media_gateway.hpp"
#include "iq/packages.hpp"
#include "proto/h248/message.hpp"

// A termination's status as H.248 statistics: nt/os, nt/or and nt/dur for everybody, the rest in our own
// package.
namespace iq {

/// What is empty or zero is left out, but for nt's; packages that are not supported, too. `since_add`: how
/// long the termination has existed.
std::vector<h248::Statistic> statistics_of(const TerminationStatus& status, const Packages& packages,
                                           base::Duration since_add);
/// The opposite; what is unknown or malformed is passed over. The termination's number is not in it.
TerminationStatus status_of(const std::vector<h248::Statistic>& statistics, const Packages& packages);

}  // namespace iq
