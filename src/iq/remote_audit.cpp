#include "iq/remote_audit.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "iq/registration.hpp"

namespace iq {
namespace {

/// RequestID of ROOT's Events; terminations have their own.
constexpr h248::RequestId root_events{1};
constexpr auto inactivity_unit = std::chrono::milliseconds(10);  // of it/ito's mit (H.248.14)

const std::vector<h248::ActionReply>* actions_of(const h248::TransactionReply& reply) {
  return std::get_if<std::vector<h248::ActionReply>>(&reply.result);
}

/// Of the first command's reply; null: it was refused.
const h248::Descriptors* answered(const h248::TransactionReply& reply) {
  const auto* actions = actions_of(reply);
  if (actions == nullptr || actions->empty() || actions->front().commands.empty()) return nullptr;
  const auto& out = actions->front().commands.front().descriptors;
  return out.error ? nullptr : &out;
}

h248::CommandRequest subtract_all(bool optional) {
  h248::CommandRequest out{.name = h248::CommandName::subtract, .termination = {"*"}, .optional = optional};
  out.wildcard_reply = true;
  out.descriptors.audit.emplace();
  return out;
}

h248::ActionRequest action(h248::ContextId context, h248::CommandRequest command) {
  h248::ActionRequest out{.context = context};
  out.commands.push_back(std::move(command));
  return out;
}

h248::ActionRequest audit_all(h248::ContextId context) {
  h248::CommandRequest out{.name = h248::CommandName::audit_value, .termination = {"*"}};
  out.descriptors.audit.emplace();
  return action(context, std::move(out));
}

/// One value with commas, or several.
std::vector<std::string> names_in(const h248::ParameterValue& value) {
  std::vector<std::string> out;
  for (const auto& each : value.values) {
    std::string_view rest = each.text;
    while (!rest.empty())
      if (const auto name = base::trim(base::take_until(rest, ',')); !name.empty()) out.emplace_back(name);
  }
  return out;
}

/// Unknown context, unknown termination, no match: nothing is there.
bool means_none(std::uint16_t code) {
  return code == 411 || code == 430 || code == 431 || code == 435;
}

/// Unsupported command, not implemented: nor will it be for the next context.
bool means_never(std::uint16_t code) {
  return code == 443 || code == 501;
}

/// Whether a reply says that the context is there; none where it says nothing of it.
std::optional<bool> told_of(const h248::TransactionReply& reply, h248::ContextId context) {
  const auto* actions = actions_of(reply);
  if (actions == nullptr) return std::nullopt;
  const auto own = std::find_if(actions->begin(), actions->end(),
                                [&](const auto& each) { return each.context == context; });
  if (own == actions->end()) return std::nullopt;
  const auto error = error_of({.result = std::vector{*own}});
  return !error || !means_none(error->code);
}

}  // namespace

h248::ActionRequest on_root(h248::CommandRequest command) {
  return action(h248::null_context, std::move(command));
}

h248::ActionRequest audit_root(std::vector<h248::AuditItem> items) {
  h248::CommandRequest out{.name = h248::CommandName::audit_value, .termination = {"ROOT"}};
  out.descriptors.audit.emplace().items = std::move(items);
  return on_root(std::move(out));
}

void RemoteAudit::start() {
  subtracted_ = 0;
  unknown_.clear();
  ask_packages();
}

void RemoteAudit::ask_packages() {
  step_ = Step::packages;
  owner_.ask({audit_root({h248::AuditToken::packages})}, [this](const auto& reply) {
    const auto* told = answered(reply);
    if (told != nullptr && told->packages) gateway_.set_packages(told->packages->packages);
    ask_realms();
  });
}

void RemoteAudit::ask_realms() {
  const bool in_turn = step_ == Step::packages;
  if (in_turn) step_ = Step::realms;
  if (!gateway_.has_package("ipra")) return in_turn ? ask_events() : void();
  owner_.ask({audit_root({h248::AuditToken::media})}, [this, in_turn](const auto& reply) {
    const auto* told = answered(reply);
    if (told != nullptr && told->media && told->media->termination_state)
      for (const auto& property : told->media->termination_state->properties)
        if (names_.element(property.name) == name::realms_available)
          owner_.on_realms(names_in(property.value));
    if (in_turn && step_ == Step::realms) ask_events();
  });
}

h248::EventsDescriptor RemoteAudit::events() const {
  h248::EventsDescriptor out;
  const auto add = [&](std::string_view package, std::string_view element) {
    if (gateway_.has_package(package)) out.events.emplace_back().name = names_.written(element);
  };
  if (inactivity_ > base::Duration::zero() && gateway_.has_package("it")) {
    add("it", name::inactivity);
    const auto time = std::to_string(inactivity_ / inactivity_unit);
    out.events.back().parameters.push_back(
        {names_.written_parameter(name::inactivity_time), {.values = {h248::Value{time}}}});
  }
  add("ocp", name::overload);
  add("chp", name::congestion);
  add("ipra", name::realms_changed);
  if (!out.events.empty()) out.request = root_events;
  return out;
}

void RemoteAudit::ask_events() {
  step_ = Step::events;
  auto wanted = events();
  if (wanted.events.empty()) {
    step_ = Step::waiting;
    return go_on();
  }
  h248::CommandRequest modify{.name = h248::CommandName::modify, .termination = {"ROOT"}};
  modify.descriptors.events.emplace(std::move(wanted));
  owner_.ask({on_root(std::move(modify))}, [this](const auto&) {
    step_ = Step::waiting;
    go_on();
  });
}

void RemoteAudit::go_on() {
  if (step_ == Step::waiting && !gateway_.is_beginning()) ask_contexts();
}

void RemoteAudit::ask_contexts() {
  step_ = Step::contexts;
  owner_.ask({audit_all(h248::all_contexts)}, [this](const auto& reply) { read_contexts(reply); });
}

void RemoteAudit::read_contexts(const h248::TransactionReply& reply) {
  if (const auto error = error_of(reply); error && !means_none(error->code))
    return gateway_.context_count() == 0 ? clean_all() : ask_known();
  std::vector<h248::ContextId> existing;
  const auto* actions = actions_of(reply);
  for (const auto& each : actions == nullptr ? std::vector<h248::ActionReply>{} : *actions) {
    const bool is_one = each.context != h248::null_context && each.context != h248::choose_context &&
                        each.context != h248::all_contexts;
    if (is_one && std::find(existing.begin(), existing.end(), each.context) == existing.end())
      existing.push_back(each.context);
  }
  reconcile(existing);
}

void RemoteAudit::reconcile(const std::vector<h248::ContextId>& existing) {
  step_ = Step::cleaning;
  const auto unknown = gateway_.reconcile(existing, "the gateway has it no more");
  unknown_.assign(unknown.begin(), unknown.end());
  clean();
}

/// What the gateway has it does not tell at once. What it has besides ends by the heartbeats of its
/// terminations: they are answered with 411.
void RemoteAudit::ask_known() {
  step_ = Step::known;
  known_.clear();
  existing_.clear();
  at_once_ = batch;
  for (const auto id : gateway_.contexts()) known_.push_back({static_cast<std::uint32_t>(id.value)});
  ask_known_batch();
}

void RemoteAudit::ask_known_batch() {
  if (step_ != Step::known) return;
  if (known_.empty()) return reconcile(std::exchange(existing_, {}));
  std::vector<h248::ActionRequest> actions;
  for (std::size_t i = 0; i < std::min(at_once_, known_.size()); ++i) actions.push_back(audit_all(known_[i]));
  const auto asked = actions.size();
  owner_.ask(std::move(actions), [this, asked](const auto& reply) { read_known(reply, asked); });
}

/// An error ends a transaction (8.2.2): what stood behind it is asked for again. Only what the gateway says
/// that it lacks is lost; a context that it does not tell of is taken to be there.
void RemoteAudit::read_known(const h248::TransactionReply& reply, std::size_t asked) {
  std::size_t told = 0;
  const auto next_is = [&](bool there) {
    if (there) existing_.push_back(known_.front());
    known_.pop_front();
    ++told;
  };
  while (told < asked) {
    const auto there = told_of(reply, known_.front());
    if (!there) break;
    next_is(*there);
  }
  const auto error = error_of(reply);
  if (error && means_never(error->code)) {
    while (!known_.empty()) next_is(true);
  } else if (told == 0 && asked > 1) {
    at_once_ = 1;
  } else if (told == 0) {
    next_is(!error || !means_none(error->code));
  }
  ask_known_batch();
}

/// What the gateway has it does not tell (its reply would be too large, or it cannot): where nothing here
/// needs it, all of it goes.
void RemoteAudit::clean_all() {
  step_ = Step::cleaning;
  ++subtracted_;
  owner_.ask({action(h248::all_contexts, subtract_all(true))}, [this](const auto&) { clean(); });
}

/// Twenty at a time; what cannot be subtracted does not keep the others.
void RemoteAudit::clean() {
  if (step_ != Step::cleaning) return;
  if (unknown_.empty()) {
    step_ = Step::idle;
    return owner_.on_audited(subtracted_);
  }
  std::vector<h248::ActionRequest> actions;
  while (!unknown_.empty() && actions.size() < batch) {
    actions.push_back(action(unknown_.front(), subtract_all(true)));
    unknown_.pop_front();
  }
  subtracted_ += actions.size();
  owner_.ask(std::move(actions), [this](const auto&) { clean(); });
}

}  // namespace iq
