#pragma once
#include <optional>
#include <string>

#include "app/cli.hpp"
#include "app/config.hpp"

namespace app {

/// A key and what it should have been, given the rest of the configuration.
struct Contradiction {
  std::string path;  // "realm[1].ports"
  std::string text;
};

/// What no key alone can be blamed for: names used twice, ports shared, a certificate without its key.
std::optional<Contradiction> find_contradiction(const Config& config);
/// What a role lacks, or must not have.
std::optional<Contradiction> find_contradiction(const Config& config, Role role);

}  // namespace app
