#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "gateway/observer.hpp"
#include "gateway/totals.hpp"
#include "gateway/transactions.hpp"
#include "iq/media_gateway.hpp"
#include "proto/msrp/media_type.hpp"
#include "proto/msrp/uri.hpp"

namespace gateway {

class Link;

/// The two paths of one leg, prepared for every message that comes from its peer or goes to it (TS 23.334
/// 5.19.5): `local` is what the peer was shown of the other end, `remote` is its own.
class LegPaths {
 public:
  /// The error says what is wrong: no path, one that does not parse.
  base::Result<base::Ok, std::string> set_local(const std::vector<std::string>& uris);
  base::Result<base::Ok, std::string> set_remote(const std::vector<std::string>& uris);
  void match_session_id(bool only) noexcept { session_id_only_ = only; }

  bool known() const noexcept { return !local_.empty() && !remote_.empty(); }
  bool has_local() const noexcept { return !local_.empty(); }
  /// The URI that requests of the peer are addressed to; its session-id names the session on a shared port.
  const msrp::Uri& local() const { return local_.back(); }
  const std::string& local_text() const noexcept { return local_text_; }
  /// Whether the value of a To-Path is the local path, by the rules of this peer (RFC 4975 6.1, sessmatch).
  bool matches(std::string_view to_path) const;

  /// "To-Path: ...", "From-Path: ..." with their CRLFs: of requests to the peer, and of answers to its
  /// requests other than SEND, which go back the whole path (RFC 4975 7.2).
  const std::string& whole() const noexcept { return whole_; }
  /// Of answers to its SENDs: to the next hop only.
  const std::string& next_hop() const noexcept { return next_hop_; }

 private:
  void prepare();

  msrp::Path local_, remote_;
  std::string local_text_, remote_text_, next_text_;
  std::string whole_, next_hop_;
  bool session_id_only_ = false;
};

/// So much a second: it may be overdrawn, and then has to be waited for.
class Bucket {
 public:
  /// `rate` zero: no limit. `burst`: what may be taken at once; zero: what one second brings.
  explicit Bucket(std::uint64_t rate = 0, std::uint64_t burst = 0)
      : rate_(rate), burst_(burst == 0 ? rate : burst), level_(static_cast<double>(burst_)) {}
  bool is_limited() const noexcept { return rate_ != 0; }
  void take(std::uint64_t amount) noexcept { level_ -= static_cast<double>(amount); }
  /// How long nothing more may be taken; zero where there is no limit.
  base::Duration wait(base::Time now) noexcept;
  /// What may be taken now, at most `most`, where there is a limit.
  std::size_t left(base::Time now, std::size_t most) noexcept;

 private:
  void fill(base::Time now) noexcept;

  std::uint64_t rate_;
  std::uint64_t burst_;
  double level_;
  std::optional<base::Time> filled_at_;
};

/// What may pass a leg. Zero, or nothing: no limit.
struct LegPolicy {
  std::uint64_t max_chunk = 0;                 // octets of body a chunk, towards its peer
  std::uint64_t max_message = 0;               // octets of a message, in either direction
  std::optional<msrp::MediaTypes> types = {};  // of SENDs, in either direction
  std::uint64_t message_rate = 0;              // a second, from its peer
  std::uint64_t octet_rate = 0;
};

/// What is known of messages of which more chunks may come, where there is a policy on messages. The oldest
/// are forgotten.
class PolicedMessages {
 public:
  static constexpr std::size_t most = 64;
  struct Message {
    std::size_t hash = 0;
    std::uint64_t octets = 0;   // of its chunks so far
    std::uint16_t refused = 0;  // with this; 0: not
  };

  /// Null: nothing is known of it, or it has no Message-ID.
  const Message* find(std::string_view message_id) const noexcept;
  /// An unfinished chunk of it has passed.
  void add(std::string_view message_id, std::uint64_t octets);
  /// The rest of it is not wanted any more.
  void refuse(std::string_view message_id, std::uint16_t status);
  /// Its last chunk has passed.
  void end(std::string_view message_id) noexcept;

 private:
  Message* get(std::string_view message_id);

  std::vector<Message> messages_;  // in the order of their coming
};

/// One side of an application-aware session: who its peer is, what passed, and what is still owed to its
/// peer. The link of its connection moves the messages.
class Leg {
 public:
  /// `totals` of its realm must outlive it.
  Leg(LegPolicy policy, RealmTotals& totals);
  ~Leg();
  Leg(const Leg&) = delete;
  Leg& operator=(const Leg&) = delete;

  LegPaths paths;
  /// The other side; null until there is one.
  Leg* other = nullptr;
  /// What speaks with the peer; null until a connection is bound.
  Link* link = nullptr;
  /// Both sides are connected, and all is known of them.
  bool joined = false;
  /// Joined, and the gates are open: what its peer says may pass.
  bool open = false;
  /// The first message over its next connection is the gateway's own: the other end, which has its connection
  /// already, has nothing to say that would bind this one (RFC 4975 5.4).
  bool greets = false;
  /// Its connection is none of its own any more: what has begun of messages is aborted on both sides, and
  /// nobody is owed an answer.
  void detach();
  /// detach(), and the other side has no companion any more.
  void part();

  const LegPolicy& policy() const noexcept { return policy_; }
  /// The tighter one of both sides.
  std::uint64_t max_message() const noexcept;
  /// Whether there is a policy on messages on either side, on their types.
  bool is_policed() const noexcept { return max_message() != 0 || has_types(); }
  bool has_types() const noexcept { return policy_.types || other->policy_.types; }
  /// Whether both sides take that type of content.
  bool accepts(std::string_view content_type) const;

  // What its peer has sent: requests that wait for an answer, messages that were cut off, the rate.
  Transactions transactions;
  PolicedMessages policed;
  Bucket messages, octets;
  Bucket policing;  // of its octets, too: what the controller asked for
  void take_octets(std::uint64_t count) noexcept {
    octets.take(count);
    policing.take(count);
  }

  /// One complete message, or the gateway's own answer. `method` empty: `status`.
  void count_in(std::string_view method, std::uint16_t status) noexcept;
  void count_out(std::string_view method, std::uint16_t status) noexcept;
  /// Of its messages, but for the bodies of those that were refused at their head. Not in the totals, which
  /// count connections.
  void count_octets(std::uint64_t in, std::uint64_t out) noexcept;
  void count_payload(std::uint64_t in, std::uint64_t out) noexcept;
  /// A SEND that ends with `flag` came from the peer, or went to it.
  void count_end_in(char flag) noexcept;
  void count_end_out(char flag) noexcept;
  void count_refusal(std::uint16_t status) noexcept;
  void count_rate_pause() noexcept;
  std::uint64_t octets_in() const noexcept { return counts_.octets_in; }
  std::uint64_t octets_out() const noexcept { return counts_.octets_out; }
  /// All that is counted here, which is all but the refused connections.
  void fill(iq::Counters& counters) const;

 private:
  LegPolicy policy_;
  RealmTotals& totals_;
  MessageCounts messages_in_, messages_out_;
  iq::Counters counts_;  // but for the maps
};

}  // namespace gateway
