#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gateway {

/// A set of transaction ids that forgets the oldest when there are too many: those of requests that nobody
/// has answered. Keeps hashes in two generations: 256 KiB at most, less than one while it is empty.
class PendingIds {
 public:
  /// Ids of one generation, 128 KiB of them. A receiver that answers 16,384 SENDs late has some 8 MB on the
  /// way to it, more than the kernel holds.
  static constexpr std::size_t most = 16384;

  void add(std::string_view id);
  /// Whether it was there; it is not any more.
  bool take(std::string_view id) noexcept;

 private:
  struct Generation {
    std::vector<std::uint32_t> places;  // a power of two of them, 0: empty
    std::size_t used = 0;
    void add(std::uint32_t hash);
    bool take(std::uint32_t hash) noexcept;
    void grow();
  };
  /// Places that an empty generation keeps.
  static constexpr std::size_t few = 64;
  Generation young_, old_;
};

/// A request whose parts, or whose only part, went out under ids of the gateway's own: it gets one answer.
struct Original {
  std::string id;  // of the transaction as the sender knows it
  bool is_send = true;
  bool wants_ok = true;       // Failure-Report is not partial (RFC 4975 7.2)
  bool complete = false;      // all of it has gone out
  bool answered = false;      // its sender has had its answer
  std::uint64_t waiting = 0;  // parts without an answer
};

/// What the requests that one peer sent are owed: who answers unasked is not passed on (peers.md H3).
class Transactions {
 public:
  /// Requests with minted ids that wait at a time; beyond it the oldest get no answer any more.
  static constexpr std::size_t most_originals = 2048;
  /// Requests other than SEND that wait for an answer; the oldest are forgotten.
  static constexpr std::size_t most_others = 32;

  /// A request goes out with its own id; `is_send` false: it is answered along the whole path.
  void expect(std::string_view id, bool is_send);
  /// A part of a request goes out with an id of the gateway's own.
  void expect_part(std::string_view id) { parts_.add(id); }
  enum class Kind : std::uint8_t { none, send, other, part };
  /// What was answered with that id; it is not expected any more.
  Kind take(std::string_view id);

  /// A request goes out in parts, whose ids begin with `token`, a dot and their number. Each is expected,
  /// too.
  void begin(const std::string& token, Original original);
  /// The token that the id of a part belongs to; empty: it is none.
  std::string token_of(std::string_view part_id) const;
  /// Null: it has ended, or was forgotten.
  Original* find(const std::string& token);
  /// The first part has gone out under the id of the request itself: a part's id, from now on.
  void add_alias(const std::string& token);
  void end(const std::string& token);

 private:
  PendingIds sends_, parts_;
  std::vector<std::string> others_;
  std::unordered_map<std::string, Original> originals_;
  std::vector<std::string> order_;                        // in which they began; some have ended
  std::unordered_map<std::string, std::string> aliases_;  // their tokens, while those are there
};

}  // namespace gateway
