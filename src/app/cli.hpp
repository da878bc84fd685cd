#pragma once
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/log.hpp"

namespace app {

enum ExitCode : int { exit_good = 0, exit_failed = 1, exit_usage = 2 };

/// Which part of Postern a process is.
enum class Role : std::uint8_t { all, gateway, controller };

/// What stands behind `postern up`, `gateway` and `controller`.
struct UpArguments {
  Role role = Role::all;
  std::string config;  // file; empty: the defaults
  bool print_config = false;
  std::string keylog;                       // file; empty: none
  std::optional<base::LogLevel> log_level;  // instead of the configuration's
};

/// The roles that the command line can start; each returns the exit code.
struct Roles {
  std::function<int(const UpArguments&)> run;
  // With their own arguments, without "ue", "ctl" and "decode".
  std::function<int(std::span<const std::string>)> ue;
  std::function<int(std::span<const std::string>)> ctl;
  std::function<int(std::span<const std::string>)> decode;
};

/// Understands the arguments (without the program's name) and starts the role. Bad usage: one line on
/// `err`, 2.
int run_command_line(std::span<const std::string> arguments, const Roles& roles, std::FILE* out,
                     std::FILE* err);

}  // namespace app
