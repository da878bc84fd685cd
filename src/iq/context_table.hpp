#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "iq/media_gateway.hpp"
#include "iq/termination_events.hpp"
#include "iq/termination_media.hpp"

// The contexts and terminations of the MG end, for this room's .cpp files.
namespace iq {

struct Termination {
  std::string id;          // "ip/1/access/25"
  TerminationId seam;      // of the gateway
  std::size_t realm = 0;   // which of Options::realms
  TerminationMedia media;  // as the controller said
  /// As the gateway was told; none: a request has failed, and nobody knows how much of it was done.
  std::optional<TerminationConfig> config;
  Reserved reserved;
  RequestedEvents events;
  base::Time added{};
  base::Time last_command{};
  base::Time beat_at = base::never;  // when it is in the timers for a heartbeat
  bool connected = false;            // as the gateway has told
};

struct Context {
  std::uint32_t number = 0;
  ContextId seam{};  // none before the first Add
  std::vector<Termination> terminations;
  std::uint64_t reserved = 0;  // how often, for the gateway's numbers of terminations
  std::uint16_t priority = 0;
  bool emergency = false;

  std::uint64_t owner = 0;            // the transaction whose command is being executed
  std::deque<std::uint64_t> waiting;  // those that want to be next
  bool releasing = false;             // its last command is being executed
  bool fresh = true;                  // the controller does not know its number yet
  std::vector<Notification> held;     // until it may be told

  /// Its place; none where it is not here. Upper and lower case do not matter.
  std::optional<std::size_t> find(std::string_view id) const;
  Termination* find(TerminationId id);
  /// Those that a TerminationID with "*" means.
  std::vector<std::size_t> matching(std::string_view pattern) const;
};

/// "*" is all, a level that is "*" any one level, the last one any levels.
bool matches(std::string_view pattern, std::string_view id);

class ContextTable {
 public:
  Context& create();
  Context* find(std::uint32_t number);
  Context* find(ContextId seam);
  void bind(Context& context, ContextId seam);
  /// The gateway's is gone.
  void unbind(Context& context);
  void erase(std::uint32_t number);

  Termination& add(Context& context, Termination termination);
  void remove(Context& context, std::size_t termination);
  /// The context of the termination with that id; none: it is free.
  Context* owner_of(std::string_view id);

  std::vector<std::uint32_t> numbers() const;
  std::size_t contexts() const noexcept { return contexts_.size(); }
  std::size_t terminations() const noexcept { return by_id_.size(); }

 private:
  std::map<std::uint32_t, std::unique_ptr<Context>> contexts_;
  std::unordered_map<ContextId, std::uint32_t> by_seam_;
  std::unordered_map<std::string, std::uint32_t> by_id_;  // lower-case id
  std::uint32_t last_ = 0;
};

/// What of an Add's TerminationID is to be chosen, with that number ("$" in the last level), group 1 and the
/// realm's name.
std::string choose_id(std::string_view pattern, std::string_view realm, std::uint64_t number);
/// The realm's name as it may stand in a TerminationID.
std::string level_of(std::string_view realm);
/// The third level, the interface; empty: there is none.
std::string_view interface_of(std::string_view id);

}  // namespace iq
