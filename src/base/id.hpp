#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace base {

/// An integer that cannot be mistaken for another kind of integer. Zero means "none".
template <class Tag>
struct Id {
  std::uint64_t value = 0;

  explicit operator bool() const noexcept { return value != 0; }
  friend auto operator<=>(Id, Id) = default;
};

}  // namespace base

template <class Tag>
struct std::hash<base::Id<Tag>> {
  std::size_t operator()(base::Id<Tag> id) const noexcept { return std::hash<std::uint64_t>{}(id.value); }
};
