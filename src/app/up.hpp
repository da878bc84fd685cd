#pragma once
#include "app/cli.hpp"

namespace app {

/// `postern up`, `gateway` or `controller`: that role until SIGTERM or SIGINT; the exit code. Prints the
/// configuration to stdout where that is asked for, logs to stderr.
int up(const UpArguments& arguments);

}  // namespace app
