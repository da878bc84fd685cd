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

std::size_t octets_of(const ng::Value& value) {
  std::string text;
  ng::print_bencode(value, text);
  return text.size();
}

ng::Dictionary counts(const std::map<std::string, std::uint64_t>& messages) {
  ng::Dictionary out;
  for (const auto& [name, count] : messages) out.set(name, count);
  return out;
}

/// What only a termination counts that understands messages.
void add_aware_counters(ng::Dictionary& out, const iq::Counters& counters) {
  out.set("payload-in", counters.payload_in);
  out.set("payload-out", counters.payload_out);
  out.set("completed-in", counters.completed_in);
  out.set("completed-out", counters.completed_out);
  out.set("aborted-in", counters.aborted_in);
  out.set("aborted-out", counters.aborted_out);
  out.set("unmatched", counters.unmatched);
  out.set("too-large", counters.too_large);
  out.set("refused-types", counters.refused_types);
  out.set("rate-pauses", counters.rate_pauses);
}

std::string joined(const std::vector<std::string>& uris) {
  std::string out;
  for (const auto& uri : uris) out += (out.empty() ? "" : " ") + uri;
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
  if (iq::is_aware(status.transport)) add_aware_counters(out, status.counters);
  out.set("refused-connections", status.counters.refused_connections);
  return out;
}

/// What an end's SDP says, in its own words.
ng::Dictionary describe(const SectionFacts& sdp) {
  ng::Dictionary out;
  out.set("address", sdp.host);
  out.set("port", sdp.port);
  out.set("transport", sdp.tls ? "TCP/TLS/MSRP" : "TCP/MSRP");
  out.set("setup", sdp.setup ? sdp::to_string(*sdp.setup) : "");
  out.set("path", joined(sdp.path));
  out.set("cema", int{sdp.cema});
  out.set("e2ae", sdp.e2ae_requested ? "requested" : "");
  ng::List fingerprints;
  for (const auto& each : sdp.fingerprints) fingerprints.emplace_back(base::to_string(each));
  out.set("fingerprints", std::move(fingerprints));
  if (!sdp.tls_id.empty()) out.set("tls-id", sdp.tls_id);
  return out;
}

ng::Value describe(const Call& call, const MediaSection& media, Party party) {
  const auto& end = media.ends[at(party)];
  ng::Dictionary out;
  out.set("party", party == Party::caller ? "caller" : "callee");
  out.set("tag", call.tags[at(party)]);
  out.set("realm", end.realm.name);
  if (!end.sdp) return out;
  out.set("sdp", describe(*end.sdp));
  out.set("handling", to_string(path_handling(*end.sdp, end.hint, end.realm.profile)));
  if (end.seen_from) out.set("seen-from", end.seen_from->to_string());
  if (end.behind_nat()) out.set("behind-nat", 1);
  if (media.aware && end.sees_gateway) out.set("shown-path", joined(local_path(media, party)));
  if (media.state == SectionState::answered || media.state == SectionState::ended)
    out.set("role", media.is_active(party) ? "active" : "passive");
  if (!media.offer.security.end_to_end) out.set("tls-ends-here", int{media.tls(party)});
  if (!media.offer.security.end_to_end) out.set("e2ae-applied", int{media.e2ae(party)});
  return out;
}

ng::Value describe(const Call& call, const MediaSection& media) {
  ng::Dictionary out;
  out.set("state", to_string(media.state));
  if (media.state != SectionState::refused) {
    out.set("mode", media.mode());
    out.set("security", media.security_name());
  }
  out.set("why", media.why);
  if (!media.ended_by.empty()) out.set("ended", media.ended_by);
  ng::List ends;
  for (const auto party : {Party::caller, Party::callee}) ends.push_back(describe(call, media, party));
  out.set("ends", std::move(ends));
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

/// Of one branch: who is in it, how it stands, and as much of its sections as `room` octets hold.
ng::Dictionary describe_branch(const Call& call, std::size_t& room) {
  ng::Dictionary out;
  out.set("from-tag", call.tags[0]);
  out.set("to-tag", call.tags[1]);
  if (!call.via_branch.empty()) out.set("via-branch", call.via_branch);
  out.set("state", call.answered ? "answered" : "offered");
  ng::List sections;
  std::size_t omitted = 0;
  for (const auto& [index, media] : call.shown()) {
    auto section = describe(call, *media);
    const auto size = octets_of(section);
    if (size > room) {
      ++omitted;
    } else {
      room -= size;
      sections.push_back(std::move(section));
    }
  }
  out.set("sections", std::move(sections));
  if (omitted > 0) out.set("sections-omitted", omitted);
  if (!call.forks.empty()) {
    ng::List others;
    for (const auto& [tag, of_tag] : call.forks) others.emplace_back(tag);
    out.set("forks", std::move(others));
  }
  return out;
}

}  // namespace

void describe(ng::Dictionary& out, const std::vector<const Call*>& calls) {
  std::uint64_t octets = 0;
  std::map<std::string, std::uint64_t> messages;
  for (const auto* call : calls) {
    for (const auto& [index, media] : call->shown()) {
      for (const auto& status : media->totals) {
        octets += status.counters.octets_in;
        for (const auto& [name, count] : status.counters.messages_in) messages[name] += count;
      }
    }
  }
  std::size_t room = most_octets;
  const auto first = describe_branch(*calls.front(), room);
  for (const auto& entry : first.entries()) out.set(entry.key, entry.value);
  ng::List branches;
  for (std::size_t i = 1; i < calls.size(); ++i) branches.emplace_back(describe_branch(*calls[i], room));
  if (!branches.empty()) out.set("branches", std::move(branches));
  ng::Dictionary totals;
  totals.set("octets", octets);
  totals.set("messages", counts(messages));
  out.set("totals", std::move(totals));
}

void Controller::Impl::query(const ng::Request& request, Done done) {
  auto* first = branch_to_show(request);
  if (first == nullptr) return done(ng::print_reply(ng::Reply::error("Unknown call-id")));
  struct Pending {
    std::vector<Call> calls;  // as they are now; their terminations as they are when the gateway says it
    Done done;
    std::size_t left = 1;
    void one_less() {
      if (--left > 0) return;
      const auto& call = calls.front();
      ng::Reply reply;
      reply.more.set("call-id", call.id);
      const auto shown = call.shown();
      if (!shown.empty()) {
        reply.mode = shown.begin()->second->mode();
        reply.why = shown.begin()->second->why;
      }
      std::vector<const Call*> all;
      for (const auto& each : calls) all.push_back(&each);
      describe(reply.more, all);
      done(ng::print_reply(reply));
    }
  };
  const auto pending = std::make_shared<Pending>();
  pending->done = std::move(done);
  pending->calls.push_back(*first);
  const bool whole = request.to_tag.empty() && request.via_branch.empty();
  for (const auto* other : branches(request.call_id))
    if (whole && other != first) pending->calls.push_back(*other);
  for (auto& call : pending->calls) {
    for (const auto& [context, media] : call.contexts()) {
      ++pending->left;
      iq::Request audit{context, {}};
      audit.procedures.emplace_back(iq::Audit{});
      gateway_.execute(std::move(audit), [pending, place = media](auto reply) {
        if (reply) place->totals = std::move(reply->terminations);
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
  for (const auto& [id, of_call] : branches_) {
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
