#include <span>
#include <string>
#include <vector>

#include "app/cli.hpp"
#include "app/ctl.hpp"
#include "app/decode.hpp"
#include "app/up.hpp"
#include "ue/command.hpp"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const auto ctl = [](std::span<const std::string> given) { return app::ctl(given, stdout, stderr); };
  const auto decode = [](std::span<const std::string> given) {
    return app::decode(given, stdin, stdout, stderr);
  };
  return app::run_command_line(arguments, {.run = app::up, .ue = ue::main, .ctl = ctl, .decode = decode},
                               stdout, stderr);
}
