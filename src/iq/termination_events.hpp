#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "iq/command_error.hpp"
#include "iq/media_gateway.hpp"
#include "iq/packages.hpp"

// Events descriptors understood, and what happens on a termination told in their terms.
namespace iq {

struct RequestedEvents {
  struct Wanted {
    std::string_view element;  // our own name
    std::optional<std::uint16_t> stream{};
    std::vector<std::string_view> types{};  // of BNCChange: these only; empty: all
  };
  std::uint32_t request = 0;
  std::vector<Wanted> wanted;
  std::optional<base::Duration> heartbeat;   // hangterm/thb
  std::optional<base::Duration> inactivity;  // it/ito, on ROOT
  SilenceWatch silence;                      // adid/ipstop
  h248::EventsDescriptor descriptor;         // as it came, for audits

  const Wanted* find(std::string_view element) const;
};

/// ROOT and other terminations know different events. The error is the command's: 440, 446, 449, 451, 454,
/// 457, 501, 510, 512.
base::Result<RequestedEvents, CommandError> read_events(const h248::EventsDescriptor& descriptor, bool root,
                                                        const Packages& packages);

/// What of the notification was asked for; nothing: not to be told.
std::vector<h248::ObservedEvent> observed_events(const RequestedEvents& requested,
                                                 const Notification& notification, bool tls,
                                                 const Packages& packages);
/// Whether the bearer has ended.
bool is_end(Event event) noexcept;
/// Whether anything was asked for that tells of the bearer's end.
bool tells_of_end(const RequestedEvents& requested);

}  // namespace iq
