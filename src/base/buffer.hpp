#pragma once
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/expect.hpp"

namespace base {

/// A contiguous byte queue: append at the back, consume from the front. Owns no memory until used and
/// gives it back with release(), so an idle connection costs nothing. Views die with the next change.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t capacity) { reserve(capacity); }
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::string_view view() const noexcept { return {data_.get() + begin_, size()}; }

  /// Room for at least `n` octets at the back; commit() says how many were written.
  std::span<char> prepare(std::size_t n);
  void commit(std::size_t n) noexcept {
    expect(n <= capacity_ - end_);
    end_ += n;
  }
  void append(std::string_view octets);
  void push_back(char octet) { append({&octet, 1}); }
  void consume(std::size_t n) noexcept;
  void clear() noexcept { begin_ = end_ = 0; }
  /// Frees the memory; what was inside is gone.
  void release() noexcept;
  void reserve(std::size_t capacity);

 private:
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace base
