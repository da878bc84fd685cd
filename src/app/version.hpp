#pragma once
#include <string_view>

namespace app {

/// Semantic versioning; project() in CMakeLists.txt says the same (a test compares them).
inline constexpr std::string_view version = "0.1.0";

}  // namespace app
