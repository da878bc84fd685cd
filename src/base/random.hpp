#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace base {

/// A source of random octets, passed in. crypto::SystemRandom is the real one; tests give a seeded one.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> out) = 0;

  std::uint64_t next_u64() {
    std::uint64_t value = 0;
    fill(std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
};

/// `length` characters of [a-z0-9], about 5.17 bits each (16 of them: 82 bits, enough for an RFC 4975
/// session-id; 13: 67 bits, enough for a transaction id).
std::string random_token(Random& random, std::size_t length);

}  // namespace base
