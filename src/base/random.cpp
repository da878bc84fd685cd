#include "base/random.hpp"

#include <array>

namespace base {

std::string random_token(Random& random, std::size_t length) {
  static constexpr char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string out;
  out.reserve(length);
  std::array<std::byte, 32> pool{};
  while (out.size() < length) {
    random.fill(pool);
    for (const auto octet : pool) {
      const auto value = std::to_integer<unsigned>(octet);
      // 252 = 7 * 36: what is above would favour the first letters.
      if (value < 252 && out.size() < length) out.push_back(alphabet[value % 36]);
    }
  }
  return out;
}

}  // namespace base
