#include "gateway/totals.hpp"

#include "base/expect.hpp"

namespace gateway {

std::string_view to_string(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::deleted:
      return "deleted";
    case CloseReason::closed:
      return "closed";
    case CloseReason::reset:
      return "reset";
    case CloseReason::tcp_failed:
      return "tcp_failed";
    case CloseReason::tls_failed:
      return "tls_failed";
    case CloseReason::timed_out:
      return "timed_out";
    case CloseReason::half_close:
      return "half_close";
    case CloseReason::inactive:
      return "inactive";
    case CloseReason::overload:
      return "overload";
    case CloseReason::malformed:
      return "malformed";
  }
  return "";
}

void RealmTotals::add(const RealmTotals& other) {
  octets_in += other.octets_in;
  octets_out += other.octets_out;
  messages_in.add(other.messages_in);
  messages_out.add(other.messages_out);
  refused_connections += other.refused_connections;
  ports_skipped += other.ports_skipped;
  payload_in += other.payload_in;
  payload_out += other.payload_out;
  completed_in += other.completed_in;
  completed_out += other.completed_out;
  aborted_in += other.aborted_in;
  aborted_out += other.aborted_out;
  unmatched += other.unmatched;
  too_large += other.too_large;
  refused_types += other.refused_types;
  rate_pauses += other.rate_pauses;
}

void Totals::add(const Totals& other) {
  contexts += other.contexts;
  sessions_tcp += other.sessions_tcp;
  sessions_tls += other.sessions_tls;
  sessions_aware_tcp += other.sessions_aware_tcp;
  sessions_aware_tls += other.sessions_aware_tls;
  for (const auto& [reason, count] : other.closed) closed[reason] += count;
  for (const auto& [key, count] : other.tls_handshakes) tls_handshakes[key] += count;
  base::expect(other.realms.empty() || other.realms.size() == realms.size());
  for (std::size_t i = 0; i < other.realms.size(); ++i) realms[i].add(other.realms[i]);
}

}  // namespace gateway
