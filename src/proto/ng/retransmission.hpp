#pragma once
#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.hpp"

namespace ng {

struct CookieCacheLimits {
  /// How long an answer is kept after it was given, and a request that is never answered. A proxy repeats a
  /// request for timeout x retries (Kamailio's defaults: 1 s x 5), and rtpengine keeps answers for 30 s as
  /// well.
  base::Duration age = std::chrono::seconds(30);
  /// Requests remembered: 30 s at 500 a second.
  std::size_t max_requests = 16'384;
  /// Octets of the answers kept; the oldest go first. 16,384 answers of 2 KiB, the SDP of a call.
  std::size_t max_octets = std::size_t{32} * 1024 * 1024;
};

/// Remembers what was answered to which cookie, so that a repeated request gets its answer again and is not
/// carried out again. A request is known by its source (an address in text form) and its cookie.
class CookieCache {
 public:
  enum class State : std::uint8_t {
    fresh,        // not seen before: carry it out, then finish()
    in_progress,  // being carried out: drop this copy
    answered,     // send `reply` again
    full,         // as many as allowed are in progress: drop it, the proxy will repeat it
  };
  struct Found {
    State state = State::fresh;
    std::string_view reply;  // dies with the next call
  };

  explicit CookieCache(CookieCacheLimits limits = {}) : limits_(limits) {}

  /// Says what is known of a request that has arrived; a fresh one is in progress from here on.
  Found begin(std::string_view source, std::string_view cookie, base::Time now);
  /// Keeps the answer (the whole frame). One of a request that has been forgotten meanwhile is not kept.
  void finish(std::string_view source, std::string_view cookie, std::string reply, base::Time now);

  std::size_t size() const noexcept { return index_.size(); }
  std::size_t octets() const noexcept { return octets_; }

 private:
  struct Entry {
    std::string key;
    std::string reply;
    base::Time since;
  };
  using Entries = std::list<Entry>;
  struct Place {
    Entries::iterator entry;
    bool answered = false;
  };

  void expire(base::Time now);
  void drop_front(Entries& entries);

  CookieCacheLimits limits_;
  Entries pending_, answered_;                         // each the oldest first
  std::unordered_map<std::string_view, Place> index_;  // by Entry::key
  std::size_t octets_ = 0;
};

}  // namespace ng
