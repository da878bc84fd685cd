#pragma once
#include <span>
#include <string>

namespace ue {

/// `postern ue`, with the arguments behind "ue". The exit code: 0 all was delivered and confirmed, 1 not, 2
/// bad usage (one line on stderr).
int main(std::span<const std::string> args);

}  // namespace ue
