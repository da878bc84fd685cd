#pragma once
#include "app/config.hpp"
#include "app/config_names.hpp"

/// The one list of keys: a visitor reads them, another prints them, so they cannot differ. A visitor has
///   text(key, string&, is_valid, expected)    word(key, T&, names)      value(key, T&, parse, expected)
///   number(key, T&, low, high)                seconds(key, Span&, low[, high])  flag(key, bool&)
///   list(key, vector<string>&, is_valid, expected)    texts(key, map<string, string>&)
///   section(key, T&)    inline_table(key, T&)    tables(key, vector<T>&)
/// Plain keys come before sections, as TOML wants them.
namespace app {

template <class Visitor>
void visit_fields(Visitor& v, Config::Log& log) {
  v.word("level", log.level, log_level_names);
}

template <class Visitor>
void visit_fields(Visitor& v, Config::Ng& ng) {
  v.list(
      "listen", ng.listen, is_ng_listen,
      R"("udp:ADDRESS:PORT", "udp6:[ADDRESS]:PORT", "unix:/PATH", "tcp:ADDRESS:PORT" or "http:ADDRESS:PORT")");
  v.list("allow", ng.allow, is_network, R"(address blocks such as "127.0.0.0/8")");
}

template <class Visitor>
void visit_fields(Visitor& v, Config::Admin& admin) {
  v.text("listen", admin.listen, is_admin_listen, R"("ADDRESS:PORT", or "" for none)");
}

template <class Visitor>
void visit_fields(Visitor& v, Config::Tls& tls) {
  v.text("cert", tls.cert, is_any_text, "the name of a PEM file");
  v.text("key", tls.key, is_any_text, "the name of a PEM file");
  v.list("hashes", tls.hashes, is_hash,
         "hash functions among sha-1, sha-224, sha-256, sha-384, sha-512 (md5 proves nothing)");
  v.flag("require_fingerprint", tls.require_fingerprint);
  v.word("min_version", tls.min_version, tls_version_names);
}

template <class Visitor>
void visit_fields(Visitor& v, Config::Realm& realm) {
  v.text("name", realm.name, is_name, R"(a name of letters, digits, "-", "_", ".")");
  v.value("address", realm.address, base::IpAddress::parse, "an IPv4 or IPv6 address");
  v.text("advertise", realm.advertise, is_host, R"(an address, a host name, or "")");
  v.value("ports", realm.ports, parse_port_range, R"("LOW-HIGH" with 1 <= LOW <= HIGH <= 65535)");
  v.number("port", realm.port, 0, 65'535);
  v.word("profile", realm.profile, profile_names);
  v.word("path_scheme", realm.path_scheme, path_scheme_names);
  v.word("e2ae", realm.e2ae, e2ae_names);
  v.word("source_filter", realm.source_filter, source_filter_names);
  v.number("max_chunk", realm.max_chunk, 0, INT64_MAX);
  v.number("max_message", realm.max_message, 0, INT64_MAX);
  v.list("accept_types", realm.accept_types, is_media_type,
         R"(content types such as "text/plain", "image/*" or "*")");
  v.number("message_rate", realm.message_rate, 0, INT64_MAX);
  v.number("octet_rate", realm.octet_rate, 0, INT64_MAX);
  v.inline_table("tls", realm.tls);
}

template <class Visitor>
void visit_fields(Visitor& v, H248Timers& timers) {
  constexpr Span least{1};
  v.seconds("first_retransmission", timers.first_retransmission, least);
  v.seconds("longest_retransmission", timers.longest_retransmission, least);
  v.seconds("give_up", timers.give_up, least);
  v.seconds("network_delay", timers.network_delay, least);
  v.seconds("provisional", timers.provisional, least);
  v.seconds("peer_execution", timers.peer_execution, least);
  v.number("pending_limit", timers.pending_limit, 1, 1000);
}

template <class Visitor>
void visit_fields(Visitor& v, GatewayH248& h248) {
  constexpr Span off{0}, least{1};
  v.list("mgc", h248.mgc, is_h248_peer,
         R"("udp:ADDRESS[:PORT]", "tcp:ADDRESS[:PORT]" or "sctp:ADDRESS[:PORT]")");
  v.text("mid", h248.mid, is_message_id, R"("[ADDRESS]:PORT", "<NAME>:PORT", a device's name, or "")");
  v.text("profile", h248.profile, is_profile, R"("NAME/VERSION", or "")");
  v.text("bind", h248.bind, is_admin_listen, R"("ADDRESS:PORT", or "")");
  v.list("allow", h248.allow, is_network, R"(address blocks such as "192.0.2.0/24")");
  v.word("form", h248.form, form_names);
  v.flag("trace", h248.trace);
  v.seconds("silence", h248.silence, off);
  v.seconds("orphan", h248.orphan, least);
  v.seconds("avalanche", h248.avalanche, off);
  v.section("timers", h248.timers);
}

template <class Visitor>
void visit_fields(Visitor& v, Config::Gateway& gateway) {
  v.number("shards", gateway.shards, 0, 256);
  v.section("h248", gateway.h248);
}

template <class Visitor>
void visit_fields(Visitor& v, PooledGateway& gateway) {
  v.text("mid", gateway.mid, is_message_id, R"("[ADDRESS]:PORT", "<NAME>:PORT" or a device's name)");
  v.list("realms", gateway.realms, is_name, "names of realms");
  v.number("weight", gateway.weight, 0, 1000);
}

template <class Visitor>
void visit_fields(Visitor& v, ControllerH248& h248) {
  constexpr Span off{0};
  v.list("listen", h248.listen, is_h248_place,
         R"("udp:ADDRESS[:PORT]", "tcp:ADDRESS[:PORT]" or "sctp:ADDRESS[:PORT]")");
  v.list("allow", h248.allow, is_network, R"(address blocks such as "192.0.2.0/24")");
  v.text("mid", h248.mid, is_message_id, R"("[ADDRESS]:PORT", "<NAME>:PORT", a device's name, or "")");
  v.list("profiles", h248.profiles, is_given_profile, R"(profiles, "NAME/VERSION")");
  v.word("form", h248.form, form_names);
  v.flag("trace", h248.trace);
  v.seconds("heartbeat", h248.heartbeat, off);
  v.seconds("inactivity", h248.inactivity, off);
  v.section("timers", h248.timers);
  v.tables("gateway", h248.gateways);
}

template <class Visitor>
void visit_fields(Visitor& v, H248& h248) {
  v.texts("packages", h248.packages);
}

template <class Visitor>
void visit_fields(Visitor& v, Config::Controller& controller) {
  v.list("gateways", controller.gateways, is_gateway_kind, R"("local" or "h248")");
  v.text("events", controller.events, is_http_url, R"("http://HOST[:PORT][/PATH]", or "")");
  v.text("cdr", controller.cdr, is_any_text, R"(the name of a file, "-" for stdout, or "")");
  v.section("h248", controller.h248);
}

template <class Visitor>
void visit_fields(Visitor& v, Config::Kms& kms) {
  v.text("listen", kms.listen, is_address_port, R"("ADDRESS:PORT")");
  v.text("db", kms.db, is_any_text, "the name of a file");
  v.text("master_key", kms.master_key, is_any_text, R"(the name of a file, or "env:NAME")");
}

template <class Visitor>
void visit_fields(Visitor& v, Config::Timers& timers) {
  constexpr Span off{0}, least{1};
  v.seconds("offer_unanswered", timers.offer_unanswered, least);
  v.seconds("connect", timers.connect, least);
  v.seconds("candidate", timers.candidate, least);
  v.seconds("tcp_connect", timers.tcp_connect, least);
  v.seconds("half_close", timers.half_close, least);
  v.seconds("drain", timers.drain, least);
  v.seconds("ended", timers.ended, least);
  v.seconds("inactivity", timers.inactivity, off);
  v.number("keepalive_idle", timers.keepalive_idle, 0, 32'767);          // tcp(7): MAX_TCP_KEEPIDLE
  v.number("keepalive_interval", timers.keepalive_interval, 1, 32'767);  // tcp(7): MAX_TCP_KEEPINTVL
  v.number("keepalive_probes", timers.keepalive_probes, 1, 127);         // tcp(7): MAX_TCP_KEEPCNT
  v.seconds("user_timeout", timers.user_timeout, off);
  v.seconds("shutdown", timers.shutdown, off, Span{8'000});  // the whole end takes 10 s at most
}

template <class Visitor>
void visit_fields(Visitor& v, Config::Limits& limits) {
  v.number("candidates", limits.candidates, 1, 1024);
  v.number("early_octets", limits.early_octets, 1, 16'777'216);
  v.number("max_sessions", limits.max_sessions, 0, 10'000'000);
}

template <class Visitor>
void visit_fields(Visitor& v, Config& config) {
  v.section("log", config.log);
  v.section("ng", config.ng);
  v.section("admin", config.admin);
  v.tables("realm", config.realms);
  v.section("gateway", config.gateway);
  v.section("controller", config.controller);
  v.section("h248", config.h248);
  v.section("kms", config.kms);
  v.section("timers", config.timers);
  v.section("limits", config.limits);
}

}  // namespace app
