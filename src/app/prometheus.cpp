#include "app/prometheus.hpp"

#include <fmt/format.h>

namespace app {
namespace {

std::string_view word(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::summary:
      return "summary";
  }
  return "";
}

/// label_value: any UTF-8; backslash, quote and line feed are escaped.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out.append("\\n");
      continue;
    }
    if (c == '\\' || c == '"') out.push_back('\\');
    out.push_back(c);
  }
}

}  // namespace

void MetricsText::family(std::string_view name, MetricType type, std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(out_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, word(type));
}

void MetricsText::begin_sample(Labels labels, std::string_view suffix) {
  out_.append(name_).append(suffix);
  char before = '{';
  for (const auto& [label, value] : labels) {
    out_.push_back(before);
    out_.append(label).append("=\"");
    append_escaped(out_, value);
    out_.push_back('"');
    before = ',';
  }
  out_.append(labels.size() > 0 ? "} " : " ");
}

void MetricsText::sample(Labels labels, std::uint64_t value, std::string_view suffix) {
  begin_sample(labels, suffix);
  out_.append(std::to_string(value)).push_back('\n');
}

void MetricsText::sample(Labels labels, double value, std::string_view suffix) {
  begin_sample(labels, suffix);
  fmt::format_to(std::back_inserter(out_), "{}\n", value);
}

void MetricsText::single(std::string_view name, MetricType type, std::string_view help, std::uint64_t value) {
  family(name, type, help);
  sample({}, value);
}

}  // namespace app
