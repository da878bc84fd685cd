// Messages: whose they are, and what is told to the controller.
#include <utility>

#include "base/text.hpp"
#include "iq/gateway_end_impl.hpp"
#include "iq/peer_form.hpp"

namespace iq {

namespace {

constexpr std::size_t most_guests = 16;

/// Of one that is not in charge any more only replies count: what it was asked is still open.
bool keep_replies(h248::Parsed& parsed) {
  auto* transactions = std::get_if<std::vector<h248::Transaction>>(&parsed.message.body);
  if (transactions == nullptr) return false;
  parsed.broken.clear();
  std::erase_if(*transactions,
                [](const auto& each) { return std::holds_alternative<h248::TransactionRequest>(each); });
  return !transactions->empty();
}

}  // namespace

GatewayEnd::Impl::Controller::Controller(Impl& whose, const h248::Route& at, std::uint64_t which)
    : end(whose),
      number(which),
      home(at),
      print(whose.options_.print),
      transactions({whose.options_.own, 1, print, whose.timers_}, whose, *this, whose.random_) {
  transactions.set_route(at);
}

void GatewayEnd::Impl::Controller::on_request(h248::TransactionRequest request, const h248::Route&) {
  end.execute(*this, std::move(request));
}

void GatewayEnd::Impl::Controller::on_message_error(const h248::ErrorDescriptor& error, const h248::Route&) {
  end.later_.push_back([&impl = end, which = number, error] {
    if (auto* controller = impl.find(which)) impl.on_message_error(*controller, error);
  });
}

void GatewayEnd::Impl::receive(std::string_view octets, const h248::Route& from) {
  // Third parties shall not even cost the reading.
  auto* owner = owner_of(from, nullptr);
  if (owner == nullptr) return refuse(from);
  auto parsed = h248::salvage(octets);
  if (parsed) owner = owner_of(from, &parsed->message.sender);
  if (owner == nullptr) return refuse(from);
  if (!takes_requests(*owner) && (!parsed || !keep_replies(*parsed))) return refuse(from);
  if (trace_) trace_(false, from, octets);
  if (!parsed || !parsed->broken.empty()) ++counters_.malformed;
  if (!parsed) return owner->transactions.receive_malformed(parsed.error(), from, now_);
  note_form(*owner, parsed->message, octets);
  note_identity(*owner, parsed->message.sender, from);
  note_heard(*owner);
  owner->transactions.receive(*std::move(parsed), from, now_);
}

void GatewayEnd::Impl::note_heard(Controller& controller) {
  if (controller.guest) controller.leave = now_ + long_timer();
  if (&controller != current_) return;
  heard_ = now_;
  asked_ = false;
}

void GatewayEnd::Impl::note_form(Controller& controller, const h248::Message& message,
                                 std::string_view octets) {
  if (controller.print.bare_empty_signals || !writes_bare_signals(message, octets)) return;
  controller.print.bare_empty_signals = true;
  controller.transactions.set_print(controller.print);
}

bool GatewayEnd::Impl::takes_requests(const Controller& controller) const {
  return &controller == current_ || &controller == candidate_ || controller.guest;
}

/// From the right address any name is taken (controllers behind one address are one to us), but said once.
void GatewayEnd::Impl::note_identity(Controller& controller, const h248::MessageId& sender,
                                     const h248::Route& from) {
  if (!controller.id) controller.id = sender;
  if (same_end(*controller.id, sender) || !once_a_minute(from.peer.ip)) return;
  log_.warning("h248_other_name", {{"controller", base::printable(to_string(*controller.id))},
                                   {"name", base::printable(to_string(sender))}});
}

void GatewayEnd::Impl::refuse(const h248::Route& from) {
  ++counters_.refused_source;
  if (once_a_minute(from.peer.ip)) log_.warning("h248_refused_source", {{"source", place(from)}});
}

bool GatewayEnd::Impl::once_a_minute(const base::IpAddress& ip) {
  const auto found = logged_.find(ip);
  if (found != logged_.end() && now_ < found->second + std::chrono::minutes(1)) return false;
  constexpr std::size_t most_addresses = 1000;  // whoever sends from more, is logged more often
  if (logged_.size() >= most_addresses) logged_.clear();
  logged_[ip] = now_;
  return true;
}

bool GatewayEnd::Impl::is_allowed(const base::IpAddress& ip) const {
  return std::any_of(options_.allow.begin(), options_.allow.end(),
                     [&](const base::Network& network) { return network.contains(ip); });
}

std::vector<GatewayEnd::Impl::Controller*> GatewayEnd::Impl::by_rank() const {
  const auto may_still = [&](const Controller& each) { return !each.guest || is_allowed(each.home.peer.ip); };
  std::vector<Controller*> out;
  if (current_ != nullptr) out.push_back(current_);
  if (candidate_ != nullptr && candidate_ != current_) out.push_back(candidate_);
  for (const auto& each : controllers_)
    if (each.get() != current_ && each.get() != candidate_ && may_still(*each)) out.push_back(each.get());
  return out;
}

/// By address, then by name where several share the address, then by IP address: ports are anybody's.
GatewayEnd::Impl::Controller* GatewayEnd::Impl::owner_of(const h248::Route& from,
                                                         const h248::MessageId* sender) {
  const auto known = by_rank();
  const auto first = [&](auto&& is_it) -> Controller* {
    const auto found = std::find_if(known.begin(), known.end(), is_it);
    return found == known.end() ? nullptr : *found;
  };
  const auto& ip = from.peer.ip;
  const bool allowed = is_allowed(ip) && (current_ != nullptr || candidate_ != nullptr);
  if (auto* exact = first([&](const Controller* each) {
        return each->home.peer == from.peer || each->route().peer == from.peer;
      }))
    return exact;
  if (sender != nullptr) {
    if (auto* named = first(
            [&](const Controller* each) { return (allowed || each->is_at(ip)) && each->is_called(*sender); }))
      return named;
  }
  if (auto* near = first([&](const Controller* each) { return !each->guest && each->is_at(ip); }))
    return near;
  if (!allowed) return nullptr;
  if (sender != nullptr) return guest_at(from);
  return current_ != nullptr ? current_ : candidate_;
}

/// It has transaction ids of its own, so it is told apart from who is in charge.
GatewayEnd::Impl::Controller* GatewayEnd::Impl::guest_at(const h248::Route& from) {
  const auto guests =
      std::count_if(controllers_.begin(), controllers_.end(), [](const auto& each) { return each->guest; });
  if (static_cast<std::size_t>(guests) >= most_guests) return nullptr;
  controllers_.push_back(std::make_unique<Controller>(*this, from, ++last_number_));
  controllers_.back()->guest = true;
  return controllers_.back().get();
}

GatewayEnd::Impl::Controller& GatewayEnd::Impl::controller_at(const h248::Route& home) {
  for (const auto& each : controllers_)
    if (!each->guest && same_place(each->home, home)) return *each;
  controllers_.push_back(std::make_unique<Controller>(*this, home, ++last_number_));
  return *controllers_.back();
}

GatewayEnd::Impl::Controller* GatewayEnd::Impl::find(std::uint64_t number) {
  for (const auto& each : controllers_)
    if (each->number == number) return each.get();
  return nullptr;
}

/// What it was asked is asked of the next one.
void GatewayEnd::Impl::leave(Controller& controller) {
  controller.transactions.cancel_all();
  controller.leave = now_ + long_timer();
}

void GatewayEnd::Impl::forget_controllers() {
  std::erase_if(controllers_, [&](const auto& each) {
    if (now_ < each->leave) return false;
    each->transactions.cancel_all();
    return true;
  });
}

void GatewayEnd::Impl::route_lost(const h248::Route& route) {
  for (const auto& each : controllers_) each->transactions.route_lost(route, now_);
  if (!is_reliable(route.carrier)) return;
  const auto is_its = [&](const Controller* controller) {
    return controller != nullptr && controller->route().carrier == route.carrier &&
           controller->route().peer == route.peer;
  };
  if (in_service() && is_its(current_)) return lose("the connection has ended");
  if (candidate_ != current_ && is_its(candidate_)) return on_no_success("no connection");
  if (state_ == State::closing && is_its(current_)) finish_stop();
}

void GatewayEnd::Impl::execute(Controller& controller, h248::TransactionRequest request) {
  const auto answer = [this, id = request.id, number = controller.number](h248::Transactions::Result result) {
    if (auto* asker = find(number)) asker->transactions.answer(id, std::move(result), now_);
  };
  const bool may = &controller == current_ || controller.guest;
  if (may && in_charge()) return commands_.execute(std::move(request), now_, answer);
  answer(h248::ErrorDescriptor{
      505, "Transaction Request Received before a Service Change Reply has been received"});
}

void GatewayEnd::Impl::on_message_error(Controller& controller, const h248::ErrorDescriptor& error) {
  log_.warning("h248_message_refused", {{"controller", place(controller.home)}, {"error", to_string(error)}});
  if (&controller == candidate_ && candidate_ != current_) {
    // It says so of the ServiceChange, which is all that it has been sent.
    ++attempt_;
    controller.transactions.cancel_all();
    return on_refused(error);
  }
  if (&controller == current_ && in_service() && means_not_registered(error)) lose(to_string(error));
}

void GatewayEnd::Impl::send(h248::ActionRequest action,
                            std::function<void(std::optional<h248::ErrorDescriptor>)> answered) {
  if (tellings_.size() >= timers_.in_flight) return;
  tellings_.push_back({std::move(action), std::move(answered)});
  if (!inside_ && in_service() && options_.wake) options_.wake();
}

void GatewayEnd::Impl::tell_all() {
  while (in_service() && !tellings_.empty()) {
    auto next = std::move(tellings_.front());
    tellings_.pop_front();
    tell(std::move(next));
  }
}

void GatewayEnd::Impl::tell(Telling telling) {
  --telling.attempts_left;
  const std::vector actions{telling.action};
  current_->transactions.request(
      actions, now_,
      [this, number = current_->number,
       told = std::move(telling)](const h248::Transactions::Outcome& outcome) {
        later_.push_back([this, number, told, outcome] { on_told(number, told, outcome); });
      });
}

void GatewayEnd::Impl::on_told(std::uint64_t controller, Telling telling,
                               const h248::Transactions::Outcome& outcome) {
  using Kind = h248::Transactions::Failure::Kind;
  const bool mine = in_service() && current_->number == controller;
  if (!outcome) {
    const auto kind = outcome.error().kind;
    if (kind == Kind::cancelled || kind == Kind::timed_out) tell_again(std::move(telling));
    if (kind == Kind::timed_out && mine) lose("no answer");
    return;
  }
  const auto* error = std::get_if<h248::ErrorDescriptor>(&outcome->result);
  if (error != nullptr && means_not_registered(*error)) {
    tell_again(std::move(telling));
    if (mine) lose(to_string(*error));
    return;
  }
  telling.answered(error_of(*outcome));
}

void GatewayEnd::Impl::tell_again(Telling telling) {
  if (telling.attempts_left > 0 && tellings_.size() < timers_.in_flight)
    tellings_.push_back(std::move(telling));
}

void GatewayEnd::Impl::send(const h248::Route& to, std::string_view message) {
  if (trace_) trace_(true, to, message);
  wire_.send(to, message);
}

}  // namespace iq
