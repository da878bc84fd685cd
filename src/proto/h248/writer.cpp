#include "proto/h248/writer.hpp"

#include <algorithm>

namespace h248 {

void Writer::digits(std::uint32_t value, std::size_t width) {
  const auto text = std::to_string(value);
  out_.append(text.size() < width ? width - text.size() : 0, '0').append(text);
}

void Writer::indent() {
  if (pretty()) out_.append(1, '\n').append(2 * depth_, ' ');
}

void Writer::open() {
  out_.append(pretty() ? " {" : "{");
  ++depth_;
  first_ = true;
}

void Writer::close() {
  --depth_;
  if (!first_)
    indent();
  else if (pretty())
    out_.push_back(' ');
  out_.push_back('}');
  first_ = false;
}

void Writer::item() {
  if (!first_) out_.push_back(',');
  first_ = false;
  indent();
}

void Writer::quoted(std::string_view value) {
  out_.push_back('"');
  for (const char c : value) {
    const bool control = static_cast<unsigned char>(c) < ' ' && c != '\t';
    out_.push_back(c == '"' ? '\'' : control ? ' ' : c);
  }
  out_.push_back('"');
}

// Behind a backslash at the end, the closing brace would be read as an escaped one.
void Writer::octets(std::string_view value) {
  out_.append(pretty() ? " {\n" : "{");
  auto rest = value;
  while (!rest.empty()) {
    const auto end = std::find_if(rest.begin(), rest.end(), [](char c) { return c == '}' || c == '\0'; });
    out_.append(rest.begin(), end);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.begin()));
    if (rest.empty()) break;
    if (rest.front() == '}') out_.append("\\}");
    rest.remove_prefix(1);
  }
  if (value.ends_with('\\')) out_.push_back('\n');
  out_.push_back('}');
}

}  // namespace h248
