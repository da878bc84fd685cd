#include "controller/call.hpp"

#include <algorithm>

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

bool same_legs(const MediaSection& a, const MediaSection& b) {
  const auto same = [&](Party party) {
    return a.tls(party) == b.tls(party) && a.realm[at(party)].name == b.realm[at(party)].name;
  };
  return a.security.end_to_end == b.security.end_to_end && same(Party::caller) && same(Party::callee);
}

bool connection_moved(const MediaSection& before, const MediaSection& now, Party party) {
  const auto i = at(party);
  return connection_differs(*before.facts[i], before.active[i], *now.facts[i], now.active[i]);
}

bool Call::is_spare(std::size_t index) const {
  const auto draft = offered.find(index);
  if (draft == offered.end() || !draft->second.context) return false;
  const auto now = sections.find(index);
  return now == sections.end() || now->second.context != draft->second.context;
}

bool Call::has_context() const {
  const auto served = [](const auto& entry) { return bool(entry.second.context); };
  return std::any_of(sections.begin(), sections.end(), served) ||
         std::any_of(offered.begin(), offered.end(), served);
}

std::map<std::size_t, const MediaSection*> Call::shown() const {
  std::map<std::size_t, const MediaSection*> out;
  for (const auto& [index, media] : sections) out[index] = &media;
  for (const auto& [index, media] : offered) {
    auto& place = out[index];
    const bool over = place == nullptr || place->state != SectionState::answered;
    if (over && (place == nullptr || media.state == SectionState::offered)) place = &media;
  }
  return out;
}

}  // namespace controller
