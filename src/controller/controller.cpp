#include "controller/controller.hpp"

#include "base/text.hpp"
#include "controller/controller_impl.hpp"
#include "proto/sdp/media.hpp"

namespace controller {
namespace {

/// Commands of one call that wait for the one before them. A proxy has one or two under way; what is more is
/// somebody's loop.
constexpr std::size_t max_waiting = 16;
/// When a gateway takes so long that a call's time comes while a command waits for it.
constexpr base::Duration look_again = std::chrono::seconds(1);

sdp::Setup to_sdp(ng::MsrpSetup setup) {
  switch (setup) {
    case ng::MsrpSetup::active:
      return sdp::Setup::active;
    case ng::MsrpSetup::passive:
      return sdp::Setup::passive;
    case ng::MsrpSetup::actpass:
      return sdp::Setup::actpass;
  }
  return sdp::Setup::actpass;
}

}  // namespace

Controller::Controller(Options options, iq::MediaGateway& gateway, base::Random& random, base::Log& log)
    : impl_(std::make_unique<Impl>(std::move(options), gateway, random, log)) {}
Controller::~Controller() = default;
void Controller::execute(const ng::Request& request, base::Time now, Done done) {
  impl_->execute(request, now, std::move(done));
}
void Controller::on_time(base::Time now) {
  impl_->on_time(now);
}
base::Time Controller::deadline() const {
  return impl_->deadline();
}
void Controller::set_policy(std::vector<RealmPolicy> realms) {
  impl_->set_policy(std::move(realms));
}
void Controller::set_on_released(std::function<void(const ReleasedCall&)> on_released) {
  impl_->set_on_released(std::move(on_released));
}
void Controller::set_on_session_ended(std::function<void(const EndedSession&)> on_session_ended) {
  impl_->set_on_session_ended(std::move(on_session_ended));
}
void Controller::release_all(base::Time now, std::function<void()> done) {
  impl_->release_all(now, std::move(done));
}
Controller::Gauges Controller::gauges() const {
  return impl_->gauges();
}

Controller::Impl::Impl(Options options, iq::MediaGateway& gateway, base::Random& random, base::Log& log)
    : options_(std::move(options)), gateway_(gateway), random_(random), log_(log) {
  base::expect(!options_.realms.empty());
  gateway_.set_listener([this](const iq::Notification& notification) { on_notification(notification); });
}

void Controller::Impl::execute(const ng::Request& request, base::Time now, Done done) {
  now_ = now;
  switch (request.command) {
    case ng::Command::ping:
      return done(ng::print_reply(ng::Reply::pong()));
    case ng::Command::list:
      return list(request, done);
    case ng::Command::statistics:
      return statistics(done);
    case ng::Command::offer:
    case ng::Command::answer:
    case ng::Command::delete_call:
    case ng::Command::query:
      return take_turn(request, std::move(done));
  }
}

void Controller::Impl::take_turn(const ng::Request& request, Done done) {
  auto& turns = turns_[request.call_id];
  if (turns.running == 0) return run(request, std::move(done));
  if (turns.waiting.size() == max_waiting)
    return done(ng::print_reply(ng::Reply::error("too many commands for this call at a time")));
  // A request is moved, never copied, for the key that may be in it; the copy is made of what it says.
  auto copy = ng::parse_request(ng::print_request(request));
  if (!copy) return done(ng::print_reply(ng::Reply::error(copy.error().reason)));
  turns.waiting.emplace_back(*std::move(copy), std::move(done));
}

void Controller::Impl::run(const ng::Request& request, Done done) {
  ++turns_[request.call_id].running;
  Done finish = [this, id = request.call_id, done = std::move(done)](ng::Value reply) {
    done(std::move(reply));
    leave(id);
  };
  switch (request.command) {
    case ng::Command::offer:
      return offer(request, std::move(finish));
    case ng::Command::answer:
      return answer(request, std::move(finish));
    case ng::Command::delete_call:
      return remove(request, std::move(finish));
    case ng::Command::query:
      return query(request, std::move(finish));
    case ng::Command::ping:
    case ng::Command::list:
    case ng::Command::statistics:
      return base::expect(false);
  }
}

/// Something that went on with the call is over; what waits for it goes on.
void Controller::Impl::leave(const std::string& call_id) {
  const auto found = turns_.find(call_id);
  base::expect(found != turns_.end() && found->second.running > 0);
  if (--found->second.running > 0) return;
  if (found->second.waiting.empty()) {
    turns_.erase(found);
    return;
  }
  auto [request, done] = std::move(found->second.waiting.front());
  found->second.waiting.pop_front();
  run(request, std::move(done));
}

const RealmPolicy* Controller::Impl::realm(std::string_view name) const {
  for (const auto& policy : options_.realms)
    if (policy.name == name) return &policy;
  return nullptr;
}

base::Result<Exchange, std::string> Controller::Impl::exchange_of(const ng::Request& request) const {
  auto document = sdp::Document::parse(request.sdp);
  if (!document) return "sdp: " + sdp::to_string(document.error());
  Exchange out{.call_id = request.call_id,
               .from_tag = request.from_tag,
               .to_tag = request.to_tag,
               .via_branch = request.via_branch,
               .document = *std::move(document)};
  out.flags.security = {request.msrp_tls, request.msrp_e2ae()};
  if (request.msrp_setup) out.flags.setup = to_sdp(*request.msrp_setup);
  out.flags.mode = request.msrp_mode;
  out.peer = request.msrp_peer.value_or(ng::MsrpPeer::automatic);
  out.received_from = request.received_from;
  out.direction = request.direction;
  // What is not built yet is refused: served some other way, it would not be what was asked for.
  if (!request.msrp_psk.empty()) out.unserved = "msrp-psk: this gateway has no TLS-PSK";
  for (const auto section : out.document.media())
    if (sdp::is_msrp(out.document, section)) out.sections.push_back(section);
  if (request.command == ng::Command::offer && out.sections.size() > 1) out.arrived = out.document;
  return out;
}

/// Goes on once the names in its c= lines have been looked up, at once where there are none. What cannot be
/// looked up matters only where the gateway would have to connect there.
void Controller::Impl::with_names(ExchangePtr exchange, std::function<void(const ExchangePtr&)> then) {
  auto hosts =
      options_.resolve ? names_in(exchange->document, exchange->sections) : std::vector<std::string>();
  if (hosts.empty()) return then(exchange);
  const auto left = std::make_shared<std::size_t>(hosts.size());
  for (const auto& host : hosts)
    options_.resolve(host, [exchange, then, left, host](std::vector<base::IpAddress> addresses) {
      exchange->names[host] = std::move(addresses);
      if (--*left == 0) then(exchange);
    });
}

base::Time Controller::Impl::deadline() const {
  return deadlines_.empty() ? base::never : deadlines_.begin()->first;
}

void Controller::Impl::on_time(base::Time now) {
  now_ = now;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto found = calls_.find(deadlines_.begin()->second);
    base::expect(found != calls_.end());
    on_call_time(*found->second);
  }
}

void Controller::Impl::on_call_time(Call& call) {
  if (call.deadline == base::Time::min())  // its bearer ended when nobody told the time
    return set_deadline(call, now_ + options_.ended_linger, call.ending);
  if (turns_.contains(call.id))  // not under a command that is being carried out
    return set_deadline(call, now_ + look_again, call.ending);
  if (call.answered &&
      (call.waits() || call.waits_crossed())) {  // a later offer was never answered: the call goes on without
    log_.info("offer_given_up", {{"call_id", call.id}});
    drop_offered(call, "offer_timeout");
    drop_crossed(call, "offer_timeout");
    call.given_up = true;
    return settle(call);
  }
  log_.info("call_freed", {{"call_id", call.id}, {"reason", call.ending}});
  const auto reason = call.ending;
  if (reason == fork_gone) tell_released(call, "timed_out", "nobody connected when its fork was over", {});
  free_call(take(call), reason);
}

void Controller::Impl::release_all(base::Time now, std::function<void()> done) {
  now_ = now;
  std::vector<CallPtr> all;
  while (!calls_.empty()) {
    auto& call = *calls_.begin()->second;
    if (call.has_context()) tell_released(call, "shutdown", "the process ends", {});
    all.push_back(take(call));
  }
  free_calls(std::move(all), "shutdown", [done = std::move(done)](auto&) { done(); });
}

Controller::Gauges Controller::Impl::gauges() const {
  Gauges out;
  out.calls = branches_.size();
  out.closed = closed_;
  for (const auto& [serial, call] : calls_)
    for (const auto& [context, media] : call->contexts())
      ++out.sessions[{media->mode(), media->security_name()}];
  return out;
}

}  // namespace controller
