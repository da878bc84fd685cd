#include "proto/msrp/media_type.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace msrp {

std::string media_type(std::string_view content_type) {
  auto rest = base::trim(base::take_until(content_type, ';'));
  const auto type = base::take_until(rest, '/');
  if (!is_token(type) || !is_token(rest)) return {};
  return base::to_lower(std::string(type) + '/' + std::string(rest));
}

MediaTypes MediaTypes::any() {
  MediaTypes types;
  types.entries_.emplace_back("*");
  return types;
}

Result<MediaTypes> MediaTypes::parse(std::string_view text) {
  MediaTypes types;
  const auto whole = text.size();
  while (!text.empty()) {
    const auto at = whole - text.size();
    const auto word = base::take_until(text, ' ');
    if (word.empty()) continue;
    auto entry = word == "*" ? std::string("*") : media_type(word);
    if (entry.empty()) return fail(Errc::bad_value, at);
    types.entries_.push_back(std::move(entry));
  }
  if (types.entries_.empty()) return fail(Errc::bad_value, whole);
  return types;
}

bool MediaTypes::accepts(std::string_view content_type) const {
  const auto type = media_type(content_type);
  const auto family = type.substr(0, type.find('/') + 1) + '*';
  return std::any_of(entries_.begin(), entries_.end(), [&](const std::string& entry) {
    return entry == "*" || (!type.empty() && (entry == type || entry == family));
  });
}

}  // namespace msrp
