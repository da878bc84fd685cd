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

  Party offerer = Party::caller;  // of the offer that `security` was decided for
  SecurityDecision security;
  std::array<RealmPolicy, 2> realm;  // as it was when it was offered
  std::array<std::optional<SectionFacts>, 2> facts;
  std::array<bool, 2> active{};  // that end connects to the gateway; decided with the answer
  std::array<ng::MsrpPeer, 2> peer_hint{};
  std::array<std::optional<base::IpAddress>, 2> seen_from;  // where the proxy got that end's SDP from
  bool path_shows_gateway = false;                          // in the offer

  std::vector<iq::TerminationStatus> totals;  // when the context is gone
  std::string ended_by;                       // the gateway's event and its cause

  bool tls(Party party) const { return party == offerer ? security.offerer_tls : security.answerer_tls; }
  bool e2ae(Party party) const { return party == offerer ? security.offerer_e2ae : security.answerer_e2ae; }
  std::string mode() const { return security.end_to_end ? "e2e" : "agnostic"; }
  std::string security_name() const {
    return security.end_to_end ? "e2e" : security.offerer_tls || security.answerer_tls ? "tls" : "none";
  }
};
using Sections = std::map<std::size_t, MediaSection>;  // by index of the media section in the SDP

/// Whether a context made for the one serves the other too: the same realms and transports.
bool same_legs(const MediaSection& a, const MediaSection& b);
/// Whether that end needs another connection than the one of the section as it was answered before.
bool connection_moved(const MediaSection& before, const MediaSection& now, Party party);

struct Call {
  std::string id;
  std::uint64_t serial = 0;  // tells a call from an earlier one of the same id
  std::array<std::string, 2> tags;
  std::array<std::string, 2> realms;  // of the parties, for offers without `direction`
  Party offerer = Party::caller;      // of the last offer
  bool answered = false;              // once at least
  bool given_up = false;              // the last offer waited too long: its answer comes too late
  /// What has been answered. It goes on as it is until a later offer is answered too (RFC 3264 8).
  Sections sections;
  /// What the last offer makes of sections, until its answer; may have the same context as in `sections`.
  Sections offered;
  base::Time deadline = base::never;
  std::string ending;  // why the deadline frees it

  /// Whether a context belongs to `offered` alone.
  bool is_spare(std::size_t index) const;
  bool has_context() const;
  /// The sections that people are told of, at most one an index: what was answered, or else what is offered.
  std::map<std::size_t, const MediaSection*> shown() const;
};

}  // namespace controller
