#include "proto/msrp/media_type.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace msrp {

namespace {

/// `content_type` without its parameters; empty if it is no media type.
std::string_view bare_type(std::string_view content_type) {
  const auto bare = base::trim(base::take_until(content_type, ';'));
  auto subtype = bare;
  const auto type = base::take_until(subtype, '/');
  return is_token(type) && is_token(subtype) ? bare : std::string_view();
}

/// `format` and `type` without parameters; "type/*" stands for all of its family, "*" for anything.
bool covers(std::string_view format, std::string_view type) {
  if (format == "*") return true;
  if (type.empty()) return false;
  if (format.ends_with("/*")) {
    format.remove_suffix(1);
    return base::iequals(format, type.substr(0, format.size()));
  }
  return base::iequals(format, type);
}

}  // namespace

std::string media_type(std::string_view content_type) {
  return base::to_lower(std::string(bare_type(content_type)));
}

bool accepts(const std::vector<std::string>& formats, std::string_view content_type) {
  const auto type = bare_type(content_type);
  return std::any_of(formats.begin(), formats.end(), [&](std::string_view format) {
    return covers(base::trim(base::take_until(format, ';')), type);
  });
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
  return msrp::accepts(entries_, content_type);
}

}  // namespace msrp
