#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace base {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

struct LogField {
  std::string_view key;
  std::string value;
};

/// Where the place that decides says once what it decided, with ids, never with payloads. Protocol cores and
/// the media path do not log. Implementations print one line an event, `key=value`, and quote what needs it.
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) = 0;

  void info(std::string_view event, std::initializer_list<LogField> fields) {
    write(LogLevel::info, event, fields);
  }
  void warning(std::string_view event, std::initializer_list<LogField> fields) {
    write(LogLevel::warning, event, fields);
  }
};

}  // namespace base
