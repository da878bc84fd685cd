#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "iq/command_error.hpp"
#include "iq/context_table.hpp"
#include "iq/gateway_commands.hpp"

namespace iq {

/// One transaction being executed, for gateway_*.cpp.
struct Run {
  using Answer = base::Result<Reply, Error>;
  using Then = std::function<void(Run&, const Answer&)>;
  enum class State : std::uint8_t { next_action, next_context, commands, asking };

  std::uint64_t id = 0;
  std::uint64_t generation = 0;
  h248::TransactionRequest request;
  std::function<void(h248::Transactions::Result)> done;

  State state = State::next_action;
  std::size_t action = 0;
  std::size_t command = 0;
  bool stopped = false;                // something has failed: nothing more is executed
  std::vector<std::uint32_t> targets;  // contexts of the action that are still to come, the next one last
  Context* context = nullptr;          // that it owns; none: the null context
  bool matched = false;                // the action has found a termination in any context
  std::vector<h248::ActionReply> replies;
  std::size_t first_reply = 0;              // of the action
  std::vector<h248::CommandReply> for_all;  // the action's W- replies, in Context = *
  std::vector<std::uint32_t> created;       // contexts
  std::optional<Answer> answer;             // while asking
  Then then;

  const h248::ActionRequest& now() const { return request.actions[action]; }
  const h248::CommandRequest& command_now() const { return now().commands[command]; }
  bool in_all() const { return now().context == h248::all_contexts; }
};

struct GatewayCommands::Impl {
  Impl(Options options, MediaGateway& gateway, Association& association, base::Random& random);

  // gateway_commands.cpp: one transaction beside the others.
  void execute(h248::TransactionRequest request, base::Time now,
               std::function<void(h248::Transactions::Result)> done);
  void release_all(std::function<void()> done);
  void pump();
  void step(Run& run);
  bool proceed(Run& run);
  void begin_action(Run& run);
  bool enter_context(Run& run);
  void leave_context(Run& run);
  void end_action(Run& run);
  void finish(Run& run);
  void fail_action(Run& run, CommandError error);
  void ask(Run& run, Request request, Run::Then then);

  // gateway_execute.cpp: one command.
  bool take_properties(Run& run);
  void execute_command(Run& run);
  void reply(Run& run, const h248::CommandRequest& command, std::string termination,
             h248::Descriptors descriptors);
  void fail(Run& run, const std::string& termination, CommandError error);
  void end_command(Run& run, bool well = true);
  base::Result<std::vector<std::size_t>, CommandError> terminations_of(const Run& run,
                                                                       const h248::CommandRequest& command);
  /// Whether there is nothing to do here, which has then been replied.
  bool has_none(Run& run, const base::Result<std::vector<std::size_t>, CommandError>& found);
  CommandError error_of(const Error& error);
  h248::Descriptors media_reply(const Termination& termination, bool with_local) const;

  // gateway_add.cpp, gateway_modify.cpp, gateway_subtract.cpp
  struct Addition;
  struct Change;
  void add(Run& run);
  base::Result<Addition, CommandError> prepare_add(const Run& run);
  Checked place(const h248::TerminationId& id, const std::optional<std::string>& realm, Termination& out);
  Checked check_companions(const Context& context, const TerminationMedia& media,
                           std::optional<std::size_t> but);
  void added(Run& run, const Addition& addition, const Run::Answer& answer);
  void undo_add(Run& run, ContextId seam, TerminationId termination, CommandError error);
  void modify(Run& run);
  base::Result<Change, CommandError> prepare_change(Run& run, std::size_t command, std::size_t termination);
  std::vector<Change> collect_changes(Run& run);
  static bool are_uniform(const Context& context, const std::vector<Change>& changes);
  static bool move_together(const Context& context, const std::vector<Change>& changes);
  static Request request_of(ContextId context, std::vector<Change>& changes);
  void changed(Run& run, const std::vector<Change>& changes, const Run::Answer& answer);
  void commit(Context& context, const Change& change);
  void subtract(Run& run);
  void subtracted(Run& run, const std::vector<std::size_t>& which, const Run::Answer& answer);

  // gateway_audit.cpp, gateway_root.cpp
  void audit(Run& run);
  void audited(Run& run, const std::vector<std::size_t>& which, const Run::Answer* answer);
  void audit_root(Run& run);
  void execute_on_root(Run& run);
  void modify_root(Run& run);
  void change_service(Run& run);

  // gateway_notify.cpp
  void on_notification(const Notification& notification);
  void tell(Context& context, const Notification& notification);
  void tell_held(Context& context);
  void tell_overload();
  void arm_heartbeat(Context& context, Termination& termination);
  void disarm_heartbeat(Context& context, Termination& termination);
  void on_time(base::Time now);
  void beat(Context& context, Termination& termination);
  void subtract_hanging(std::uint32_t context, const std::string& termination);

  const Options options_;
  MediaGateway& gateway_;
  Association& association_;
  base::Random& random_;
  base::Time now_{};
  ContextTable table_;
  std::uint64_t last_termination_ = 0;
  RequestedEvents root_events_;
  std::map<std::string, std::uint64_t> root_numbers_;  // properties of root that are only kept
  std::optional<base::Time> overload_told_;
  std::set<std::tuple<base::Time, std::uint32_t, TerminationId>> beats_;

  std::map<std::uint64_t, std::unique_ptr<Run>> runs_;
  std::deque<std::uint64_t> ready_;
  std::uint64_t last_run_ = 0;
  std::uint64_t generation_ = 0;  // release_all() ends earlier ones
  bool pumping_ = false;
  std::uint64_t stepping_ = 0;                                  // the Run that pump() is in
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for callbacks that come after the end
};

}  // namespace iq
