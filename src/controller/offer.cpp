#include <algorithm>

#include "base/text.hpp"
#include "controller/controller_impl.hpp"
#include "proto/sdp/media.hpp"

namespace controller {
namespace {

sdp::Setup to_sdp(ng::MsrpSetup setup) {
  switch (setup) {
    case ng::MsrpSetup::active:
      return sdp::Setup::active;
    case ng::MsrpSetup::passive:
      return sdp::Setup::passive;
    case ng::MsrpSetup::actpass:
      return sdp::Setup::actpass;
  }
  return sdp::Setup::actpass;
}

/// The role that the recipient of an offer is shown. Somebody must open the connection: an offerer that only
/// waits leaves the recipient no choice.
sdp::Setup shown_setup(const Exchange& exchange, const SectionFacts& offer) {
  if (exchange.setup) return to_sdp(*exchange.setup);
  return offer.setup == sdp::Setup::passive ? sdp::Setup::passive : sdp::Setup::actpass;
}

/// The flags of the command. A later offer that says nothing of the recipient's TLS keeps it: the callee's
/// plain re-offer is no request to take the caller's e2ae away.
SecurityFlags flags_of(const Exchange& exchange, const Call& call, std::size_t index) {
  auto out = exchange.flags;
  const auto known = call.sections.find(index);
  const auto recipient = other(exchange.sender);
  if (out.tls || out.e2ae || known == call.sections.end() || !known->second.tls(recipient)) return out;
  if (known->second.e2ae(recipient)) {
    out.e2ae = true;
  } else {
    out.tls = ng::MsrpTls::tls;
  }
  return out;
}

}  // namespace

void Controller::Impl::offer(const ng::Request& request, Done done) {
  ++offers_;
  auto made = exchange_of(request);
  if (!made) return done(ng::print_reply(ng::Reply::error(made.error())));
  auto exchange = std::make_shared<Exchange>(*std::move(made));
  exchange->done = std::move(done);
  const auto found = call_of_offer(request, *exchange);
  if (!found) return exchange->done(ng::print_reply(ng::Reply::error(found.error())));
  if (*found == nullptr) return offer_done(exchange);  // no MSRP: as it was, and no state
  auto& call = **found;
  exchange->serial = call.serial;
  call.offerer = exchange->sender;
  call.given_up = false;
  set_deadline(call, now_ + options_.offer_timeout, "offer_timeout");
  // Sections that this offer no longer has for MSRP go when it is answered.
  std::set<std::size_t> gone;
  for (const auto& [index, media] : call.shown()) gone.insert(index);
  for (const auto section : exchange->sections) gone.erase(section.index);
  for (const auto index : gone) {
    auto media = draft(*exchange, call, index);
    media.state = SectionState::refused;
    stage(call, index, std::move(media));
  }
  offer_next(exchange);
}

/// The call that the offer belongs to, a new one where there is none yet; nullptr where there is nothing for
/// us in it.
Decided<Call*> Controller::Impl::call_of_offer(const ng::Request& request, Exchange& exchange) {
  const auto found = calls_.find(request.call_id);
  if (found == calls_.end()) {
    if (exchange.sections.empty()) return nullptr;
    if (calls_.size() >= options_.max_calls) return std::string(ng::session_limit_reached);
    auto call = std::make_unique<Call>();
    call->id = request.call_id;
    call->tags[0] = request.from_tag;
    if (const auto good = choose_realms(request, exchange, *call); !good) return good.error();
    call->realms = {exchange.realms[0].name, exchange.realms[1].name};
    call->serial = ++serials_;
    ++calls_total_;
    return (calls_[request.call_id] = std::move(call)).get();
  }
  auto& call = *found->second;
  // In a dialog the callee offers with the tags swapped; its tag may be of a branch that we saw no answer of.
  const bool is_callee =
      call.answered && (request.from_tag == call.tags[1] || request.to_tag == call.tags[0]);
  if (request.from_tag != call.tags[0] && !is_callee)
    return std::string("from-tag is of neither party of this call");
  exchange.sender = request.from_tag == call.tags[0] ? Party::caller : Party::callee;
  if (const auto good = choose_realms(request, exchange, call); !good) return good.error();
  call.tags[at(exchange.sender)] = request.from_tag;
  call.realms[at(exchange.sender)] = exchange.realms[0].name;
  call.realms[at(other(exchange.sender))] = exchange.realms[1].name;
  return &call;
}

/// Absent, `direction` means what it meant before in this call, or else the first realm for both.
Decided<base::Ok> Controller::Impl::choose_realms(const ng::Request& request, Exchange& exchange,
                                                  const Call& call) const {
  std::array<std::string, 2> names{call.realms[at(exchange.sender)], call.realms[at(other(exchange.sender))]};
  if (request.direction) names = {request.direction->sender, request.direction->recipient};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto* policy = names[i].empty() ? &options_.realms.front() : realm(names[i]);
    if (policy == nullptr) return "direction: no realm is named '" + base::printable(names[i]) + "'";
    exchange.realms[i] = *policy;
  }
  return base::Ok{};
}

void Controller::Impl::offer_next(const ExchangePtr& exchange) {
  auto* call = find(exchange->call_id, exchange->serial);
  if (call == nullptr) return offer_failed(exchange, "the call was freed meanwhile");
  if (exchange->next == exchange->sections.size()) return offer_done(exchange);
  offer_section(exchange, *call, exchange->sections[exchange->next++]);
}

void Controller::Impl::offer_section(const ExchangePtr& exchange, Call& call, sdp::Section section) {
  auto facts = read_facts(exchange->document, section);
  if (!facts) return refuse_offer(exchange, call, section, facts.error());
  auto media = draft(*exchange, call, section.index);
  if (facts->port == 0) {  // the offerer does not want it (any more): no refusal of ours
    media.state = SectionState::refused;
    media.why = "the offerer does not want it";
    stage(call, section.index, std::move(media));
    refuse_section(exchange->document, section);
    return offer_next(exchange);
  }
  if (!exchange->unserved.empty()) return refuse_offer(exchange, call, section, exchange->unserved);
  auto security = decide_security(*facts, flags_of(*exchange, call, section.index), exchange->realms[0],
                                  exchange->realms[1]);
  if (!security) return refuse_offer(exchange, call, section, security.error());
  media.security = *std::move(security);
  media.why = media.security.why;
  media.facts[at(exchange->sender)] = *std::move(facts);
  media.seen_from[at(exchange->sender)] = exchange->received_from;
  if (!reuse_context(call, section.index, media)) return reserve(exchange, section, std::move(media));
  stage(call, section.index, std::move(media));
  write_offer(*exchange, section, call.offered.at(section.index));
  offer_next(exchange);
}

/// What is known of the section from before, without a context.
MediaSection Controller::Impl::draft(const Exchange& exchange, const Call& call, std::size_t index) {
  MediaSection out;
  const auto before = call.shown();
  if (const auto known = before.find(index); known != before.end()) {
    out.facts = known->second->facts;
    out.active = known->second->active;
    out.seen_from = known->second->seen_from;
    out.peer_hint = known->second->peer_hint;
  }
  const auto sender = at(exchange.sender);
  out.offerer = exchange.sender;
  out.realm[sender] = exchange.realms[0];
  out.realm[1 - sender] = exchange.realms[1];
  if (exchange.peer != ng::MsrpPeer::automatic) out.peer_hint[1 - sender] = exchange.peer;
  return out;
}

/// A repeated offer, or one that changes no leg's realm or transport, keeps addresses and ports.
bool Controller::Impl::reuse_context(const Call& call, std::size_t index, MediaSection& media) {
  for (const auto* sections : {&call.sections, &call.offered}) {
    const auto place = sections->find(index);
    if (place == sections->end() || !place->second.context || !same_legs(place->second, media)) continue;
    const auto& before = place->second;
    media.context = before.context;
    media.local = before.local;
    // Another connection is another TLS association, and has another a=tls-id (RFC 8842 4).
    const auto sender = at(media.offerer);
    const bool was_active = before.active[sender];
    const bool differs =
        before.state == SectionState::answered &&
        connection_differs(*before.facts[sender], was_active, *media.facts[sender], was_active);
    if (!differs) media.tls_id = before.tls_id;
    return true;
  }
  return false;
}

/// Puts it in the place of what an earlier offer left there.
void Controller::Impl::stage(Call& call, std::size_t index, MediaSection media) {
  if (call.is_spare(index) && call.offered.at(index).context != media.context)
    drop(call.offered.at(index).context, "replaced");
  call.offered[index] = std::move(media);
}

void Controller::Impl::refuse_offer(const ExchangePtr& exchange, Call& call, sdp::Section section,
                                    std::string why) {
  auto media = draft(*exchange, call, section.index);
  media.state = SectionState::refused;
  media.why = why;
  stage(call, section.index, std::move(media));
  exchange->refusals.push_back(std::move(why));
  refuse_section(exchange->document, section);
  offer_next(exchange);
}

void Controller::Impl::reserve(const ExchangePtr& exchange, sdp::Section section, MediaSection media) {
  const auto sender = exchange->sender;
  const bool active = media.facts[at(sender)]->setup != sdp::Setup::passive;
  iq::TerminationConfig recipient;
  recipient.transport = media.tls(other(sender)) ? iq::Transport::tcp_tls : iq::Transport::tcp;
  iq::Request request;
  request.procedures.emplace_back(iq::Reserve{exchange->realms[0].name, config_of(media, sender, active)});
  request.procedures.emplace_back(iq::Reserve{exchange->realms[1].name, std::move(recipient)});
  gateway_.execute(std::move(request),
                   [this, exchange, section, media = std::move(media)](auto reply) mutable {
                     reserved(exchange, section, std::move(media), std::move(reply));
                   });
}

void Controller::Impl::reserved(const ExchangePtr& exchange, sdp::Section section, MediaSection media,
                                base::Result<iq::Reply, iq::Error> reply) {
  auto* call = find(exchange->call_id, exchange->serial);
  if (!reply) {
    const auto& error = reply.error();
    if (error.code == iq::Errc::out_of_ports) return offer_failed(exchange, ng::ran_out_of_ports);
    if (error.code == iq::Errc::out_of_resources) return offer_failed(exchange, ng::session_limit_reached);
    if (call == nullptr) return offer_next(exchange);
    return refuse_offer(exchange, *call, section, error.text);
  }
  if (call == nullptr) {  // freed while a gateway elsewhere was reserving
    drop(reply->context, "deleted");
    return offer_next(exchange);
  }
  const auto sender = at(exchange->sender);
  media.context = reply->context;
  media.local[sender] = reply->reserved.at(0);
  media.local[1 - sender] = reply->reserved.at(1);
  contexts_[media.context] = {call->id, section.index};
  stage(*call, section.index, std::move(media));
  write_offer(*exchange, section, call->offered.at(section.index));
  offer_next(exchange);
}

const std::string& Controller::Impl::shown_tls_id(MediaSection& media, Party party) {
  auto& out = media.tls_id[at(party)];
  if (out.empty()) out = base::random_token(random_, 32);
  return out;
}

void Controller::Impl::write_offer(Exchange& exchange, sdp::Section section, MediaSection& media) {
  const auto sender = at(exchange.sender);
  const auto recipient = other(exchange.sender);
  const auto& offer = *media.facts[sender];
  const auto& known = media.facts[at(recipient)];
  const auto& local = media.local[at(recipient)];
  const auto hint = media.peer_hint[at(recipient)];
  const auto profile = media.realm[at(recipient)].profile;
  media.path_shows_gateway =
      shows_gateway(path_handling(offer, media.peer_hint[sender], media.realm[sender].profile),
                    known ? path_handling(*known, hint, profile) : expected_handling(hint, profile));
  SectionEdit edit;
  edit.host = local.advertised;
  edit.port = local.local.port;
  edit.path_to_gateway = media.path_shows_gateway;
  edit.cema = !media.path_shows_gateway;
  if (!media.security.end_to_end) {
    edit.tls = media.tls(recipient);
    edit.setup = shown_setup(exchange, offer);
    edit.fingerprints = *edit.tls ? local.fingerprints : std::vector<base::Fingerprint>{};
    edit.tls_id = *edit.tls && !offer.tls_id.empty() ? shown_tls_id(media, recipient) : "";
    edit.e2ae_applied = media.e2ae(recipient);
  }
  edit_section(exchange.document, section, edit);
  if (exchange.mode.empty()) {
    exchange.mode = media.mode();
    exchange.why = media.why;
  }
}

/// An offer that goes nowhere leaves nothing behind: all that it reserved is given back, in a new call the
/// call itself; what was answered before goes on.
void Controller::Impl::offer_failed(const ExchangePtr& exchange, std::string_view reason) {
  if (auto* call = find(exchange->call_id, exchange->serial); call != nullptr && call->answered) {
    drop_offered(*call, "offer_failed");
    settle(*call);
  } else if (call != nullptr) {
    free_call(take(*call), "offer_failed", [](Call&) {});
  }
  log_.warning("offer_refused", {{"call_id", exchange->call_id}, {"reason", std::string(reason)}});
  exchange->done(ng::print_reply(ng::Reply::error(reason)));
}

void Controller::Impl::offer_done(const ExchangePtr& exchange) {
  const auto& document = exchange->document;
  const auto media = document.media();
  const bool served = !exchange->mode.empty();
  const bool any_port = std::any_of(media.begin(), media.end(), [&](sdp::Section section) {
    return sdp::media_line(document, section).port != 0;
  });
  if (!exchange->refusals.empty() && !any_port) return offer_failed(exchange, exchange->refusals.front());
  if (auto* call = find(exchange->call_id, exchange->serial);
      call != nullptr && !call->answered && !served)  // nothing of it is ours: keep no state
    free_call(take(*call), "offer_failed", [](Call&) {});
  ng::Reply reply;
  reply.sdp = document.print();
  reply.mode = exchange->mode;
  reply.why = exchange->why;
  for (const auto& refusal : exchange->refusals) reply.why += (reply.why.empty() ? "" : "; ") + refusal;
  if (served || !exchange->refusals.empty()) {
    log_.info("offer", {{"call_id", exchange->call_id},
                        {"from", exchange->realms[0].name},
                        {"to", exchange->realms[1].name},
                        {"mode", served ? reply.mode : "refused"},
                        {"why", reply.why}});
  }
  exchange->done(ng::print_reply(reply));
}

}  // namespace controller
