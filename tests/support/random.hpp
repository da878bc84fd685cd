#pragma once
#include <cstdint>

#include "base/random.hpp"

namespace test {

/// The same octets every time for the same seed (splitmix64).
class SeededRandom : public base::Random {
 public:
  explicit SeededRandom(std::uint64_t seed = 1) : state_(seed) {}
  void fill(std::span<std::byte> out) override {
    for (auto& octet : out) octet = static_cast<std::byte>(next() >> 56);
  }

 private:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

}  // namespace test
