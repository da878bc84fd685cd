// How calls, sections and contexts end.
#include <utility>

#include "controller/controller_impl.hpp"

namespace controller {

Call* Controller::Impl::find(const std::string& id, std::uint64_t serial) {
  const auto found = calls_.find(id);
  return found == calls_.end() || found->second->serial != serial ? nullptr : found->second.get();
}

void Controller::Impl::set_deadline(Call& call, base::Time deadline, std::string ending) {
  deadlines_.erase({call.deadline, call.id});
  call.deadline = deadline;
  call.ending = std::move(ending);
  if (deadline != base::never) deadlines_.insert({deadline, call.id});
}

/// No offer waits: a call with a bearer stays as long as it likes, one without for a while, to be asked.
void Controller::Impl::settle(Call& call) {
  if (call.has_context()) return set_deadline(call, base::never, {});
  set_deadline(call, now_ + options_.ended_linger, "ended");
}

/// Out of the tables.
std::unique_ptr<Call> Controller::Impl::take(Call& call) {
  deadlines_.erase({call.deadline, call.id});
  const auto found = calls_.find(call.id);
  auto out = std::move(found->second);
  calls_.erase(found);
  return out;
}

void Controller::Impl::remove(const ng::Request& request, Done done) {
  const auto found = calls_.find(request.call_id);
  const auto unknown = [&] {
    done(ng::print_reply(ng::Reply::warn("Call-ID not found or tags didn't match")));
  };
  if (found == calls_.end()) return unknown();
  const auto& tags = found->second->tags;
  const auto is_party = [&](const std::string& tag) {
    return !tag.empty() && (tag == tags[0] || tag == tags[1]);
  };
  const bool untagged = request.from_tag.empty() && request.to_tag.empty();
  // Before an answer the callee's tag is not known: a BYE or CANCEL may carry it.
  if (!untagged && !is_party(request.from_tag) && !is_party(request.to_tag) && !tags[1].empty())
    return unknown();
  free_call(take(*found->second), "deleted", [this, done = std::move(done)](Call& call) {
    ng::Reply reply;
    reply.more.set("call-id", call.id);
    describe(reply.more, call);
    const auto* totals = reply.more.find("totals")->dictionary();
    log_.info("delete",
              {{"call_id", call.id}, {"octets", std::to_string(*totals->find("octets")->integer())}});
    done(ng::print_reply(reply));
  });
}

/// Releases all contexts of a call that is no longer in the tables; `done` sees it with its totals.
void Controller::Impl::free_call(std::unique_ptr<Call> call, const std::string& reason,
                                 std::function<void(Call&)> done) {
  struct Pending {
    std::unique_ptr<Call> call;
    std::function<void(Call&)> done;
    std::size_t left = 1;
    void one_less() {
      if (--left == 0) done(*call);
    }
  };
  std::erase_if(call->offered,
                [&](const auto& entry) { return entry.second.context && !call->is_spare(entry.first); });
  const auto pending = std::make_shared<Pending>(Pending{std::move(call), std::move(done)});
  for (auto* sections : {&pending->call->sections, &pending->call->offered}) {
    for (auto& [index, media] : *sections) {
      if (!media.context) continue;
      ++pending->left;
      ++closed_[reason];
      contexts_.erase(media.context);
      iq::Request request{media.context, {}};
      media.context = {};
      request.procedures.emplace_back(iq::Release{});
      gateway_.execute(std::move(request), [pending, &media = media](auto reply) {
        if (reply) media.totals = std::move(reply->terminations);
        pending->one_less();
      });
    }
  }
  pending->one_less();
}

/// Releases a context that nobody will ask about.
void Controller::Impl::drop(iq::ContextId context, std::string_view reason) {
  ++closed_[std::string(reason)];
  contexts_.erase(context);
  iq::Request request{context, {}};
  request.procedures.emplace_back(iq::Release{});
  gateway_.execute(std::move(request), [](const auto&) {});
}

/// What the last offer brought is given back; what was answered goes on.
void Controller::Impl::drop_offered(Call& call, std::string_view reason) {
  for (const auto& [index, media] : call.offered)
    if (call.is_spare(index)) drop(media.context, reason);
  call.offered.clear();
}

/// Releases a context and keeps its totals in the section, for `query` and `delete`, which wait for them.
void Controller::Impl::release_keeping(const Call& call, std::size_t index, iq::ContextId context) {
  contexts_.erase(context);
  iq::Request request{context, {}};
  request.procedures.emplace_back(iq::Release{});
  ++turns_[call.id].running;
  gateway_.execute(std::move(request), [this, id = call.id, serial = call.serial, index](auto reply) {
    if (auto* now = find(id, serial); now != nullptr && reply) {
      auto& sections = now->sections.contains(index) ? now->sections : now->offered;
      if (const auto place = sections.find(index); place != sections.end())
        place->second.totals = std::move(reply->terminations);
    }
    leave(id);
  });
}

/// A section is over for both ends: port 0.
void Controller::Impl::close_section(Call& call, std::size_t index, std::string why) {
  if (call.is_spare(index)) drop(call.offered.at(index).context, "refused");
  auto draft = call.offered.extract(index);
  const auto [place, fresh] = call.sections.try_emplace(index);
  auto& media = place->second;
  if (fresh && !draft.empty()) {
    media = std::move(draft.mapped());
    media.context = {};
  }
  media.state = SectionState::refused;
  media.why = std::move(why);
  if (!media.context) return;
  ++closed_["refused"];
  release_keeping(call, index, std::exchange(media.context, {}));
}

void Controller::Impl::on_notification(const iq::Notification& notification) {
  const auto place = contexts_.find(notification.context);
  if (place == contexts_.end()) return;
  const auto found = calls_.find(place->second.call_id);
  base::expect(found != calls_.end());
  auto& call = *found->second;
  const auto index = place->second.section;
  const auto known = call.shown().at(index);
  std::string realm = "both";
  for (std::size_t i = 0; i < 2; ++i)
    if (notification.termination && known->local[i].termination == notification.termination)
      realm = known->realm[i].name;
  const bool is_refusal = notification.event == iq::Event::refused;
  if (!is_refusal || !std::exchange(place->second.refusal_logged, true)) {
    const bool usual =
        notification.event == iq::Event::connected || notification.event == iq::Event::released;
    log_.write(usual ? base::LogLevel::info : base::LogLevel::warning, to_string(notification.event),
               {{"call_id", call.id}, {"realm", realm}, {"cause", notification.cause}});
  }
  switch (notification.event) {
    case iq::Event::connected:
    case iq::Event::tcp_failed:
    case iq::Event::tls_failed:
    case iq::Event::refused:
      return;
    case iq::Event::released:
    case iq::Event::inactive:
    case iq::Event::timed_out:
      return section_ended(call, index, notification);
  }
}

/// The bearer is gone. The context is given back at once, its totals are kept; the call goes when it is
/// deleted, or after a while when nobody does.
void Controller::Impl::section_ended(Call& call, std::size_t index, const iq::Notification& notification) {
  const std::string event(to_string(notification.event));
  for (auto* sections : {&call.sections, &call.offered}) {
    const auto place = sections->find(index);
    if (place == sections->end() || place->second.context != notification.context) continue;
    place->second.context = {};
    place->second.state = SectionState::ended;
    place->second.ended_by = notification.cause.empty() ? event : event + ": " + notification.cause;
  }
  ++closed_[event];
  // The deadline of an offer that waits stays; otherwise on_time() will know what time it is.
  if (call.offered.empty() && !call.has_context()) set_deadline(call, base::Time::min(), "ended");
  release_keeping(call, index, notification.context);
}

}  // namespace controller
