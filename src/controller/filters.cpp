#include "controller/filters.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "proto/msrp/media_type.hpp"
#include "proto/sdp/msrp_attributes.hpp"

namespace controller {
namespace {

using Types = std::vector<std::string>;
using Realms = std::array<const RealmPolicy*, 2>;

void add(Types& types, const std::string& entry) {
  if (std::find(types.begin(), types.end(), entry) == types.end()) types.push_back(entry);
}

/// What of `types` is allowed; of an entry that stands for more than that, what is allowed of it.
Types narrowed(const Types& types, const Types& allowed) {
  if (allowed.empty()) return types;
  Types out;
  for (const auto& entry : types) {
    if (msrp::accepts(allowed, entry)) {
      add(out, entry);
      continue;
    }
    for (const auto& each : allowed)
      if (msrp::accepts({entry}, each)) add(out, each);
  }
  return out;
}

std::string joined(const Types& types) {
  std::string out;
  for (const auto& entry : types) out += (out.empty() ? "" : " ") + base::printable(entry);
  return out;
}

/// The error names the realm that leaves nothing.
Decided<Types> allowed_of(const Types& types, const Realms& realms) {
  auto out = types;
  for (const auto* realm : realms) {
    const auto before = std::move(out);
    out = narrowed(before, realm->accept_types);
    if (out.empty())
      return "realm '" + realm->name +
             "' lets none of these content types pass (accept_types): " + joined(before);
  }
  return out;
}

std::uint64_t largest_message(const Realms& realms) {
  std::uint64_t out = 0;
  for (const auto* realm : realms)
    if (realm->max_message != 0) out = out == 0 ? realm->max_message : std::min(out, realm->max_message);
  return out;
}

void filter_wrapped_types(sdp::Document& document, sdp::Section section, const Types& types,
                          const Realms& realms) {
  const auto kept = allowed_of(types, realms);
  if (!kept) return sdp::remove_attribute(document, section, sdp::name::accept_wrapped_types);
  if (*kept != types) sdp::set_accept_wrapped_types(document, section, *kept);
}

void filter_size(sdp::Document& document, sdp::Section section, const Realms& realms) {
  const auto most = largest_message(realms);
  const auto said = sdp::max_size(document, section);
  const bool fits = said && *said && **said <= most;
  if (most != 0 && !fits) sdp::set_max_size(document, section, most);
}

}  // namespace

Decided<base::Ok> filter_section(sdp::Document& document, sdp::Section section, const RealmPolicy& one,
                                 const RealmPolicy& other) {
  const Realms realms{&one, &other};
  if (one.accept_types.empty() && other.accept_types.empty()) {
    filter_size(document, section, realms);
    return base::Ok{};
  }
  const auto types = sdp::accept_types(document, section);
  if (!types) return to_string(types.error());
  const auto wrapped = sdp::accept_wrapped_types(document, section);
  if (!wrapped) return to_string(wrapped.error());
  if (*types) {
    const auto kept = allowed_of(**types, realms);
    if (!kept) return kept.error();
    if (*kept != **types) sdp::set_accept_types(document, section, *kept);
  }
  if (*wrapped) filter_wrapped_types(document, section, **wrapped, realms);
  filter_size(document, section, realms);
  return base::Ok{};
}

}  // namespace controller
