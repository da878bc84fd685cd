#include <map>

#include "app/config_fields.hpp"
#include "base/text.hpp"

namespace app {
namespace {

/// A TOML basic string.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out.append("\\u00").append(base::to_hex({&c, 1}));
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

std::string text_of(const base::IpAddress& address) {
  return address.to_string();
}
std::string text_of(const PortRange& range) {
  return to_string(range);
}

/// Whole seconds as an integer, others with three decimals.
std::string seconds_of(Span span) {
  const auto count = span.count();
  auto out = std::to_string(count / 1000);
  if (count % 1000 == 0) return out;
  return out + "." + std::to_string(1000 + count % 1000).substr(1);
}

class Printer {
 public:
  std::string take() { return std::move(out_); }
  std::map<std::string, std::string> take_flat() { return std::move(flat_); }

  void text(const char* key, const std::string& value, bool (*)(std::string_view), const char*) {
    put(key, quoted(value));
  }
  template <class T, std::size_t n>
  void word(const char* key, const T& value, const Names<T, n>& names) {
    put(key, quoted(name_of(names, value)));
  }
  template <class T, class Parse>
  void value(const char* key, const T& value, const Parse&, const char*) {
    put(key, quoted(text_of(value)));
  }
  template <class T>
  void number(const char* key, const T& value, std::int64_t, std::int64_t) {
    put(key, std::to_string(value));
  }
  void seconds(const char* key, const Span& value, Span, Span = {}) { put(key, seconds_of(value)); }
  void flag(const char* key, const bool& value) { put(key, value ? "true" : "false"); }
  void list(const char* key, const std::vector<std::string>& values, bool (*)(std::string_view),
            const char*) {
    std::string text = "[";
    for (const auto& value : values) text.append(text.size() > 1 ? ", " : "").append(quoted(value));
    put(key, text + "]");
  }

  void texts(const char* key, const std::map<std::string, std::string>& values) {
    const auto outer = path_;
    path_ += "." + std::string(key);
    open_table();
    for (const auto& [name, value] : values) put(quoted(name).c_str(), quoted(value));
    path_ = outer;
  }

  template <class T>
  void section(const char* key, T& value) {
    inside(key, value, [this] { open_table(); });
  }
  template <class T>
  void tables(const char* key, std::vector<T>& values) {
    std::size_t index = 0;
    const auto header = "\n[[" + (path_.empty() ? "" : path_ + ".") + key + "]]\n";
    for (auto& value : values)
      inside(std::string(key) + "[" + std::to_string(index++) + "]", value,
             [this, &header] { out_.append(header); });
  }
  template <class T>
  void inline_table(const char* key, T& value) {
    inside(key, value, [this, key] {
      out_.append(key).append(" = {");
      inline_ = ' ';
    });
    inline_ = 0;
    out_.append(" }\n");
  }

 private:
  void open_table() { out_.append(out_.empty() ? "" : "\n").append("[" + path_ + "]\n"); }
  template <class T, class Open>
  void inside(const std::string& name, T& value, const Open& open) {
    const auto outer = path_;
    path_ += (path_.empty() ? "" : ".") + name;
    open();
    visit_fields(*this, value);
    path_ = outer;
  }
  void put(const char* key, std::string_view value) {
    flat_[path_ + "." + key] = value;
    if (inline_ != 0) out_.append(inline_ == ',' ? ", " : " ");
    out_.append(key).append(" = ").append(value);
    if (inline_ == 0) out_.push_back('\n');
    if (inline_ != 0) inline_ = ',';
  }

  std::string out_;
  std::map<std::string, std::string> flat_;
  std::string path_;
  char inline_ = 0;  // inside braces: what stands before the next key
};

/// The list of keys is one for reading and printing, so it takes what can be written to: a copy.
Printer visited(Config config) {
  Printer printer;
  visit_fields(printer, config);
  return printer;
}

}  // namespace

std::string print_config(const Config& config) {
  return visited(config).take();
}

std::vector<std::string> changed_keys(const Config& before, const Config& after) {
  const auto old = visited(before).take_flat();
  const auto now = visited(after).take_flat();
  std::vector<std::string> out;
  for (const auto& [key, value] : old) {
    const auto found = now.find(key);
    if (found == now.end() || found->second != value) out.push_back(key);
  }
  for (const auto& [key, value] : now) {
    if (!old.contains(key)) out.push_back(key);
  }
  return out;
}

}  // namespace app
