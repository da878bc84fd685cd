#pragma once
#include <string>
#include <string_view>

#include "proto/h248/error.hpp"
#include "proto/h248/message.hpp"

namespace h248 {

/// The one message that is the whole text: megacoMessage of H.248.1 version 2, annex B.2, long and short
/// tokens alike, comments and white space wherever the grammar has LWSP.
Result<Message> parse(std::string_view text, const Limits& limits = {});

struct PrintOptions {
  Form form = Form::pretty;
  /// "Signals" instead of the grammar's "Signals { }" for an empty descriptor: Erlang's megaco takes only
  /// this.
  bool bare_empty_signals = false;
};

/// Appends the message. parse(print(x)) == x for all that parse() gives. In values of our own making, what
/// the grammar cannot say is replaced: '"' and control octets in quoted strings become '\'' and ' '.
void print(const Message& message, std::string& out, const PrintOptions& options = {});
std::string print(const Message& message, const PrintOptions& options = {});

}  // namespace h248
