#include "app/ctl.hpp"

#include <csignal>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/cli.hpp"
#include "app/ctl_commands.hpp"

namespace app {

int ctl(std::span<const std::string> arguments, std::FILE* out, std::FILE* err) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader of ours that has gone is an error code
  CLI::App root("asks a running Postern over its admin HTTP", "postern ctl");
  root.require_subcommand(1);
  CtlArguments given;
  add_admin_options(root, given);
  const CtlStreams streams{out, err};
  const CtlCommand* chosen = nullptr;
  for (const auto& command : ctl_commands()) {
    auto* app = root.add_subcommand(command.name, command.help);
    command.add_options(*app, given);
    app->callback([&chosen, &command] { chosen = &command; });
  }
  try {
    root.parse(
        std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes them from the back
  } catch (const CLI::CallForHelp&) {
    const auto asked = root.get_subcommands();
    return streams.print(asked.empty() ? root.help() : asked.front()->help("postern ctl"));
  } catch (const CLI::Error& error) {
    const auto extra = root.remaining();  // CLI11 misses the subcommand before it tells of an unknown one
    if (root.get_subcommands().empty() && !extra.empty())
      return streams.fail(exit_usage, "unknown command '" + extra.front() + "' (see postern ctl --help)");
    return streams.fail(exit_usage, std::string(error.what()) + " (see postern ctl --help)");
  }
  return chosen->run(given, streams);
}

}  // namespace app
