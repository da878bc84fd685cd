#include "app/sd_notify.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.hpp"

namespace app {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): at start, before there are threads
  return value == nullptr ? std::string{} : std::string(value);
}

}  // namespace

ServiceManager::ServiceManager(std::string socket, std::string_view watchdog_usec,
                               std::string_view watchdog_pid)
    : socket_(std::move(socket)) {
  const auto usec = base::parse_uint<std::uint32_t>(watchdog_usec);
  const bool for_us = watchdog_pid.empty() || watchdog_pid == std::to_string(::getpid());
  if (usec && *usec > 1 && for_us) interval_ = std::chrono::microseconds(*usec / 2);
}

ServiceManager ServiceManager::from_environment() {
  return ServiceManager(environment("NOTIFY_SOCKET"), environment("WATCHDOG_USEC"),
                        environment("WATCHDOG_PID"));
}

void ServiceManager::reloading() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto usec = std::uint64_t(now.tv_sec) * 1'000'000 + std::uint64_t(now.tv_nsec) / 1000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(usec));
}

void ServiceManager::status(std::string_view text) const {
  send("STATUS=" + base::printable(text, 200));
}

void ServiceManager::send(std::string_view message) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool known = socket_.size() > 1 && (socket_[0] == '/' || socket_[0] == '@');
  if (!known || socket_.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_[0] == '@') address.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  ::sendto(fd, message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
           size);
  ::close(fd);
}

}  // namespace app
