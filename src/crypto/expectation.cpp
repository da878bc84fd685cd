#include "crypto/expectation.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "crypto/openssl.hpp"

namespace crypto {
namespace {

constexpr std::size_t shown_names = 5;         // of hash functions that a peer wrote
constexpr std::size_t shown_name_octets = 16;  // RFC 8122's longest has 7

std::string names_of(const std::vector<base::Fingerprint>& offered) {
  std::string out;
  for (std::size_t i = 0; i < std::min(offered.size(), shown_names); ++i) {
    out += (i > 0 ? ", " : "") + base::printable(offered[i].hash_func, shown_name_octets);
  }
  return offered.size() > shown_names ? out + ", ..." : out;
}

std::string names_of(const std::vector<std::string>& hashes) {
  std::string out;
  for (const auto& hash : hashes) out += (out.empty() ? "" : ", ") + hash;
  return out;
}

}  // namespace

Expectation::Expectation(const std::vector<base::Fingerprint>& offered, const TlsContext::Options& options) {
  if (offered.empty()) {
    anybody_ = !options.require_fingerprint;
    if (!anybody_) unsatisfiable_ = "the SDP has no fingerprint of the peer, and one is required";
    return;
  }
  for (const auto& hash : options.hashes) {
    for (const auto& fingerprint : offered) {
      if (base::iequals(fingerprint.hash_func, hash)) accepted_.push_back({hash, fingerprint.digest});
    }
    if (!accepted_.empty()) return;
  }
  unsatisfiable_ =
      "the SDP's fingerprints use " + names_of(offered) + "; accepted are " + names_of(options.hashes);
}

std::optional<Refusal> Expectation::check(const x509_st* certificate) const {
  if (anybody_) return std::nullopt;
  if (certificate == nullptr) {
    return Refusal{TlsCause::no_certificate, "the peer presented no certificate"};
  }
  if (!unsatisfiable_.empty()) return Refusal{TlsCause::no_acceptable_hash, unsatisfiable_};
  const auto actual = fingerprint_of(certificate, accepted_.front().hash_func);
  if (std::ranges::find(accepted_, actual) != accepted_.end()) return std::nullopt;
  std::string detail =
      "the peer's certificate is " + to_string(actual) + ", the SDP says " + to_string(accepted_.front());
  if (accepted_.size() > 1) detail += " or one of " + std::to_string(accepted_.size() - 1) + " more";
  return Refusal{TlsCause::fingerprint_mismatch, std::move(detail)};
}

}  // namespace crypto
