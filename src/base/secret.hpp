#pragma once
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace base {

/// Key material: zeroed when it dies, never copied by accident, never printed, compared in constant time.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::span<const std::byte> octets) : octets_(octets.begin(), octets.end()) {}
  explicit Secret(std::string_view octets) : Secret(std::as_bytes(std::span(octets))) {}
  Secret(Secret&& other) noexcept : octets_(std::move(other.octets_)) { other.octets_.clear(); }
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  /// A second copy, asked for by name.
  Secret clone() const { return Secret(std::span<const std::byte>(octets_)); }
  std::span<const std::byte> octets() const noexcept { return octets_; }
  std::size_t size() const noexcept { return octets_.size(); }
  bool empty() const noexcept { return octets_.empty(); }
  /// Time depends on the lengths only.
  bool equals(std::span<const std::byte> other) const noexcept;

 private:
  void wipe() noexcept;
  std::vector<std::byte> octets_;
};

}  // namespace base
