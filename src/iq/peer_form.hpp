#pragma once
#include <string_view>

#include "proto/h248/message.hpp"

namespace iq {

/// Whether that peer writes an empty Signals descriptor without braces, as Erlang's megaco does, which takes
/// nothing else either (h248::PrintOptions::bare_empty_signals). `octets`: the text that the message was.
bool writes_bare_signals(const h248::Message& message, std::string_view octets);

}  // namespace iq
