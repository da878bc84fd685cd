#include "app/key_log.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace app {

base::Result<std::unique_ptr<KeyLog>, std::string> KeyLog::open(const std::string& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return file + ": cannot be opened: " + std::generic_category().message(errno);
  std::unique_ptr<KeyLog> out(new KeyLog(fd));
  struct stat about{};
  const bool others =
      ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  if (others && ::fchmod(fd, S_IRUSR | S_IWUSR) != 0)
    return file + ": cannot be closed to others: " + std::generic_category().message(errno);
  return out;
}

KeyLog::~KeyLog() {
  ::close(fd_);
}

/// One write(2) a line: with O_APPEND lines of several threads do not mix.
void KeyLog::write(std::string_view line) const {
  std::string text(line);
  text.push_back('\n');
  [[maybe_unused]] const auto n =
      ::write(fd_, text.data(), text.size());  // a troubleshooting aid never stops a call
}

}  // namespace app
