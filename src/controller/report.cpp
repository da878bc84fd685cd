#include "controller/controller_impl.hpp"
#include "proto/ng/bencode.hpp"

namespace controller {
namespace {

constexpr std::uint32_t default_list = 32;  // rtpengine's own limit of `list`
/// Octets of bencode that a reply's list takes at most: half of a UDP datagram, for JSON needs more for the
/// same.
constexpr std::size_t most_octets = std::size_t{32} * 1024;

std::string_view name_of(iq::Transport transport) {
  switch (transport) {
    case iq::Transport::tcp:
      return "TCP";
    case iq::Transport::tcp_tls:
      return "TCP/TLS";
    case iq::Transport::tcp_msrp:
      return "TCP/MSRP";
    case iq::Transport::tcp_tls_msrp:
      return "TCP/TLS/MSRP";
  }
  return "";
}

ng::Dictionary counts(const std::map<std::string, std::uint64_t>& messages) {
  ng::Dictionary out;
  for (const auto& [name, count] : messages) out.set(name, count);
  return out;
}

ng::Dictionary describe(const iq::TerminationStatus& status) {
  ng::Dictionary out;
  out.set("realm", status.realm);
  out.set("transport", name_of(status.transport));
  out.set("setup", status.setup == iq::Setup::active ? "active" : "passive");
  out.set("state", to_string(status.state));
  out.set("local", status.local.to_string());
  out.set("peer", status.peer ? status.peer->to_string() : "");
  out.set("tls-version", status.tls_version);
  out.set("tls-cipher", status.tls_cipher);
  out.set("peer-fingerprint", status.peer_fingerprint ? base::to_string(*status.peer_fingerprint) : "");
  out.set("cause", status.cause);
  out.set("octets-in", status.counters.octets_in);
  out.set("octets-out", status.counters.octets_out);
  out.set("messages-in", counts(status.counters.messages_in));
  out.set("messages-out", counts(status.counters.messages_out));
  out.set("refused-connections", status.counters.refused_connections);
  return out;
}

ng::Value describe(const MediaSection& media) {
  ng::Dictionary out;
  out.set("state", to_string(media.state));
  if (media.state != SectionState::refused) {
    out.set("mode", media.mode());
    out.set("security", media.security_name());
  }
  out.set("why", media.why);
  if (!media.ended_by.empty()) out.set("ended", media.ended_by);
  ng::List list;
  for (const auto& status : media.totals) {
    auto entry = describe(status);
    for (const auto& local : media.local) {
      if (iq::is_tls(status.transport) && local.termination == status.termination &&
          !local.fingerprints.empty())
        entry.set("fingerprint", base::to_string(local.fingerprints.front()));
    }
    list.emplace_back(std::move(entry));
  }
  out.set("terminations", std::move(list));
  return out;
}

std::size_t octets_of(const ng::Value& value) {
  std::string text;
  ng::print_bencode(value, text);
  return text.size();
}

}  // namespace

void describe(ng::Dictionary& out, const Call& call) {
  std::uint64_t octets = 0;
  std::map<std::string, std::uint64_t> messages;
  ng::List sections;
  std::size_t size = 0, omitted = 0;
  for (const auto& [index, media] : call.shown()) {
    for (const auto& status : media->totals) {
      octets += status.counters.octets_in;
      for (const auto& [name, count] : status.counters.messages_in) messages[name] += count;
    }
    auto section = describe(*media);
    size += octets_of(section);
    if (size > most_octets) {
      ++omitted;
    } else {
      sections.push_back(std::move(section));
    }
  }
  out.set("sections", std::move(sections));
  if (omitted > 0) out.set("sections-omitted", omitted);
  ng::Dictionary totals;
  totals.set("octets", octets);
  totals.set("messages", counts(messages));
  out.set("totals", std::move(totals));
}

void Controller::Impl::query(const ng::Request& request, Done done) {
  const auto found = calls_.find(request.call_id);
  if (found == calls_.end()) return done(ng::print_reply(ng::Reply::error("Unknown call-id")));
  struct Pending {
    Call call;  // as it is now; its terminations as they are when the gateway says it
    Done done;
    std::size_t left = 1;
    void one_less() {
      if (--left > 0) return;
      ng::Reply reply;
      reply.more.set("call-id", call.id);
      reply.more.set("from-tag", call.tags[0]);
      reply.more.set("to-tag", call.tags[1]);
      reply.more.set("state", call.answered ? "answered" : "offered");
      const auto shown = call.shown();
      if (!shown.empty()) {
        reply.mode = shown.begin()->second->mode();
        reply.why = shown.begin()->second->why;
      }
      describe(reply.more, call);
      done(ng::print_reply(reply));
    }
  };
  const auto pending = std::make_shared<Pending>(Pending{*found->second, std::move(done)});
  for (auto* sections : {&pending->call.sections, &pending->call.offered}) {
    for (auto& [index, media] : *sections) {
      if (!media.context) continue;
      ++pending->left;
      iq::Request audit{media.context, {}};
      audit.procedures.emplace_back(iq::Audit{});
      gateway_.execute(std::move(audit), [pending, &media = media](auto reply) {
        if (reply) media.totals = std::move(reply->terminations);
        pending->one_less();
      });
    }
  }
  pending->one_less();
}

void Controller::Impl::list(const ng::Request& request, const Done& done) const {
  ng::List calls;
  const auto limit = request.limit.value_or(default_list);
  std::size_t size = 0;
  for (const auto& [id, call] : calls_) {
    size += octets_of(ng::Value(id));
    if (calls.size() >= limit || size > most_octets) break;
    calls.emplace_back(id);
  }
  ng::Reply reply;
  reply.more.set("calls", std::move(calls));
  done(ng::print_reply(reply));
}

void Controller::Impl::statistics(const Done& done) const {
  const auto now = gauges();
  ng::Dictionary current, closed;
  for (const auto& [kind, count] : now.sessions) current.set(kind.first + "/" + kind.second, count);
  for (const auto& [reason, count] : now.closed) closed.set(reason, count);
  ng::Dictionary out;
  out.set("calls", now.calls);
  out.set("calls-total", calls_total_);
  out.set("offers", offers_);
  out.set("answers", answers_);
  out.set("sessions", std::move(current));
  out.set("closed-sessions", std::move(closed));
  ng::Reply reply;
  reply.more.set("statistics", std::move(out));
  done(ng::print_reply(reply));
}

}  // namespace controller
