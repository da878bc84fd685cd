#pragma once
#include <cstdio>
#include <span>
#include <string>

namespace app {

/// `postern ctl`, with the arguments behind "ctl": asks a running Postern over its admin HTTP. What was asked
/// for goes to `out`. The exit code: 0 good, 1 it failed, 2 bad usage or configuration; both with one line on
/// `err`.
int ctl(std::span<const std::string> arguments, std::FILE* out, std::FILE* err);

}  // namespace app
