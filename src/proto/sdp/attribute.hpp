#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/sdp/document.hpp"

namespace sdp {

// Attributes by name: `a=name` or `a=name:value` (RFC 8866 5.13). Names are compared without regard to case.
// Values are given without the blanks around them (RFC 4976 11 prints `a=accept-types: message/cpim`).

/// The lines of that name in that section, in order.
std::vector<std::size_t> attribute_lines(const Document& document, Section section, std::string_view name);
/// The same, or the session part's where the section has none: for attributes that are inherited.
std::vector<std::size_t> inherited_lines(const Document& document, Section section, std::string_view name);
/// The value of an a= line; empty for a flag. The view lives until the document changes.
std::string_view attribute_value(const Document& document, std::size_t line);

/// The first of that name in that section only.
std::optional<std::string_view> attribute(const Document& document, Section section, std::string_view name);
bool has_attribute(const Document& document, Section section, std::string_view name);

/// Exactly these values, in this order: lines that are there are reused, lines that say the same already
/// are not touched, others are added behind them (or at the section's end), what is left over goes.
void set_attributes(Document& document, Section section, std::string_view name,
                    const std::vector<std::string>& values);
/// One value; an empty one makes a flag. Duplicates of the name go: a peer might read another than we do.
void set_attribute(Document& document, Section section, std::string_view name, std::string_view value = {});
/// All of that name in that section. What the session part says is inherited again.
void remove_attribute(Document& document, Section section, std::string_view name);

}  // namespace sdp
