#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "iq/command_error.hpp"
#include "iq/packages.hpp"

// Properties and parameters of packages as values, for this room's .cpp files. `what` is our own name of the
// element or parameter, for errors.
namespace iq {

/// The property's own name. 440, 450; 455 where it has no place in the descriptor.
base::Result<std::string_view, CommandError> find_property(const h248::PackagedName& name, Place place,
                                                           const Packages& packages);
/// An event, signal or statistic. 440; `unknown` (451, 452, 453) where its package lacks it.
base::Result<std::string_view, CommandError> find_element(const h248::PackagedName& name, ElementKind kind,
                                                          std::uint16_t unknown, const Packages& packages);
/// 446.
base::Result<std::string_view, CommandError> find_parameter(std::string_view element,
                                                            const std::string& written,
                                                            const Packages& packages);

/// "Unsupported or unknown value" (449) with name and value.
CommandError unsupported_value(std::string_view what, const h248::ParameterValue& value);

/// Exactly one value, "equal". 449.
base::Result<std::string, CommandError> read_text(std::string_view what, const h248::ParameterValue& value);
/// One value or a list of them, "equal". 449.
base::Result<std::vector<std::string>, CommandError> read_texts(std::string_view what,
                                                                const h248::ParameterValue& value);
/// ON or OFF.
base::Result<bool, CommandError> read_boolean(std::string_view what, const h248::ParameterValue& value);
/// Decimal, or hexadecimal behind "0x".
base::Result<std::uint64_t, CommandError> read_number(std::string_view what,
                                                      const h248::ParameterValue& value, std::uint64_t low,
                                                      std::uint64_t high);
/// The value's own name. 454.
base::Result<std::string_view, CommandError> read_choice(std::string_view what,
                                                         const h248::ParameterValue& value,
                                                         const Packages& packages);

}  // namespace iq
