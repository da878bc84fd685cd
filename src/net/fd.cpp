#include "net/fd.hpp"

#include <unistd.h>

namespace net {

void Fd::reset() noexcept {
  // Never repeated after EINTR: Linux has released the number by then, and it may be somebody else's already.
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace net
