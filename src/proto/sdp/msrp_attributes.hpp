#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fingerprint.hpp"
#include "proto/sdp/attribute.hpp"

namespace sdp {

// The attributes that MSRP and its security use, typed. Where a name that may stand once stands twice, the
// first counts. Level as each attribute's own standard has it: "inherited" means that the session's counts
// where the media section has none.

// Attribute names, for has_attribute, set_attribute and remove_attribute.
namespace name {
inline constexpr std::string_view path = "path";
inline constexpr std::string_view accept_types = "accept-types";
inline constexpr std::string_view accept_wrapped_types = "accept-wrapped-types";
inline constexpr std::string_view max_size = "max-size";
inline constexpr std::string_view setup = "setup";
inline constexpr std::string_view connection = "connection";
inline constexpr std::string_view fingerprint = "fingerprint";
inline constexpr std::string_view msrp_cema = "msrp-cema";
inline constexpr std::string_view e2ae = "3ge2ae";
inline constexpr std::string_view tls_id = "tls-id";
inline constexpr std::string_view key_mgmt = "key-mgmt";
}  // namespace name

/// a=path (RFC 4975 8.2): the MSRP URIs as text, the adjacent hop first. Not looked into: TS 24.247 puts
/// hosts there that nothing resolves.
Found<std::vector<std::string>> path(const Document& document, Section media);
void set_path(Document& document, Section media, const std::vector<std::string>& uris);

/// a=accept-types, a=accept-wrapped-types (RFC 4975 8.6): entries with their parameters.
Found<std::vector<std::string>> accept_types(const Document& document, Section media);
Found<std::vector<std::string>> accept_wrapped_types(const Document& document, Section media);
void set_accept_types(Document& document, Section media, const std::vector<std::string>& types);
void set_accept_wrapped_types(Document& document, Section media, const std::vector<std::string>& types);

/// a=max-size (RFC 4975 8.6) in octets of a complete message.
Found<std::uint64_t> max_size(const Document& document, Section media);
void set_max_size(Document& document, Section media, std::uint64_t octets);

/// a=setup (RFC 4145 4), inherited. To MSRP holdconn is as good as none (RFC 6135 4.2.1).
enum class Setup : std::uint8_t { active, passive, actpass, holdconn };
std::string_view to_string(Setup setup);
Found<Setup> setup(const Document& document, Section media);
void set_setup(Document& document, Section media, Setup setup);

/// a=connection (RFC 4145 5), inherited. MSRP ignores it and never sends it (RFC 6135 4.4); clients do.
enum class Connection : std::uint8_t { new_connection, existing };
Found<Connection> connection(const Document& document, Section media);

/// All of a=fingerprint (RFC 8122 5), inherited; empty where there is none. One that is malformed makes the
/// whole an Error: it must not look like a peer that sent none. Hash functions that we do not know are kept.
Result<std::vector<base::Fingerprint>> fingerprints(const Document& document, Section media);
void set_fingerprints(Document& document, Section media, const std::vector<base::Fingerprint>& fingerprints);

/// a=msrp-cema (RFC 6714 5).
bool has_cema(const Document& document, Section media);
void set_cema(Document& document, Section media, bool present);

/// a=3ge2ae (TS 24.229 7.5.2): any other value is ignored.
enum class E2ae : std::uint8_t { requested, applied };
std::optional<E2ae> e2ae(const Document& document, Section media);
void set_e2ae(Document& document, Section media, E2ae indicator);

/// a=tls-id (RFC 8842 4): 20 to 255 characters.
Found<std::string> tls_id(const Document& document, Section media);
void set_tls_id(Document& document, Section media, std::string_view id);

/// a=key-mgmt (RFC 4567 3.1), inherited; one for each protocol. The data stay in base64.
struct KeyMgmt {
  std::string protocol;  // "mikey"
  std::string data;

  friend bool operator==(const KeyMgmt&, const KeyMgmt&) = default;
};
Result<std::vector<KeyMgmt>> key_mgmt(const Document& document, Section media);
void set_key_mgmt(Document& document, Section media, const std::vector<KeyMgmt>& messages);

}  // namespace sdp
