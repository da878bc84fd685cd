#pragma once
#include <string>
#include <vector>

#include "iq/media_gateway.hpp"
#include "iq/packages.hpp"
#include "iq/remote_leg.hpp"
#include "proto/h248/message.hpp"

// What a gateway tells on its own of a termination, as notifications of the seam: pure functions.
namespace iq {

/// The events of one Notify. Our own event is told as it is; of the standard ones, an established connection
/// (of TLS terminations: the TLS session), failures, a release with its cause, and silence. Heartbeats and
/// what is not known tell nothing.
std::vector<Notification> read_events(const h248::ObservedEventsDescriptor& observed,
                                      const RemotePackages& packages, ContextId context,
                                      const RemoteLeg& leg);
/// ServiceChange on a termination: one that goes out of service ends its context's bearer; others tell
/// nothing.
std::vector<Notification> read_service_change(const h248::ServiceChangeDescriptor& change, ContextId context);

}  // namespace iq
