#pragma once
#include <string>
#include <string_view>

#include "proto/ng/error.hpp"
#include "proto/ng/value.hpp"

namespace ng {

/// The one bencoded value (BEP 3) that is the whole text. As rtpengine and unlike BEP 3, the keys of a
/// dictionary may stand in any order; a key given twice is an error. Numbers are canonical: no leading zeros,
/// no "-0", 64 bits.
base::Result<Value, Error> parse_bencode(std::string_view text, const Limits& limits = {});

/// Appends it, keys in the dictionary's order.
void print_bencode(const Value& value, std::string& out);
void print_bencode(const Dictionary& dictionary, std::string& out);

/// The length of the first whole value at the beginning of the text, 0 where more of it is needed. Checks its
/// shape only; what parse_bencode() says of the value still counts.
base::Result<std::size_t, Error> bencode_length(std::string_view text, const Limits& limits = {});

}  // namespace ng
