#include "iq/remote_association.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "iq/registration.hpp"

namespace iq {
namespace {

using std::chrono::seconds;

// H.248.11 leaves it to the MGC how much less it offers: half at once, a tenth more each time, and a tenth
// less with every second that brings no such event.
constexpr unsigned first_reduction = 50, reduction_step = 10, most_reduction = 90;
constexpr seconds ease_interval{1};

/// A gateway that leaves a command without reply is lost; who asked has heard of it then.
RemoteGateway::Options gateway_options(const ControllerEnd::Options& options, std::function<void()> silent) {
  auto out = options.remote;
  out.silent = std::move(silent);
  return out;
}

h248::Transactions::Options transaction_options(const ControllerEnd::Options& options) {
  return {.own = options.own, .version = 1, .print = options.print, .timers = options.timers};
}

}  // namespace

RemoteAssociation::RemoteAssociation(Shared& shared, h248::MessageId peer, const h248::Route& route)
    : shared_(shared),
      peer_(std::move(peer)),
      transactions_(transaction_options(shared.options), shared.wire, *this, shared.random),
      gateway_(
          gateway_options(shared.options, [this] { lose("the gateway does not answer", "gateway_lost"); }),
          transactions_, shared.now),
      audit_(*this, gateway_, shared.options.remote.packages, shared.options.inactivity) {
  transactions_.set_route(route);
}

RemoteAssociation::~RemoteAssociation() {
  if (member_ != 0) shared_.pool.remove(member_);
}

void RemoteAssociation::receive(h248::Parsed message, const h248::Route& from, base::Time now) {
  heard_ = now;
  transactions_.receive(std::move(message), from, now);
  audit_.go_on();
}

void RemoteAssociation::receive_malformed(const h248::Error& error, const h248::Route& from, base::Time now) {
  last_error_ = to_string(error);
  transactions_.receive_malformed(error, from, now);
}

bool RemoteAssociation::is_from(const h248::Route& from) const {
  return from.peer.ip == route().peer.ip;
}

/// The only place where the state changes.
void RemoteAssociation::enter(State state) {
  state_ = state;
  if (member_ != 0) shared_.pool.set_live(member_, state == State::registered && !graceful_);
}

void RemoteAssociation::lose(const std::string& cause, const std::string& reason) {
  if (state_ == State::lost) return;
  enter(State::lost);
  ++generation_;
  audit_.stop();
  last_error_ = cause;
  graceful_ = false;
  graceful_end_ = ease_at_ = base::never;
  overload_ = congestion_ = 0;
  ++shared_.counters.lost;
  shared_.log.warning(
      "gateway_lost",
      {{"gateway", name()}, {"contexts", std::to_string(gateway_.context_count())}, {"cause", cause}});
  gateway_.lose_all(cause, reason);
  shared_.pool.remove(std::exchange(member_, 0));
  transactions_.cancel_all();
}

void RemoteAssociation::ask(std::vector<h248::ActionRequest> actions,
                            std::function<void(const h248::TransactionReply&)> replied) {
  transactions_.request(std::move(actions), shared_.now(),
                        [this, generation = generation_, replied = std::move(replied),
                         watch = std::weak_ptr<bool>(alive_)](const h248::Transactions::Outcome& outcome) {
                          if (watch.expired() || generation != generation_) return;
                          using Kind = h248::Transactions::Failure::Kind;
                          if (outcome) return replied(*outcome);
                          // It has answered, if nothing that means anything: as an error.
                          if (outcome.error().kind == Kind::malformed_reply)
                            return replied({.result = h248::ErrorDescriptor{400, "unreadable"}});
                          lose("the gateway does not answer", "gateway_lost");
                        });
}

void RemoteAssociation::begin_registration() {
  ++generation_;
  ++shared_.counters.registrations;
  beating_ = false;
  if (member_ == 0) member_ = shared_.pool.add(gateway_, traits());
  enter(State::auditing);
  shared_.log.info("gateway_registered",
                   {{"gateway", name()},
                    {"from", std::string(to_string(route().carrier)) + ":" + route().peer.to_string()},
                    {"version", std::to_string(version_)},
                    {"profile", profile_ ? to_string(*profile_) : ""}});
  audit_.start();
}

void RemoteAssociation::on_realms(std::vector<std::string> realms) {
  realms_ = std::move(realms);
  if (member_ != 0) shared_.pool.set_traits(member_, traits());
}

void RemoteAssociation::on_audited(std::size_t subtracted) {
  enter(State::registered);
  shared_.log.info("gateway_ready", {{"gateway", name()},
                                     {"contexts", std::to_string(gateway_.context_count())},
                                     {"subtracted", std::to_string(subtracted)}});
}

GatewayPool::Traits RemoteAssociation::traits() const {
  GatewayPool::Traits out{.name = name(), .realms = realms_};
  for (const auto& each : shared_.options.gateways) {
    const auto mid = parse_message_id(each.mid);
    if (!mid || !same_end(*mid, peer_)) continue;
    out.weight = each.weight;
    if (!each.realms.empty()) out.realms = each.realms;
  }
  return out;
}

std::string RemoteAssociation::name() const {
  return to_string(peer_);
}

void RemoteAssociation::on_time(base::Time now) {
  transactions_.on_time(now);
  if (now >= graceful_end_) lose("the gateway went out of service", "gateway_out_of_service");
  if (state_ == State::lost) return;
  audit_.go_on();
  ease(now);
  const auto interval = shared_.options.heartbeat;
  if (interval > base::Duration::zero() && now >= heard_ + interval) beat();
}

base::Time RemoteAssociation::deadline() const {
  auto out = std::min({transactions_.deadline(), graceful_end_, ease_at_});
  if (state_ != State::lost && !beating_ && shared_.options.heartbeat > base::Duration::zero())
    out = std::min(out, heard_ + shared_.options.heartbeat);
  return out;
}

/// An empty AuditValue on ROOT (TS 29.334 5.12). Whatever is answered, the gateway is there; no answer: lost.
void RemoteAssociation::beat() {
  if (std::exchange(beating_, true)) return;
  ask({audit_root({})}, [this](const auto&) { beating_ = false; });
}

void RemoteAssociation::ease(base::Time now) {
  if (now < ease_at_) return;
  overload_ = overload_ > first_reduction ? overload_ - reduction_step : 0;
  ease_at_ = overload_ == 0 ? base::never : now + ease_interval;
  set_reduction();
}

void RemoteAssociation::set_reduction() {
  if (member_ == 0) return;
  shared_.pool.set_overload(member_, overload_);
  shared_.pool.set_reduction(member_, congestion_);
}

void RemoteAssociation::on_root_events(const h248::ObservedEventsDescriptor& observed, After& after) {
  if (state_ == State::lost) return;
  const auto& names = shared_.options.remote.packages;
  for (const auto& event : observed.events) {
    const auto element = names.element(event.name);
    if (element == name::overload) {
      overload_ = overload_ == 0 ? first_reduction : std::min(overload_ + reduction_step, most_reduction);
      ease_at_ = shared_.now() + ease_interval;
    }
    for (const auto& parameter : event.parameters)
      if (names.parameter(element, parameter.name) == name::congestion_reduction)
        congestion_ = std::min(
            base::parse_uint<unsigned>(parameter.value.values.front().text).value_or(congestion_), 100u);
    if (element == name::realms_changed) after = After::realms;
  }
  set_reduction();
}

AssociationStatus RemoteAssociation::status() const {
  AssociationStatus out;
  out.peer = name();
  out.route = std::string(to_string(route().carrier)) + ":" + route().peer.to_string();
  out.role = "mg";
  out.state = state_ == State::registered ? "registered" : state_ == State::lost ? "lost" : "auditing";
  if (profile_) out.profile = to_string(*profile_);
  out.version = version_;
  out.form = shared_.options.print.form == h248::Form::pretty ? "pretty" : "compact";
  out.contexts = gateway_.context_count();
  out.counters = transactions_.counters();
  out.waiting = transactions_.waiting();
  out.last_error = last_error_;
  return out;
}

}  // namespace iq
