#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

/// Who is typing (RFC 3994).
namespace ue {

inline constexpr std::string_view composing_type = "application/im-iscomposing+xml";

struct Composing {
  bool active = false;
  std::optional<std::chrono::seconds> refresh;  // the sender repeats an active state that often
  friend bool operator==(const Composing&, const Composing&) = default;
};

std::string print_composing(const Composing& state);
/// The state element and refresh; states other than active count as idle (RFC 3994 3.3). Nothing where there
/// is no state. The text is not validated: the RFC's own example would fail.
std::optional<Composing> parse_composing(std::string_view xml);

/// When a sender says what (RFC 3994 3.2): active at the first key, again once a refresh interval as long as
/// keys come, idle 15 s after the last one. Time is passed in.
class ComposingSender {
 public:
  static constexpr auto refresh = std::chrono::seconds(120);
  static constexpr auto idle_after = std::chrono::seconds(15);

  /// A key was pressed: what to send, if anything.
  std::optional<Composing> on_key(base::Time now);
  /// The message was sent, which says as much as idle (RFC 3994 3.2).
  void on_sent() { active_ = false; }
  std::optional<Composing> on_time(base::Time now);
  base::Time deadline() const { return active_ ? last_key_ + idle_after : base::never; }

 private:
  bool active_ = false;
  base::Time last_key_{};
  base::Time last_said_{};
};

}  // namespace ue
