#include "app/associations.hpp"

#include <utility>

namespace app {
namespace {

using Counters = h248::Transactions::Counters;

ng::Dictionary counters_json(const Counters& counters) {
  ng::Dictionary out;
  const auto set = [&](std::string_view key, std::uint64_t value) {
    out.set(key, static_cast<std::int64_t>(value));
  };
  set("sent", counters.sent);
  set("received", counters.received);
  set("requests-out", counters.requests_out);
  set("requests-in", counters.requests_in);
  set("retransmissions", counters.retransmissions);
  set("repeated", counters.repeated);
  set("pendings-out", counters.pendings_out);
  set("pendings-in", counters.pendings_in);
  set("timed-out", counters.timed_out);
  set("malformed", counters.malformed);
  return out;
}

ng::Dictionary association_json(const iq::AssociationStatus& association, bool traced) {
  ng::Dictionary out;
  out.set("peer", association.peer);
  out.set("role", association.role);
  out.set("state", association.state);
  out.set("route", association.route);
  out.set("contexts", static_cast<std::int64_t>(association.contexts));
  out.set("version", static_cast<std::int64_t>(association.version));
  out.set("profile", association.profile);
  out.set("form", association.form);
  out.set("trace", traced ? "on" : "off");
  out.set("last-error", association.last_error);
  out.set("counters", counters_json(association.counters));
  return out;
}

void add(Counters& to, const Counters& more) {
  for (const auto member :
       {&Counters::sent, &Counters::received, &Counters::requests_out, &Counters::requests_in,
        &Counters::retransmissions, &Counters::repeated, &Counters::pendings_out, &Counters::pendings_in,
        &Counters::timed_out, &Counters::malformed})
    to.*member += more.*member;
}

}  // namespace

Counters AssociationTotals::update(const std::vector<iq::AssociationStatus>& associations) {
  auto before = std::exchange(last_, {});
  for (const auto& each : associations) {
    add(last_[each.peer], each.counters);
    const auto known = before.find(each.peer);
    if (known != before.end() && known->second.sent <= each.counters.sent) before.erase(known);
  }
  for (const auto& [peer, counters] : before) add(gone_, counters);
  auto out = gone_;
  for (const auto& [peer, counters] : last_) add(out, counters);
  return out;
}

ng::Dictionary associations_json(const Associations& end) {
  ng::List list;
  for (const auto& each : end.measured().associations)
    list.emplace_back(association_json(each, end.trace().is_on(each)));
  ng::Dictionary out;
  out.set("associations", std::move(list));
  return out;
}

}  // namespace app
