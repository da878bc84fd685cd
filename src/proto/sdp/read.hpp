#pragma once
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "proto/sdp/attribute.hpp"

// How typed access is made of a parser for one value; for this room's .cpp files.
namespace sdp {

/// All of these a= lines, or the first that `parse` does not take.
template <class T, class Parse>
Result<std::vector<T>> read_all(const Document& document, const std::vector<std::size_t>& lines,
                                Parse parse) {
  std::vector<T> out;
  for (const auto line : lines) {
    std::optional<T> value = parse(attribute_value(document, line));
    if (!value) {
      return Error{ErrorCode::malformed_value, line + 1,
                   "cannot be understood: " + base::printable(document.lines()[line].text)};
    }
    out.push_back(*std::move(value));
  }
  return out;
}

/// The first of these a= lines.
template <class T, class Parse>
Found<T> read_one(const Document& document, std::vector<std::size_t> lines, Parse parse) {
  if (lines.empty()) return std::optional<T>();
  lines.resize(1);
  auto all = read_all<T>(document, lines, parse);
  if (!all) return all.error();
  return std::optional<T>(std::move(all->front()));
}

}  // namespace sdp
