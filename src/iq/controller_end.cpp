#include "iq/controller_end.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "iq/registration.hpp"
#include "iq/remote_association.hpp"

namespace iq {
namespace {

using std::chrono::minutes;

/// Sources that are turned away and remembered, so that each is logged once a minute.
constexpr std::size_t remembered_sources = 256;

/// One name for one gateway, however it is written.
std::string key_of(const h248::MessageId& id) {
  const auto address = address_of(id);
  return base::to_lower(address ? address->to_string() : to_string(id));
}

/// Whether the mId is the address that the message has come from.
bool is_at(const h248::MessageId& id, const h248::Route& from) {
  const auto address = address_of(id);
  return address && address->ip == from.peer.ip;
}

const std::vector<h248::Transaction>& transactions_of(const h248::Message& message) {
  static const std::vector<h248::Transaction> none;
  const auto* out = std::get_if<std::vector<h248::Transaction>>(&message.body);
  return out == nullptr ? none : *out;
}

const h248::ServiceChangeDescriptor* root_change_in(const h248::TransactionRequest& request) {
  for (const auto& action : request.actions)
    if (const auto* change = root_change_of(action)) return change;
  return nullptr;
}

/// The first request of the message with a ServiceChange on ROOT; null: there is none.
const h248::TransactionRequest* registration_in(const h248::Message& message) {
  for (const auto& transaction : transactions_of(message))
    if (const auto* request = std::get_if<h248::TransactionRequest>(&transaction))
      if (root_change_in(*request) != nullptr) return request;
  return nullptr;
}

/// 918 "Cancel Graceful" goes on with what there is.
bool is_restart(const h248::ServiceChangeDescriptor& change) {
  const auto* method = change.method ? std::get_if<h248::Token>(&*change.method) : nullptr;
  const bool cancels = change.reason && code_of(*change.reason) == 918u;
  return method != nullptr && *method == h248::Token::restart && !cancels;
}

}  // namespace

struct ControllerEnd::Impl final : private h248::Wire {
  struct Known {
    std::unique_ptr<RemoteAssociation> association;
    h248::TransactionRequest registered_by{};  // what made it: the same again is a repetition,
    base::Time registered_at{};                // as long as repetitions may come (LONG-TIMER)
  };

  Impl(Options options, GatewayPool& pool, h248::Wire& outside, base::Random& random, base::Log& log)
      : wire(outside), shared{std::move(options), pool, *this, random, log} {
    shared.now = [this] { return time(); };
  }

  void send(const h248::Route& to, std::string_view message) override;
  base::Time time();
  bool admits(const h248::Route& from);
  void take(h248::Parsed parsed, const h248::Route& from);
  void malformed(const h248::Error& error, const h248::Route& from);
  bool starts_anew(const Known& known, const h248::TransactionRequest& request,
                   const h248::Route& from) const;
  void begin(std::string key, h248::Parsed parsed, const h248::Route& from);
  void hear(Known& known, h248::Parsed parsed, const h248::Route& from);
  bool has_room();
  void refuse(const h248::Message& message, const h248::Route& to, std::uint16_t code, std::string text);

  h248::Wire& wire;
  RemoteAssociation::Shared shared;
  std::map<std::string, Known> gateways;  // by key_of()
  std::map<base::IpAddress, base::Time> turned_away;
  std::function<void(bool, const h248::Route&, std::string_view)> trace;
  base::Time now{};
  bool inside = false;  // a call of the owner's
};

void ControllerEnd::Impl::send(const h248::Route& to, std::string_view message) {
  if (trace) trace(true, to, message);
  wire.send(to, message);
}

/// Between the owner's calls the controller commands gateways: then deadlines come nearer, too.
base::Time ControllerEnd::Impl::time() {
  if (inside) return now;
  if (shared.options.clock) now = shared.options.clock();
  if (shared.options.wake) shared.options.wake();
  return now;
}

bool ControllerEnd::Impl::admits(const h248::Route& from) {
  const auto& ip = from.peer.ip;
  const auto& allow = shared.options.allow;
  if (allow.empty() ? ip.is_loopback() : std::any_of(allow.begin(), allow.end(), [&](const auto& net) {
        return net.contains(ip);
      }))
    return true;
  ++shared.counters.refused_source;
  std::erase_if(turned_away, [&](const auto& each) { return now >= each.second + minutes(1); });
  if (turned_away.size() < remembered_sources && turned_away.emplace(ip, now).second)
    shared.log.warning("gateway_refused", {{"from", from.peer.to_string()}});
  return false;
}

/// A Restart that is no repetition. The rest of the message does not count: when it is sent again,
/// acknowledgements may have come to it.
bool ControllerEnd::Impl::starts_anew(const Known& known, const h248::TransactionRequest& request,
                                      const h248::Route& from) const {
  const auto& timers = shared.options.timers;
  const bool repeats = !known.association->is_lost() && known.association->is_from(from) &&
                       known.registered_by == request &&
                       now - known.registered_at < timers.give_up + timers.network_delay;
  return is_restart(*root_change_in(request)) && !repeats;
}

/// Whose mId nobody has may register and nothing else. So may another host than the gateway's once that is
/// lost; before that only the host that the mId names, and only by a Restart: a gateway's calls are not ended
/// by whoever knows its name.
void ControllerEnd::Impl::take(h248::Parsed parsed, const h248::Route& from) {
  if (!parsed.broken.empty()) ++shared.counters.malformed;
  auto key = key_of(parsed.message.sender);
  const auto found = gateways.find(key);
  const auto* request = registration_in(parsed.message);
  if (found == gateways.end()) {
    if (request != nullptr) return begin(std::move(key), std::move(parsed), from);
    return refuse(parsed.message, from, 505,
                  "Transaction Request Received before a Service Change Reply has been received");
  }
  auto& known = found->second;
  const bool anew = request != nullptr && starts_anew(known, *request, from);
  const bool replaces =
      known.association->is_lost() ? request != nullptr : anew && is_at(parsed.message.sender, from);
  if (!known.association->is_from(from) && !replaces)
    return refuse(parsed.message, from, 504, "Another gateway is registered by this name");
  if (!anew) return hear(known, std::move(parsed), from);
  known.association->lose("the gateway has restarted", "gateway_restarted");
  gateways.erase(found);
  begin(std::move(key), std::move(parsed), from);
}

void ControllerEnd::Impl::begin(std::string key, h248::Parsed parsed, const h248::Route& from) {
  if (!has_room()) return refuse(parsed.message, from, 510, "Too many gateways");
  auto made = std::make_unique<RemoteAssociation>(shared, parsed.message.sender, from);
  auto& known = gateways[std::move(key)] = Known{std::move(made), *registration_in(parsed.message), now};
  hear(known, std::move(parsed), from);
}

void ControllerEnd::Impl::hear(Known& known, h248::Parsed parsed, const h248::Route& from) {
  known.association->receive(std::move(parsed), from, now);
}

/// One that is lost makes room.
bool ControllerEnd::Impl::has_room() {
  if (gateways.size() < shared.options.most_gateways) return true;
  const auto lost = std::find_if(gateways.begin(), gateways.end(),
                                 [](const auto& each) { return each.second.association->is_lost(); });
  if (lost == gateways.end()) return false;
  gateways.erase(lost);
  return true;
}

/// Without any state: each request gets this error.
void ControllerEnd::Impl::refuse(const h248::Message& message, const h248::Route& to, std::uint16_t code,
                                 std::string text) {
  std::vector<h248::Transaction> replies;
  for (const auto& transaction : transactions_of(message))
    if (const auto* request = std::get_if<h248::TransactionRequest>(&transaction))
      replies.emplace_back(
          h248::TransactionReply{.id = request->id, .result = h248::ErrorDescriptor{code, text}});
  if (replies.empty()) return;
  h248::Message out{.version = 1, .sender = shared.options.own, .body = std::move(replies)};
  send(to, h248::print(out, shared.options.print));
}

/// Only a gateway that is known is told.
void ControllerEnd::Impl::malformed(const h248::Error& error, const h248::Route& from) {
  ++shared.counters.malformed;
  for (auto& [key, known] : gateways)
    if (known.association->route() == from) return known.association->receive_malformed(error, from, now);
}

ControllerEnd::ControllerEnd(Options options, GatewayPool& pool, h248::Wire& wire, base::Random& random,
                             base::Log& log)
    : impl_(std::make_unique<Impl>(std::move(options), pool, wire, random, log)) {}
ControllerEnd::~ControllerEnd() = default;

void ControllerEnd::receive(std::string_view octets, const h248::Route& from, base::Time now) {
  impl_->now = now;
  if (!impl_->admits(from)) return;
  impl_->inside = true;
  if (impl_->trace) impl_->trace(false, from, octets);
  auto parsed = h248::salvage(octets);
  if (parsed)
    impl_->take(*std::move(parsed), from);
  else
    impl_->malformed(parsed.error(), from);
  impl_->inside = false;
}

void ControllerEnd::route_lost(const h248::Route& route, base::Time now) {
  impl_->now = now;
  impl_->inside = true;
  for (auto& [key, known] : impl_->gateways)
    if (known.association->route() == route)
      known.association->lose("the gateway's connection has ended", "gateway_lost");
  impl_->inside = false;
}

void ControllerEnd::on_time(base::Time now) {
  impl_->now = now;
  impl_->inside = true;
  for (auto& [key, known] : impl_->gateways)
    if (known.association->deadline() <= now) known.association->on_time(now);
  impl_->inside = false;
}

base::Time ControllerEnd::deadline() const {
  auto out = base::never;
  for (const auto& [key, known] : impl_->gateways) out = std::min(out, known.association->deadline());
  return out;
}

void ControllerEnd::set_allow(std::vector<base::Network> allow) {
  impl_->shared.options.allow = std::move(allow);
}

void ControllerEnd::set_trace(std::function<void(bool, const h248::Route&, std::string_view)> trace) {
  impl_->trace = std::move(trace);
}

base::Time ControllerEnd::now() const {
  return impl_->now;
}

std::vector<AssociationStatus> ControllerEnd::status() const {
  std::vector<AssociationStatus> out;
  for (const auto& [key, known] : impl_->gateways) out.push_back(known.association->status());
  return out;
}

const ControllerEnd::Counters& ControllerEnd::counters() const noexcept {
  return impl_->shared.counters;
}

}  // namespace iq
