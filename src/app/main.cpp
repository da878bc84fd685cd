#include <string>
#include <vector>

#include "app/cli.hpp"
#include "app/up.hpp"
#include "ue/command.hpp"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return app::run_command_line(arguments, {.up = app::up, .ue = ue::main}, stdout, stderr);
}
