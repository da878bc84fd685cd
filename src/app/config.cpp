#include "app/config.hpp"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <system_error>

#include "app/config_check.hpp"
#include "app/config_fields.hpp"
#include "base/text.hpp"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace app {
namespace {

/// A thousand realms take 200 KiB; beyond it somebody named the wrong file.
constexpr std::size_t max_file = std::size_t{1} << 20;
constexpr Span longest{std::chrono::hours(24 * 30)};

/// Fills a Config from the tables of a file. The first error is kept; what comes behind it is read in vain.
class Reader {
 public:
  explicit Reader(const toml::table& root) : table_(&root) {}

  struct Complaint {
    std::string path;
    std::string text;
    unsigned line = 0;
  };
  const std::optional<Complaint>& complaint() const { return complaint_; }

  void text(const char* key, std::string& out, bool (*valid)(std::string_view), const char* expected) {
    const auto* node = take(key);
    if (node == nullptr) return;
    const auto* value = node->as_string();
    if (value == nullptr || !valid(value->get())) return fail(key, *node, expected);
    out = value->get();
  }
  template <class T, std::size_t n>
  void word(const char* key, T& out, const Names<T, n>& names) {
    std::string expected;
    for (const auto& [name, unused] : names)
      expected.append(expected.empty() ? "\"" : ", \"").append(name) += '"';
    value(key, out, [&](std::string_view word) { return find_name(names, word); }, expected);
  }
  template <class T, class Parse>
  void value(const char* key, T& out, const Parse& parse, std::string_view expected) {
    const auto* node = take(key);
    if (node == nullptr) return;
    const auto* text = node->as_string();
    const std::optional<T> value = text == nullptr ? std::nullopt : parse(text->get());
    if (!value) return fail(key, *node, expected);
    out = *value;
  }
  template <class T>
  void number(const char* key, T& out, std::int64_t low, std::int64_t high) {
    const auto* node = take(key);
    if (node == nullptr) return;
    const auto* value = node->as_integer();
    if (value == nullptr || value->get() < low || value->get() > high) {
      const auto above = high == INT64_MAX ? " or more" : " to " + std::to_string(high);
      return fail(key, *node, "a number, " + std::to_string(low) + above);
    }
    out = static_cast<T>(value->get());
  }
  void seconds(const char* key, Span& out, Span low, Span high = longest) {
    const auto* node = take(key);
    if (node == nullptr) return;
    const auto value = node->is_number() ? node->value<double>() : std::nullopt;
    if (!value || !(*value >= in_seconds(low) && *value <= in_seconds(high)))
      return fail(key, *node,
                  "seconds, " + std::string(low.count() == 0 ? "0" : "0.001") + " to " +
                      std::to_string(high.count() / 1000));
    out = Span{std::llround(*value * 1000)};
  }
  void flag(const char* key, bool& out) {
    const auto* node = take(key);
    if (node == nullptr) return;
    const auto* value = node->as_boolean();
    if (value == nullptr) return fail(key, *node, "true or false");
    out = value->get();
  }
  void list(const char* key, std::vector<std::string>& out, bool (*valid)(std::string_view),
            const char* expected) {
    const auto* node = take(key);
    if (node == nullptr) return;
    const auto* array = node->as_array();
    if (array == nullptr) return fail(key, *node, "a list of " + std::string(expected));
    std::vector<std::string> values;
    for (const auto& element : *array) {
      const auto* text = element.as_string();
      if (text == nullptr || !valid(text->get()))
        return fail(std::string(key) + "[" + std::to_string(values.size()) + "]", element, expected);
      values.push_back(text->get());
    }
    out = std::move(values);
  }
  /// A table of texts; its keys are anything.
  void texts(const char* key, std::map<std::string, std::string>& out) {
    const auto* node = take(key);
    if (node == nullptr) return;
    if (!node->is_table()) return fail(key, *node, "a table of texts");
    for (const auto& [name, value] : *node->as_table()) {
      const auto* text = value.as_string();
      if (text == nullptr || !is_any_text(text->get()))
        return fail(std::string(key) + "." + std::string(name.str()), value, "a text");
      out[std::string(name.str())] = text->get();
    }
  }
  template <class T>
  void section(const char* key, T& out) {
    const auto* node = take(key);
    if (node == nullptr) return;
    if (!node->is_table()) return fail(key, *node, "a table");
    inside(*node->as_table(), key, out);
  }
  template <class T>
  void inline_table(const char* key, T& out) {
    section(key, out);
  }
  template <class T>
  void tables(const char* key, std::vector<T>& out) {
    const auto* node = take(key);
    if (node == nullptr) return;
    const auto* array = node->as_array();
    if (array == nullptr) return fail(key, *node, "[[" + path_ + std::string(key) + "]] tables");
    out.clear();
    for (const auto& element : *array) {
      const auto name = std::string(key) + "[" + std::to_string(out.size()) + "]";
      if (!element.is_table()) return fail(name, element, "a table");
      inside(*element.as_table(), name, out.emplace_back());
    }
  }
  /// Complains about the first key of this table that nobody took.
  void finish() {
    for (const auto& [key, node] : *table_) {
      if (!taken_.contains(key.str())) return complain(key.str(), "unknown key", key.source().begin.line);
    }
  }

 private:
  static double in_seconds(Span span) { return static_cast<double>(span.count()) / 1000; }

  template <class T>
  void inside(const toml::table& table, const std::string& name, T& out) {
    Reader inner(table);
    inner.path_ = path_ + name + ".";
    visit_fields(inner, out);
    inner.finish();
    if (!complaint_) complaint_ = inner.complaint_;
  }
  const toml::node* take(const char* key) {
    taken_.insert(key);
    return table_->get(key);
  }
  void fail(std::string_view key, const toml::node& node, std::string_view expected) {
    complain(key, "expected " + std::string(expected), node.source().begin.line);
  }
  void complain(std::string_view key, std::string text, unsigned line) {
    if (!complaint_) complaint_ = Complaint{path_ + base::printable(key), std::move(text), line};
  }

  const toml::table* table_;
  std::string path_;  // with its dot at the end
  std::set<std::string_view> taken_;
  std::optional<Complaint> complaint_;
};

/// The line of the longest part of the path that the file has: of "realm[1].tls.key" maybe that of [[realm]].
unsigned line_of(const toml::table& root, std::string_view path) {
  for (;;) {
    if (const auto node = root.at_path(path)) return node.node()->source().begin.line;
    const auto dot = path.rfind('.');
    if (dot == path.npos) return 1;
    path = path.substr(0, dot);
  }
}

ConfigError error_at(std::string_view file, unsigned line, const std::string& text) {
  return ConfigError{std::string(file) + ":" + std::to_string(line) + ": " + text};
}

}  // namespace

std::vector<Config::Realm> Config::default_realms() {
  Realm access;
  access.name = "access";
  Realm core;
  core.name = "core";
  core.ports = {26000, 31999};
  core.e2ae = controller::E2ae::off;
  return {access, core};
}

base::Result<Config, ConfigError> parse_config(std::string_view text, std::string_view file) {
  const auto parsed = toml::parse(text);
  if (!parsed) {
    const auto& error = parsed.error();
    return error_at(file, error.source().begin.line, base::printable(error.description(), 200));
  }
  const auto& root = parsed.table();
  Config config;
  Reader reader(root);
  visit_fields(reader, config);
  reader.finish();
  if (const auto& complaint = reader.complaint())
    return error_at(file, complaint->line, complaint->path + ": " + complaint->text);
  if (const auto found = find_contradiction(config))
    return error_at(file, line_of(root, found->path), found->path + ": " + found->text);
  return config;
}

base::Result<Config, ConfigError> load_config(const std::string& file) {
  const auto close = [](std::FILE* open) { std::fclose(open); };
  const std::unique_ptr<std::FILE, decltype(close)> in(std::fopen(file.c_str(), "rbe"));
  if (!in) return ConfigError{file + ": cannot be opened: " + std::generic_category().message(errno)};
  std::string text;
  char piece[4096];
  for (std::size_t n = sizeof piece; n == sizeof piece;) {  // a short count: the end, or an error
    n = std::fread(piece, 1, sizeof piece, in.get());
    text.append(piece, n);
    if (text.size() > max_file)
      return ConfigError{file + ": expected a configuration, this is larger than 1 MiB"};
  }
  if (std::ferror(in.get()) != 0)
    return ConfigError{file + ": cannot be read: " + std::generic_category().message(errno)};
  return parse_config(text, file);
}

}  // namespace app
