#include "app/sd_notify.hpp"

#include <cstring>
#include <ctime>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace app {
namespace {

/// What systemd would hear.
class Ear {
 public:
  explicit Ear(const std::string& name) : name_(name) {
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size), 0);
  }
  ~Ear() {
    ::close(fd_);
    if (name_[0] == '/') ::unlink(name_.c_str());
  }
  std::string next() const {
    char text[512];
    const auto n = ::recv(fd_, text, sizeof text, 0);
    return n < 0 ? "" : std::string(text, static_cast<std::size_t>(n));
  }

 private:
  std::string name_;
  int fd_ = -1;
};

std::string unique_name(const char* prefix) {
  return prefix + ("postern-test-" + std::to_string(::getpid()));
}

TEST(ServiceManager, HearsTheStatesOnAPath) {
  const auto name = unique_name("/tmp/");
  const Ear ear(name);
  const ServiceManager manager(name);
  manager.ready();
  manager.watchdog();
  manager.status("12 calls\nREADY=1");
  manager.stopping();
  EXPECT_EQ(ear.next(), "READY=1");
  EXPECT_EQ(ear.next(), "WATCHDOG=1");
  EXPECT_EQ(ear.next(), "STATUS=12 calls\\x0aREADY=1");
  EXPECT_EQ(ear.next(), "STOPPING=1");
  EXPECT_EQ(ear.next(), "");
}

TEST(ServiceManager, HearsThemOnAnAbstractName) {
  const auto name = unique_name("@");
  const Ear ear(name);
  ServiceManager(name).ready();
  EXPECT_EQ(ear.next(), "READY=1");
}

TEST(ServiceManager, AReloadCarriesTheMonotonicTime) {
  const auto name = unique_name("@");
  const Ear ear(name);
  timespec before{}, after{};
  clock_gettime(CLOCK_MONOTONIC, &before);
  ServiceManager(name).reloading();
  clock_gettime(CLOCK_MONOTONIC, &after);
  const auto text = ear.next();
  const std::string prefix = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_TRUE(text.starts_with(prefix)) << text;
  const auto usec = base::parse_uint<std::uint64_t>(text.substr(prefix.size()));
  ASSERT_TRUE(usec);
  EXPECT_GE(*usec / 1000, std::uint64_t(before.tv_sec) * 1000 + std::uint64_t(before.tv_nsec) / 1'000'000);
  EXPECT_LE(*usec / 1'000'000, std::uint64_t(after.tv_sec));
}

TEST(ServiceManager, NobodyListeningIsNoTrouble) {
  for (const std::string name : {"", "@", "/nonexistent/socket", "relative"}) ServiceManager(name).ready();
  ServiceManager("/" + std::string(200, 'x')).ready();
}

TEST(ServiceManager, TheWatchdogIsServedAtHalfItsTime) {
  const auto pid = std::to_string(::getpid());
  EXPECT_EQ(ServiceManager("@x", "3000000", pid).watchdog_interval(), std::chrono::microseconds(1'500'000));
  EXPECT_EQ(ServiceManager("@x", "3000000").watchdog_interval(), std::chrono::microseconds(1'500'000));
  EXPECT_EQ(ServiceManager("@x", "3000000", "1").watchdog_interval(), std::nullopt);
  EXPECT_EQ(ServiceManager("@x").watchdog_interval(), std::nullopt);
  EXPECT_EQ(ServiceManager("@x", "0", pid).watchdog_interval(), std::nullopt);
  EXPECT_EQ(ServiceManager("@x", "-5", pid).watchdog_interval(), std::nullopt);
}

}  // namespace
}  // namespace app
