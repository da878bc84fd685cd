#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace gateway {

/// The ports of one realm. Hands them out in turn, so that a port rests as long as possible before it is used
/// again (late segments of an old session must not meet a new one).
class PortPool {
 public:
  /// Inclusive; `low` is not zero and not above `high`.
  PortPool(std::uint16_t low, std::uint16_t high);

  enum class Try : std::uint8_t {
    taken,  // it is ours now
    held,   // another program has it: skipped, counted, tried again in the next round
    stop,   // no port will do (no descriptors, a wrong address)
  };
  /// The first free port that `open` takes; nothing when there is none or `open` says stop. Every port is
  /// tried at most once.
  std::optional<std::uint16_t> take(const std::function<Try(std::uint16_t)>& open);
  /// That port and no other; false: it is none of these, or taken, or `open` does not take it.
  bool take(std::uint16_t port, const std::function<Try(std::uint16_t)>& open);
  void give_back(std::uint16_t port) noexcept;

  std::size_t free() const noexcept { return free_; }
  std::uint64_t skipped() const noexcept { return skipped_; }

 private:
  std::uint16_t low_;
  std::vector<bool> used_;
  std::size_t next_ = 0;
  std::size_t free_;
  std::uint64_t skipped_ = 0;
};

}  // namespace gateway
