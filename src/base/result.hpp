#pragma once
#include <type_traits>
#include <utility>
#include <variant>

#include "base/expect.hpp"

namespace base {

/// A value, or the reason there is none. The subset of std::expected that the project uses, under
/// the same names, plus [[nodiscard]] on the type. Reading the side that is not there aborts.
template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

  /// A value that is made where it will stand: for large ones.
  template <class... Arguments>
  explicit Result(std::in_place_t, Arguments&&... arguments)
      : state_(std::in_place_index<0>, std::forward<Arguments>(arguments)...) {}

  explicit operator bool() const noexcept { return state_.index() == 0; }
  bool has_value() const noexcept { return state_.index() == 0; }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  T& value() & {
    expect(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    expect(has_value());
    return *std::get_if<0>(&state_);
  }
  const E& error() const {
    expect(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, E> state_;
};

/// The value of a Result that has nothing to return: done, or the reason it is not.
struct Ok {
  friend bool operator==(Ok, Ok) { return true; }
};

}  // namespace base
