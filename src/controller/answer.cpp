#include <algorithm>

#include "controller/controller_impl.hpp"
#include "proto/sdp/media.hpp"

namespace controller {
namespace {

std::size_t other_media_in(const sdp::Document& document) {
  const auto media = document.media();
  return std::size_t(std::count_if(media.begin(), media.end(), [&](sdp::Section section) {
    return !sdp::is_msrp(document, section) && sdp::media_line(document, section).port != 0;
  }));
}

}  // namespace

void Controller::Impl::answer(const ng::Request& request, Done done) {
  ++answers_;
  auto made = exchange_of(request);
  if (!made) return done(ng::print_reply(ng::Reply::error(made.error())));
  auto exchange = std::make_shared<Exchange>(*std::move(made));
  exchange->done = std::move(done);
  with_names(exchange, [this](const ExchangePtr& ready) { start_answer(ready); });
}

void Controller::Impl::start_answer(const ExchangePtr& exchange) {
  if (!branches_.contains(exchange->call_id)) return answer_nothing(exchange);
  if (is_gone(exchange->call_id, exchange->via_branch, exchange->from_tag, exchange->to_tag))
    return refuse_all(exchange, "the offer of this branch was given up");
  auto* found = branch_of_answer(*exchange);
  if (found == nullptr) return exchange->fail("from-tag is not the offerer's of this call");
  auto& call = *found;
  const auto offerer = exchange->from_tag == call.tags[0] ? Party::caller : Party::callee;
  if (call.offered.offerer != offerer && call.waits_crossed()) {  // the earlier one of two that have crossed
    std::swap(call.offered, *call.crossed);
    if (call.crossed->sections.empty()) call.crossed.reset();
  }
  exchange->sender = other(offerer);
  exchange->answers_offer = call.waits() && call.offered.offerer == offerer;
  if (call.given_up) return refuse_all(exchange, "the answer came too late: its offer was given up");
  if (!exchange->answers_offer && !call.answered)
    return exchange->fail("from-tag is not the offerer's of this call");
  if (!exchange->answers_offer && call.settled != offerer) return repeat_answer(exchange, call);
  exchange->serial = call.serial;
  const auto& tag = exchange->to_tag;
  if (exchange->sender == Party::callee && !tag.empty() && tag != call.tags[1]) {
    exchange->another_fork = !exchange->answers_offer && !call.tags[1].empty();
    if (!exchange->another_fork) call.tags[1] = tag;
  }
  if (exchange->answers_offer && call.answered && call.settled != offerer) call.earlier = call.sections;
  answer_next(exchange);
}

/// An offer that has been answered, and another one behind it: nothing changes, the proxy gets the same text.
void Controller::Impl::repeat_answer(const ExchangePtr& exchange, Call& call) {
  const auto answerer = exchange->sender;
  for (const auto section : exchange->sections) {
    const auto known = call.earlier.find(section.index);
    const auto facts = read_facts(exchange->document, section, exchange->names);
    auto* media = known == call.earlier.end() ? nullptr : &known->second;
    const bool same = media != nullptr && facts && contexts_.contains(media->context) &&
                      media->ends[at(answerer)].sdp == *facts;
    const auto decision =
        same ? decide_answer(media->ends[at(other(answerer))], media->ends[at(answerer)], media->offer)
             : Decided<AnswerDecision>("a later offer has been answered meanwhile");
    const auto passes = decision ? filter(*exchange, section, *media) : decision.error();
    if (passes) {
      write_answer(*exchange, section, *media, *decision);
      continue;
    }
    if (sdp::media_line(exchange->document, section).port != 0) exchange->refusals.push_back(passes.error());
    refuse_section(exchange->document, section);
  }
  finish_answer(exchange);
}

/// Port 0 for all that is ours, and no error: on one the proxies pass the answer on as it came, and the ends
/// would meet without the gateway.
void Controller::Impl::refuse_all(const ExchangePtr& exchange, const std::string& why) {
  for (const auto section : exchange->sections) refuse_section(exchange->document, section);
  exchange->refusals.push_back(why);
  exchange->mode.clear();
  exchange->why.clear();
  finish_answer(exchange);
}

/// An offer without a section for us kept no state, and its answer opens none.
void Controller::Impl::answer_nothing(const ExchangePtr& exchange) {
  for (const auto section : exchange->sections) {
    if (sdp::media_line(exchange->document, section).port != 0)
      return exchange->fail("Unknown call-id: no offer came before this answer");
    refuse_section(exchange->document, section);
  }
  answer_done(exchange);
}

void Controller::Impl::answer_next(const ExchangePtr& exchange) {
  auto* call = find(exchange->serial);
  if (call == nullptr) return refuse_all(exchange, "the call was freed meanwhile");
  if (exchange->next == exchange->sections.size()) return answer_done(exchange);
  const auto section = exchange->sections[exchange->next++];
  // The first answer to an offer takes what was offered; another one (18x, then 200) changes what is there.
  const auto& offered = call->offered.sections;
  const bool is_offered = exchange->answers_offer && offered.contains(section.index);
  const auto& sections = is_offered ? offered : call->sections;
  const auto media = sections.find(section.index);
  if (media == sections.end()) {  // never offered: an answer to it cannot open anything
    if (sdp::media_line(exchange->document, section).port != 0)
      exchange->refusals.push_back("the answer has a section that was not offered");
    refuse_section(exchange->document, section);
    return answer_next(exchange);
  }
  answer_section(exchange, *call, section, media->second);
}

void Controller::Impl::answer_section(const ExchangePtr& exchange, Call& call, sdp::Section section,
                                      MediaSection media) {
  const bool replaced = exchange->answers_offer && media.state == SectionState::offered && !media.context;
  if (replaced && !reuse_context(call, section.index, media)) {
    // By what a crossing offer brought: that goes on.
    call.offered.sections.erase(section.index);
    exchange->refusals.push_back("another offer has been answered meanwhile");
    refuse_section(exchange->document, section);
    return answer_next(exchange);
  }
  if (!media.context) {  // refused when it was offered, or ended since
    if (sdp::media_line(exchange->document, section).port != 0)
      exchange->refusals.push_back(media.ended_by.empty() ? media.why : media.ended_by);
    refuse_section(exchange->document, section);
    if (exchange->answers_offer || !call.waits()) close_section(call, section.index, media.why);
    return answer_next(exchange);
  }
  auto facts = read_facts(exchange->document, section, exchange->names);
  if (!facts) return refuse_answer(exchange, call, section, facts.error());
  if (facts->port == 0) return refuse_answer(exchange, call, section, "the answerer refused the section");
  const auto party = exchange->sender;
  auto& answerer = media.ends[at(party)];
  const auto now = call.sections.find(section.index);
  const bool goes_on = now != call.sections.end() && now->second.context == media.context;
  if (goes_on && answerer.sdp) keep_place_on_hold(*facts, *answerer.sdp);
  answerer.sdp = *std::move(facts);
  answerer.seen_from = exchange->received_from;
  const auto decision = decide_answer(media.ends[at(other(party))], answerer, media.offer);
  if (!decision) return refuse_answer(exchange, call, section, decision.error());
  if (const auto passes = filter(*exchange, section, media); !passes)
    return refuse_answer(exchange, call, section, passes.error());
  serve_answer(exchange, call, section, std::move(media), *decision);
}

void Controller::Impl::serve_answer(const ExchangePtr& exchange, Call& call, sdp::Section section,
                                    MediaSection media, const AnswerDecision& decision) {
  const auto party = exchange->sender;
  media.ends[at(party)].active = decision.roles.answerer_active;
  media.ends[at(other(party))].active = decision.roles.offerer_active;
  if (const auto good = check_families(media); !good)
    return refuse_answer(exchange, call, section, good.error());
  media.why = decision.why;
  const bool by_tag = party == Party::callee && !exchange->to_tag.empty();
  media.answered_by = by_tag ? exchange->to_tag : call.tags[1];
  const auto now = call.sections.find(section.index);
  const bool goes_on = now != call.sections.end() && now->second.context == media.context;
  for (std::size_t i = 0; goes_on && i < 2; ++i)
    if (media.minted[i].empty()) media.minted[i] = now->second.minted[i];
  settle_mode(media, party, decision);
  auto request = configuration(media, goes_on ? &now->second : nullptr);
  // Another connection is another TLS association, and has another a=tls-id (RFC 8842 4).
  if (goes_on && connection_moved(now->second, media, party)) media.tls_id[at(other(party))].clear();
  gateway_.execute(std::move(request),
                   [this, exchange, section, media = std::move(media), decision](const auto& reply) mutable {
                     answered(exchange, section, std::move(media), decision, reply);
                   });
}

void Controller::Impl::answered(const ExchangePtr& exchange, sdp::Section section, MediaSection media,
                                const AnswerDecision& decision,
                                const base::Result<iq::Reply, iq::Error>& reply) {
  auto* call = find(exchange->serial);
  if (call == nullptr) return answer_next(exchange);
  if (!reply) return refuse_answer(exchange, *call, section, reply.error().text);
  if (!contexts_.contains(media.context))
    return refuse_answer(exchange, *call, section, "the bearer ended before the answer");
  if (std::exchange(exchange->another_fork, false)) follow_fork(*call, exchange->to_tag);
  if (exchange->answers_offer) call->offered.sections.erase(section.index);
  auto& now = call->sections[section.index];
  if (now.context && now.context != media.context) drop(now.context, "replaced");
  media.state = SectionState::answered;
  now = std::move(media);
  write_answer(*exchange, section, now, decision);
  answer_next(exchange);
}

/// Port 0 for both ends. It is not an error for the proxy: on one it would pass the answer on as it came, and
/// the ends would meet without the gateway.
void Controller::Impl::refuse_answer(const ExchangePtr& exchange, Call& call, sdp::Section section,
                                     std::string why) {
  const auto& offered = call.offered.sections;
  const bool is_offered = exchange->answers_offer && offered.contains(section.index);
  const auto& media = (is_offered ? offered : call.sections).at(section.index);
  const auto& offer = media.ends[at(other(exchange->sender))].sdp;
  // What one fork refuses another one may have, and behind an answer that is repeated another offer may wait.
  const bool goes_on = exchange->another_fork || (!exchange->answers_offer && call.waits()) ||
                       (exchange->sender == Party::callee && media.context && !media.answered_by.empty() &&
                        !exchange->to_tag.empty() && media.answered_by != exchange->to_tag);
  // RFC 3264 6: the answer has the offer's transport, refused or not.
  refuse_section(exchange->document, section, offer ? std::optional(offer->tls) : std::nullopt);
  if (!goes_on) close_section(call, section.index, why);
  exchange->refusals.push_back(std::move(why));
  answer_next(exchange);
}

void Controller::Impl::write_answer(Exchange& exchange, sdp::Section section, MediaSection& media,
                                    const AnswerDecision& decision) {
  const auto offerer = other(exchange.sender);
  const auto& offer = *media.ends[at(offerer)].sdp;
  const auto& local = media.local[at(offerer)];
  SectionEdit edit;
  edit.host = local.advertised;
  edit.ipv6 = is_ipv6(local);
  edit.port = local.local.port;
  edit.path = shown_path(media, offerer, decision.shows_gateway);
  // Toward an end that does CEMA, the attribute says that the middlebox is meant to be there (RFC 6714 4.3).
  edit.cema = decision.cema;
  if (!media.offer.security.end_to_end) {
    edit.tls = offer.tls;
    edit.setup = media.is_active(offerer) ? sdp::Setup::passive : sdp::Setup::active;
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
  if (auto* call = find(exchange->serial); call != nullptr) {
    while (exchange->answers_offer && call->waits()) {
      const auto& [index, media] = *call->offered.sections.begin();
      if (media.state != SectionState::refused)
        exchange->refusals.push_back("the answer has no such section");
      close_section(*call, index, "the answer has no such section");
    }
    call->answered = true;
    call->answered_at = now_;
    if (exchange->answers_offer) call->settled = other(exchange->sender);
    call->other_media = other_media_in(exchange->document);
    if (call->has_context()) call->untold.reset();
    if (call->waits() || call->waits_crossed()) {  // the other party's offer may still be answered
      set_deadline(*call, now_ + options_.offer_timeout, "offer_timeout");
    } else {
      settle(*call);
    }
  }
  finish_answer(exchange);
}

void Controller::Impl::finish_answer(const ExchangePtr& exchange) {
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
