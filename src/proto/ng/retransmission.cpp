#include "proto/ng/retransmission.hpp"

#include <utility>

namespace ng {
namespace {

/// A space cannot be part of a cookie, so no two pairs have one key.
std::string key_of(std::string_view source, std::string_view cookie) {
  std::string key(cookie);
  key.push_back(' ');
  key.append(source);
  return key;
}

}  // namespace

CookieCache::Found CookieCache::begin(std::string_view source, std::string_view cookie, base::Time now) {
  expire(now);
  auto key = key_of(source, cookie);
  if (const auto known = index_.find(key); known != index_.end()) {
    const auto& place = known->second;
    if (!place.answered) return {State::in_progress, {}};
    return {State::answered, place.entry->reply};
  }
  if (index_.size() >= limits_.max_requests) {
    if (answered_.empty()) return {State::full, {}};
    drop_front(answered_);
  }
  pending_.push_back({std::move(key), {}, now});
  index_.emplace(pending_.back().key, Place{std::prev(pending_.end())});
  return {State::fresh, {}};
}

void CookieCache::finish(std::string_view source, std::string_view cookie, std::string reply,
                         base::Time now) {
  const auto known = index_.find(key_of(source, cookie));
  if (known == index_.end() || known->second.answered) return;
  auto& place = known->second;
  octets_ += reply.size();
  place.entry->reply = std::move(reply);
  place.entry->since = now;
  place.answered = true;
  answered_.splice(answered_.end(), pending_, place.entry);
  while (octets_ > limits_.max_octets) drop_front(answered_);
}

void CookieCache::expire(base::Time now) {
  for (auto* entries : {&pending_, &answered_}) {
    while (!entries->empty() && now - entries->front().since >= limits_.age) drop_front(*entries);
  }
}

void CookieCache::drop_front(Entries& entries) {
  octets_ -= entries.front().reply.size();
  index_.erase(entries.front().key);
  entries.pop_front();
}

}  // namespace ng
