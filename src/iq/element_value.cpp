#include "iq/element_value.hpp"

#include <charconv>
#include <optional>

#include "base/text.hpp"

namespace iq {
namespace {

using Shape = h248::ParameterValue::Shape;

std::string printed(const h248::PackagedName& name) {
  return name.package + '/' + name.item;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (!text.starts_with("0x") && !text.starts_with("0X")) return base::parse_uint<std::uint64_t>(text);
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data() + 2, end, value, 16);
  if (text.size() == 2 || failed != std::errc{} || at != end) return std::nullopt;
  return value;
}

}  // namespace

base::Result<std::string_view, CommandError> find_element(const h248::PackagedName& name, ElementKind kind,
                                                          std::uint16_t unknown, const Packages& packages) {
  const auto element = packages.element(name);
  const auto* info = element.empty() ? nullptr : packages.info(element);
  if (info && info->kind == kind) return element;
  if (!info && !packages.package(name.package))
    return command_error(440, "Unsupported or unknown package: " + printed(name));
  return command_error(unknown, "Not in this package: " + printed(name));
}

base::Result<std::string_view, CommandError> find_property(const h248::PackagedName& name, Place place,
                                                           const Packages& packages) {
  const auto found = find_element(name, ElementKind::property, 450, packages);
  if (found && packages.info(*found)->place != place)
    return command_error(455, "Property illegal in this descriptor: " + printed(name));
  return found;
}

base::Result<std::string_view, CommandError> find_parameter(std::string_view element,
                                                            const std::string& written,
                                                            const Packages& packages) {
  const auto found = packages.parameter(element, written);
  if (found.empty())
    return command_error(446, "Unsupported or unknown parameter: " + written + " of " + std::string(element));
  return found;
}

CommandError unsupported_value(std::string_view what, const h248::ParameterValue& value) {
  std::string text = "Unsupported or unknown value: " + std::string(what) + " =";
  for (const auto& each : value.values) text += ' ' + base::printable(each.text);
  return command_error(449, std::move(text));
}

base::Result<std::vector<std::string>, CommandError> read_texts(std::string_view what,
                                                                const h248::ParameterValue& value) {
  if (value.relation != h248::ParameterValue::Relation::equal || value.shape == Shape::range)
    return unsupported_value(what, value);
  std::vector<std::string> out;
  for (const auto& each : value.values) out.push_back(each.text);
  return out;
}

base::Result<std::string, CommandError> read_text(std::string_view what, const h248::ParameterValue& value) {
  const auto texts = read_texts(what, value);
  if (!texts || texts->size() != 1) return unsupported_value(what, value);
  return texts->front();
}

base::Result<bool, CommandError> read_boolean(std::string_view what, const h248::ParameterValue& value) {
  const auto text = read_text(what, value);
  if (text && base::iequals(*text, "ON")) return true;
  if (text && base::iequals(*text, "OFF")) return false;
  return unsupported_value(what, value);
}

base::Result<std::uint64_t, CommandError> read_number(std::string_view what,
                                                      const h248::ParameterValue& value, std::uint64_t low,
                                                      std::uint64_t high) {
  const auto text = read_text(what, value);
  const auto number = text ? parse_number(*text) : std::nullopt;
  if (!number || *number < low || *number > high) return unsupported_value(what, value);
  return *number;
}

base::Result<std::string_view, CommandError> read_choice(std::string_view what,
                                                         const h248::ParameterValue& value,
                                                         const Packages& packages) {
  const auto text = read_text(what, value);
  const auto choice = text ? packages.value(what, *text) : std::string_view{};
  if (choice.empty()) {
    auto error = unsupported_value(what, value);
    error.code = 454;
    return error;
  }
  return choice;
}

}  // namespace iq
