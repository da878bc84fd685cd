#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace test {

using Pieces = std::vector<std::string_view>;

/// The wire cut into pieces of `n` octets.
inline Pieces cut_into(std::string_view wire, std::size_t n) {
  Pieces pieces;
  for (std::size_t at = 0; at < wire.size(); at += n) pieces.push_back(wire.substr(at, n));
  return pieces;
}

/// `tell(pieces)` feeds the pieces to something fresh and returns its story as text. The story of the whole
/// wire must also be that of every chunk size and of every two-piece split.
template <class Tell>
void expect_every_cut_tells_the_same(std::string_view wire, Tell tell) {
  const std::string whole = tell(Pieces{wire});
  for (std::size_t n = 1; n <= wire.size(); ++n)
    ASSERT_EQ(tell(cut_into(wire, n)), whole) << "pieces of " << n;
  for (std::size_t at = 0; at <= wire.size(); ++at) {
    const Pieces pieces{wire.substr(0, at), wire.substr(at)};
    ASSERT_EQ(tell(pieces), whole) << "cut at " << at;
  }
}

}  // namespace test
