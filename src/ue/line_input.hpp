#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/reactor.hpp"
#include "ue/output.hpp"

namespace ue {

/// Lines that a person types or a script writes, read on the reactor. On a terminal keys are seen one by one
/// (that is how others learn that somebody is typing) and the line being typed stays below what is printed;
/// the terminal is given back as it was.
class LineInput final : net::Handler, public Output::Screen {
 public:
  struct Handlers {
    std::function<void(std::string line)> on_line;
    std::function<void()> on_key;  // terminal only
    std::function<void()> on_end;  // once
  };
  /// A longer line is cut there: it is a message, not a file.
  static constexpr std::size_t longest_line = 64 * 1024;

  /// `fd` stays the caller's; `echo` is where a terminal's keys are shown.
  LineInput(net::Reactor& reactor, int fd, std::FILE* echo, Handlers handlers);
  ~LineInput();
  LineInput(const LineInput&) = delete;
  LineInput& operator=(const LineInput&) = delete;

  /// From now on handlers are called, from the reactor's turns.
  void start();
  bool is_terminal() const noexcept { return terminal_ != nullptr; }

  void hide() override;
  void show() override;

 private:
  struct Terminal;
  void on_ready(std::uint32_t events) override;
  void read_file();
  bool read_some();
  void take(std::string_view octets);
  void take_key(char key);
  void end_line();
  void end();

  net::Reactor& reactor_;
  int fd_;
  std::FILE* echo_;
  Handlers handlers_;
  net::Registration registration_ = 0;
  std::unique_ptr<Terminal> terminal_;
  std::unique_ptr<net::Timer> poll_;  // a regular file is always ready, and epoll does not take it
  std::string line_;
  bool shown_ = false;
  bool escaping_ = false;
  bool ended_ = false;
};

}  // namespace ue
