#include "app/metrics.hpp"

#include <map>

#include "app/prometheus.hpp"
#include "app/version.hpp"

namespace app {
namespace {

using enum MetricType;

void write_calls(MetricsText& out, const controller::Controller::Gauges& controller) {
  out.single("postern_calls", gauge, "Calls that the controller knows.", controller.calls);
  out.family("postern_sessions", gauge, "Sessions by mode and by where TLS ends.");
  // A kind of which there is none now is still told: a gauge that comes and goes is no gauge.
  auto sessions = controller.sessions;
  for (const auto& kind : {std::pair("agnostic", "none"),
                           {"agnostic", "tls"},
                           {"aware", "none"},
                           {"aware", "tls"},
                           {"e2e", "e2e"}})
    sessions.try_emplace({kind.first, kind.second}, 0);
  for (const auto& [kind, count] : sessions)
    out.sample({{"mode", kind.first}, {"security", kind.second}}, std::uint64_t{count});
}

void write_contexts(MetricsText& out, const gateway::Totals& gateway) {
  out.single("postern_contexts", gauge, "Contexts that the gateway holds.", gateway.contexts);
  out.family("postern_connected_sessions", gauge,
             "Contexts with both sides connected, by what the gateway does.");
  out.sample({{"mode", "agnostic"}, {"security", "none"}}, gateway.sessions_tcp);
  out.sample({{"mode", "agnostic"}, {"security", "tls"}}, gateway.sessions_tls);
  out.sample({{"mode", "aware"}, {"security", "none"}}, gateway.sessions_aware_tcp);
  out.sample({{"mode", "aware"}, {"security", "tls"}}, gateway.sessions_aware_tls);
  out.family("postern_closed_sessions_total", counter, "Sessions that ended, by reason.");
  for (const auto& [reason, count] : gateway.closed) out.sample({{"reason", reason}}, count);
}

void write_messages(MetricsText& out, const std::string& realm, std::string_view direction,
                    const gateway::MessageCounts& counts) {
  for (const auto& [method, count] : counts.to_map())
    out.sample({{"realm", realm}, {"method", method}, {"dir", direction}}, count);
}

void write_realms(MetricsText& out, const gateway::Totals& totals) {
  out.family("postern_octets_total", counter,
             "Octets from (in) and to (out) peers, plaintext where TLS ends here.");
  for (const auto& realm : totals.realms) {
    out.sample({{"realm", realm.name}, {"dir", "in"}}, realm.octets_in);
    out.sample({{"realm", realm.name}, {"dir", "out"}}, realm.octets_out);
  }
  out.family("postern_messages_total", counter, "MSRP messages by method or status code.");
  for (const auto& realm : totals.realms) {
    write_messages(out, realm.name, "in", realm.messages_in);
    write_messages(out, realm.name, "out", realm.messages_out);
  }
  out.family("postern_refused_connections_total", counter, "Connections that became no session's.");
  for (const auto& realm : totals.realms) out.sample({{"realm", realm.name}}, realm.refused_connections);
  out.family("postern_skipped_ports_total", counter, "Ports of the pool that another program held.");
  for (const auto& realm : totals.realms) out.sample({{"realm", realm.name}}, realm.ports_skipped);
}

/// What only application-aware sessions tell.
void write_aware(MetricsText& out, const std::vector<gateway::RealmTotals>& realms) {
  out.family("postern_payload_octets_total", counter, "Octets of message bodies in aware sessions.");
  for (const auto& realm : realms) {
    out.sample({{"realm", realm.name}, {"dir", "in"}}, realm.payload_in);
    out.sample({{"realm", realm.name}, {"dir", "out"}}, realm.payload_out);
  }
  out.family("postern_messages_ended_total", counter, "Messages in aware sessions, by how they ended.");
  const auto ended = [&](const std::string& realm, std::string_view direction, std::string_view result,
                         std::uint64_t count) {
    out.sample({{"realm", realm}, {"dir", direction}, {"result", result}}, count);
  };
  for (const auto& realm : realms) {
    ended(realm.name, "in", "completed", realm.completed_in);
    ended(realm.name, "out", "completed", realm.completed_out);
    ended(realm.name, "in", "aborted", realm.aborted_in);
    ended(realm.name, "out", "aborted", realm.aborted_out);
  }
  out.family("postern_refused_messages_total", counter, "Messages of peers that aware sessions refused.");
  for (const auto& realm : realms) {
    out.sample({{"realm", realm.name}, {"reason", "no_session"}}, realm.unmatched);
    out.sample({{"realm", realm.name}, {"reason", "too_large"}}, realm.too_large);
    out.sample({{"realm", realm.name}, {"reason", "type"}}, realm.refused_types);
  }
  out.family("postern_rate_pauses_total", counter, "How often a peer beyond its rate was not read.");
  for (const auto& realm : realms) out.sample({{"realm", realm.name}}, realm.rate_pauses);
}

void write_tls(MetricsText& out, const gateway::Totals& totals) {
  out.family("postern_tls_handshakes_total", counter,
             "TLS handshakes by result (ok, or why not) and version.");
  for (const auto& [kind, count] : totals.tls_handshakes)
    // A handshake that failed before a version was agreed on has none.
    out.sample({{"result", kind.first}, {"version", kind.second.empty() ? "none" : kind.second}}, count);
}

void write_ng(MetricsText& out, const controller::NgFront::Counters& ng) {
  out.family("postern_ng_requests_total", counter, "NG requests carried out, by command and result.");
  for (const auto& [kind, count] : ng.requests)
    out.sample({{"command", kind.first}, {"result", kind.second}}, count);
  out.family("postern_ng_request_seconds", summary, "Time from an NG request to its answer.");
  for (const auto& [command, spent] : ng.seconds) {
    out.sample({{"command", command}}, spent.second, "_sum");
    out.sample({{"command", command}}, spent.first, "_count");
  }
  out.single("postern_ng_refused_total", counter, "NG requests from addresses that may not command.",
             ng.refused_source);
  out.single("postern_ng_malformed_total", counter, "NG requests that could not be read.", ng.malformed);
  out.single("postern_ng_retransmissions_total", counter, "NG requests that came again.", ng.retransmissions);
}

void write_events(MetricsText& out, const CallEvents::Counters& events) {
  out.family("postern_events_total", counter, "Events for controller.events, by what became of them.");
  out.sample({{"result", "delivered"}}, events.delivered);
  out.sample({{"result", "failed"}}, events.failed);
  out.sample({{"result", "dropped"}}, events.dropped);
}

void write_cdr(MetricsText& out, const CdrFile::Counters& cdr) {
  out.family("postern_cdr_lines_total", counter, "Call detail records, by what became of them.");
  out.sample({{"result", "written"}}, cdr.written);
  out.sample({{"result", "failed"}}, cdr.failed);
  out.sample({{"result", "dropped"}}, cdr.dropped);
}

void write_transactions(MetricsText& out, const h248::Transactions::Counters& totals) {
  out.family("postern_h248_messages_total", counter, "H.248 messages.");
  out.sample({{"dir", "in"}}, totals.received);
  out.sample({{"dir", "out"}}, totals.sent);
  out.family("postern_h248_transactions_total", counter,
             "H.248 transactions: out are ours, in are the peers'; repeated ones had come before.");
  out.sample({{"dir", "in"}, {"result", "executed"}}, totals.requests_in);
  out.sample({{"dir", "in"}, {"result", "repeated"}}, totals.repeated);
  out.sample({{"dir", "out"}, {"result", "sent"}}, totals.requests_out);
  out.sample({{"dir", "out"}, {"result", "timed_out"}}, totals.timed_out);
  out.single("postern_h248_retransmissions_total", counter, "H.248 requests of ours that were sent again.",
             totals.retransmissions);
}

void write_associations(MetricsText& out, const std::vector<iq::AssociationStatus>& associations) {
  std::map<std::string, std::uint64_t> states;
  for (const auto& each : associations) ++states[each.state];
  out.family("postern_h248_associations", gauge, "H.248 associations by state.");
  for (const auto& [state, count] : states) out.sample({{"state", state}}, count);
  out.family("postern_gateway_contexts", gauge, "Contexts of gateways that are commanded over H.248.");
  for (const auto& each : associations)
    if (each.role == "mg") out.sample({{"gateway", each.peer}}, std::uint64_t{each.contexts});
}

void write_h248(MetricsText& out, const AssociationsMeasured& h248) {
  write_associations(out, h248.associations);
  write_transactions(out, h248.totals);
  out.single("postern_h248_registrations_total", counter, "H.248 registrations that were accepted.",
             h248.registrations);
  out.single("postern_h248_lost_total", counter, "H.248 associations that were lost.", h248.lost);
  out.single("postern_h248_refused_source_total", counter,
             "H.248 messages and connections of those who are not allowed.",
             h248.refused_source + h248.sockets.refused);
  out.single("postern_h248_malformed_total", counter, "H.248 messages that could not be read.",
             h248.malformed + h248.sockets.malformed);
  out.single("postern_h248_unsent_total", counter, "H.248 messages that no socket or connection took.",
             h248.sockets.unsent);
}

}  // namespace

std::string metrics_text(const Measured& measured) {
  MetricsText out;
  if (measured.calls) write_calls(out, measured.calls->controller);
  if (measured.gateway) {
    write_contexts(out, *measured.gateway);
    write_realms(out, *measured.gateway);
    write_aware(out, measured.gateway->realms);
    write_tls(out, *measured.gateway);
  }
  if (measured.calls) {
    write_ng(out, measured.calls->ng);
    write_events(out, measured.calls->events);
    write_cdr(out, measured.calls->cdr);
  }
  if (measured.h248) write_h248(out, *measured.h248);
  out.single("postern_open_descriptors", gauge, "File descriptors in use.", measured.open_descriptors);
  out.single("postern_descriptor_limit", gauge, "File descriptors that this process may have.",
             measured.descriptor_limit);
  out.family("postern_uptime_seconds", gauge, "Seconds since the start.");
  out.sample({}, std::chrono::duration<double>(measured.uptime).count());
  out.family("postern_build_info", gauge, "Always 1; the label says which version runs.");
  out.sample({{"version", version}}, std::uint64_t{1});
  return out.take();
}

}  // namespace app
