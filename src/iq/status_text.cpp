#include "iq/status_text.hpp"

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "iq/stream_sdp.hpp"

namespace iq {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint64_t Counters::*>, 11> numbers{{
    {"xpostern/rc", &Counters::refused_connections},
    {"xpostern/pi", &Counters::payload_in},
    {"xpostern/po", &Counters::payload_out},
    {"xpostern/ci", &Counters::completed_in},
    {"xpostern/co", &Counters::completed_out},
    {"xpostern/ai", &Counters::aborted_in},
    {"xpostern/ao", &Counters::aborted_out},
    {"xpostern/un", &Counters::unmatched},
    {"xpostern/tl", &Counters::too_large},
    {"xpostern/rt", &Counters::refused_types},
    {"xpostern/rp", &Counters::rate_pauses},
}};
constexpr std::array states{TerminationState::waiting, TerminationState::connecting,
                            TerminationState::connected, TerminationState::closed};

/// Collects what is to be written.
class Out {
 public:
  explicit Out(const Packages& packages) : packages_(packages) {}

  void number(std::string_view name, std::uint64_t value) { add(name, {std::to_string(value), false}); }
  void text(std::string_view name, std::string value) {
    if (!value.empty()) add(name, {std::move(value), true});
  }
  std::vector<h248::Statistic> take() { return std::move(out_); }

 private:
  void add(std::string_view name, h248::Value value) {
    if (packages_.supports(name.substr(0, name.find('/'))))
      out_.push_back({packages_.written(name), std::move(value)});
  }

  const Packages& packages_;
  std::vector<h248::Statistic> out_;
};

/// "SEND=3,200=3".
std::string print_messages(const std::map<std::string, std::uint64_t>& messages) {
  std::string out;
  for (const auto& [method, count] : messages)
    (out += out.empty() ? "" : ",") += method + '=' + std::to_string(count);
  return out;
}

std::map<std::string, std::uint64_t> parse_messages(std::string_view text) {
  std::map<std::string, std::uint64_t> out;
  while (!text.empty()) {
    auto each = base::take_until(text, ',');
    const auto method = base::take_until(each, '=');
    if (const auto count = base::parse_uint<std::uint64_t>(each)) out[std::string(method)] = *count;
  }
  return out;
}

void write_counters(const Counters& counters, Out& out) {
  out.text("xpostern/mi", print_messages(counters.messages_in));
  out.text("xpostern/mo", print_messages(counters.messages_out));
  for (const auto& [name, member] : numbers)
    if (counters.*member != 0) out.number(name, counters.*member);
}

void read_connection(std::string_view name, const std::string& text, TerminationStatus& out) {
  if (name == "xpostern/local") {
    if (const auto address = base::Address::parse(text)) out.local = *address;
  } else if (name == "xpostern/peer") {
    out.peer = base::Address::parse(text);
  } else if (name == "xpostern/tlsv") {
    out.tls_version = text;
  } else if (name == "xpostern/tlsc") {
    out.tls_cipher = text;
  } else if (name == "xpostern/fp") {
    out.peer_fingerprint = base::parse_fingerprint(text);
  } else if (name == "xpostern/cause") {
    out.cause = text;
  }
}

void read_kind(std::string_view name, const std::string& text, TerminationStatus& out) {
  if (name == "xpostern/st") {
    for (const auto state : states)
      if (to_string(state) == text) out.state = state;
  } else if (name == "xpostern/realm") {
    out.realm = text;
  } else if (name == "xpostern/tp") {
    out.transport = find_transport(text).value_or(out.transport);
  } else if (name == "xpostern/setup") {
    out.setup = text == "active" ? Setup::active : Setup::passive;
  }
}

void read_counter(std::string_view name, const std::string& text, Counters& out) {
  const auto number = base::parse_uint<std::uint64_t>(text);
  if (name == name::octets_received) out.octets_in = number.value_or(0);
  if (name == name::octets_sent) out.octets_out = number.value_or(0);
  if (name == "xpostern/mi") out.messages_in = parse_messages(text);
  if (name == "xpostern/mo") out.messages_out = parse_messages(text);
  for (const auto& [each, member] : numbers)
    if (each == name) out.*member = number.value_or(0);
}

}  // namespace

std::vector<h248::Statistic> statistics_of(const TerminationStatus& status, const Packages& packages,
                                           base::Duration since_add) {
  Out out(packages);
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(since_add).count();
  out.number(name::duration, static_cast<std::uint64_t>(std::max<std::int64_t>(age, 0)));
  out.number(name::octets_sent, status.counters.octets_out);
  out.number(name::octets_received, status.counters.octets_in);
  out.text("xpostern/st", std::string(to_string(status.state)));
  out.text("xpostern/realm", status.realm);
  out.text("xpostern/tp", std::string(to_string(status.transport)));
  out.text("xpostern/setup", status.setup == Setup::active ? "active" : "passive");
  if (status.local.port != 0) out.text("xpostern/local", status.local.to_string());
  if (status.peer) out.text("xpostern/peer", status.peer->to_string());
  out.text("xpostern/tlsv", status.tls_version);
  out.text("xpostern/tlsc", status.tls_cipher);
  if (status.peer_fingerprint) out.text("xpostern/fp", base::to_string(*status.peer_fingerprint));
  out.text("xpostern/cause", status.cause);
  write_counters(status.counters, out);
  return out.take();
}

TerminationStatus status_of(const std::vector<h248::Statistic>& statistics, const Packages& packages) {
  TerminationStatus out;
  for (const auto& each : statistics) {
    if (!each.value) continue;
    const auto name = packages.element(each.name);
    read_kind(name, each.value->text, out);
    read_connection(name, each.value->text, out);
    read_counter(name, each.value->text, out.counters);
  }
  return out;
}

}  // namespace iq
