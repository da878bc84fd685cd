// What an offer makes of the sections that a call has already.
#include "controller/controller_impl.hpp"
#include "proto/sdp/media.hpp"

namespace controller {
namespace {

/// Whether two commands ask for the same, whatever holds already.
bool same_command(const OfferFlags& a, const OfferFlags& b) {
  return a.security.tls == b.security.tls && a.security.e2ae == b.security.e2ae && a.setup == b.setup &&
         a.mode == b.mode;
}

}  // namespace

/// The flags of the command, and what a later offer keeps of the section as it runs: where it says nothing of
/// the recipient's TLS that stays, and TLS of the offerer's own that ends here goes on to do so. The callee's
/// plain re-offer is no request to take the caller's e2ae away.
OfferFlags Controller::Impl::flags_of(const Exchange& exchange, const Call& call, std::size_t index) {
  auto out = exchange.flags;
  auto& security = out.security;
  const auto known = call.sections.find(index);
  if (known == call.sections.end()) return out;
  const auto& running = known->second;
  if (!out.mode) out.mode = running.flags.mode;
  out.aware_so_far = running.aware && running.context;
  security.offerer_tls = running.tls(exchange.sender);
  security.offerer_e2ae = running.e2ae(exchange.sender);
  const auto recipient = other(exchange.sender);
  if (security.tls || security.e2ae || !running.tls(recipient)) return out;
  if (running.e2ae(recipient)) {
    security.e2ae = true;
  } else {
    security.tls = ng::MsrpTls::tls;
  }
  return out;
}

/// The section as it was offered before, where this offer says the same. Its recipient must get the same
/// text: an o= line that is not changed promises that nothing is (RFC 3264 8). What the answer has told since
/// would make another plan of it.
const MediaSection* Controller::Impl::same_offer(const Call& call, std::size_t index,
                                                 const MediaSection& media) {
  const auto found = call.sections.find(index);
  if (found == call.sections.end() || !found->second.context) return nullptr;
  const auto& before = found->second;
  const auto sender = at(media.offerer);
  const bool same = before.offerer == media.offerer && same_command(before.flags, media.flags) &&
                    same_realms(before, media) &&
                    before.ends[1 - sender].hint == media.ends[1 - sender].hint &&
                    before.ends[sender].sdp == media.ends[sender].sdp;
  return same ? &before : nullptr;
}

/// Whether the recipient would get two sections that look alike, because the offer has this one with TLS as
/// well, and that is served: it goes on alone. A session that runs is not taken away for its alternative.
bool Controller::Impl::is_superseded(const Exchange& exchange, const Call& call, sdp::Section section,
                                     const MediaSection& media) {
  const auto sender = at(exchange.sender);
  if (!exchange.arrived || media.ends[sender].sdp->tls) return false;
  const auto& offer = *exchange.arrived;
  const auto running = call.sections.find(section.index);
  if (running != call.sections.end() && running->second.context) return false;
  for (const auto other_section : exchange.sections) {
    const bool beside = other_section.index + 1 == section.index || section.index + 1 == other_section.index;
    if (!beside || !are_alternatives(offer, section, other_section)) continue;
    const auto settled = call.sections.find(other_section.index);
    if (settled != call.sections.end() && settled->second.context) continue;  // this one is new beside it
    auto facts = read_facts(offer, other_section, exchange.names);
    if (!facts || facts->port == 0) continue;
    auto ends = draft(exchange, call, other_section.index).ends;
    ends[sender].sdp = *std::move(facts);
    ends[sender].seen_from = exchange.received_from;
    const auto flags = flags_of(exchange, call, other_section.index);
    const auto secure = decide_offer(ends[sender], ends[1 - sender], flags);
    if (secure && !secure->security.end_to_end &&
        secure->security.answerer_tls == media.offer.security.answerer_tls)
      return true;
  }
  return false;
}

/// What is known of the section from before, without a context.
MediaSection Controller::Impl::draft(const Exchange& exchange, const Call& call, std::size_t index) {
  MediaSection out;
  const auto before = call.shown();
  if (const auto known = before.find(index); known != before.end()) {
    out.ends = known->second->ends;
    out.answered_by = known->second->answered_by;
  }
  const auto sender = at(exchange.sender);
  out.offerer = exchange.sender;
  out.ends[sender].realm = exchange.realms[0];
  out.ends[1 - sender].realm = exchange.realms[1];
  if (exchange.peer != ng::MsrpPeer::automatic) out.ends[1 - sender].hint = exchange.peer;
  return out;
}

/// A repeated offer, or one that changes no leg's realm or transport, keeps addresses and ports.
bool Controller::Impl::reuse_context(const Call& call, std::size_t index, MediaSection& media) {
  for (const auto* sections : {&call.sections, &call.offered.sections}) {
    const auto place = sections->find(index);
    if (place == sections->end() || !place->second.context || !same_legs(place->second, media)) continue;
    const auto& before = place->second;
    media.context = before.context;
    media.local = before.local;
    media.minted = before.minted;
    // Another connection is another TLS association, and has another a=tls-id (RFC 8842 4).
    const auto sender = at(media.offerer);
    const bool was_active = before.is_active(media.offerer);
    const bool differs =
        before.state == SectionState::answered &&
        connection_differs(*before.ends[sender].sdp, was_active, *media.ends[sender].sdp, was_active);
    if (!differs) media.tls_id = before.tls_id;
    return true;
  }
  return false;
}

/// Puts it in the place of what an earlier offer left there.
void Controller::Impl::stage(Call& call, std::size_t index, MediaSection media) {
  auto& offered = call.offered.sections;
  if (call.is_spare(index) && offered.at(index).context != media.context)
    drop(offered.at(index).context, "replaced");
  offered[index] = std::move(media);
}

}  // namespace controller
