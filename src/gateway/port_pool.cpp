#include "gateway/port_pool.hpp"

#include "base/expect.hpp"

namespace gateway {

PortPool::PortPool(std::uint16_t low, std::uint16_t high) : low_(low) {
  base::expect(low != 0 && low <= high);
  used_.resize(std::size_t{high} - low + 1);
  free_ = used_.size();
}

std::optional<std::uint16_t> PortPool::take(const std::function<Try(std::uint16_t)>& open) {
  for (std::size_t tried = 0; tried < used_.size() && free_ > 0; ++tried) {
    const auto index = next_;
    next_ = (next_ + 1) % used_.size();
    if (used_[index]) continue;
    const auto port = static_cast<std::uint16_t>(low_ + index);
    switch (open(port)) {
      case Try::taken:
        used_[index] = true;
        --free_;
        return port;
      case Try::held:
        ++skipped_;
        break;
      case Try::stop:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

bool PortPool::take(std::uint16_t port, const std::function<Try(std::uint16_t)>& open) {
  const auto index = static_cast<std::size_t>(port) - low_;
  if (port < low_ || index >= used_.size() || used_[index] || open(port) != Try::taken) return false;
  used_[index] = true;
  --free_;
  return true;
}

void PortPool::give_back(std::uint16_t port) noexcept {
  const auto index = static_cast<std::size_t>(port - low_);
  base::expect(port >= low_ && index < used_.size() && used_[index]);
  used_[index] = false;
  ++free_;
}

}  // namespace gateway
