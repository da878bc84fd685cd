#include "proto/sdp/attribute.hpp"

#include "base/text.hpp"

namespace sdp {
namespace {

std::string attribute_text(std::string_view name, std::string_view value) {
  std::string out(name);
  if (!value.empty()) out.append(":").append(value);
  return out;
}

bool is_attribute(const Line& line, std::string_view name) {
  auto rest = line.value();
  return line.type() == 'a' && base::iequals(base::trim(base::take_until(rest, ':')), name);
}

}  // namespace

std::vector<std::size_t> attribute_lines(const Document& document, Section section, std::string_view name) {
  std::vector<std::size_t> out;
  const auto [first, last] = document.range(section);
  for (auto i = first; i < last; ++i) {
    if (is_attribute(document.lines()[i], name)) out.push_back(i);
  }
  return out;
}

std::vector<std::size_t> inherited_lines(const Document& document, Section section, std::string_view name) {
  auto out = attribute_lines(document, section, name);
  return out.empty() ? attribute_lines(document, session_part, name) : out;
}

std::string_view attribute_value(const Document& document, std::size_t line) {
  auto rest = document.lines()[line].value();
  base::take_until(rest, ':');
  return base::trim(rest);
}

std::optional<std::string_view> attribute(const Document& document, Section section, std::string_view name) {
  const auto lines = attribute_lines(document, section, name);
  if (lines.empty()) return std::nullopt;
  return attribute_value(document, lines.front());
}

bool has_attribute(const Document& document, Section section, std::string_view name) {
  return attribute(document, section, name).has_value();
}

void set_attributes(Document& document, Section section, std::string_view name,
                    const std::vector<std::string>& values) {
  const auto old = attribute_lines(document, section, name);
  for (auto i = old.size(); i > values.size(); --i) document.remove(old[i - 1]);
  auto behind = document.range(section).last - 1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i >= old.size()) {
      behind = document.insert_after(behind, 'a', attribute_text(name, values[i]));
    } else {
      behind = old[i];
      if (attribute_value(document, behind) != values[i]) {
        document.replace(behind, attribute_text(name, values[i]));
      }
    }
  }
}

void set_attribute(Document& document, Section section, std::string_view name, std::string_view value) {
  set_attributes(document, section, name, {std::string(value)});
}

void remove_attribute(Document& document, Section section, std::string_view name) {
  set_attributes(document, section, name, {});
}

}  // namespace sdp
