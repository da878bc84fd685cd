#pragma once
#include <string>
#include <string_view>

#include "proto/h248/error.hpp"
#include "proto/h248/message.hpp"

namespace h248 {

/// The one message that is the whole text: megacoMessage of H.248.1 version 2, annex B.2, long and short
/// tokens alike, comments and white space wherever the grammar has LWSP.
Result<Message> parse(std::string_view text, const Limits& limits = {});

/// A message of which not everything could be read.
struct Parsed {
  Message message;
  std::vector<Error> broken;  // a transaction each, or the rest of the text from there; at most 16
};

/// parse(), but a broken transaction does not take the others with it: they are treated independently
/// (H.248.1 8.3). Nothing of a broken one is given, not even its first actions (8.2.2 would have them
/// executed). Fails where the header or the whole message's error cannot be read.
Result<Parsed> salvage(std::string_view text, const Limits& limits = {});

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
/// Appends one transaction, as it stands in a message behind the header or behind a line feed.
void print(const Transaction& transaction, std::string& out, const PrintOptions& options);

}  // namespace h248
