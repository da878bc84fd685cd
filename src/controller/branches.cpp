// Which branch of a call a command means, and several ends that answer one offer.
#include <algorithm>

#include "controller/controller_impl.hpp"

namespace controller {
namespace {

/// After the first 2xx an offerer waits so long for those of other forks: 64 * T1 (RFC 3261 13.2.2.4).
constexpr base::Duration forks_last = std::chrono::seconds(32);
/// How long an end that the session returns to has for connecting.
constexpr base::Duration return_lasts = std::chrono::seconds(60);

bool is_answered_by(const Call& call, const std::string& tag) {
  return !tag.empty() && (call.tags[1] == tag || call.has_fork(tag));
}

/// Whether these are the tags of the dialog, whichever party sends them.
bool is_dialog(const Call& call, const std::string& from, const std::string& to) {
  return (call.tags[0] == from && is_answered_by(call, to)) ||
         (call.tags[0] == to && is_answered_by(call, from));
}

}  // namespace

/// In the order of their offers.
std::vector<Call*> Controller::Impl::branches(const std::string& call_id) const {
  std::vector<Call*> out;
  if (const auto found = branches_.find(call_id); found != branches_.end())
    for (const auto serial : found->second.serials) out.push_back(calls_.at(serial).get());
  return out;
}

/// The branch whose sections the offer changes, and which party sends it; nullptr: it begins a branch.
Call* Controller::Impl::branch_of_offer(Exchange& exchange) const {
  const auto all = branches(exchange.call_id);
  const auto pick = [&](Party sender, auto&& matches) -> Call* {
    const auto found =
        std::find_if(all.rbegin(), all.rend(), [&](const Call* call) { return matches(*call); });
    if (found == all.rend()) return nullptr;
    exchange.sender = sender;
    return *found;
  };
  const auto& from = exchange.from_tag;
  const auto& to = exchange.to_tag;
  const auto sent_by_caller = [&](const Call& call) { return call.tags[0] == from; };
  if (!to.empty()) {  // inside a dialog
    if (auto* call =
            pick(Party::caller, [&](const Call& c) { return sent_by_caller(c) && is_answered_by(c, to); }))
      return call;
    if (auto* call =
            pick(Party::callee, [&](const Call& c) { return c.tags[0] == to && is_answered_by(c, from); }))
      return call;
    // The callee's tag may be of a dialog that we saw no answer of.
    if (auto* call = pick(Party::callee, [&](const Call& c) { return c.tags[0] == to && c.answered; }))
      return call;
    return pick(Party::caller, sent_by_caller);
  }
  if (auto* call = pick(Party::caller, [&](const Call& c) {
        return sent_by_caller(c) && (exchange.via_branch.empty() || c.via_branch == exchange.via_branch);
      }))
    return call;
  return pick(Party::callee, [&](const Call& c) { return c.answered && is_answered_by(c, from); });
}

/// From-tag is the offerer's, in an answer too (as rtpengine's).
Call* Controller::Impl::branch_of_answer(const Exchange& exchange) const {
  std::vector<Call*> offered;
  for (auto* call : branches(exchange.call_id)) {
    const bool of_caller = call->tags[0] == exchange.from_tag;
    const bool of_callee = call->answered && is_answered_by(*call, exchange.from_tag);
    if (of_caller || of_callee) offered.push_back(call);
  }
  const auto pick = [&](auto&& matches) -> Call* {
    const auto found =
        std::find_if(offered.begin(), offered.end(), [&](const Call* c) { return matches(*c); });
    return found == offered.end() ? nullptr : *found;
  };
  const auto& via = exchange.via_branch;
  if (auto* call = pick([&](const Call& c) { return is_dialog(c, exchange.from_tag, exchange.to_tag); }))
    return call;
  if (auto* call = pick([&](const Call& c) { return !via.empty() && c.via_branch == via; })) return call;
  if (auto* call = pick([](const Call& c) { return !c.answered; })) return call;
  return offered.empty() ? nullptr : offered.back();
}

std::vector<Call*> Controller::Impl::branches_to_delete(const ng::Request& request) const {
  const auto all = branches(request.call_id);
  const auto& from = request.from_tag;
  const auto& to = request.to_tag;
  if (from.empty() && to.empty() && request.via_branch.empty()) return all;
  const auto pick = [&](auto&& matches) {
    std::vector<Call*> out;
    std::copy_if(all.begin(), all.end(), std::back_inserter(out), [&](const Call* c) { return matches(*c); });
    return out;
  };
  if (auto out = pick([&](const Call& c) { return is_dialog(c, from, to); }); !out.empty()) return out;
  // The branch parameter of a BYE is of the BYE, and names no branch of ours: then the tags count.
  if (auto out =
          pick([&](const Call& c) { return !c.via_branch.empty() && c.via_branch == request.via_branch; });
      !out.empty())
    return out;
  // Before an answer the callee's tag is not known: a BYE or CANCEL may carry it.
  if (!from.empty() && !to.empty())
    return pick([&](const Call& c) { return !c.answered && (c.tags[0] == from || c.tags[0] == to); });
  const auto& tag = from.empty() ? to : from;
  if (auto out = pick([&](const Call& c) { return c.tags[0] == tag; }); !out.empty()) return out;
  if (auto out = pick([&](const Call& c) { return is_answered_by(c, tag); }); !out.empty()) return out;
  return all.size() == 1 ? pick([](const Call& c) { return !c.answered; }) : std::vector<Call*>();
}

/// Whether what is said of that branch comes too late: it was freed, or refused, and others go on. The tags
/// of a dialog that stands go before.
bool Controller::Impl::is_gone(const std::string& call_id, const std::string& via_branch,
                               const std::string& from_tag, const std::string& to_tag) const {
  const auto family = branches_.find(call_id);
  if (via_branch.empty() || family == branches_.end()) return false;
  for (const auto* call : branches(call_id))
    if (call->via_branch == via_branch || is_dialog(*call, from_tag, to_tag)) return false;
  const auto& gone = family->second.gone;
  return std::find(gone.begin(), gone.end(), via_branch) != gone.end();
}

/// The one that was answered last, or else offered last; among those that the request's tags name.
Call* Controller::Impl::branch_to_show(const ng::Request& request) const {
  Call* out = nullptr;
  for (auto* call : branches(request.call_id)) {
    if (!request.via_branch.empty() && call->via_branch != request.via_branch) continue;
    if (!request.to_tag.empty() && !is_answered_by(*call, request.to_tag) && call->tags[0] != request.to_tag)
      continue;
    if (out == nullptr || call->answered || !out->answered) out = call;
  }
  return out;
}

/// Another end has answered the same offer, and is followed. What the one before it made of the offer is kept
/// for as long as the proxy may still choose that.
void Controller::Impl::follow_fork(Call& call, const std::string& tag) {
  call.forks[call.tags[1]] = call.sections;
  call.forks.erase(tag);
  if (call.forks.size() > max_forks) call.forks.erase(call.forks.begin());
  call.tags[1] = tag;
}

/// One that the branch can return to: it has answered for a bearer that is still there.
const std::string* Controller::Impl::serving_fork(const Call& call) const {
  for (const auto& [tag, sections] : call.forks)
    for (const auto& [index, media] : sections)
      if (media.answered_by == tag && contexts_.contains(media.context)) return &tag;
  return nullptr;
}

/// A dialog of a fork that is over takes nothing from the others. True where that is all that was meant.
bool Controller::Impl::drop_fork(const ng::Request& request, Done& done) {
  const auto& from = request.from_tag;
  const auto& to = request.to_tag;
  for (auto* call : branches(request.call_id)) {
    if (call->answered_at + forks_last < now_) call->forks.clear();
    const bool by_caller = call->tags[0] == from;
    const auto& tag = by_caller ? to : from;
    // Of the callee, whose BYE may tell its own tag alone, the end that was chosen ends all.
    const bool is_meant = by_caller || call->tags[0] == to || call->has_fork(tag);
    if (call->forks.empty() || !is_meant || !is_answered_by(*call, tag)) continue;
    const auto* other_one = serving_fork(*call);
    if (call->tags[1] == tag && other_one == nullptr) continue;  // the last one that had something
    log_.info("fork_deleted", {{"call_id", call->id}, {"to_tag", tag}});
    const auto answer = [done = std::move(done), id = call->id] {
      ng::Reply reply;
      reply.more.set("call-id", id);
      done(ng::print_reply(reply));
    };
    if (call->tags[1] == tag) {
      return_to_fork(*call, *other_one, true, answer);
      return true;
    }
    call->forks.erase(tag);
    for (auto& [index, media] : Sections(call->sections))
      if (media.answered_by == tag) close_section(*call, index, "its dialog is over");
    if (!call->waits() && !call->waits_crossed()) settle(*call);
    answer();  // whoever waits for it may free the call
    return true;
  }
  return false;
}

/// The branch follows another end that had answered, as far as its bearers are still there. `must_connect`:
/// if that moves a connection, and nobody comes, the call ends: that dialog may never have come to be. The
/// call may be freed from inside `done`.
void Controller::Impl::return_to_fork(Call& call, std::string tag, bool must_connect,
                                      std::function<void()> done) {
  auto chosen = std::move(call.forks.extract(tag).mapped());
  call.tags[1] = tag;
  std::vector<iq::Request> requests;
  for (auto& [index, now] : call.sections) {
    const auto place = chosen.find(index);
    if (place == chosen.end() || !now.context || place->second.context != now.context) continue;
    requests.push_back(configuration(place->second, &now));
    now = std::move(place->second);
  }
  for (auto& [index, media] : Sections(call.sections))
    if (media.context && media.answered_by != tag) close_section(call, index, "its dialog is over");
  const bool moves = std::any_of(requests.begin(), requests.end(), [](const iq::Request& request) {
    return std::holds_alternative<iq::Restart>(request.procedures.back());
  });
  if (must_connect && moves) {
    set_deadline(call, now_ + return_lasts, std::string(fork_gone));
  } else if (must_connect && !call.waits() && !call.waits_crossed()) {
    settle(call);
  }
  const auto left = std::make_shared<std::size_t>(requests.size() + 1);
  const auto one_less = [left, done = std::move(done)] {
    if (--*left == 0) done();
  };
  for (auto& request : requests)
    gateway_.execute(std::move(request), [one_less](const auto&) { one_less(); });
  one_less();
}

}  // namespace controller
