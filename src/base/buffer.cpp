#include "base/buffer.hpp"

#include <algorithm>

namespace base {

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  data_ = std::move(other.data_);
  capacity_ = std::exchange(other.capacity_, 0);
  begin_ = std::exchange(other.begin_, 0);
  end_ = std::exchange(other.end_, 0);
  return *this;
}

std::span<char> Buffer::prepare(std::size_t n) {
  if (capacity_ - end_ < n) {
    if (capacity_ - size() >= n && begin_ >= size()) {  // half empty: moving is cheaper than growing
      std::memcpy(data_.get(), data_.get() + begin_, size());
      end_ = size();
      begin_ = 0;
    } else {
      reserve(std::max(size() + n, capacity_ * 2));
    }
  }
  return {data_.get() + end_, capacity_ - end_};
}

void Buffer::append(std::string_view octets) {
  if (octets.empty()) return;
  std::memcpy(prepare(octets.size()).data(), octets.data(), octets.size());
  commit(octets.size());
}

void Buffer::consume(std::size_t n) noexcept {
  expect(n <= size());
  begin_ += n;
  if (begin_ == end_) clear();
}

void Buffer::release() noexcept {
  data_.reset();
  capacity_ = begin_ = end_ = 0;
}

void Buffer::reserve(std::size_t capacity) {
  if (capacity <= capacity_ && begin_ == 0) return;
  const auto held = size();
  const auto wanted = std::max(capacity, held);
  auto grown = std::make_unique_for_overwrite<char[]>(wanted);
  if (held > 0) std::memcpy(grown.get(), data_.get() + begin_, held);
  data_ = std::move(grown);
  capacity_ = wanted;
  begin_ = 0;
  end_ = held;
}

}  // namespace base
