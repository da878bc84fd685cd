#include "app/cdr.hpp"

#include <map>
#include <optional>
#include <string_view>

#include "app/log.hpp"
#include "proto/ng/json.hpp"

namespace app {
namespace {

/// An object on its way, in the order of the calls. NG's values do for all but null.
class Fields {
 public:
  void set(std::string_view name, const ng::Value& value) {
    std::string text;
    ng::print_json(value, text);
    raw(name, text);
  }
  void set_or_null(std::string_view name, const std::string& value) {
    value.empty() ? raw(name, "null") : set(name, value);
  }
  void raw(std::string_view name, std::string_view json) {
    out_.append(out_.size() > 1 ? ",\"" : "\"").append(name).append("\":").append(json);
  }
  std::string take() { return std::move(out_) + "}"; }

 private:
  std::string out_ = "{";
};

std::string day_of(base::Time time, const Moment& now) {
  const auto before = std::chrono::duration_cast<std::chrono::system_clock::duration>(now.time - time);
  return timestamp(now.day - before);
}

ng::Value counts(const std::map<std::string, std::uint64_t>& messages) {
  ng::Dictionary out;
  for (const auto& [name, count] : messages) out.set(name, count);
  return out;
}

void add_aware_counters(Fields& out, const iq::Counters& counters) {
  out.set("payload_in", counters.payload_in);
  out.set("payload_out", counters.payload_out);
  out.set("completed_in", counters.completed_in);
  out.set("completed_out", counters.completed_out);
  out.set("aborted_in", counters.aborted_in);
  out.set("aborted_out", counters.aborted_out);
  out.set("unmatched", counters.unmatched);
  out.set("too_large", counters.too_large);
  out.set("refused_types", counters.refused_types);
  out.set("rate_pauses", counters.rate_pauses);
}

std::string leg_json(std::string_view party, const iq::TerminationStatus& leg) {
  Fields out;
  out.set("party", party);
  out.set("realm", leg.realm);
  out.set("local", leg.local.to_string());
  out.set_or_null("peer", leg.peer ? leg.peer->to_string() : "");
  out.set_or_null("tls_version", leg.tls_version);
  out.set_or_null("tls_cipher", leg.tls_cipher);
  out.set("octets_in", leg.counters.octets_in);
  out.set("octets_out", leg.counters.octets_out);
  out.set("messages_in", counts(leg.counters.messages_in));
  out.set("messages_out", counts(leg.counters.messages_out));
  if (iq::is_aware(leg.transport)) add_aware_counters(out, leg.counters);
  return out.take();
}

}  // namespace

std::string cdr_json(const controller::EndedSession& session, const Moment& now) {
  Fields out;
  out.set("type", "cdr");
  out.set("call_id", session.call_id);
  if (!session.via_branch.empty()) out.set("via_branch", session.via_branch);
  out.set("from_tag", session.from_tag);
  out.set("to_tag", session.to_tag);
  out.set("section", session.section);
  out.set("start", day_of(session.reserved, now));
  out.set_or_null("connected", session.connected ? day_of(*session.connected, now) : "");
  out.set("end", day_of(session.ended, now));
  const auto lasted = std::chrono::duration_cast<std::chrono::milliseconds>(session.ended - session.reserved);
  out.set("duration_ms", lasted.count());
  out.set("mode", session.mode);
  out.set("security", session.security);
  out.set("why", session.why);
  out.set("cause", session.cause);
  out.set("cause_text", session.cause_text);
  out.raw("legs",
          "[" + leg_json("caller", session.legs[0]) + "," + leg_json("callee", session.legs[1]) + "]");
  return out.take();
}

}  // namespace app
