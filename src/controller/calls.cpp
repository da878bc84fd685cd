// How calls, sections and contexts end.
#include <utility>

#include "controller/controller_impl.hpp"

namespace controller {
namespace {

ReleasedCall released_of(const Call& call, std::string reason, std::string cause, std::string mode) {
  return {.call_id = call.id,
          .from_tag = call.tags[0],
          .to_tag = call.tags[1],
          .via_branch = call.via_branch,
          .reason = std::move(reason),
          .cause = std::move(cause),
          .mode = std::move(mode),
          .other_media = call.other_media};
}

/// Which party's leg the termination is.
std::optional<std::size_t> leg_of(const MediaSection* media, iq::TerminationId termination) {
  for (std::size_t i = 0; i < 2; ++i)
    if (media != nullptr && termination && media->local[i].termination == termination) return i;
  return std::nullopt;
}

std::string mode_of(const Call& call) {
  const auto shown = call.shown();
  return shown.empty() ? "" : shown.begin()->second->mode();
}

}  // namespace

Call* Controller::Impl::find(std::uint64_t serial) const {
  const auto found = calls_.find(serial);
  return found == calls_.end() ? nullptr : found->second.get();
}

void Controller::Impl::set_deadline(Call& call, base::Time deadline, std::string ending) {
  deadlines_.erase({call.deadline, call.serial});
  call.deadline = deadline;
  call.ending = std::move(ending);
  if (deadline != base::never) deadlines_.insert({deadline, call.serial});
}

/// No offer waits: a call with a bearer stays as long as it likes, one without for a while, to be asked.
void Controller::Impl::settle(Call& call) {
  if (!call.has_context() && call.untold && on_released_) on_released_(*call.untold);
  call.untold.reset();
  if (call.has_context()) return set_deadline(call, base::never, {});
  set_deadline(call, now_ + options_.ended_linger, "ended");
}

/// Out of the tables.
Controller::Impl::CallPtr Controller::Impl::take(Call& call) {
  deadlines_.erase({call.deadline, call.serial});
  const auto family = branches_.find(call.id);
  std::erase(family->second.serials, call.serial);
  if (!call.via_branch.empty()) family->second.forget(call.via_branch, options_.max_branches);
  if (family->second.serials.empty()) branches_.erase(family);
  const auto found = calls_.find(call.serial);
  auto out = std::move(found->second);
  calls_.erase(found);
  return out;
}

void Controller::Impl::remove(const ng::Request& request, Done done) {
  if (drop_fork(request, done)) return;
  if (is_gone(request.call_id, request.via_branch, request.from_tag, request.to_tag))
    return done(ng::print_reply(ng::Reply::warn("that branch is gone")));
  std::vector<CallPtr> gone;
  for (auto* call : branches_to_delete(request)) {
    if (request.tell_proxy() && call->has_context())
      tell_released(*call, "deleted", "by the operator", mode_of(*call));
    gone.push_back(take(*call));
  }
  if (gone.empty()) return done(ng::print_reply(ng::Reply::warn("Call-ID not found or tags didn't match")));
  free_calls(std::move(gone), "deleted", [this, done = std::move(done)](auto& calls) {
    ng::Reply reply;
    reply.more.set("call-id", calls.front()->id);
    std::vector<const Call*> all;
    for (const auto& call : calls) all.push_back(call.get());
    describe(reply.more, all);
    const auto* totals = reply.more.find("totals")->dictionary();
    log_.info("delete", {{"call_id", calls.front()->id},
                         {"octets", std::to_string(*totals->find("octets")->integer())}});
    done(ng::print_reply(reply));
  });
}

void Controller::Impl::free_call(CallPtr call, const std::string& reason) {
  std::vector<CallPtr> one;
  one.push_back(std::move(call));
  free_calls(std::move(one), reason, [](auto&) {});
}

/// Releases all contexts of branches that are no longer in the tables; `done` sees them with their totals.
void Controller::Impl::free_calls(std::vector<CallPtr> calls, const std::string& reason,
                                  std::function<void(std::vector<CallPtr>&)> done) {
  struct Pending {
    std::vector<CallPtr> calls;
    std::function<void(std::vector<CallPtr>&)> done;
    std::size_t left = 1;
    void one_less() {
      if (--left == 0) done(calls);
    }
  };
  const auto pending = std::make_shared<Pending>(Pending{std::move(calls), std::move(done)});
  for (const auto& call : pending->calls) {
    for (const auto& [context, media] : call->contexts()) {
      ++pending->left;
      ++closed_[reason];
      auto session = end_session(*call, context, reason, {});
      base::expect(session.has_value());
      release(context, *std::move(session), [pending, place = media](auto totals) {
        place->totals = std::move(totals);
        pending->one_less();
      });
    }
  }
  pending->one_less();
}

/// Releases a context that nobody will ask about.
void Controller::Impl::drop(iq::ContextId context, std::string_view reason, std::string_view text) {
  const auto place = contexts_.find(context);
  if (place == contexts_.end()) return;
  auto* call = find(place->second.serial);
  base::expect(call != nullptr);
  auto session = end_session(*call, context, reason, text);
  call->forget(context);
  ++closed_[std::string(reason)];
  release(context, *std::move(session), {});
}

/// What the last offer has brought is given back; what was answered goes on, and so does the other party's
/// offer that waits.
void Controller::Impl::drop_offered(Call& call, std::string_view reason) {
  for (const auto& [index, media] : call.offered.sections)
    if (call.is_spare(index)) drop(media.context, reason);
  call.offered.sections.clear();
}

/// The other party's offer that waited, too.
void Controller::Impl::drop_crossed(Call& call, std::string_view reason) {
  if (!call.crossed) return;
  std::swap(call.offered, *call.crossed);
  drop_offered(call, reason);
  call.offered = *std::exchange(call.crossed, std::nullopt);
}

/// A section is over for both ends: port 0.
void Controller::Impl::close_section(Call& call, std::size_t index, std::string why) {
  if (call.is_spare(index)) drop(call.offered.sections.at(index).context, "refused", why);
  auto draft = call.offered.sections.extract(index);
  const auto [place, fresh] = call.sections.try_emplace(index);
  auto& media = place->second;
  if (fresh && !draft.empty()) {
    media = std::move(draft.mapped());
    media.context = {};
  }
  const auto context = media.context;
  auto session = context ? end_session(call, context, "refused", why) : std::nullopt;
  media.state = SectionState::refused;
  media.why = std::move(why);
  if (!context) return;
  ++closed_["refused"];
  call.forget(context);
  if (session) release_keeping(call, context, *std::move(session));
}

void Controller::Impl::on_notification(const iq::Notification& notification) {
  const auto place = contexts_.find(notification.context);
  if (place == contexts_.end()) return;
  auto* served = find(place->second.serial);
  base::expect(served != nullptr);
  auto& call = *served;
  const auto index = place->second.section;
  const auto* known = call.section_of(notification.context);
  const auto leg = leg_of(known, notification.termination);
  const auto realm = leg ? known->ends[*leg].realm.name : "both";
  const bool is_refusal = notification.event == iq::Event::refused;
  if (!is_refusal || !std::exchange(place->second.refusal_logged, true)) {
    const bool usual =
        notification.event == iq::Event::connected || notification.event == iq::Event::released;
    log_.write(usual ? base::LogLevel::info : base::LogLevel::warning, to_string(notification.event),
               {{"call_id", call.id}, {"realm", realm}, {"cause", notification.cause}});
  }
  switch (notification.event) {
    case iq::Event::connected:
      return on_connected(call, place->second, leg);
    case iq::Event::tcp_failed:
    case iq::Event::tls_failed:
      place->second.failure = to_string(notification.event);
      return;
    case iq::Event::refused:
    case iq::Event::silent:  // never asked for
      return;
    case iq::Event::released:
    case iq::Event::inactive:
    case iq::Event::timed_out:
      return section_ended(call, index, notification);
  }
}

void Controller::Impl::on_connected(Call& call, Place& place, std::optional<std::size_t> leg) {
  if (leg) place.connected_legs[*leg] = true;
  if (place.connected_legs[0] && place.connected_legs[1] && !place.connected) place.connected = now_;
  if (call.ending == fork_gone) settle(call);
}

void Controller::Impl::tell_released(const Call& call, std::string reason, std::string cause,
                                     std::string mode) {
  if (on_released_) on_released_(released_of(call, std::move(reason), std::move(cause), std::move(mode)));
}

/// The bearer is gone. The context is given back at once, its totals are kept; the call goes when it is
/// deleted, or after a while when nobody does.
void Controller::Impl::section_ended(Call& call, std::size_t index, const iq::Notification& notification) {
  const std::string event(to_string(notification.event));
  const auto ended_by = notification.cause.empty() ? event : event + ": " + notification.cause;
  const auto failure = contexts_.at(notification.context).failure;
  const auto reason = failure.empty() ? event : failure;
  auto session = end_session(call, notification.context,
                             notification.reason.empty() ? reason : notification.reason, notification.cause);
  std::string mode;
  const auto end_in = [&](Sections& sections) {
    const auto place = sections.find(index);
    if (place == sections.end() || place->second.context != notification.context) return;
    place->second.context = {};
    place->second.state = SectionState::ended;
    place->second.ended_by = ended_by;
    mode = place->second.mode();
  };
  end_in(call.sections);
  end_in(call.offered.sections);
  if (call.crossed) end_in(call.crossed->sections);
  for (auto& [tag, sections] : call.forks) end_in(sections);
  ++closed_[event];
  const bool over = !call.has_context();
  // The deadline of an offer that waits stays; otherwise on_time() will know what time it is.
  const bool waiting = call.waits() || call.waits_crossed();
  if (!waiting && over) set_deadline(call, base::Time::min(), "ended");
  const auto told = released_of(call, reason, notification.cause, mode);
  release_keeping(call, notification.context, *std::move(session));
  if (over && on_released_) {
    call.untold.reset();
    on_released_(told);
  } else if (waiting) {
    call.untold = told;
  }
}

}  // namespace controller
