#include "controller/call.hpp"

#include <algorithm>

#include "controller/paths.hpp"

namespace controller {

std::string_view to_string(SectionState state) noexcept {
  switch (state) {
    case SectionState::offered:
      return "offered";
    case SectionState::answered:
      return "answered";
    case SectionState::refused:
      return "refused";
    case SectionState::ended:
      return "ended";
  }
  return "";
}

bool same_realms(const MediaSection& a, const MediaSection& b) {
  return a.ends[0].realm.name == b.ends[0].realm.name && a.ends[1].realm.name == b.ends[1].realm.name;
}

bool same_legs(const MediaSection& a, const MediaSection& b) {
  const auto same = [&](Party party) { return a.tls(party) == b.tls(party); };
  return same_realms(a, b) && a.aware == b.aware &&
         a.offer.security.end_to_end == b.offer.security.end_to_end && same(Party::caller) &&
         same(Party::callee);
}

bool connection_moved(const MediaSection& before, const MediaSection& now, Party party) {
  const auto i = at(party);
  if (before.aware != now.aware || (now.aware && local_path(before, party) != local_path(now, party)))
    return true;
  return connection_differs(*before.ends[i].sdp, before.is_active(party), *now.ends[i].sdp,
                            now.is_active(party));
}

bool Call::is_spare(std::size_t index) const {
  const auto draft = offered.sections.find(index);
  if (draft == offered.sections.end() || !draft->second.context) return false;
  const auto serves = [&](const Sections& others) {
    const auto other = others.find(index);
    return other != others.end() && other->second.context == draft->second.context;
  };
  return !serves(sections) && !(crossed && serves(crossed->sections));
}

std::map<iq::ContextId, MediaSection*> Call::contexts() {
  std::map<iq::ContextId, MediaSection*> out;
  const auto gather = [&](Sections& all) {
    for (auto& [index, media] : all)
      if (media.context) out.try_emplace(media.context, &media);
  };
  gather(sections);
  gather(offered.sections);
  if (crossed) gather(crossed->sections);
  return out;
}

void Call::forget(iq::ContextId context) {
  const auto clear = [&](Sections& all) {
    for (auto& [index, media] : all)
      if (media.context == context) media.context = {};
  };
  clear(sections);
  clear(offered.sections);
  if (crossed) clear(crossed->sections);
  for (auto& [tag, of_tag] : forks) clear(of_tag);
  clear(earlier);
}

const MediaSection* Call::section_of(iq::ContextId context) const {
  const MediaSection* out = nullptr;
  const auto look = [&](const Sections& all) {
    for (const auto& [index, media] : all)
      if (media.context == context && out == nullptr) out = &media;
  };
  look(sections);
  look(offered.sections);
  if (crossed) look(crossed->sections);
  return out;
}

bool Call::has_context() const {
  const auto served = [](const Sections& all) {
    return std::any_of(all.begin(), all.end(), [](const auto& entry) { return bool(entry.second.context); });
  };
  return served(sections) || served(offered.sections) || (crossed && served(crossed->sections));
}

std::map<std::size_t, const MediaSection*> Call::shown() const {
  std::map<std::size_t, const MediaSection*> out;
  for (const auto& [index, media] : sections) out[index] = &media;
  for (const auto& [index, media] : offered.sections) {
    auto& place = out[index];
    const bool over = place == nullptr || place->state != SectionState::answered;
    if (over && (place == nullptr || media.state == SectionState::offered)) place = &media;
  }
  return out;
}

}  // namespace controller
