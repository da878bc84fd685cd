#include "app/cli.hpp"

#include <algorithm>
#include <array>

#include <CLI/CLI.hpp>

#include "app/config_names.hpp"
#include "app/version.hpp"
#include "base/text.hpp"

namespace app {
namespace {

/// Subcommands that interfaces.md names and that later versions bring.
constexpr std::array<std::string_view, 2> not_yet = {"kms", "bench"};

constexpr std::array<std::string_view, 6> known = {"up",     "gateway", "controller",
                                                   "--help", "-h",      "--version"};

int usage_error(std::FILE* err, const std::string& text) {
  std::fprintf(err, "postern: %s\n", base::printable(text, 400).c_str());
  return exit_usage;
}

struct UpCommand {
  UpArguments arguments;
  std::string level;
};

void add_role(CLI::App& root, UpCommand& command, Role role, const char* name, const char* help) {
  auto* app = root.add_subcommand(name, help);
  auto& given = command.arguments;
  app->add_option("--config", given.config, "TOML file; without it the defaults hold")->type_name("FILE");
  app->add_flag("--print-config", given.print_config, "print the effective configuration and end");
  if (role != Role::controller)
    app->add_option("--keylog", given.keylog, "append TLS secrets to FILE, to decrypt captures with")
        ->type_name("FILE");
  app->add_option("--log-level", command.level, "debug, info, warning or error")->type_name("LEVEL");
  app->callback([&given, role] { given.role = role; });
}

int start_role(UpCommand& command, const Roles& roles, std::FILE* err) {
  if (!command.level.empty()) {
    command.arguments.log_level = find_name(log_level_names, command.level);
    if (!command.arguments.log_level)
      return usage_error(err,
                         "--log-level: expected debug, info, warning or error, not '" + command.level + "'");
  }
  return roles.run(command.arguments);
}

}  // namespace

int run_command_line(std::span<const std::string> arguments, const Roles& roles, std::FILE* out,
                     std::FILE* err) {
  if (arguments.empty()) return usage_error(err, "a command is needed (see postern --help)");
  // These read their own command line, --help too.
  if (arguments.front() == "ue") return roles.ue(arguments.subspan(1));
  if (arguments.front() == "ctl") return roles.ctl(arguments.subspan(1));
  if (arguments.front() == "decode") return roles.decode(arguments.subspan(1));
  if (std::find(not_yet.begin(), not_yet.end(), arguments.front()) != not_yet.end())
    return usage_error(err, "'" + arguments.front() + "' is not part of version " + std::string(version));
  if (std::find(known.begin(), known.end(), arguments.front()) == known.end())
    return usage_error(err, "unknown command '" + arguments.front() + "' (see postern --help)");

  CLI::App root("Postern, the media-plane security gateway for MSRP", "postern");
  root.require_subcommand(1);
  root.set_version_flag("--version", "postern " + std::string(version));
  UpCommand command;
  add_role(root, command, Role::all, "up", "gateway and controller in one process, commanded over NG");
  add_role(root, command, Role::gateway, "gateway", "the user plane alone, commanded over H.248");
  add_role(root, command, Role::controller, "controller",
           "the control plane alone: commanded over NG, commands gateways over H.248");
  root.add_subcommand("ue", "an MSRP user agent: listen, chat, send, receive (see postern ue --help)");
  root.add_subcommand("ctl", "asks a running Postern: list, show, associations... (see postern ctl --help)");
  root.add_subcommand("decode", "shows what protocol messages say (see postern decode --help)");
  try {
    root.parse(
        std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes them from the back
  } catch (const CLI::CallForHelp&) {
    const auto asked = root.get_subcommands();
    std::fputs((asked.empty() ? root.help() : asked.front()->help("postern")).c_str(), out);
    return exit_good;
  } catch (const CLI::CallForVersion& call) {
    std::fprintf(out, "%s\n", call.what());
    return exit_good;
  } catch (const CLI::Error& error) {
    const auto asked = root.get_subcommands();
    const auto where = asked.empty() ? "postern" : "postern " + asked.front()->get_name();
    return usage_error(err, std::string(error.what()) + " (see " + where + " --help)");
  }
  return start_role(command, roles, err);
}

}  // namespace app
