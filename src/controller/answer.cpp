#include "controller/controller_impl.hpp"
#include "proto/sdp/media.hpp"

namespace controller {

void Controller::Impl::answer(const ng::Request& request, Done done) {
  ++answers_;
  auto made = exchange_of(request);
  if (!made) return done(ng::print_reply(ng::Reply::error(made.error())));
  auto exchange = std::make_shared<Exchange>(*std::move(made));
  exchange->done = std::move(done);
  const auto fail = [&](std::string_view reason) {
    exchange->done(ng::print_reply(ng::Reply::error(reason)));
  };
  const auto found = calls_.find(exchange->call_id);
  if (found == calls_.end()) {
    // An offer without a section for us kept no state, and its answer opens none.
    for (const auto section : exchange->sections) {
      if (sdp::media_line(exchange->document, section).port != 0)
        return fail("Unknown call-id: no offer came before this answer");
      refuse_section(exchange->document, section);
    }
    return answer_done(exchange);
  }
  auto& call = *found->second;
  // The tags keep their meaning in an answer: from-tag is the offerer's (as rtpengine's).
  if (request.from_tag != call.tags[at(call.offerer)])
    return fail("from-tag is not the offerer's of this call");
  if (call.given_up) return fail("the answer came too late: its offer was given up");
  exchange->sender = other(call.offerer);
  if (exchange->sender == Party::callee && !request.to_tag.empty()) call.tags[1] = request.to_tag;
  exchange->serial = call.serial;
  answer_next(exchange);
}

void Controller::Impl::answer_next(const ExchangePtr& exchange) {
  auto* call = find(exchange->call_id, exchange->serial);
  if (call == nullptr)
    return exchange->done(ng::print_reply(ng::Reply::error("the call was freed meanwhile")));
  if (exchange->next == exchange->sections.size()) return answer_done(exchange);
  const auto section = exchange->sections[exchange->next++];
  // The first answer to an offer takes what was offered; another one (18x, then 200) changes what is there.
  const auto& sections = call->offered.contains(section.index) ? call->offered : call->sections;
  const auto media = sections.find(section.index);
  if (media == sections.end()) {  // never offered: an answer to it cannot open anything
    refuse_section(exchange->document, section);
    return answer_next(exchange);
  }
  answer_section(exchange, *call, section, media->second);
}

void Controller::Impl::answer_section(const ExchangePtr& exchange, Call& call, sdp::Section section,
                                      MediaSection media) {
  if (!media.context) {  // refused when it was offered, or ended since
    if (sdp::media_line(exchange->document, section).port != 0)
      exchange->refusals.push_back(media.ended_by.empty() ? media.why : media.ended_by);
    refuse_section(exchange->document, section);
    close_section(call, section.index, media.why);
    return answer_next(exchange);
  }
  auto facts = read_facts(exchange->document, section);
  if (!facts) return refuse_answer(exchange, call, section, facts.error());
  if (facts->port == 0) return refuse_answer(exchange, call, section, "the answerer refused the section");
  const auto answerer = exchange->sender;
  const auto plan = plan_answer(media, answerer, *facts);
  if (!plan) return refuse_answer(exchange, call, section, plan.error());

  media.facts[at(answerer)] = *std::move(facts);
  media.seen_from[at(answerer)] = exchange->received_from;
  media.active[at(answerer)] = plan->roles.answerer_active;
  media.active[at(other(answerer))] = plan->roles.offerer_active;
  media.why = media.security.why + "; " + plan->path.why;
  const auto now = call.sections.find(section.index);
  const bool goes_on = now != call.sections.end() && now->second.context == media.context;
  auto request = configuration(media, goes_on ? &now->second : nullptr);
  // Another connection is another TLS association, and has another a=tls-id (RFC 8842 4).
  if (goes_on && connection_moved(now->second, media, answerer)) media.tls_id[at(other(answerer))].clear();
  gateway_.execute(std::move(request), [this, exchange, section, media = std::move(media),
                                        path = plan->path](const auto& reply) mutable {
    answered(exchange, section, std::move(media), path, reply);
  });
}

Decided<Controller::Impl::AnswerPlan> Controller::Impl::plan_answer(const MediaSection& media, Party answerer,
                                                                    const SectionFacts& facts) {
  const auto offerer = other(answerer);
  const auto& offer = *media.facts[at(offerer)];
  if (const auto good = check_answer(media.security, offer.tls, facts, media.realm[at(answerer)]); !good)
    return good.error();
  const auto roles = decide_roles(offer, facts, media.security.end_to_end);
  if (!roles) return roles.error();
  if (const auto good = check_reachable(facts, roles->answerer_active); !good) return good.error();
  if (const auto good = check_reachable(offer, roles->offerer_active); !good) return good.error();
  const auto handling = [&](Party party, const SectionFacts& of) {
    return path_handling(of, media.peer_hint[at(party)], media.realm[at(party)].profile);
  };
  const auto path =
      decide_path(handling(offerer, offer), handling(answerer, facts), *roles, media.path_shows_gateway);
  if (!path) return path.error();
  return AnswerPlan{*roles, *path};
}

iq::TerminationConfig Controller::Impl::config_of(const MediaSection& media, Party party, bool active) {
  const auto& facts = *media.facts[at(party)];
  const auto& seen_from = media.seen_from[at(party)];
  const bool tls = media.tls(party);
  iq::TerminationConfig out;
  out.transport = tls ? iq::Transport::tcp_tls : iq::Transport::tcp;
  out.setup = active ? iq::Setup::passive : iq::Setup::active;
  if (facts.ip) out.remote = base::Address{*facts.ip, facts.port};
  out.source_filter.emplace();
  // A name cannot be compared, and 0.0.0.0 says that there is no address yet: then nobody is turned away by
  // it. Behind a NAT the address that the proxy saw (received-from) is the one that connects.
  if (media.realm[at(party)].filter_source && facts.ip && !facts.ip->is_unspecified()) {
    out.source_filter->push_back(*facts.ip);
    if (seen_from && *seen_from != *facts.ip) out.source_filter->push_back(*seen_from);
  }
  if (tls) out.remote_fingerprints = facts.fingerprints;
  return out;
}

/// What the gateway is told when both ends are known. `before`: what this context has been told before; an
/// end that has moved since connects anew.
iq::Request Controller::Impl::configuration(const MediaSection& media, const MediaSection* before) {
  iq::Request out{media.context, {}};
  for (const auto party : {Party::caller, Party::callee}) {
    auto config = config_of(media, party, media.active[at(party)]);
    config.transport.reset();  // as reserved: another transport is another context
    out.procedures.emplace_back(iq::Configure{media.local[at(party)].termination, std::move(config)});
  }
  for (const auto party : {Party::caller, Party::callee})
    if (before != nullptr && connection_moved(*before, media, party))
      out.procedures.emplace_back(iq::Restart{media.local[at(party)].termination});
  return out;
}

void Controller::Impl::answered(const ExchangePtr& exchange, sdp::Section section, MediaSection media,
                                const PathDecision& path, const base::Result<iq::Reply, iq::Error>& reply) {
  auto* call = find(exchange->call_id, exchange->serial);
  if (call == nullptr) return answer_next(exchange);
  if (!reply) return refuse_answer(exchange, *call, section, reply.error().text);
  if (!contexts_.contains(media.context))
    return refuse_answer(exchange, *call, section, "the bearer ended before the answer");
  const bool new_context = call->is_spare(section.index);
  call->offered.erase(section.index);
  auto& now = call->sections[section.index];
  if (new_context && now.context) drop(now.context, "replaced");
  media.state = SectionState::answered;
  now = std::move(media);
  write_answer(*exchange, section, now, path);
  answer_next(exchange);
}

/// Port 0 for both ends. It is not an error for the proxy: on one it would pass the answer on as it came, and
/// the ends would meet without the gateway.
void Controller::Impl::refuse_answer(const ExchangePtr& exchange, Call& call, sdp::Section section,
                                     std::string why) {
  const auto shown = call.shown();
  const auto& media = *shown.at(section.index);
  const auto& offer = media.facts[at(call.offerer)];
  // RFC 3264 6: the answer has the offer's transport, refused or not.
  refuse_section(exchange->document, section, offer ? std::optional(offer->tls) : std::nullopt);
  close_section(call, section.index, why);
  exchange->refusals.push_back(std::move(why));
  answer_next(exchange);
}

void Controller::Impl::write_answer(Exchange& exchange, sdp::Section section, MediaSection& media,
                                    const PathDecision& path) {
  const auto offerer = other(exchange.sender);
  const auto& offer = *media.facts[at(offerer)];
  const auto& local = media.local[at(offerer)];
  SectionEdit edit;
  edit.host = local.advertised;
  edit.port = local.local.port;
  edit.path_to_gateway = path.rewrite_for_offerer;
  // Toward an end that does CEMA, the attribute says that the middlebox is meant to be there (RFC 6714 4.3).
  edit.cema = offer.cema;
  if (!media.security.end_to_end) {
    edit.tls = offer.tls;
    edit.setup = media.active[at(offerer)] ? sdp::Setup::passive : sdp::Setup::active;
    edit.setup_silent = !offer.setup;  // a peer from before RFC 6135: the default roles hold
    edit.fingerprints = offer.tls ? local.fingerprints : std::vector<base::Fingerprint>{};
    edit.tls_id = offer.tls && !offer.tls_id.empty() ? shown_tls_id(media, offerer) : "";
    edit.e2ae_applied = media.e2ae(offerer);
  }
  edit_section(exchange.document, section, edit);
  if (exchange.mode.empty()) {
    exchange.mode = media.mode();
    exchange.why = media.why;
  }
}

void Controller::Impl::answer_done(const ExchangePtr& exchange) {
  if (auto* call = find(exchange->call_id, exchange->serial); call != nullptr) {
    while (!call->offered.empty())
      close_section(*call, call->offered.begin()->first, "the answer has no such section");
    call->answered = true;
    settle(*call);
  }
  ng::Reply reply;
  reply.sdp = exchange->document.print();
  reply.mode = exchange->mode;
  reply.why = exchange->why;
  for (const auto& refusal : exchange->refusals) reply.why += (reply.why.empty() ? "" : "; ") + refusal;
  if (!exchange->sections.empty()) {
    log_.write(exchange->refusals.empty() ? base::LogLevel::info : base::LogLevel::warning, "answer",
               {{"call_id", exchange->call_id},
                {"mode", reply.mode.empty() ? "refused" : reply.mode},
                {"why", reply.why}});
  }
  exchange->done(ng::print_reply(reply));
}

}  // namespace controller
