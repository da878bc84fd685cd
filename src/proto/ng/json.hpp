#pragma once
#include <string>
#include <string_view>

#include "proto/ng/error.hpp"
#include "proto/ng/value.hpp"

namespace ng {

/// The one JSON value (RFC 8259) that is the whole text. true and false become 1 and 0, a number that is no
/// 64-bit integer becomes its text, null is as if it were not there. Of a key given twice the last counts.
base::Result<Value, Error> parse_json(std::string_view text, const Limits& limits = {});

/// Appends it, keys in the dictionary's order. Octets that are not UTF-8 become U+FFFD: JSON cannot say them.
void print_json(const Value& value, std::string& out);
void print_json(const Dictionary& dictionary, std::string& out);

/// The length of the first whole object at the beginning of the text, 0 where more of it is needed. Checks
/// its braces and strings only; what parse_json() says of it still counts.
base::Result<std::size_t, Error> json_length(std::string_view text, const Limits& limits = {});

}  // namespace ng
