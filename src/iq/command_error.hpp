#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "proto/h248/message.hpp"

// For this room's .cpp files: what a command fails with (H.248.8).
namespace iq {

using CommandError = h248::ErrorDescriptor;
using Checked = base::Result<base::Ok, CommandError>;

inline CommandError command_error(std::uint16_t code, std::string text) {
  return {code, std::move(text)};
}

}  // namespace iq
