#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace app {

enum class MetricType : std::uint8_t { counter, gauge, summary };

/// Writes Prometheus' text exposition format 0.0.4: a family's HELP and TYPE, then its samples.
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// Begins a family; the samples that follow are its own.
  void family(std::string_view name, MetricType type, std::string_view help);
  /// `suffix` is "_count" or "_sum" of a summary. Labels without a value are written as well: they name the
  /// series.
  void sample(Labels labels, std::uint64_t value, std::string_view suffix = {});
  void sample(Labels labels, double value, std::string_view suffix = {});
  /// A family of one sample without labels.
  void single(std::string_view name, MetricType type, std::string_view help, std::uint64_t value);

  std::string take() { return std::move(out_); }
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

 private:
  void begin_sample(Labels labels, std::string_view suffix);

  std::string out_;
  std::string name_;
};

}  // namespace app
