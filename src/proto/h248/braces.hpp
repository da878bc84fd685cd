#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace h248 {

/// The octet behind the first braces from `at` on and all that is in them, whatever else may be wrong there;
/// for this room's .cpp files. Braces in quoted strings, comments and SDP do not count. None where they do
/// not end.
std::optional<std::size_t> behind_braces(std::string_view text, std::size_t at);

}  // namespace h248
