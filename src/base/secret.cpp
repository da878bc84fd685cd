#include "base/secret.hpp"

#include <cstring>

namespace base {

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    octets_ = std::move(other.octets_);
    other.octets_.clear();
  }
  return *this;
}

bool Secret::equals(std::span<const std::byte> other) const noexcept {
  if (other.size() != octets_.size()) return false;
  std::byte difference{0};
  for (std::size_t i = 0; i < other.size(); ++i) difference |= other[i] ^ octets_[i];
  return difference == std::byte{0};
}

void Secret::wipe() noexcept {
  if (!octets_.empty()) explicit_bzero(octets_.data(), octets_.size());
  octets_.clear();
}

}  // namespace base
