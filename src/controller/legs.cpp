// What the gateway is told of the two legs of a section.
#include <algorithm>

#include "controller/controller_impl.hpp"

namespace controller {
namespace {

/// Of an end's addresses the first that the termination for it may connect to. An SDP must not make the
/// gateway talk to its own machine's services, or to a whole network.
std::optional<base::IpAddress> reachable_from(const base::Address& local, const SectionFacts& facts) {
  for (const auto& address : facts.addresses)
    if (base::may_connect(local.ip, address)) return address;
  return std::nullopt;
}

/// Who may connect as that end; empty: anybody. A name that nothing is known of cannot be compared, 0.0.0.0
/// says that there is no address yet, and an address of another family than the leg's comes through a
/// translator: then the proxy's word (received-from) counts, and where TLS tells who it is, nobody is turned
/// away. Behind a NAT the address that the proxy saw is the one that connects.
std::vector<base::Network> sources_of(const End& end, const base::Address& local, bool tls) {
  std::vector<base::Network> out;
  const auto add = [&](const base::IpAddress& ip) {
    const bool fits = local.port == 0 || ip.is_v6() == local.ip.is_v6();
    if (fits && !ip.is_unspecified() && std::find(out.begin(), out.end(), base::Network(ip)) == out.end())
      out.push_back(ip);
  };
  for (const auto& ip : end.sdp->addresses) add(ip);
  if (end.seen_from && (!out.empty() || !tls)) add(*end.seen_from);
  return out;
}

}  // namespace

/// The error: the gateway would have to connect to an end whose address family its realm does not have.
Decided<base::Ok> check_families(const MediaSection& media) {
  for (const auto party : {Party::caller, Party::callee}) {
    const auto& end = media.ends[at(party)];
    const auto& local = media.local[at(party)].local;
    if (media.is_active(party) || reachable_from(local, *end.sdp)) continue;
    return std::string("c= gives no ") + (local.ip.is_v6() ? "IPv6" : "IPv4") + " address that realm '" +
           end.realm.name + "' may connect to";
  }
  return base::Ok{};
}

/// The answer tells whether paths are rewritten. What the answerer has been shown stays what it was.
void Controller::Impl::settle_mode(MediaSection& media, Party answerer, const AnswerDecision& decision) {
  const auto offerer = other(answerer);
  const bool shows_gateway = media.offer.shows_gateway;
  if (decision.aware && shows_gateway && !media.offer.aware)
    media.minted[at(answerer)] = moved_uri(media, answerer).value();
  media.aware = decision.aware;
  media.ends[at(answerer)].sees_gateway = media.aware ? std::optional(shows_gateway) : std::nullopt;
  media.ends[at(offerer)].sees_gateway = media.aware ? std::optional(decision.shows_gateway) : std::nullopt;
  if (media.aware && decision.shows_gateway) ensure_gateway_uri(media, offerer);
}

/// Where the reservation has brought none.
void Controller::Impl::ensure_gateway_uri(MediaSection& media, Party party) {
  if (gateway_uri(media, party).empty())
    media.minted[at(party)] =
        own_uri(media.local[at(party)], media.tls(party), base::random_token(random_, 16));
}

iq::Transport Controller::Impl::transport_of(const MediaSection& media, Party party) {
  if (media.tls(party)) return media.aware ? iq::Transport::tcp_tls_msrp : iq::Transport::tcp_tls;
  return media.aware ? iq::Transport::tcp_msrp : iq::Transport::tcp;
}

iq::TerminationConfig Controller::Impl::config_of(const MediaSection& media, Party party, bool active) {
  const auto& end = media.ends[at(party)];
  const auto& facts = *end.sdp;
  const bool tls = media.tls(party);
  iq::TerminationConfig out;
  out.transport = transport_of(media, party);
  out.setup = active ? iq::Setup::passive : iq::Setup::active;
  const auto& local = media.local[at(party)].local;
  if (const auto ip = local.port == 0 ? std::nullopt : reachable_from(local, facts))
    out.remote = base::Address{*ip, facts.port};
  out.source_filter.emplace();
  if (end.realm.filter_source) out.source_filter = sources_of(end, local, tls && !facts.fingerprints.empty());
  if (tls) out.remote_fingerprints = facts.fingerprints;
  if (!media.aware) return out;
  out.remote_path = facts.path;
  out.match_session_id = path_handling(facts, end.hint, end.realm.profile) == PathHandling::sessmatch;
  return out;
}

/// What the gateway is told when both ends are known. `before`: what this context has been told before; an
/// end that has moved since connects anew, and both do where the mode has changed.
iq::Request Controller::Impl::configuration(const MediaSection& media, const MediaSection* before) {
  iq::Request out{media.context, {}};
  const bool was_aware = before != nullptr ? before->aware : media.offer.aware;
  for (const auto party : {Party::caller, Party::callee}) {
    auto config = config_of(media, party, media.is_active(party));
    // As it was, unless the answer has changed the mode: other transports are another context.
    if (media.aware == was_aware) config.transport.reset();
    const auto path = media.aware ? local_path(media, party) : std::vector<std::string>();
    if (media.aware && path != std::vector{media.local[at(party)].path}) config.local_path = path;
    out.procedures.emplace_back(iq::Configure{media.local[at(party)].termination, std::move(config)});
  }
  for (const auto party : {Party::caller, Party::callee})
    if (before != nullptr && connection_moved(*before, media, party))
      out.procedures.emplace_back(iq::Restart{media.local[at(party)].termination});
  return out;
}

}  // namespace controller
