#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// A certificate fingerprint (RFC 8122 5): the name of the hash function in lower case and the digest's
/// octets.
struct Fingerprint {
  std::string hash_func;  // "sha-256"
  std::string digest;     // raw octets, not text

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// fingerprint = hash-func SP 2UHEX *(":" 2UHEX); lower-case digits are taken too. The length must be the
/// hash function's own where it is one of RFC 8122's. Nothing when it is malformed.
std::optional<Fingerprint> parse_fingerprint(std::string_view text);
/// "sha-256 4A:AD:..." in upper case, as RFC 8122 demands of senders.
std::string to_string(const Fingerprint& fingerprint);

}  // namespace base
