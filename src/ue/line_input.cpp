#include "ue/line_input.hpp"

#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

namespace ue {
namespace {

constexpr char ctrl_d = 4;
constexpr char backspace = 8;
constexpr char del = 127;
constexpr char escape = 27;

bool is_continuation(char octet) {
  return (static_cast<unsigned char>(octet) & 0xc0) == 0x80;  // RFC 3629 3
}

}  // namespace

/// Keys one by one and without echo; Ctrl-C still is a signal.
struct LineInput::Terminal {
  explicit Terminal(int terminal) : fd(terminal) {
    ::tcgetattr(fd, &before);
    auto raw = before;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(fd, TCSANOW, &raw);
  }
  ~Terminal() { ::tcsetattr(fd, TCSANOW, &before); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  int fd;
  termios before{};
};

LineInput::LineInput(net::Reactor& reactor, int fd, std::FILE* echo, Handlers handlers)
    : reactor_(reactor), fd_(fd), echo_(echo), handlers_(std::move(handlers)) {
  if (::isatty(fd_) == 1) terminal_ = std::make_unique<Terminal>(fd_);
}

LineInput::~LineInput() {
  hide();
  reactor_.remove(registration_);
}

void LineInput::start() {
  struct stat status{};
  const bool waits = ::fstat(fd_, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
  if (waits && !(S_ISCHR(status.st_mode) && terminal_ == nullptr)) {
    registration_ = reactor_.add_listener(fd_, *this);  // level-triggered: one read a turn is enough
    return show();
  }
  poll_ = std::make_unique<net::Timer>(reactor_.timers(), [this] { read_file(); });
  poll_->set(base::Clock::now());
}

/// Files and /dev/null: a piece a tick, so that a long one does not keep others waiting.
void LineInput::read_file() {
  if (read_some()) poll_->set(base::Clock::now());
}

void LineInput::on_ready(std::uint32_t) {
  read_some();
}

bool LineInput::read_some() {
  std::array<char, 4096> octets;
  const auto got = ::read(fd_, octets.data(), octets.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (got <= 0) {
    if (!line_.empty()) end_line();
    end();
    return false;
  }
  take({octets.data(), static_cast<std::size_t>(got)});
  return !ended_;
}

void LineInput::take(std::string_view octets) {
  if (terminal_) hide();
  for (const char c : octets) {
    if (ended_) return;
    if (terminal_) {
      take_key(c);
    } else if (c == '\n') {
      end_line();
    } else if (line_.size() < longest_line) {
      line_.push_back(c);
    }
  }
  if (terminal_ && !ended_) show();
}

void LineInput::take_key(char key) {
  if (key == '\n' || key == '\r') return end_line();
  if (key == ctrl_d && line_.empty()) return end();
  if (key == backspace || key == del) {
    while (!line_.empty() && is_continuation(line_.back())) line_.pop_back();
    if (!line_.empty()) line_.pop_back();
    return;
  }
  if (key == escape) escaping_ = true;
  if (escaping_) {  // ESC [ ... letter: an arrow or function key
    escaping_ = key == escape || key == '[' || key == ';' || (key >= '0' && key <= '9');
    return;
  }
  if (static_cast<unsigned char>(key) < 0x20 && key != '\t') return;
  if (line_.size() == longest_line) return;
  line_.push_back(key);
  if (handlers_.on_key) handlers_.on_key();
}

void LineInput::end_line() {
  if (line_.ends_with('\r')) line_.pop_back();
  handlers_.on_line(std::exchange(line_, {}));
}

void LineInput::end() {
  if (std::exchange(ended_, true)) return;
  reactor_.remove(std::exchange(registration_, 0));
  handlers_.on_end();
}

void LineInput::hide() {
  if (terminal_ == nullptr || !std::exchange(shown_, false)) return;
  std::fputs("\r\x1b[K", echo_);
  std::fflush(echo_);
}

void LineInput::show() {
  if (terminal_ == nullptr || ended_ || std::exchange(shown_, true)) return;
  std::fprintf(echo_, "> %s", line_.c_str());
  std::fflush(echo_);
}

}  // namespace ue
