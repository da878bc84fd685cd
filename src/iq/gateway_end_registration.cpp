// Which controller is asked, with which ServiceChange, and what its reply means (H.248.1 9.2, 11).
#include <utility>

#include "iq/gateway_end_impl.hpp"

namespace iq {

namespace {

constexpr unsigned newest_version = 2;
constexpr unsigned longest_chain = 5;  // of controllers that name another one

}  // namespace

std::string place(const h248::Route& route) {
  return std::string(to_string(route.carrier)) + ":" + route.peer.to_string();
}

base::Duration GatewayEnd::Impl::random_wait(base::Duration most) {
  if (most <= base::Duration{0}) return base::Duration{0};
  return base::Duration(random_.next_u64() % static_cast<std::uint64_t>(most.count()));
}

// Who was in charge comes first: its contexts are those that are here. Then the list, from its beginning.
void GatewayEnd::Impl::begin_round() {
  wait_until_ = base::never;
  targets_.clear();
  if (kept_ && last_controlling_) targets_.push_back(*last_controlling_);
  for (const auto& route : options_.controllers)
    if (!kept_ || !last_controlling_ || !same_place(route, *last_controlling_)) targets_.push_back(route);
  try_next();
}

void GatewayEnd::Impl::try_next() {
  if (targets_.empty()) return wait_for_next_round();
  const auto home = targets_.front();
  targets_.pop_front();
  chain_ = 0;
  ask(home, newest_version);
}

// From half of it to all of it, so that gateways that have lost one controller do not come at once.
void GatewayEnd::Impl::wait_for_next_round() {
  auto wait = options_.registration_retry;
  for (unsigned i = 0; i < round_ && wait < options_.longest_retry; ++i) wait *= 2;
  wait = std::min(wait, options_.longest_retry);
  ++round_;
  wait_until_ = now_ + wait / 2 + random_wait(wait / 2);
  set_state(State::waiting);
}

void GatewayEnd::Impl::ask(const h248::Route& home, unsigned version) {
  auto& controller = controller_at(home);
  candidate_ = &controller;
  proposed_ = version;
  controller.leave = base::never;
  controller.transactions.set_route(home);
  if (&controller != current_) {
    controller.id.reset();
    controller.transactions.set_version(1);  // 11.3: what both understand, until one is agreed upon
  }
  if (state_ != State::handing_over) set_state(State::registering);
  controller.transactions.request(
      {root_change(change_for(home, version))}, now_,
      [this, attempt = ++attempt_](const h248::Transactions::Outcome& outcome) {
        later_.push_back([this, attempt, outcome] { on_outcome(attempt, outcome); });
      });
}

h248::ServiceChangeDescriptor GatewayEnd::Impl::change_for(const h248::Route& home, unsigned version) const {
  auto out = state_ == State::handing_over ? change(h248::Token::hand_off, 903)
             : !kept_ ? change(h248::Token::restart, options_.warm_boot || last_controlling_ ? 902 : 901)
             : same_place(home, *last_controlling_) ? change(h248::Token::disconnected, 900)
                                                    : change(h248::Token::failover, 909);
  out.version = static_cast<std::uint8_t>(version);
  out.profile = parse_profile(options_.profile);
  return out;
}

h248::ServiceChangeDescriptor GatewayEnd::Impl::change(h248::Token method, unsigned reason) const {
  h248::ServiceChangeDescriptor out;
  out.method = method;
  out.reason = change_reason(reason);
  if (options_.wall) out.time = time_stamp(options_.wall());
  return out;
}

/// To the controller's own; Services may not be empty.
h248::ServiceChangeDescriptor GatewayEnd::Impl::change_reply() const {
  h248::ServiceChangeDescriptor out;
  out.version = static_cast<std::uint8_t>(current_->version);
  if (options_.wall) out.time = time_stamp(options_.wall());
  return out;
}

void GatewayEnd::Impl::on_outcome(std::uint64_t attempt, const h248::Transactions::Outcome& outcome) {
  if (attempt != attempt_ || candidate_ == nullptr) return;
  if (!outcome) return on_no_success("no answer");
  const auto result = change_result(*outcome);
  result ? on_accepted(*result) : on_refused(result.error());
}

void GatewayEnd::Impl::on_refused(const h248::ErrorDescriptor& error) {
  if (error.code == 406 && proposed_ > 1) return ask(h248::Route(candidate_->home), proposed_ - 1);
  on_no_success(to_string(error));
}

void GatewayEnd::Impl::on_no_success(const std::string& why) {
  last_error_ = why;
  log_.warning("h248_registration_failed", {{"controller", place(candidate_->home)}, {"why", why}});
  // 11.5: who cannot reach the controller that it was handed to behaves as if its own had failed.
  if (state_ == State::handing_over) return lose("HandOff failed: " + why);
  leave_candidate();
  try_next();
}

void GatewayEnd::Impl::on_accepted(const h248::ServiceChangeDescriptor& reply) {
  if (reply.mgc_id && elsewhere(*reply.mgc_id)) return redirect(*reply.mgc_id);
  const unsigned version = reply.version.value_or(static_cast<std::uint8_t>(proposed_));
  if (version == 0 || version > proposed_) return on_no_success("wants version " + std::to_string(version));
  candidate_->version = version;
  candidate_->transactions.set_version(static_cast<std::uint8_t>(version));
  take_terms(*candidate_, reply);
  take_charge();
}

/// Some controllers name themselves, which means nothing.
bool GatewayEnd::Impl::elsewhere(const h248::MessageId& to) const {
  if (candidate_->id && same_end(*candidate_->id, to)) return false;
  const auto address = address_of(to);
  return !address || (*address != candidate_->home.peer && *address != candidate_->route().peer);
}

void GatewayEnd::Impl::redirect(const h248::MessageId& to) {
  const auto address = address_of(to);
  if (!address || address->ip.is_unspecified() || address->ip.is_multicast())
    return on_no_success("MgcIdToTry is no address: " + base::printable(to_string(to)));
  if (++chain_ > longest_chain) return on_no_success("a chain of MgcIdToTry without end");
  auto home = candidate_->home;
  home.peer = *address;
  leave_candidate();
  ask(home, newest_version);
}

void GatewayEnd::Impl::take_terms(Controller& controller, const h248::ServiceChangeDescriptor& reply) {
  const auto proposed = parse_profile(options_.profile);
  controller.profile = reply.profile ? reply.profile : proposed;
  if (reply.profile && proposed && !same_profile(*reply.profile, *proposed))
    log_.warning("h248_other_profile", {{"profile", to_string(*reply.profile)}});
  if (!reply.address) return;
  auto route = controller.home;
  if (const auto* port = std::get_if<std::uint16_t>(&*reply.address))
    route.peer.port = *port;
  else if (const auto address = address_of(*std::get_if<h248::MessageId>(&*reply.address)))
    route.peer = *address;
  else
    log_.warning("h248_unusable_address", {{"controller", place(controller.home)}});
  controller.transactions.set_route(route);
}

void GatewayEnd::Impl::take_charge() {
  if (current_ != nullptr && current_ != candidate_) current_->leave = now_ + long_timer();
  current_ = std::exchange(candidate_, nullptr);
  last_controlling_ = current_->home;
  kept_ = true;
  orphaned_at_ = base::never;
  round_ = 0;
  targets_.clear();
  heard_ = now_;
  asked_ = false;
  last_error_.clear();
  ++counters_.registrations;
  set_state(State::registered);
}

void GatewayEnd::Impl::leave_candidate() {
  auto* candidate = std::exchange(candidate_, nullptr);
  if (candidate == nullptr) return;
  ++attempt_;
  if (candidate != current_) leave(*candidate);
}

// 11.5. Commands of the old controller are executed until the new one has answered.
base::Result<h248::ServiceChangeDescriptor, h248::ErrorDescriptor> GatewayEnd::Impl::hand_off(
    const h248::ServiceChangeDescriptor& change) {
  if (state_ != State::registered) return h248::ErrorDescriptor{502, "Not ready"};
  if (!change.mgc_id) return h248::ErrorDescriptor{472, "Required Information Missing: MgcIdToTry"};
  auto home = current_->home;
  if (!current_->id || !same_end(*current_->id, *change.mgc_id)) {
    const auto address = address_of(*change.mgc_id);
    if (!address || address->ip.is_unspecified() || address->ip.is_multicast())
      return h248::ErrorDescriptor{449, "MgcIdToTry is no address"};
    home.peer = *address;
  }
  later_.push_back([this, home] {
    if (state_ != State::registered) return;
    chain_ = 0;
    set_state(State::handing_over);
    ask(home, newest_version);
  });
  return change_reply();
}

}  // namespace iq
