#include "app/up.hpp"

#include <csignal>
#include <unistd.h>

#include "app/house.hpp"
#include "base/text.hpp"

namespace app {
namespace {

int usage_error(const std::string& text) {
  std::fprintf(stderr, "postern: %s\n", base::printable(text, 1000).c_str());
  return exit_usage;
}

/// Who asks again while the end is being tidied up gets it all the same: the exit code says how it went.
void hold_signals() {
  sigset_t asked;
  sigemptyset(&asked);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&asked, number);
  pthread_sigmask(SIG_BLOCK, &asked, nullptr);
}

}  // namespace

int up(const UpArguments& arguments) {
  auto config =
      arguments.config.empty() ? base::Result<Config, ConfigError>(Config{}) : load_config(arguments.config);
  if (!config) return usage_error(config.error().reason);
  if (arguments.print_config) {
    const bool written = std::fputs(print_config(*config).c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
    return written ? exit_good : exit_failed;
  }
  std::signal(SIGPIPE, SIG_IGN);  // a reader of the log, or a peer, that has gone is an error code
  LineLog log(STDERR_FILENO, arguments.log_level.value_or(config->log.level));
  House house(*config, arguments, log, ServiceManager::from_environment());
  if (const auto opened = house.open(); !opened) return usage_error(opened.error());
  house.run();
  hold_signals();
  return exit_good;
}

}  // namespace app
