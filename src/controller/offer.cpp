#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "controller/controller_impl.hpp"
#include "proto/sdp/media.hpp"

namespace controller {

void Controller::Impl::offer(const ng::Request& request, Done done) {
  ++offers_;
  auto made = exchange_of(request);
  if (!made) return done(ng::print_reply(ng::Reply::error(made.error())));
  auto exchange = std::make_shared<Exchange>(*std::move(made));
  exchange->done = std::move(done);
  with_names(exchange, [this](const ExchangePtr& ready) { start_offer(ready); });
}

void Controller::Impl::start_offer(const ExchangePtr& exchange) {
  const auto found = call_of_offer(*exchange);
  if (!found) return exchange->fail(found.error());
  if (*found == nullptr) return offer_done(exchange);  // no MSRP: as it was, and no state
  auto& call = **found;
  exchange->serial = call.serial;
  start_draft(call, exchange->sender);
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

/// An offer takes the place of one that waits. Where that is the other party's, the two have crossed.
void Controller::Impl::start_draft(Call& call, Party sender) {
  if (call.offered.offerer == sender) return;
  std::optional<Draft> waiting;
  if (call.waits()) waiting = std::move(call.offered);
  call.offered = call.crossed ? *std::move(call.crossed) : Draft{};
  call.offered.offerer = sender;
  call.crossed = std::move(waiting);
}

/// The branch that the offer belongs to, a new one where it begins one; nullptr where there is nothing for us
/// in it.
Decided<Call*> Controller::Impl::call_of_offer(Exchange& exchange) {
  if (auto* found = branch_of_offer(exchange)) {
    auto& call = *found;
    if (const auto good = choose_realms(exchange, call); !good) return good.error();
    const auto& peer_tag = exchange.sender == Party::caller ? exchange.to_tag : exchange.from_tag;
    if (call.has_fork(peer_tag)) return_to_fork(call, peer_tag, false, [] {});
    if (!exchange.to_tag.empty()) call.forks.clear();  // the dialog is chosen
    call.tags[at(exchange.sender)] = exchange.from_tag;
    call.realms[at(exchange.sender)] = exchange.realms[0].name;
    call.realms[at(other(exchange.sender))] = exchange.realms[1].name;
    return &call;
  }
  const auto siblings = branches(exchange.call_id);
  if (!siblings.empty() && siblings.front()->tags[0] != exchange.from_tag)
    return std::string("from-tag is of neither party of this call");
  if (exchange.sections.empty()) return nullptr;
  if (calls_.size() >= options_.max_calls || siblings.size() >= options_.max_branches)
    return std::string(ng::session_limit_reached);
  auto call = std::make_unique<Call>();
  call->id = exchange.call_id;
  call->via_branch = exchange.via_branch;
  call->tags[0] = exchange.from_tag;
  if (const auto good = choose_realms(exchange, *call); !good) return good.error();
  call->realms = {exchange.realms[0].name, exchange.realms[1].name};
  call->serial = ++serials_;
  if (siblings.empty()) ++calls_total_;
  branches_[call->id].serials.push_back(call->serial);
  return (calls_[call->serial] = std::move(call)).get();
}

/// Absent, `direction` means what it meant before in this call, or else the first realm for both.
Decided<base::Ok> Controller::Impl::choose_realms(Exchange& exchange, const Call& call) const {
  std::array<std::string, 2> names{call.realms[at(exchange.sender)], call.realms[at(other(exchange.sender))]};
  if (exchange.direction) names = {exchange.direction->sender, exchange.direction->recipient};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto* policy = names[i].empty() ? &options_.realms.front() : realm(names[i]);
    if (policy == nullptr) return "direction: no realm is named '" + base::printable(names[i]) + "'";
    exchange.realms[i] = *policy;
  }
  return base::Ok{};
}

void Controller::Impl::offer_next(const ExchangePtr& exchange) {
  auto* call = find(exchange->serial);
  if (call == nullptr) return offer_failed(exchange, "the call was freed meanwhile");
  if (exchange->next == exchange->sections.size()) return offer_done(exchange);
  offer_section(exchange, *call, exchange->sections[exchange->next++]);
}

void Controller::Impl::offer_section(const ExchangePtr& exchange, Call& call, sdp::Section section) {
  auto facts = read_facts(exchange->document, section, exchange->names);
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
  auto& offerer = media.ends[at(exchange->sender)];
  if (offerer.sdp) keep_place_on_hold(*facts, *offerer.sdp);
  offerer.sdp = *std::move(facts);
  offerer.seen_from = exchange->received_from;
  media.flags = flags_of(*exchange, call, section.index);
  if (const auto* before = same_offer(call, section.index, media)) {
    media.offer = before->offer;
    media.aware = before->aware;
  } else {
    auto decision = decide_offer(offerer, media.ends[at(other(exchange->sender))], media.flags);
    if (!decision) return refuse_offer(exchange, call, section, decision.error());
    media.offer = *std::move(decision);
    media.aware = media.offer.aware;
  }
  if (is_superseded(*exchange, call, section, media))
    return refuse_offer(exchange, call, section,
                        "the same section is offered with TLS, too: that one is served");
  if (const auto passes = filter(*exchange, section, media); !passes)
    return refuse_offer(exchange, call, section, passes.error());
  media.why = media.offer.why;
  if (!reuse_context(call, section.index, media)) return reserve(exchange, section, std::move(media));
  stage(call, section.index, std::move(media));
  write_offer(*exchange, section, call.offered.sections.at(section.index));
  offer_next(exchange);
}

/// What goes out of either realm obeys both; inside end-to-end TLS nothing could be kept to.
Decided<base::Ok> Controller::Impl::filter(Exchange& exchange, sdp::Section section,
                                           const MediaSection& media) {
  if (media.offer.security.end_to_end) return base::Ok{};
  return filter_section(exchange.document, section, media.ends[0].realm, media.ends[1].realm);
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
  const bool active = media.ends[at(sender)].sdp->setup != sdp::Setup::passive;
  iq::TerminationConfig recipient;
  recipient.transport = transport_of(media, other(sender));
  // Enough chance for a session-id (RFC 4975 14.1): 82 bits.
  const auto session_id = [&] { return media.aware ? base::random_token(random_, 16) : std::string(); };
  iq::Request request;
  request.procedures.emplace_back(
      iq::Reserve{exchange->realms[0].name, config_of(media, sender, active), session_id()});
  request.procedures.emplace_back(iq::Reserve{exchange->realms[1].name, std::move(recipient), session_id()});
  gateway_.execute(std::move(request),
                   [this, exchange, section, media = std::move(media)](auto reply) mutable {
                     reserved(exchange, section, std::move(media), std::move(reply));
                   });
}

void Controller::Impl::reserved(const ExchangePtr& exchange, sdp::Section section, MediaSection media,
                                base::Result<iq::Reply, iq::Error> reply) {
  auto* call = find(exchange->serial);
  if (!reply) {
    const auto& error = reply.error();
    if (error.code == iq::Errc::out_of_ports) return offer_failed(exchange, ng::ran_out_of_ports);
    // A proxy tries the next node on this one: it has other gateways.
    if (error.code == iq::Errc::out_of_resources || error.code == iq::Errc::unreachable)
      return offer_failed(exchange, ng::session_limit_reached);
    if (call == nullptr) return offer_next(exchange);
    return refuse_offer(exchange, *call, section, error.text);
  }
  const auto sender = at(exchange->sender);
  media.context = reply->context;
  media.local[sender] = reply->reserved.at(0);
  media.local[1 - sender] = reply->reserved.at(1);
  if (call == nullptr) {  // freed while a gateway elsewhere was reserving
    ++closed_["deleted"];
    Call gone;
    gone.id = exchange->call_id;
    gone.via_branch = exchange->via_branch;
    gone.tags[sender] = exchange->from_tag;
    gone.tags[1 - sender] = exchange->to_tag;
    auto session = session_of(gone, {0, section.index, now_}, media);
    session.cause = "deleted";
    release(reply->context, std::move(session), {});
    return offer_next(exchange);
  }
  contexts_[media.context] = {call->serial, section.index, now_};
  stage(*call, section.index, std::move(media));
  write_offer(*exchange, section, call->offered.sections.at(section.index));
  offer_next(exchange);
}

const std::string& Controller::Impl::shown_tls_id(MediaSection& media, Party party) {
  auto& out = media.tls_id[at(party)];
  if (out.empty()) out = base::random_token(random_, 32);
  return out;
}

void Controller::Impl::write_offer(Exchange& exchange, sdp::Section section, MediaSection& media) {
  const auto recipient = other(exchange.sender);
  const auto& offer = *media.ends[at(exchange.sender)].sdp;
  const auto& local = media.local[at(recipient)];
  SectionEdit edit;
  edit.host = local.advertised;
  edit.ipv6 = is_ipv6(local);
  edit.port = local.local.port;
  if (media.aware && media.offer.shows_gateway) ensure_gateway_uri(media, recipient);
  edit.path = shown_path(media, recipient, media.offer.shows_gateway);
  edit.cema = media.offer.cema;
  if (!media.offer.security.end_to_end) {
    edit.tls = media.tls(recipient);
    edit.setup = media.offer.setup;
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
  if (auto* call = find(exchange->serial); call != nullptr && call->answered) {
    drop_offered(*call, "offer_failed");
    if (call->crossed) {
      call->offered = *std::exchange(call->crossed, std::nullopt);  // it goes on waiting
    } else {
      settle(*call);
    }
  } else if (call != nullptr) {
    free_call(take(*call), "offer_failed");
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
  // Nothing of it is ours: no state is kept, except that this branch of a call is refused, for its answer.
  if (auto* call = find(exchange->serial);
      call != nullptr && !call->answered && !served && call->via_branch.empty())
    free_call(take(*call), "offer_failed");
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
