#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/observer.hpp"

namespace gateway {

/// Why a session ended, as the metrics name it.
enum class CloseReason : std::uint8_t {
  deleted,     // Release
  closed,      // both peers closed in order
  reset,       // a peer reset its connection, or stopped answering
  tcp_failed,  // the outgoing connection could not be made
  tls_failed,  // TLS was refused, or broke
  timed_out,   // somebody did not connect in time
  half_close,  // one peer closed, the other one neither closed nor sent anything
  inactive,
  overload,   // a peer made us answer without ever reading
  malformed,  // a peer of an application-aware session sent something that is not MSRP
};
std::string_view to_string(CloseReason reason) noexcept;

struct RealmTotals {
  std::string name;
  std::uint64_t octets_in = 0;  // from peers of this realm, as plaintext where TLS ends here
  std::uint64_t octets_out = 0;
  MessageCounts messages_in;
  MessageCounts messages_out;
  std::uint64_t refused_connections = 0;
  std::uint64_t ports_skipped = 0;

  // Of application-aware sessions; what they are: iq::Counters.
  std::uint64_t payload_in = 0;
  std::uint64_t payload_out = 0;
  std::uint64_t completed_in = 0;
  std::uint64_t completed_out = 0;
  std::uint64_t aborted_in = 0;
  std::uint64_t aborted_out = 0;
  std::uint64_t unmatched = 0;
  std::uint64_t too_large = 0;
  std::uint64_t refused_types = 0;
  std::uint64_t rate_pauses = 0;

  /// All but the name.
  void add(const RealmTotals& other);
};

/// What the metrics show. Counters since the start, except where it says "now".
struct Totals {
  std::uint64_t contexts = 0;  // now
  // Now: contexts with both sides connected, application-agnostic or aware; TLS of at least one side ends
  // here, or of none.
  std::uint64_t sessions_tcp = 0;
  std::uint64_t sessions_tls = 0;
  std::uint64_t sessions_aware_tcp = 0;
  std::uint64_t sessions_aware_tls = 0;
  std::map<std::string, std::uint64_t> closed;  // by CloseReason
  std::vector<RealmTotals> realms;              // in the order of the configuration
  /// By result ("ok", or the TlsCause) and version ("TLSv1.3"; empty: not negotiated).
  std::map<std::pair<std::string, std::string>, std::uint64_t> tls_handshakes;

  /// `other` has the same realms, or none.
  void add(const Totals& other);
};

}  // namespace gateway
