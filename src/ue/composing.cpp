#include "ue/composing.hpp"

#include "base/text.hpp"

namespace ue {
namespace {

/// The text of the first element of that name, whatever its namespace prefix.
std::optional<std::string_view> element(std::string_view xml, std::string_view name) {
  for (auto at = xml.find('<'); at != xml.npos; at = xml.find('<', at + 1)) {
    auto rest = xml.substr(at + 1);
    const auto end = rest.find('>');
    if (end == rest.npos) return std::nullopt;
    auto tag = rest.substr(0, rest.find_first_of(" \t\r\n/>"));
    if (const auto colon = tag.find(':'); colon != tag.npos) tag.remove_prefix(colon + 1);
    if (tag != name || rest.substr(0, end).ends_with('/')) continue;
    rest.remove_prefix(end + 1);
    return base::trim(rest.substr(0, rest.find('<')));
  }
  return std::nullopt;
}

}  // namespace

std::string print_composing(const Composing& state) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<isComposing "
      "xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">\n"
      "<state>";
  out += state.active ? "active" : "idle";
  out += "</state>\n<contenttype>text/plain</contenttype>\n";
  if (state.refresh) out += "<refresh>" + std::to_string(state.refresh->count()) + "</refresh>\n";
  return out + "</isComposing>\n";
}

std::optional<Composing> parse_composing(std::string_view xml) {
  const auto state = element(xml, "state");
  if (!state) return std::nullopt;
  Composing out;
  out.active = *state == "active";
  if (const auto text = element(xml, "refresh")) {
    if (const auto seconds = base::parse_uint<std::uint32_t>(*text))
      out.refresh = std::chrono::seconds(*seconds);
  }
  return out;
}

std::optional<Composing> ComposingSender::on_key(base::Time now) {
  last_key_ = now;
  if (active_ && now - last_said_ < refresh) return std::nullopt;
  active_ = true;
  last_said_ = now;
  return Composing{true, refresh};
}

std::optional<Composing> ComposingSender::on_time(base::Time now) {
  if (!active_ || now < deadline()) return std::nullopt;
  active_ = false;
  return Composing{};
}

}  // namespace ue
