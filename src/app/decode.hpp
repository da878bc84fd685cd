#pragma once
#include <cstdio>
#include <span>
#include <string>

namespace app {

/// `postern decode h248 [--compact] [--plain] FILE|-`: prints the H.248 messages of a text or of a capture as
/// pretty text that says what it means. `arguments` are those behind "decode". Exit code: exit_failed where
/// something was no message, and one line on `err` for each says where.
int decode(std::span<const std::string> arguments, std::FILE* in, std::FILE* out, std::FILE* err);

}  // namespace app
