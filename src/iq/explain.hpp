#pragma once
#include <string>

#include "proto/h248/message.hpp"

namespace iq {

/// The message as pretty text, with what its names and numbers mean in comments behind them, and above each
/// Local and Remote what its SDP says. A comment is part of the grammar: the text parses to the same message.
std::string explain(const h248::Message& message);

}  // namespace iq
