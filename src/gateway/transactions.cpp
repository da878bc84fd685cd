#include "gateway/transactions.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace gateway {
namespace {

std::uint32_t hash_of(std::string_view id) noexcept {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(id)) | 1;  // never the 0 of an empty place
}

}  // namespace

void PendingIds::Generation::grow() {
  auto before =
      std::exchange(places, std::vector<std::uint32_t>(std::max<std::size_t>(16, places.size() * 2)));
  used = 0;
  for (const auto hash : before)
    if (hash != 0) add(hash);
}

void PendingIds::Generation::add(std::uint32_t hash) {
  if (places.size() < 2 * (used + 1)) grow();
  const auto mask = places.size() - 1;
  auto at = (hash >> 1) & mask;
  while (places[at] != 0) at = (at + 1) & mask;
  places[at] = hash;
  ++used;
}

/// What stands behind it moves up, so that every search may end at the first empty place.
bool PendingIds::Generation::take(std::uint32_t hash) noexcept {
  if (used == 0) return false;
  const auto mask = places.size() - 1;
  auto at = (hash >> 1) & mask;
  while (places[at] != hash) {
    if (places[at] == 0) return false;
    at = (at + 1) & mask;
  }
  for (auto next = (at + 1) & mask; places[next] != 0; next = (next + 1) & mask) {
    const auto home = (places[next] >> 1) & mask;
    const bool may_move = ((next - home) & mask) >= ((next - at) & mask);
    if (may_move) places[std::exchange(at, next)] = places[next];
  }
  places[at] = 0;
  if (--used == 0 && places.size() > few) places = {};
  return true;
}

void PendingIds::add(std::string_view id) {
  if (young_.used == most) {
    std::swap(young_, old_);
    std::fill(young_.places.begin(), young_.places.end(), 0);
    young_.used = 0;
  }
  young_.add(hash_of(id));
}

bool PendingIds::take(std::string_view id) noexcept {
  const auto hash = hash_of(id);
  return young_.take(hash) || old_.take(hash);
}

void Transactions::expect(std::string_view id, bool is_send) {
  if (is_send) return sends_.add(id);
  if (others_.size() == most_others) others_.erase(others_.begin());
  others_.emplace_back(id);
}

Transactions::Kind Transactions::take(std::string_view id) {
  if (const auto found = std::find(others_.begin(), others_.end(), id); found != others_.end()) {
    others_.erase(found);
    return Kind::other;
  }
  if (sends_.take(id)) return Kind::send;
  return parts_.take(id) ? Kind::part : Kind::none;
}

void Transactions::begin(const std::string& token, Original original) {
  if (order_.size() >= 2 * originals_.size() + most_others)
    std::erase_if(order_, [this](const auto& each) { return !originals_.contains(each); });
  if (originals_.size() == most_originals) {
    // Several at once: what ended in between makes way, too, and a vector is not moved for each.
    const std::vector<std::string> oldest(order_.begin(), order_.begin() + most_originals / 16);
    order_.erase(order_.begin(), order_.begin() + most_originals / 16);
    for (const auto& each : oldest) end(each);
  }
  order_.push_back(token);
  originals_.insert_or_assign(token, std::move(original));
}

std::string Transactions::token_of(std::string_view part_id) const {
  if (const auto alias = aliases_.find(std::string(part_id)); alias != aliases_.end()) return alias->second;
  auto token = std::string(part_id.substr(0, part_id.find('.')));
  return originals_.contains(token) ? token : std::string();
}

Original* Transactions::find(const std::string& token) {
  const auto found = originals_.find(token);
  return found == originals_.end() ? nullptr : &found->second;
}

void Transactions::add_alias(const std::string& token) {
  const auto& id = originals_.at(token).id;
  aliases_.insert_or_assign(id, token);
  parts_.add(id);
}

void Transactions::end(const std::string& token) {
  const auto found = originals_.find(token);
  if (found == originals_.end()) return;
  if (const auto alias = aliases_.find(found->second.id); alias != aliases_.end() && alias->second == token)
    aliases_.erase(alias);
  originals_.erase(found);
  if (!originals_.empty()) return;
  order_.clear();
  if (order_.capacity() <= 2 * most_others) return;
  order_ = {};  // a burst is over
  originals_ = {};
}

}  // namespace gateway
