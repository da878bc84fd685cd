#include "iq/gateway_end.hpp"

#include <utility>

#include "iq/gateway_end_impl.hpp"

namespace iq {

GatewayEnd::Impl::Impl(Options given, MediaGateway& gateway, h248::Wire& wire, base::Random& random,
                       base::Log& log)
    : options_(std::move(given)),
      wire_(wire),
      random_(random),
      log_(log),
      timers_(options_.timers),
      commands_(options_.commands, gateway, *this, random_) {}

// Callbacks of the transactions only note what is to be done: so none of them is called from inside another,
// and no controller goes away under its own callback.
void GatewayEnd::Impl::settle() {
  do {
    while (!later_.empty()) {
      const auto next = std::move(later_.front());
      later_.pop_front();
      next();
    }
    tell_all();
    forget_controllers();
  } while (!later_.empty());
  for (const auto& controller : controllers_) controller->transactions.timers() = timers_;
  inside_ = false;
  // The owner may destroy this in it.
  if (state_ == State::idle && stopped_) std::exchange(stopped_, {})();
}

void GatewayEnd::Impl::set_state(State next) {
  if (state_ == next) return;
  state_ = next;
  const auto* controller = candidate_ != nullptr ? candidate_ : current_;
  log_.info("h248_association",
            {{"state", state_name()}, {"controller", controller != nullptr ? place(controller->home) : ""}});
}

void GatewayEnd::Impl::start() {
  if (state_ != State::idle) return;
  commands_.release_all([] {});  // a Restart says that there is nothing
  kept_ = false;
  last_controlling_.reset();
  round_ = 0;
  wait_until_ = now_ + random_wait(options_.avalanche);
  set_state(State::waiting);
}

void GatewayEnd::Impl::stop(std::function<void()> done) {
  stopped_ = std::move(done);
  leave_candidate();
  if (!in_charge()) return finish_stop();
  set_state(State::closing);
  close_at_ = now_ + std::chrono::seconds(1);
  current_->transactions.request({root_change(change(h248::Token::forced, 905))}, now_,
                                 [this](const h248::Transactions::Outcome&) {
                                   later_.push_back([this] {
                                     if (state_ == State::closing) finish_stop();
                                   });
                                 });
}

void GatewayEnd::Impl::finish_stop() {
  if (current_ != nullptr) leave(*std::exchange(current_, nullptr));
  wait_until_ = close_at_ = orphaned_at_ = base::never;
  tellings_.clear();
  set_state(State::idle);
}

void GatewayEnd::Impl::lose(const std::string& why) {
  ++counters_.lost;
  last_error_ = why;
  log_.warning("h248_association_lost", {{"controller", place(current_->home)}, {"why", why}});
  leave_candidate();
  // Its transaction ids may begin anew (it may have been restarted), so that what is known of the old ones
  // would answer new requests with old replies.
  leave(*std::exchange(current_, nullptr));
  orphaned_at_ = now_ + options_.orphan;
  round_ = 0;
  set_state(State::waiting);
  begin_round();
}

bool GatewayEnd::Impl::in_charge() const {
  return state_ == State::registered || state_ == State::handing_over || state_ == State::closing;
}

void GatewayEnd::Impl::on_time() {
  for (const auto& controller : controllers_) controller->transactions.on_time(now_);
  commands_.on_time(now_);
  if (state_ == State::waiting && now_ >= wait_until_) begin_round();
  if (state_ == State::closing && now_ >= close_at_) finish_stop();
  release_orphans();
  watch_silence();
}

base::Time GatewayEnd::Impl::deadline() const {
  if (!later_.empty() || (in_service() && !tellings_.empty())) return now_;
  auto out = std::min({commands_.deadline(), wait_until_, close_at_, orphaned_at_, silent_at()});
  for (const auto& controller : controllers_)
    out = std::min({out, controller->leave, controller->transactions.deadline()});
  return out;
}

void GatewayEnd::Impl::release_orphans() {
  if (now_ < orphaned_at_) return;
  orphaned_at_ = base::never;
  kept_ = false;
  tellings_.clear();
  inactivity_.reset();
  log_.warning("h248_orphaned", {{"contexts", std::to_string(commands_.status().contexts)}});
  commands_.release_all([] {});
}

// H.248.14: nothing has come from the controller for the time that it has set itself, or else for our own.
base::Time GatewayEnd::Impl::silent_at() const {
  const auto limit = inactivity_.value_or(options_.silence);
  if (!in_service() || asked_ || limit <= base::Duration{0}) return base::never;
  return heard_ + limit;
}

void GatewayEnd::Impl::watch_silence() {
  if (now_ < silent_at()) return;
  asked_ = true;
  inactivity_ ? notify_inactivity() : probe();
}

void GatewayEnd::Impl::notify_inactivity() {
  h248::ObservedEvent event;
  event.name = options_.commands.packages.written(name::inactivity);
  if (options_.wall) event.time = time_stamp(options_.wall());
  h248::CommandRequest command{h248::CommandName::notify, {"ROOT"}};
  command.descriptors.observed_events = h248::ObservedEventsDescriptor{{inactivity_request_}, {event}};
  h248::ActionRequest action{h248::null_context};
  action.commands.push_back(std::move(command));
  tell({std::move(action), [](const auto&) {}, 1});
}

void GatewayEnd::Impl::probe() {
  auto change = this->change(h248::Token::disconnected, 900);
  change.version = static_cast<std::uint8_t>(current_->version);
  current_->transactions.request(
      {root_change(std::move(change))}, now_,
      [this, number = current_->number](const h248::Transactions::Outcome& outcome) {
        later_.push_back([this, number, outcome] { on_probed(number, outcome); });
      });
}

void GatewayEnd::Impl::on_probed(std::uint64_t controller, const h248::Transactions::Outcome& outcome) {
  if (!in_service() || current_->number != controller) return;
  if (!outcome) return lose("no answer when asked whether it lives");
  const auto error = error_of(*outcome);
  if (error && means_not_registered(*error)) lose(to_string(*error));
}

base::Result<h248::ServiceChangeDescriptor, h248::ErrorDescriptor> GatewayEnd::Impl::on_service_change(
    const h248::ServiceChangeDescriptor& change) {
  if (current_ == nullptr) return h248::ErrorDescriptor{502, "Not ready"};  // lost since it has asked
  const auto* method = change.method ? std::get_if<h248::Token>(&*change.method) : nullptr;
  const auto token = method != nullptr ? *method : h248::Token::none;
  if (token == h248::Token::hand_off) return hand_off(change);
  if (token != h248::Token::restart && token != h248::Token::forced)
    return h248::ErrorDescriptor{501, "Not Implemented: this ServiceChangeMethod on ROOT"};
  // Once the reply is on its way.
  later_.push_back([this] { commands_.release_all([] {}); });
  return change_reply();
}

void GatewayEnd::Impl::on_inactivity_event(std::optional<base::Duration> time, std::uint32_t request) {
  inactivity_ = time;
  inactivity_request_ = request;
}

std::string GatewayEnd::Impl::state_name() const {
  switch (state_) {
    case State::idle:
      return "idle";
    case State::waiting:
    case State::registering:
      return last_controlling_ ? "disconnected" : "registering";
    case State::registered:
    case State::handing_over:
      return "registered";
    case State::closing:
      return "closing";
  }
  return {};
}

AssociationStatus GatewayEnd::Impl::status_of(const h248::Route& route, const Controller* controller) const {
  AssociationStatus out;
  out.peer = out.route = place(route);
  out.role = "mgc";
  out.state = controller != nullptr && controller == current_ ? state_name()
              : in_charge()                                   ? "registering"
                                                              : state_name();
  out.form = options_.print.form == h248::Form::pretty ? "pretty" : "compact";
  out.last_error = last_error_;
  if (controller == current_ || current_ == nullptr) out.contexts = commands_.status().contexts;
  if (controller == nullptr) return out;
  if (controller->id) out.peer = to_string(*controller->id);
  if (controller->profile) out.profile = to_string(*controller->profile);
  out.version = controller->version;
  out.counters = controller->transactions.counters();
  out.waiting = controller->transactions.waiting();
  return out;
}

std::vector<AssociationStatus> GatewayEnd::Impl::status() const {
  std::vector<AssociationStatus> out;
  if (current_ != nullptr) out.push_back(status_of(current_->route(), current_));
  if (candidate_ != nullptr && candidate_ != current_)
    out.push_back(status_of(candidate_->route(), candidate_));
  if (out.empty())
    out.push_back(status_of(last_controlling_.value_or(options_.controllers.front()), nullptr));
  return out;
}

GatewayEnd::GatewayEnd(Options options, MediaGateway& gateway, h248::Wire& wire, base::Random& random,
                       base::Log& log)
    : impl_(std::make_unique<Impl>(std::move(options), gateway, wire, random, log)) {}
GatewayEnd::~GatewayEnd() = default;

void GatewayEnd::start(base::Time now) {
  impl_->call(now, [&] { impl_->start(); });
}
void GatewayEnd::receive(std::string_view octets, const h248::Route& from, base::Time now) {
  impl_->call(now, [&] { impl_->receive(octets, from); });
}
void GatewayEnd::route_lost(const h248::Route& route, base::Time now) {
  impl_->call(now, [&] { impl_->route_lost(route); });
}
void GatewayEnd::on_time(base::Time now) {
  impl_->call(now, [&] { impl_->on_time(); });
}
base::Time GatewayEnd::deadline() const {
  return impl_->deadline();
}
void GatewayEnd::stop(base::Time now, std::function<void()> done) {
  impl_->call(now, [&] { impl_->stop(std::move(done)); });
}
void GatewayEnd::set_allow(std::vector<base::Network> allow) {
  impl_->options_.allow = std::move(allow);
}
void GatewayEnd::set_trace(std::function<void(bool, const h248::Route&, std::string_view)> trace) {
  impl_->trace_ = std::move(trace);
}
std::vector<AssociationStatus> GatewayEnd::status() const {
  return impl_->status();
}
const GatewayEnd::Counters& GatewayEnd::counters() const noexcept {
  return impl_->counters_;
}

}  // namespace iq
