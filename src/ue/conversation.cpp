#include "ue/conversation.hpp"

#include <unistd.h>

#include "base/text.hpp"

namespace ue {
namespace {

constexpr auto progress_interval = std::chrono::milliseconds(200);

ng::List list_of(const std::vector<std::string>& digests) {
  ng::List out;
  for (const auto& digest : digests) out.emplace_back(base::to_hex(digest));
  return out;
}

ng::Dictionary counters_of(const msrp::SessionCounters::Direction& direction) {
  ng::Dictionary out;
  out.append("octets", direction.octets);
  out.append("sends", direction.sends);
  out.append("reports", direction.reports);
  out.append("responses-2xx", direction.responses_2xx);
  out.append("responses-4xx", direction.responses_4xx);
  out.append("responses-5xx", direction.responses_5xx);
  out.append("messages-completed", direction.messages_completed);
  out.append("messages-aborted", direction.messages_aborted);
  return out;
}

ng::Dictionary describe(const EndpointFacts& facts) {
  ng::Dictionary out;
  out.append("transport", facts.transport);
  out.append("role", facts.active ? "active" : "passive");
  out.append("local", facts.local);
  out.append("peer", facts.peer);
  out.append("tls-version", facts.tls_version);
  out.append("tls-cipher", facts.tls_cipher);
  out.append("fingerprint", facts.fingerprint);
  out.append("peer-fingerprint", facts.peer_fingerprint);
  return out;
}

std::string spoken(const EndpointFacts& facts) {
  auto out = "connected to " + facts.peer + " over " + facts.transport;
  if (!facts.tls_version.empty()) {
    out += " (" + facts.tls_version + ", " + facts.tls_cipher + ")\n  ours  " + facts.fingerprint +
           "\n  peer  " + facts.peer_fingerprint;
  }
  return out;
}

std::string rate_of(std::uint64_t octets, base::Duration time) {
  const double seconds = std::max(std::chrono::duration<double>(time).count(), 0.001);
  return human_octets(static_cast<double>(octets) / seconds) + "/s";
}

}  // namespace

Conversation::Conversation(net::Reactor& reactor, base::Random& random, crypto::TlsContext* tls,
                           Options options, Output& output, Owner& owner)
    : options_(std::move(options)),
      output_(output),
      owner_(owner),
      inbox_({.folder = options_.folder}, random),
      progress_timer_(reactor.timers(), [this] { show_progress(); }),
      report_timer_(reactor.timers(), [this] { fail("the peer sent no success report"); }),
      endpoint_(reactor, random, tls, options_.endpoint, *this) {}

base::Result<std::string, Refusal> Conversation::take_offer(std::string_view sdp) {
  auto answer = endpoint_.take_offer(sdp);
  if (!answer) return answer;
  const auto& remote = endpoint_.agreement()->remote;
  // Without a transfer id it only says that it knows RFC 5547.
  if (remote.file && !remote.transfer_id.empty()) inbox_.expect(*remote.file);
  return answer;
}

void Conversation::on_connected(Endpoint& endpoint) {
  connected_ = true;
  const auto facts = endpoint.facts();
  output_.note("connected", describe(facts), spoken(facts));
  owner_.on_connected(*this);
}

void Conversation::on_event(Endpoint&, const msrp::SessionEvent& event) {
  std::visit([this](const auto& one) { handle(one); }, event);
}

void Conversation::on_refused(Endpoint&, const std::string& why) {
  ng::Dictionary fields;
  fields.append("why", why);
  output_.note("refused", std::move(fields), why);
}

void Conversation::on_ended(Endpoint&, const std::string& why) {
  progress_timer_.cancel();
  report_timer_.cancel();
  owner_.on_ended(*this, why);
}

void Conversation::fail(std::string_view why) {
  failed_ = true;
  output_.error(why);
  owner_.on_progress(*this);
}

void Conversation::say(std::string text, const std::string& content_type) {
  Outgoing record;
  record.label = text;
  record.size = text.size();
  crypto::Sha256 digest;
  digest.update(text);
  record.sha256 = digest.finish();
  post(msrp::text_message(std::move(text), content_type), std::move(record));
}

void Conversation::send_file(std::unique_ptr<FileSource> file, const std::string& name, std::string sha256,
                             const std::string& content_type) {
  Outgoing record;
  record.label = name;
  record.size = file->size();
  record.sha256 = std::move(sha256);
  record.is_file = true;
  if (options_.progress || (!output_.json() && ::isatty(::fileno(output_.err())) == 1))
    record.bar.emplace(output_.err(), name, record.size, base::Clock::now());
  msrp::OutgoingMessage message;
  message.content_type = content_type;
  message.source = std::move(file);
  post(std::move(message), std::move(record));
  progress_timer_.set(base::Clock::now() + progress_interval);
}

void Conversation::post(msrp::OutgoingMessage message, Outgoing record) {
  const auto& remote = endpoint_.agreement()->remote;
  if (!remote.accept_types.accepts(message.content_type))
    return fail("the peer does not take " + message.content_type + " (a=accept-types)");
  if (remote.max_size && record.size > *remote.max_size)
    return fail("the peer takes messages of " + std::to_string(*remote.max_size) + " octets at most");
  message.success_report = true;
  record.begun = base::Clock::now();
  sent_digests_.push_back(record.sha256);
  const auto id = endpoint_.send(std::move(message));
  if (!id) return fail("cannot send: " + std::string(msrp::to_string(id.error().code)));
  outgoing_.emplace(id->value, std::move(record));
}

void Conversation::show_composing(const Composing& state) {
  const auto& remote = endpoint_.agreement()->remote;
  if (!connected_ || composing_refused_ || !remote.accept_types.accepts(composing_type)) return;
  auto message = msrp::text_message(print_composing(state), std::string(composing_type));
  message.failure_report = msrp::FailureReport::no;  // of no use a moment later
  if (const auto id = endpoint_.send(std::move(message))) composing_message_ = *id;
}

void Conversation::give_up() {
  for (const auto& [id, record] : std::exchange(outgoing_, {})) {
    failed_ = true;
    endpoint_.abort({id});
  }
}

void Conversation::show_progress() {
  const auto now = base::Clock::now();
  bool more = false;
  for (auto& [id, record] : outgoing_) {
    const auto progress = endpoint_.progress({id});
    if (!record.is_file || !progress) continue;
    more = true;
    if (record.bar) record.bar->update(progress->sent, now);
    if (!output_.json()) continue;
    const double seconds = std::max(std::chrono::duration<double>(now - record.begun).count(), 0.001);
    ng::Dictionary fields;
    fields.append("file", record.label);
    fields.append("sent", progress->sent);
    fields.append("size", progress->size);
    fields.append("octets-per-second",
                  static_cast<std::uint64_t>(static_cast<double>(progress->sent) / seconds));
    output_.say("progress", std::move(fields), "");
  }
  if (more) progress_timer_.set(now + progress_interval);
}

void Conversation::handle(const msrp::Accepted& event) {
  if (outgoing_.contains(event.id.value)) report_timer_.set(base::Clock::now() + options_.report_wait);
}

void Conversation::handle(const msrp::Delivered& event) {
  const auto found = outgoing_.find(event.id.value);
  if (found == outgoing_.end()) return;
  auto record = std::move(found->second);
  outgoing_.erase(found);
  if (outgoing_.empty()) report_timer_.cancel();
  ++delivered_;
  const auto took = base::Clock::now() - record.begun;
  if (record.bar) {
    record.bar->update(record.size, base::Clock::now());
    record.bar->finish();
  }
  ng::Dictionary fields;
  fields.append(record.is_file ? "file" : "text", record.label);
  fields.append("size", record.size);
  fields.append("sha256", base::to_hex(record.sha256));
  fields.append("milliseconds", std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  const auto text = record.is_file ? record.label + ": " + human_octets(static_cast<double>(record.size)) +
                                         " delivered, " + rate_of(record.size, took) + ", SHA-256 " +
                                         base::to_hex(record.sha256)
                                   : "  delivered: " + base::printable(record.label, 60);
  output_.note("delivered", std::move(fields), text);
  owner_.on_progress(*this);
}

void Conversation::handle(const msrp::Reported& event) {
  if (event.status.code < 300) return;
  fail("the peer reports a failure: " + std::to_string(event.status.code) + " " +
       base::printable(event.status.comment));
}

void Conversation::handle(const msrp::SendFailed& event) {
  if (event.id == composing_message_) {  // 415: RFC 3994 3.1, no more of them
    composing_refused_ = true;
    return;
  }
  const auto found = outgoing_.find(event.id.value);
  if (found == outgoing_.end()) return;
  auto record = std::move(found->second);
  outgoing_.erase(found);
  if (record.bar) record.bar->finish();
  fail("not delivered: " + base::printable(record.label, 60) + ": " +
       (event.status != 0 ? std::to_string(event.status) + " " : "") + base::printable(event.why));
}

ng::Dictionary Conversation::summary() const {
  const auto facts = endpoint_.facts();
  auto out = describe(facts);
  if (const auto& agreement = endpoint_.agreement())
    out.append("e2ae", agreement->remote.e2ae == sdp::E2ae::applied ? "applied" : "");
  out.append("sent", counters_of(facts.counters.sent));
  out.append("received", counters_of(facts.counters.received));
  out.append("sha256-sent", list_of(sent_digests_));
  out.append("sha256-received", list_of(received_digests_));
  return out;
}

}  // namespace ue
