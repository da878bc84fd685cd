#include "app/log.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <unistd.h>

#include "app/config_names.hpp"
#include "base/text.hpp"

namespace app {
namespace {

bool is_plain(char c) {
  return c > 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '=';
}

void append_escaped(std::string& out, char c) {
  if (c == '"' || c == '\\') {
    out.append({'\\', c});
  } else if (c == '\n') {
    out.append("\\n");
  } else if (c == '\t') {
    out.append("\\t");
  } else if (c >= 0x20 && c < 0x7f) {
    out.push_back(c);
  } else {
    out.append("\\x").append(base::to_hex({&c, 1}));
  }
}

void append_value(std::string& out, std::string_view value) {
  const auto shown = value.substr(0, max_log_value);
  const bool cut = shown.size() < value.size();
  if (!value.empty() && !cut && std::all_of(value.begin(), value.end(), is_plain)) {
    out.append(value);
    return;
  }
  out.push_back('"');
  for (const char c : shown) append_escaped(out, c);
  out.append(cut ? "...\"" : "\"");
}

}  // namespace

std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  const auto n = std::strftime(text, sizeof text, "%FT%T", &utc);
  return std::string(text, n) + "." + std::to_string(1000 + ms % 1000).substr(1) + "Z";
}

std::string format_log_line(std::string_view time, base::LogLevel level, std::string_view event,
                            std::span<const base::LogField> fields) {
  std::string out = "ts=";
  out.append(time).append(" level=").append(name_of(log_level_names, level)).append(" event=");
  append_value(out, event);
  for (const auto& [key, value] : fields) {
    out.append(" ").append(key).append("=");
    append_value(out, value);
  }
  return out;
}

void LineLog::write(base::LogLevel level, std::string_view event,
                    std::initializer_list<base::LogField> fields) {
  if (level < level_) return;
  auto line = format_log_line(timestamp(std::chrono::system_clock::now()), level, event, fields);
  line.push_back('\n');
  std::string_view rest = line;
  while (!rest.empty()) {
    const auto n = ::write(fd_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // nobody reads the log; there is nowhere to say so
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace app
