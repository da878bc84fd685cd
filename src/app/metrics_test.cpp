#include "app/metrics.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "app/prometheus.hpp"
#include "base/cursor.hpp"

namespace app {
namespace {

/// A strict reader of the text format 0.0.4: every family has HELP and TYPE once and before its samples, all
/// samples of a family stand together, no series comes twice, every line ends with a line feed.
class Scrape {
 public:
  explicit Scrape(const std::string& text) {
    base::Cursor lines(text);
    while (!lines.at_end()) {
      const auto line = lines.take_until('\n');
      EXPECT_TRUE(lines.take('\n')) << "the last line has no end";
      if (line.starts_with("# HELP ")) {
        help(line);
      } else if (line.starts_with("# TYPE ")) {
        type(line);
      } else {
        sample(line);
      }
    }
  }
  std::optional<double> value(const std::string& series) const {
    const auto found = series_.find(series);
    return found == series_.end() ? std::nullopt : std::optional(found->second);
  }
  std::string type_of(const std::string& family) const {
    const auto found = types_.find(family);
    return found == types_.end() ? "" : found->second;
  }

 private:
  static bool name_character(char c) { return base::is_alnum(c) || c == '_'; }
  void help(std::string_view line) {
    base::Cursor in(line);
    EXPECT_TRUE(in.take("# HELP "));
    family_ = in.take_while(name_character);
    EXPECT_TRUE(in.take(' ')) << line;
    EXPECT_FALSE(in.at_end()) << line;
    EXPECT_TRUE(helped_.insert(family_).second) << "HELP twice: " << line;
  }
  void type(std::string_view line) {
    base::Cursor in(line);
    EXPECT_TRUE(in.take("# TYPE "));
    EXPECT_EQ(in.take_while(name_character), family_) << line;
    EXPECT_TRUE(in.take(' '));
    const std::string type(in.rest());
    EXPECT_TRUE(type == "counter" || type == "gauge" || type == "summary") << line;
    EXPECT_TRUE(types_.insert({family_, type}).second) << "TYPE twice: " << line;
  }
  void sample(std::string_view line) {
    base::Cursor in(line);
    std::string name(in.take_while(name_character));
    const auto type = type_of(family_);
    const bool belongs =
        type == "summary" ? name == family_ + "_sum" || name == family_ + "_count" : name == family_;
    EXPECT_TRUE(belongs) << line << " in " << family_;
    EXPECT_TRUE(type != "counter" || name.ends_with("_total")) << line;
    const auto rest = in.rest();
    if (in.take('{')) labels(in);
    const auto labels_size = rest.size() - in.rest().size();
    EXPECT_TRUE(in.take(' ')) << line;
    std::size_t used = 0;
    const auto number = std::stod(std::string(in.rest()), &used);
    EXPECT_EQ(used, in.rest().size()) << line;
    EXPECT_TRUE(series_.insert({name + std::string(rest.substr(0, labels_size)), number}).second)
        << "twice: " << line;
  }
  static void labels(base::Cursor& in) {
    do {
      EXPECT_FALSE(in.take_while(name_character).empty());
      EXPECT_TRUE(in.take("=\""));
      while (!in.at_end() && in.peek() != '"') {
        if (in.take('\\')) {
          EXPECT_TRUE(in.take('\\') || in.take('"') || in.take('n'));
        } else {
          bool first = true;
          in.take_while([&](char) { return std::exchange(first, false); });
        }
      }
      EXPECT_TRUE(in.take('"'));
    } while (in.take(','));
    EXPECT_TRUE(in.take('}'));
  }

  std::string family_;
  std::set<std::string> helped_;
  std::map<std::string, std::string> types_;
  std::map<std::string, double> series_;
};

Measured example() {
  Measured out;
  auto& gateway = out.gateway.emplace();
  auto& calls = out.calls.emplace();
  gateway.contexts = 7;
  gateway.sessions_tcp = 1;
  gateway.sessions_tls = 2;
  gateway.sessions_aware_tcp = 21;
  gateway.sessions_aware_tls = 22;
  gateway.closed = {{"deleted", 3}};
  gateway.realms.resize(2);
  gateway.realms[0].name = "access";
  gateway.realms[0].octets_in = 18'000'000'000'000'000'000U;
  gateway.realms[0].messages_in.add("SEND", 0);
  gateway.realms[0].messages_in.add("", 200);
  gateway.realms[0].refused_connections = 4;
  gateway.realms[1].name = "core";
  gateway.realms[1].payload_in = 31;
  gateway.realms[1].payload_out = 32;
  gateway.realms[1].completed_in = 33;
  gateway.realms[1].completed_out = 34;
  gateway.realms[1].aborted_in = 35;
  gateway.realms[1].aborted_out = 36;
  gateway.realms[1].unmatched = 37;
  gateway.realms[1].too_large = 38;
  gateway.realms[1].refused_types = 39;
  gateway.realms[1].rate_pauses = 40;
  gateway.realms[1].octets_out = 12;
  gateway.realms[1].ports_skipped = 5;
  gateway.tls_handshakes = {{{"ok", "TLSv1.3"}, 6}, {{"version", ""}, 1}};
  calls.controller.calls = 8;
  calls.controller.sessions = {{{"agnostic", "tls"}, 9}};
  calls.ng.requests = {{{"offer", "ok"}, 10}};
  calls.ng.seconds = {{"offer", {10, 0.125}}};
  calls.ng.refused_source = 11;
  calls.ng.malformed = 12;
  calls.ng.retransmissions = 13;
  calls.events = {.delivered = 16, .failed = 17, .dropped = 18};
  calls.cdr = {.written = 41, .failed = 42, .dropped = 43};
  out.uptime = std::chrono::milliseconds(1500);
  out.open_descriptors = 14;
  out.descriptor_limit = 15;
  return out;
}

TEST(Metrics, ShowWhatTheRoomsCounted) {
  const Scrape scrape(metrics_text(example()));
  EXPECT_EQ(scrape.value(R"(postern_sessions{mode="agnostic",security="tls"})"), 9);
  EXPECT_EQ(scrape.value(R"(postern_closed_sessions_total{reason="deleted"})"), 3);
  EXPECT_EQ(scrape.value(R"(postern_octets_total{realm="access",dir="in"})"), 18e18);
  EXPECT_EQ(scrape.value(R"(postern_octets_total{realm="core",dir="out"})"), 12);
  EXPECT_EQ(scrape.value(R"(postern_messages_total{realm="access",method="SEND",dir="in"})"), 1);
  EXPECT_EQ(scrape.value(R"(postern_messages_total{realm="access",method="200",dir="in"})"), 1);
  EXPECT_EQ(scrape.value(R"(postern_tls_handshakes_total{result="ok",version="TLSv1.3"})"), 6);
  EXPECT_EQ(scrape.value(R"(postern_tls_handshakes_total{result="version",version="none"})"), 1);
  EXPECT_EQ(scrape.value(R"(postern_ng_requests_total{command="offer",result="ok"})"), 10);
  EXPECT_EQ(scrape.value(R"(postern_ng_request_seconds_count{command="offer"})"), 10);
  EXPECT_EQ(scrape.value(R"(postern_ng_request_seconds_sum{command="offer"})"), 0.125);
  EXPECT_EQ(scrape.value("postern_uptime_seconds"), 1.5);
  EXPECT_EQ(scrape.value(R"(postern_refused_connections_total{realm="access"})"), 4);
  EXPECT_EQ(scrape.value(R"(postern_skipped_ports_total{realm="core"})"), 5);
  EXPECT_EQ(scrape.value("postern_ng_refused_total"), 11);
  EXPECT_EQ(scrape.value("postern_ng_malformed_total"), 12);
  EXPECT_EQ(scrape.value("postern_ng_retransmissions_total"), 13);
  EXPECT_EQ(scrape.value(R"(postern_events_total{result="delivered"})"), 16);
  EXPECT_EQ(scrape.value(R"(postern_events_total{result="failed"})"), 17);
  EXPECT_EQ(scrape.value(R"(postern_events_total{result="dropped"})"), 18);
  EXPECT_EQ(scrape.value(R"(postern_cdr_lines_total{result="written"})"), 41);
  EXPECT_EQ(scrape.value(R"(postern_cdr_lines_total{result="failed"})"), 42);
  EXPECT_EQ(scrape.value(R"(postern_cdr_lines_total{result="dropped"})"), 43);
  EXPECT_EQ(scrape.value("postern_calls"), 8);
  EXPECT_EQ(scrape.value("postern_contexts"), 7);
  EXPECT_EQ(scrape.value("postern_open_descriptors"), 14);
  EXPECT_EQ(scrape.value("postern_descriptor_limit"), 15);
  EXPECT_EQ(scrape.type_of("postern_ng_request_seconds"), "summary");
  EXPECT_EQ(scrape.type_of("postern_sessions"), "gauge");
}

TEST(Metrics, ShowWhatAwareSessionsCounted) {
  const Scrape scrape(metrics_text(example()));
  const auto core = [&](std::string_view family, std::string_view labels) {
    return scrape.value(std::string(family) + "{realm=\"core\"" + std::string(labels) + "}");
  };
  EXPECT_EQ(core("postern_payload_octets_total", R"(,dir="in")"), 31);
  EXPECT_EQ(core("postern_payload_octets_total", R"(,dir="out")"), 32);
  EXPECT_EQ(core("postern_messages_ended_total", R"(,dir="in",result="completed")"), 33);
  EXPECT_EQ(core("postern_messages_ended_total", R"(,dir="out",result="completed")"), 34);
  EXPECT_EQ(core("postern_messages_ended_total", R"(,dir="in",result="aborted")"), 35);
  EXPECT_EQ(core("postern_messages_ended_total", R"(,dir="out",result="aborted")"), 36);
  EXPECT_EQ(core("postern_refused_messages_total", R"(,reason="no_session")"), 37);
  EXPECT_EQ(core("postern_refused_messages_total", R"(,reason="too_large")"), 38);
  EXPECT_EQ(core("postern_refused_messages_total", R"(,reason="type")"), 39);
  EXPECT_EQ(core("postern_rate_pauses_total", ""), 40);
  EXPECT_EQ(scrape.value(R"(postern_sessions{mode="aware",security="none"})"), 0);
  EXPECT_EQ(scrape.value(R"(postern_sessions{mode="aware",security="tls"})"), 0);
  EXPECT_EQ(scrape.value(R"(postern_connected_sessions{mode="agnostic",security="none"})"), 1);
  EXPECT_EQ(scrape.value(R"(postern_connected_sessions{mode="agnostic",security="tls"})"), 2);
  EXPECT_EQ(scrape.value(R"(postern_connected_sessions{mode="aware",security="none"})"), 21);
  EXPECT_EQ(scrape.value(R"(postern_connected_sessions{mode="aware",security="tls"})"), 22);
}

TEST(Metrics, AreWellFormedBeforeAnythingHappened) {
  Measured nothing;
  nothing.gateway.emplace();
  nothing.calls.emplace();
  nothing.h248.emplace();
  const Scrape scrape(metrics_text(nothing));
  EXPECT_EQ(scrape.value("postern_calls"), 0);
  EXPECT_EQ(scrape.value(R"(postern_events_total{result="failed"})"), 0);
  EXPECT_EQ(scrape.value(R"(postern_h248_messages_total{dir="in"})"), 0);
  EXPECT_EQ(scrape.type_of("postern_sessions"), "gauge");
}

TEST(Metrics, APartThatIsNotThereTellsNothing) {
  const Scrape none(metrics_text({}));
  for (const auto* family : {"postern_calls", "postern_contexts", "postern_ng_requests_total",
                             "postern_cdr_lines_total", "postern_h248_messages_total"})
    EXPECT_EQ(none.type_of(family), "") << family;
  EXPECT_EQ(none.type_of("postern_uptime_seconds"), "gauge");
}

TEST(Metrics, ShowTheAssociations) {
  Measured measured;
  auto& h248 = measured.h248.emplace();
  const auto association = [&](std::string peer, std::string role, std::string state, std::size_t contexts) {
    auto& out = h248.associations.emplace_back();
    out.peer = std::move(peer);
    out.role = std::move(role);
    out.state = std::move(state);
    out.contexts = contexts;
  };
  association("[192.0.2.20]:2944", "mg", "registered", 5);
  association("<gw\"2>", "mg", "registered", 6);
  association("[192.0.2.1]:2944", "mgc", "lost", 0);
  h248.totals.sent = 1;
  h248.totals.received = 2;
  h248.totals.requests_out = 3;
  h248.totals.requests_in = 4;
  h248.totals.retransmissions = 5;
  h248.totals.repeated = 6;
  h248.totals.timed_out = 7;
  h248.registrations = 8;
  h248.lost = 9;
  h248.refused_source = 10;
  h248.malformed = 20;
  h248.sockets = {.refused = 1, .malformed = 2, .unsent = 3};
  const Scrape scrape(metrics_text(measured));
  EXPECT_EQ(scrape.value(R"(postern_h248_associations{state="registered"})"), 2);
  EXPECT_EQ(scrape.value(R"(postern_h248_associations{state="lost"})"), 1);
  EXPECT_EQ(scrape.value(R"(postern_gateway_contexts{gateway="[192.0.2.20]:2944"})"), 5);
  EXPECT_EQ(scrape.value(R"(postern_gateway_contexts{gateway="<gw\"2>"})"), 6);
  EXPECT_EQ(scrape.value(R"(postern_gateway_contexts{gateway="[192.0.2.1]:2944"})"), std::nullopt);
  EXPECT_EQ(scrape.value(R"(postern_h248_messages_total{dir="out"})"), 1);
  EXPECT_EQ(scrape.value(R"(postern_h248_messages_total{dir="in"})"), 2);
  EXPECT_EQ(scrape.value(R"(postern_h248_transactions_total{dir="out",result="sent"})"), 3);
  EXPECT_EQ(scrape.value(R"(postern_h248_transactions_total{dir="in",result="executed"})"), 4);
  EXPECT_EQ(scrape.value("postern_h248_retransmissions_total"), 5);
  EXPECT_EQ(scrape.value(R"(postern_h248_transactions_total{dir="in",result="repeated"})"), 6);
  EXPECT_EQ(scrape.value(R"(postern_h248_transactions_total{dir="out",result="timed_out"})"), 7);
  EXPECT_EQ(scrape.value("postern_h248_registrations_total"), 8);
  EXPECT_EQ(scrape.value("postern_h248_lost_total"), 9);
  EXPECT_EQ(scrape.value("postern_h248_refused_source_total"), 11);
  EXPECT_EQ(scrape.value("postern_h248_malformed_total"), 22);
  EXPECT_EQ(scrape.value("postern_h248_unsent_total"), 3);
}

TEST(MetricsText, ALabelsValueCannotEndItsQuotesOrItsLine) {
  MetricsText out;
  out.family("x", MetricType::gauge, "Help.");
  out.sample({{"a", "q\"b\\n\n1"}}, std::uint64_t{1});
  EXPECT_EQ(out.take(), "# HELP x Help.\n# TYPE x gauge\nx{a=\"q\\\"b\\\\n\\n1\"} 1\n");
}

}  // namespace
}  // namespace app
