#pragma once
#include <atomic>
#include <chrono>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "base/log.hpp"

namespace app {

/// RFC 3339, UTC, milliseconds: "2026-01-31T12:00:00.123Z".
std::string timestamp(std::chrono::system_clock::time_point time);

/// `ts=2026-01-31T12:00:00.123Z level=info event=ready key=value ...`. A value that is empty or holds
/// anything but plain printable ASCII stands in quotes, with \" \\ \n \t \xNN inside: a peer's text can
/// neither end the line nor look like another key. Values are cut at max_value octets.
std::string format_log_line(std::string_view time, base::LogLevel level, std::string_view event,
                            std::span<const base::LogField> fields);
/// Fingerprints, SDP attributes and reasons fit; ten fields of it still make one line that journald keeps
/// whole.
inline constexpr std::size_t max_log_value = 1024;

/// The log of a program: each event one line, written by one write(2), so lines of several threads do not
/// mix. Any thread.
class LineLog : public base::Log {
 public:
  /// The descriptor stays the caller's.
  explicit LineLog(int fd, base::LogLevel level = base::LogLevel::info) : fd_(fd), level_(level) {}

  void write(base::LogLevel level, std::string_view event,
             std::initializer_list<base::LogField> fields) override;
  /// What is below is not written. May be changed at any time.
  void set_level(base::LogLevel level) noexcept { level_ = level; }

 private:
  int fd_;
  std::atomic<base::LogLevel> level_;
};

}  // namespace app
