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
  }
  return "";
}

void Totals::add(const Totals& other) {
  contexts += other.contexts;
  sessions_tcp += other.sessions_tcp;
  sessions_tls += other.sessions_tls;
  for (const auto& [reason, count] : other.closed) closed[reason] += count;
  for (const auto& [key, count] : other.tls_handshakes) tls_handshakes[key] += count;
  base::expect(other.realms.empty() || other.realms.size() == realms.size());
  for (std::size_t i = 0; i < other.realms.size(); ++i) {
    auto& mine = realms[i];
    const auto& theirs = other.realms[i];
    mine.octets_in += theirs.octets_in;
    mine.octets_out += theirs.octets_out;
    mine.messages_in.add(theirs.messages_in);
    mine.messages_out.add(theirs.messages_out);
    mine.refused_connections += theirs.refused_connections;
    mine.ports_skipped += theirs.ports_skipped;
  }
}

}  // namespace gateway
