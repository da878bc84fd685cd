#pragma once
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace app {

/// What the command line of `postern ctl` said.
struct CtlArguments {
  std::string admin;   // HOST:PORT; empty: that of `config`, else the default of admin.listen
  std::string config;  // TOML file
  bool json = false;
  std::string call_id;
  std::uint32_t limit = 100;
  std::string association;
  bool trace = false;  // on
  // of explain
  std::string offer_file, answer_file;  // "-": standard input
  std::string from, to;                 // realms
  std::vector<std::string> flags;
  std::string received_from;
};

/// Where a command prints; each function returns the exit code.
struct CtlStreams {
  std::FILE* out;
  std::FILE* err;

  /// The text as it is; exit_failed where it cannot be written.
  int print(std::string_view text) const;
  /// "postern ctl: TEXT", one printable line; returns `code`.
  int fail(int code, std::string_view text) const;
};

/// A subcommand. To add one: its functions and a line of the table in ctl_commands.cpp.
struct CtlCommand {
  const char* name;
  const char* help;
  void (*add_options)(CLI::App& app, CtlArguments& into);
  int (*run)(const CtlArguments& arguments, const CtlStreams& streams);
};
std::span<const CtlCommand> ctl_commands();

/// The subcommand that asks nobody: what would become of an offer (ctl_explain.cpp).
void add_explain(CLI::App& app, CtlArguments& into);
int run_explain(const CtlArguments& arguments, const CtlStreams& streams);

/// --admin, --config and --json, which may stand before and behind the subcommand.
void add_admin_options(CLI::App& app, CtlArguments& into);

}  // namespace app
