// Transactions beside each other: which one may work on which context, and in what order.
#include "iq/gateway_commands.hpp"

#include <algorithm>
#include <utility>

#include "iq/gateway_commands_impl.hpp"
#include "proto/h248/codec.hpp"

namespace iq {
namespace {

bool is_wildcard(const h248::ActionRequest& action) {
  return action.context == h248::all_contexts ||
         std::any_of(action.commands.begin(), action.commands.end(),
                     [](const h248::CommandRequest& command) { return command.termination.has_all(); });
}

/// As the longer of the two forms has it.
std::size_t octets_of(const std::vector<h248::ActionReply>& replies) {
  h248::Message message;
  message.body = std::vector<h248::Transaction>{h248::TransactionReply{0, false, replies}};
  return h248::print(message).size();
}

CommandError too_large() {
  return command_error(533, "Response exceeds maximum transport PDU size");
}

}  // namespace

GatewayCommands::Impl::Impl(Options options, MediaGateway& gateway, Association& association,
                            base::Random& random)
    : options_(std::move(options)), gateway_(gateway), association_(association), random_(random) {
  gateway_.set_listener([this, alive = std::weak_ptr(alive_)](const Notification& notification) {
    if (!alive.expired()) on_notification(notification);
  });
}

void GatewayCommands::Impl::execute(h248::TransactionRequest request, base::Time now,
                                    std::function<void(h248::Transactions::Result)> done) {
  now_ = std::max(now_, now);
  auto run = std::make_unique<Run>();
  run->id = ++last_run_;
  run->generation = generation_;
  run->request = std::move(request);
  run->done = std::move(done);
  ready_.push_back(run->id);
  runs_.emplace(run->id, std::move(run));
  pump();
}

/// Answers and locks that come while a transaction is being worked on only make others ready: the stack does
/// not grow with their number.
void GatewayCommands::Impl::pump() {
  if (std::exchange(pumping_, true)) return;
  while (!ready_.empty()) {
    const auto id = ready_.front();
    ready_.pop_front();
    stepping_ = id;
    if (const auto found = runs_.find(id); found != runs_.end()) step(*found->second);
    stepping_ = 0;
  }
  pumping_ = false;
}

void GatewayCommands::Impl::step(Run& run) {
  const auto at_end = [&] {
    return run.state == Run::State::next_action && (run.stopped || run.action == run.request.actions.size());
  };
  while (!at_end())
    if (!proceed(run)) return;
  finish(run);
}

/// Whether it can go on at once.
bool GatewayCommands::Impl::proceed(Run& run) {
  switch (run.state) {
    case Run::State::next_action:
      begin_action(run);
      return true;
    case Run::State::next_context:
      if (!run.stopped && !run.targets.empty()) return enter_context(run);
      end_action(run);
      return true;
    case Run::State::commands:
      if (run.stopped || run.command == run.now().commands.size()) {
        leave_context(run);
      } else {
        execute_command(run);
      }
      return true;
    case Run::State::asking: {
      if (!run.answer) return false;
      const auto answer = *std::exchange(run.answer, std::nullopt);
      const auto then = std::exchange(run.then, {});
      run.state = Run::State::commands;
      then(run, answer);
      return true;
    }
  }
  return false;
}

void GatewayCommands::Impl::begin_action(Run& run) {
  const auto& action = run.now();
  run.first_reply = run.replies.size();
  run.for_all.clear();
  run.matched = false;
  run.state = Run::State::next_context;
  const auto only = [&](auto allowed) {
    return !action.commands.empty() && std::all_of(action.commands.begin(), action.commands.end(), allowed);
  };
  using Name = h248::CommandName;
  if (action.context == h248::choose_context) {
    if (action.commands.empty() || action.commands.front().name != Name::add)
      return fail_action(run, command_error(421, "Illegal combination: a new context begins with Add"));
    run.targets = {table_.create().number};
    run.created.push_back(run.targets.front());
  } else if (action.context == h248::all_contexts) {
    const bool allowed = only([](const h248::CommandRequest& each) {
      return each.name == Name::subtract || each.name == Name::audit_value;
    });
    if (!allowed)
      return fail_action(run,
                         command_error(421, "Illegal combination: Context = * takes Subtract, AuditValue"));
    run.targets = table_.numbers();
    std::reverse(run.targets.begin(), run.targets.end());
  } else {
    run.targets = {action.context.value};
  }
}

/// False: another transaction has it, this one is called when it is free.
bool GatewayCommands::Impl::enter_context(Run& run) {
  const auto number = run.targets.back();
  auto* context = table_.find(number);
  const bool gone = !context || (context->releasing && context->owner != run.id);
  if (gone && run.in_all()) {
    run.targets.pop_back();
    return true;
  }
  if (gone && number != h248::null_context.value) {
    run.targets.clear();
    fail_action(
        run, command_error(411, "The transaction refers to an unknown ContextId: " + std::to_string(number)));
    return true;
  }
  if (context && context->owner != 0 && context->owner != run.id) {
    context->waiting.push_back(run.id);
    return false;
  }
  if (context) context->owner = run.id;
  run.targets.pop_back();
  run.context = context;
  run.command = 0;
  run.state = Run::State::commands;
  run.replies.push_back({{number}, {}, {}, {}});
  if (!take_properties(run)) run.stopped = true;
  return true;
}

void GatewayCommands::Impl::leave_context(Run& run) {
  run.state = Run::State::next_context;
  auto& reply = run.replies.back();
  if (reply.commands.empty() && !reply.error && reply.properties == h248::ContextProperties{})
    run.replies.pop_back();
  auto* context = std::exchange(run.context, nullptr);
  if (!context) return;
  context->owner = 0;
  if (context->terminations.empty()) {
    // Nobody is told its number where the first Add has failed.
    if (run.now().context == h248::choose_context && !run.replies.empty() && context->fresh)
      run.replies.back().context = h248::choose_context;
    ready_.insert(ready_.end(), context->waiting.begin(), context->waiting.end());
    return table_.erase(context->number);
  }
  if (!context->waiting.empty()) {
    context->owner = context->waiting.front();
    context->waiting.pop_front();
    ready_.push_back(context->owner);
  }
  if (!context->fresh) tell_held(*context);
}

void GatewayCommands::Impl::end_action(Run& run) {
  const auto& action = run.now();
  run.targets.clear();
  if (!run.for_all.empty())
    run.replies.push_back({h248::all_contexts, {}, std::exchange(run.for_all, {}), {}});
  const auto alone = [&](const h248::CommandRequest& command, CommandError error) {
    h248::CommandReply reply{command.name, command.termination, {}, {}};
    reply.descriptors.error = std::move(error);
    run.replies.resize(run.first_reply);
    run.replies.push_back({action.context, {}, {std::move(reply)}, {}});
    run.stopped = true;
  };
  const auto& commands = action.commands;
  if (run.in_all() && !run.stopped && !run.matched && !commands.empty()) {
    const bool all = commands.front().termination.has_all();
    if (!commands.front().termination.is_root())
      alone(commands.front(), all ? command_error(431, "No TerminationID matched a wildcard")
                                  : command_error(430, "Unknown TerminationID"));
    else
      run.replies.push_back(
          {h248::all_contexts, {}, {{commands.front().name, commands.front().termination}}, {}});
  } else if (!run.stopped && is_wildcard(action) && octets_of(run.replies) > options_.reply_octets) {
    alone(commands.front(), too_large());
  }
  ++run.action;
  run.state = Run::State::next_action;
}

void GatewayCommands::Impl::finish(Run& run) {
  const auto created = std::move(run.created);
  const auto done = std::move(run.done);
  h248::Transactions::Result result = std::move(run.replies);
  runs_.erase(run.id);
  // What has been done stays done: an audit tells it in smaller parts.
  if (octets_of(std::get<0>(result)) > options_.reply_octets) result = too_large();
  done(std::move(result));
  // Now the controller can know what events on it are about.
  for (const auto number : created) {
    auto* context = table_.find(number);
    if (!context) continue;
    context->fresh = false;
    if (context->owner == 0) tell_held(*context);
  }
}

void GatewayCommands::Impl::fail_action(Run& run, CommandError error) {
  run.replies.push_back({run.now().context, {}, {}, std::move(error)});
  run.stopped = true;
}

void GatewayCommands::Impl::ask(Run& run, Request request, Run::Then then) {
  run.state = Run::State::asking;
  run.then = std::move(then);
  gateway_.execute(std::move(request),
                   [this, id = run.id, alive = std::weak_ptr(alive_)](Run::Answer answer) {
                     if (alive.expired()) return;
                     const auto found = runs_.find(id);
                     if (found == runs_.end()) return;
                     found->second->answer = std::move(answer);
                     // One that answers at once is gone on with where it asked; ready a second time it would
                     // wait twice.
                     if (stepping_ == id) return;
                     ready_.push_back(id);
                     pump();
                   });
}

void GatewayCommands::Impl::release_all(std::function<void()> done) {
  ++generation_;
  // Optional: one that cannot be released does not keep the others.
  h248::CommandRequest subtract{h248::CommandName::subtract, {"*"}, {}, true, true};
  subtract.descriptors.audit.emplace();
  h248::ActionRequest action{h248::all_contexts, {}, {}, {std::move(subtract)}};
  execute({0, {std::move(action)}}, now_, [done = std::move(done)](const auto&) { done(); });
}

GatewayCommands::GatewayCommands(Options options, MediaGateway& gateway, Association& association,
                                 base::Random& random)
    : impl_(std::make_unique<Impl>(std::move(options), gateway, association, random)) {}
GatewayCommands::~GatewayCommands() {
  impl_->gateway_.set_listener([](const Notification&) {});
}

void GatewayCommands::execute(h248::TransactionRequest request, base::Time now,
                              std::function<void(h248::Transactions::Result)> done) {
  impl_->execute(std::move(request), now, std::move(done));
}
void GatewayCommands::on_time(base::Time now) {
  impl_->on_time(now);
}
base::Time GatewayCommands::deadline() const {
  return impl_->beats_.empty() ? base::never : std::get<0>(*impl_->beats_.begin());
}
void GatewayCommands::release_all(std::function<void()> done) {
  impl_->release_all(std::move(done));
}
GatewayCommands::Status GatewayCommands::status() const {
  return {impl_->table_.contexts(), impl_->table_.terminations()};
}

}  // namespace iq
