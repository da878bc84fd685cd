#include "proto/sdp/msrp_attributes.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "proto/sdp/read.hpp"

namespace sdp {
namespace {

using Words = std::vector<std::string>;

// format-entry *( SP format-entry ); a blank inside a quoted parameter does not separate.
std::optional<Words> parse_words(std::string_view text) {
  Words out;
  std::string word;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ' && !quoted) {
      if (!word.empty()) out.push_back(std::exchange(word, {}));
      continue;
    }
    if (text[i] == '"') quoted = !quoted;
    word += text[i];
    if (text[i] == '\\' && quoted && i + 1 < text.size()) word += text[++i];
  }
  if (!word.empty()) out.push_back(std::move(word));
  if (out.empty() || quoted) return std::nullopt;
  return out;
}

std::string join(const Words& words) {
  std::string out;
  for (const auto& word : words) out.append(out.empty() ? "" : " ").append(word);
  return out;
}

template <class Enum, std::size_t n>
std::optional<Enum> parse_name(std::string_view text, const std::array<std::string_view, n>& names) {
  for (std::size_t i = 0; i < n; ++i) {
    if (base::iequals(text, names[i])) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

constexpr std::array<std::string_view, 4> setup_names{"active", "passive", "actpass", "holdconn"};
constexpr std::array<std::string_view, 2> connection_names{"new", "existing"};
constexpr std::array<std::string_view, 2> e2ae_names{"requested", "applied"};

// tls-id-value = 20*255( ALPHA / DIGIT / "+" / "/" / "-" / "_" )
std::optional<std::string> parse_tls_id(std::string_view text) {
  const auto good = [](char c) { return base::is_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_'; };
  if (text.size() < 20 || text.size() > 255 || !std::ranges::all_of(text, good)) return std::nullopt;
  return std::string(text);
}

// key-mgmt-attribute = "key-mgmt" ":" 0*1SP prtcl-id SP keymgmt-data
std::optional<KeyMgmt> parse_key_mgmt(std::string_view text) {
  const auto good = [](char c) { return base::is_alnum(c) || c == '+' || c == '/' || c == '='; };
  const auto protocol = base::take_until(text, ' ');
  const auto data = base::trim(text);
  if (protocol.empty() || data.empty() || !std::ranges::all_of(data, good)) return std::nullopt;
  return KeyMgmt{std::string(protocol), std::string(data)};
}

}  // namespace

Found<Words> path(const Document& document, Section media) {
  return read_one<Words>(document, attribute_lines(document, media, name::path), parse_words);
}
void set_path(Document& document, Section media, const Words& uris) {
  set_attribute(document, media, name::path, join(uris));
}

Found<Words> accept_types(const Document& document, Section media) {
  return read_one<Words>(document, attribute_lines(document, media, name::accept_types), parse_words);
}
Found<Words> accept_wrapped_types(const Document& document, Section media) {
  return read_one<Words>(document, attribute_lines(document, media, name::accept_wrapped_types), parse_words);
}
void set_accept_types(Document& document, Section media, const Words& types) {
  set_attribute(document, media, name::accept_types, join(types));
}
void set_accept_wrapped_types(Document& document, Section media, const Words& types) {
  set_attribute(document, media, name::accept_wrapped_types, join(types));
}

Found<std::uint64_t> max_size(const Document& document, Section media) {
  return read_one<std::uint64_t>(document, attribute_lines(document, media, name::max_size),
                                 base::parse_uint<std::uint64_t>);
}
void set_max_size(Document& document, Section media, std::uint64_t octets) {
  set_attribute(document, media, name::max_size, std::to_string(octets));
}

std::string_view to_string(Setup setup) {
  return setup_names[static_cast<std::size_t>(setup)];
}
Found<Setup> setup(const Document& document, Section media) {
  return read_one<Setup>(document, inherited_lines(document, media, name::setup),
                         [](std::string_view text) { return parse_name<Setup>(text, setup_names); });
}
void set_setup(Document& document, Section media, Setup setup) {
  set_attribute(document, media, name::setup, to_string(setup));
}

Found<Connection> connection(const Document& document, Section media) {
  return read_one<Connection>(
      document, inherited_lines(document, media, name::connection),
      [](std::string_view text) { return parse_name<Connection>(text, connection_names); });
}

Result<std::vector<base::Fingerprint>> fingerprints(const Document& document, Section media) {
  return read_all<base::Fingerprint>(document, inherited_lines(document, media, name::fingerprint),
                                     base::parse_fingerprint);
}
void set_fingerprints(Document& document, Section media, const std::vector<base::Fingerprint>& fingerprints) {
  Words values;
  for (const auto& fingerprint : fingerprints) values.push_back(base::to_string(fingerprint));
  set_attributes(document, media, name::fingerprint, values);
}

bool has_cema(const Document& document, Section media) {
  return has_attribute(document, media, name::msrp_cema);
}
void set_cema(Document& document, Section media, bool present) {
  if (!present) return remove_attribute(document, media, name::msrp_cema);
  set_attribute(document, media, name::msrp_cema);
}

std::optional<E2ae> e2ae(const Document& document, Section media) {
  for (const auto line : attribute_lines(document, media, name::e2ae)) {
    if (const auto out = parse_name<E2ae>(attribute_value(document, line), e2ae_names)) return out;
  }
  return std::nullopt;
}
void set_e2ae(Document& document, Section media, E2ae indicator) {
  set_attribute(document, media, name::e2ae, e2ae_names[static_cast<std::size_t>(indicator)]);
}

Found<std::string> tls_id(const Document& document, Section media) {
  return read_one<std::string>(document, attribute_lines(document, media, name::tls_id), parse_tls_id);
}
void set_tls_id(Document& document, Section media, std::string_view id) {
  set_attribute(document, media, name::tls_id, id);
}

Result<std::vector<KeyMgmt>> key_mgmt(const Document& document, Section media) {
  return read_all<KeyMgmt>(document, inherited_lines(document, media, name::key_mgmt), parse_key_mgmt);
}
void set_key_mgmt(Document& document, Section media, const std::vector<KeyMgmt>& messages) {
  Words values;
  for (const auto& message : messages) values.push_back(message.protocol + ' ' + message.data);
  set_attributes(document, media, name::key_mgmt, values);
}

}  // namespace sdp
