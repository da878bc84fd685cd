#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "iq/command_error.hpp"
#include "iq/gateway_commands.hpp"
#include "iq/local_control.hpp"
#include "iq/stream_sdp.hpp"
#include "iq/termination_signals.hpp"

// What the controller says of a termination's media made into what the seam says, and what was reserved made
// into the reply. Pure functions.
namespace iq {

/// A Media descriptor understood: what it has, and nothing of what was before.
struct MediaGiven {
  std::optional<std::uint16_t> stream;
  std::optional<h248::LocalControl> local_control;
  std::optional<Control> control;
  std::optional<std::vector<StreamSdp>> local;   // alternatives; none: what was reserved shall go
  std::optional<std::vector<StreamSdp>> remote;  // none: forget it
};
/// The error is the command's: those of LocalControl and SDP, 445, 501.
base::Result<MediaGiven, CommandError> read_media(const h248::MediaDescriptor& descriptor,
                                                  const Packages& packages);

/// All that holds for a termination.
struct TerminationMedia {
  std::uint16_t stream = 1;
  bool stream_named = false;           // in a Stream descriptor; else the short form
  h248::LocalControl local_control{};  // as it came, for audits
  Control control{};
  std::optional<StreamSdp> local;  // as asked for; none: not asked for yet
  std::optional<StreamSdp> remote;
  std::optional<Latch> latch;
  SilenceWatch silence{};

  Transport transport() const noexcept;
};

/// Takes over what was given: of alternatives the first that can be served. 441, 449, 473, 501.
Checked apply_media(const MediaGiven& given, const GatewayCommands::Realm& realm, TerminationMedia& media);

/// The remote's address and port, where both say one.
std::optional<base::Address> remote_address(const TerminationMedia& media);
Setup setup_of(const TerminationMedia& media);

/// What a termination is configured to before anybody has said anything.
TerminationConfig initial_config();
/// All that holds. `reserved`: what the gateway has, none before it has anything; then local_path is absent
/// unless it came whole.
TerminationConfig config_of(const TerminationMedia& media, const GatewayCommands::Realm& realm,
                            const Reserved* reserved);
/// What has to be said so that `now` holds where `before` did.
TerminationConfig difference(const TerminationConfig& before, const TerminationConfig& now);
/// What has to be said so that `now` holds, whatever held before.
TerminationConfig whole(const TerminationConfig& now);
bool says_nothing(const TerminationConfig& config);

/// For Reserve: the session-id to make a path of, one of our own where none was given. Empty: not
/// application-aware, or the path came whole.
std::string session_id_of(const TerminationMedia& media, base::Random& random);

/// a=path of Local with everything chosen; nothing: not known yet. Only of an application-aware termination;
/// `reserved`: none before anything is reserved, then only a path that came whole is known.
std::vector<std::string> local_path(const TerminationMedia& media, const Reserved* reserved);
/// Whether what was reserved is what Local asks for. 449.
Checked check_local(const TerminationMedia& media, const Reserved& reserved);
/// The Local descriptor's SDP with everything chosen.
StreamSdp answered_local(const TerminationMedia& media, const GatewayCommands::Realm& realm,
                         const Reserved& reserved);

}  // namespace iq
