// How the session of a context ends, and what is told of it.
#include <utility>

#include "controller/controller_impl.hpp"

namespace controller {

/// What is known of a session before its totals are.
EndedSession Controller::Impl::session_of(const Call& call, const Place& place,
                                          const MediaSection& media) const {
  EndedSession out{.call_id = call.id,
                   .via_branch = call.via_branch,
                   .from_tag = call.tags[0],
                   .to_tag = call.tags[1],
                   .section = place.section,
                   .reserved = place.reserved,
                   .connected = place.connected,
                   .ended = now_,
                   .mode = media.mode(),
                   .security = media.security_name(),
                   .why = media.why};
  for (std::size_t i = 0; i < out.legs.size(); ++i) {
    out.legs[i].termination = media.local[i].termination;
    out.legs[i].realm = media.ends[i].realm.name;
    out.legs[i].local = media.local[i].local;
  }
  return out;
}

/// Takes the context out of the table; the session that it served, for release(). None: it is not there any
/// more.
std::optional<EndedSession> Controller::Impl::end_session(const Call& call, iq::ContextId context,
                                                          std::string_view cause, std::string_view text) {
  const auto place = contexts_.find(context);
  if (place == contexts_.end()) return std::nullopt;
  const auto* media = call.section_of(context);
  base::expect(media != nullptr);  // what is in no section has been given back
  auto out = session_of(call, place->second, *media);
  out.cause = cause;
  out.cause_text = text;
  contexts_.erase(place);
  return out;
}

void Controller::Impl::release(iq::ContextId context, EndedSession session, Kept kept) {
  iq::Request request{context, {}};
  request.procedures.emplace_back(iq::Release{});
  gateway_.execute(
      std::move(request), [this, session = std::move(session), kept = std::move(kept)](auto reply) mutable {
        auto totals = reply ? std::move(reply->terminations) : std::vector<iq::TerminationStatus>();
        for (auto& leg : session.legs)
          for (const auto& status : totals)
            if (status.termination == leg.termination) leg = status;
        if (on_session_ended_) on_session_ended_(session);
        if (kept) kept(std::move(totals));
      });
}

/// Releases a context and keeps its totals in the section, for `query` and `delete`, which wait for them.
void Controller::Impl::release_keeping(const Call& call, iq::ContextId context, EndedSession session) {
  ++turns_[call.id].running;
  const auto index = session.section;
  release(context, std::move(session), [this, id = call.id, serial = call.serial, index](auto totals) {
    if (auto* now = find(serial)) {
      auto& sections = now->sections.contains(index) ? now->sections : now->offered.sections;
      if (const auto place = sections.find(index); place != sections.end())
        place->second.totals = std::move(totals);
    }
    leave(id);
  });
}

}  // namespace controller
