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
constexpr std::array<std::string_view, 5> not_yet = {"gateway", "controller", "kms", "decode", "bench"};

constexpr std::array<std::string_view, 4> known = {"up", "--help", "-h", "--version"};

int usage_error(std::FILE* err, const std::string& text) {
  std::fprintf(err, "postern: %s\n", base::printable(text, 400).c_str());
  return exit_usage;
}

struct UpCommand {
  UpArguments arguments;
  std::string level;
};

CLI::App* add_up(CLI::App& root, UpCommand& command) {
  auto* up = root.add_subcommand("up", "all roles in one process: gateway and controller, commanded over NG");
  up->add_option("--config", command.arguments.config, "TOML file; without it the defaults hold")
      ->type_name("FILE");
  up->add_flag("--print-config", command.arguments.print_config, "print the effective configuration and end");
  up->add_option("--keylog", command.arguments.keylog, "append TLS secrets to FILE, to decrypt captures with")
      ->type_name("FILE");
  up->add_option("--log-level", command.level, "debug, info, warning or error")->type_name("LEVEL");
  return up;
}

int start_up(UpCommand& command, const Roles& roles, std::FILE* err) {
  if (!command.level.empty()) {
    command.arguments.log_level = find_name(log_level_names, command.level);
    if (!command.arguments.log_level)
      return usage_error(err,
                         "--log-level: expected debug, info, warning or error, not '" + command.level + "'");
  }
  return roles.up(command.arguments);
}

}  // namespace

int run_command_line(std::span<const std::string> arguments, const Roles& roles, std::FILE* out,
                     std::FILE* err) {
  if (arguments.empty()) return usage_error(err, "a command is needed (see postern --help)");
  // These read their own command line, --help too.
  if (arguments.front() == "ue") return roles.ue(arguments.subspan(1));
  if (arguments.front() == "ctl") return roles.ctl(arguments.subspan(1));
  if (std::find(not_yet.begin(), not_yet.end(), arguments.front()) != not_yet.end())
    return usage_error(err, "'" + arguments.front() + "' is not part of version " + std::string(version));
  if (std::find(known.begin(), known.end(), arguments.front()) == known.end())
    return usage_error(err, "unknown command '" + arguments.front() + "' (see postern --help)");

  CLI::App root("Postern, the media-plane security gateway for MSRP", "postern");
  root.require_subcommand(1);
  root.set_version_flag("--version", "postern " + std::string(version));
  UpCommand command;
  auto* up = add_up(root, command);
  root.add_subcommand("ue", "an MSRP user agent: listen, chat, send, receive (see postern ue --help)");
  root.add_subcommand("ctl", "asks a running Postern: list, show, delete, health (see postern ctl --help)");
  try {
    root.parse(
        std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes them from the back
  } catch (const CLI::CallForHelp&) {
    std::fputs((up->parsed() ? up->help("postern") : root.help()).c_str(), out);
    return exit_good;
  } catch (const CLI::CallForVersion& call) {
    std::fprintf(out, "%s\n", call.what());
    return exit_good;
  } catch (const CLI::Error& error) {
    const auto* where = up->parsed() ? "postern up --help" : "postern --help";
    return usage_error(err, std::string(error.what()) + " (see " + where + ")");
  }
  return start_up(command, roles, err);
}

}  // namespace app
