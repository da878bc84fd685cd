#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "controller/decision.hpp"
#include "controller/facts.hpp"
#include "controller/released_call.hpp"
#include "iq/media_gateway.hpp"

namespace controller {

/// The two parties of a call: the one that sent the first offer, and the one that answered it.
enum class Party : std::uint8_t { caller = 0, callee = 1 };
constexpr Party other(Party party) {
  return party == Party::caller ? Party::callee : Party::caller;
}
constexpr std::size_t at(Party party) {
  return static_cast<std::size_t>(party);
}

enum class SectionState : std::uint8_t {
  offered,   // terminations are reserved, the answer has not come
  answered,  // both ends are known to the gateway
  refused,   // port 0, by an end or by us; no context
  ended,     // the bearer has ended; no context
};
std::string_view to_string(SectionState state) noexcept;

/// One MSRP section of a call and the context that serves it. Arrays are indexed by at(Party).
struct MediaSection {
  SectionState state = SectionState::offered;
  std::string why;
  iq::ContextId context;  // none where no context serves it
  std::array<iq::Reserved, 2> local;
  std::array<std::string, 2> tls_id;  // what that party was shown; empty: none so far
  /// The gateway's own URI for that party, where the gateway itself made none with the reservation; see
  /// gateway_uri().
  std::array<std::string, 2> minted;
  bool aware = false;  // paths in messages are rewritten; before the answer: whatever it says

  Party offerer = Party::caller;  // of the offer that `offer` was decided for
  OfferFlags flags;
  OfferDecision offer;
  std::array<End, 2> ends;  // realms as they were when it was offered
  std::string answered_by;  // the tag of who gave the answer

  std::vector<iq::TerminationStatus> totals;  // when the context is gone
  std::string ended_by;                       // the gateway's event and its cause

  /// Whether that end connects to the gateway: decided with the answer.
  bool is_active(Party party) const { return ends[at(party)].active.value_or(false); }
  bool tls(Party party) const {
    return party == offerer ? offer.security.offerer_tls : offer.security.answerer_tls;
  }
  bool e2ae(Party party) const {
    return party == offerer ? offer.security.offerer_e2ae : offer.security.answerer_e2ae;
  }
  std::string mode() const { return offer.security.end_to_end ? "e2e" : aware ? "aware" : "agnostic"; }
  std::string security_name() const {
    return offer.security.end_to_end                                   ? "e2e"
           : offer.security.offerer_tls || offer.security.answerer_tls ? "tls"
                                                                       : "none";
  }
};
using Sections = std::map<std::size_t, MediaSection>;  // by index of the media section in the SDP

bool same_realms(const MediaSection& a, const MediaSection& b);
/// Whether a context made for the one serves the other too: the same realms and transports. (An answer may
/// still change the mode, on the ports that are there.)
bool same_legs(const MediaSection& a, const MediaSection& b);
/// Whether that end needs another connection than the one of the section as it was answered before.
bool connection_moved(const MediaSection& before, const MediaSection& now, Party party);

/// What an offer that waits for its answer makes of the sections. A context in it may be one of those that
/// serve already.
struct Draft {
  Party offerer = Party::caller;
  Sections sections;
};

/// To-tags are the far end's choice: of more forks the first in order are forgotten.
inline constexpr std::size_t max_forks = 8;

/// One branch of a call: a dialog, or what becomes one when it is answered. A proxy that forks an INVITE
/// offers once for each branch and names it (via-branch); where somebody behind it forks, several ends answer
/// one offer, and the branch follows whoever answered last.
struct Call {
  std::string id;
  std::string via_branch;    // of its first offer; empty: the proxy names none
  std::uint64_t serial = 0;  // its own, in the order of their offers
  std::array<std::string, 2> tags;
  std::array<std::string, 2> realms;  // of the parties, for offers without `direction`
  bool answered = false;              // once at least
  Party settled = Party::caller;      // whose offer was answered last
  bool given_up = false;              // the last offer waited too long: its answer comes too late
  /// What has been answered. It goes on as it is until a later offer is answered too (RFC 3264 8).
  Sections sections;
  /// What the last offer makes of sections, until its answer.
  Draft offered;
  /// The other party's offer that waited when that one came: glare (RFC 3261 14.1), either may be answered.
  std::optional<Draft> crossed;
  /// What other ends made of the offer before, by their tags, as long as there is more than one (RFC 3261
  /// 13.2.2.4). Their contexts are those of `sections`, or none.
  std::map<std::string, Sections> forks;
  base::Time answered_at{};  // the last time
  /// What was answered before the other party offered: its answer may still be repeated (a 200 behind an
  /// UPDATE).
  Sections earlier;
  /// Its bearers have ended, and the proxy is to be told when no other one comes of the offer that waits.
  std::optional<ReleasedCall> untold;
  std::size_t other_media = 0;  // sections of other media that the last answer left standing
  base::Time deadline = base::never;
  std::string ending;  // why the deadline frees it

  bool has_fork(const std::string& tag) const { return !tag.empty() && forks.contains(tag); }
  /// Whether an offer of it waits for an answer.
  bool waits() const { return !offered.sections.empty(); }
  bool waits_crossed() const { return crossed && !crossed->sections.empty(); }
  /// Whether the context of `offered` at that index serves nothing else.
  bool is_spare(std::size_t index) const;
  /// The contexts of this branch, each once, with the section that its totals belong to.
  std::map<iq::ContextId, MediaSection*> contexts();
  bool has_context() const;
  /// The context is given back: no section has it any more, wherever it stands.
  void forget(iq::ContextId context);
  /// The section that the context serves, in whatever place it stands; nullptr: in none any more.
  const MediaSection* section_of(iq::ContextId context) const;
  /// The sections that people are told of, at most one an index: what was answered, or else what is offered.
  std::map<std::size_t, const MediaSection*> shown() const;
};

}  // namespace controller
