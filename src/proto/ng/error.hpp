#pragma once
#include <cstddef>
#include <string>

#include "base/result.hpp"

namespace ng {

/// What is wrong with a text and where: octets from its beginning.
struct Error {
  std::string reason;
  std::size_t offset = 0;

  std::string to_string() const { return reason + " at octet " + std::to_string(offset); }
};

/// What a request may be at most, in either encoding.
struct Limits {
  /// Octets of a frame: what fits a UDP datagram. The SDP of a whole call is a few KiB.
  std::size_t max_size = 65'535;
  /// Dictionaries and lists inside each other. Requests nest twice (OpenSIPS' key=[a=1]), a query's answer
  /// about eight times; the parser recurses, so the bound is also the stack's.
  unsigned max_depth = 16;
  /// Values of all kinds. A request has about twenty, a list of 1,000 calls some thousands; it bounds what 64
  /// KiB of "0:" could make us allocate and the search for keys given twice.
  std::size_t max_elements = 8192;
};

}  // namespace ng
