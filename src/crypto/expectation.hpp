#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/fingerprint.hpp"
#include "crypto/tls.hpp"

namespace crypto {

/// Why a peer is not let in.
struct Refusal {
  TlsCause cause = TlsCause::none;
  std::string detail;
};

/// What the SDP and the realm demand of the peer's certificate. RFC 8122 5.1: of the hash functions that the
/// peer offered, the one that the realm prefers most, and only the fingerprints of that one. Only the
/// end-entity certificate counts: its chain, its dates and its names mean nothing here.
class Expectation {
 public:
  /// `offered` empty: the SDP had no fingerprint.
  Expectation(const std::vector<base::Fingerprint>& offered, const TlsContext::Options& options);

  /// Whether a peer without a certificate is refused.
  bool needs_certificate() const noexcept { return !anybody_; }
  /// Nothing when the peer is the expected one. Null: it presented no certificate.
  std::optional<Refusal> check(const x509_st* certificate) const;

 private:
  bool anybody_ = false;
  std::string unsatisfiable_;  // why no certificate at all can fit
  std::vector<base::Fingerprint> accepted_;
};

}  // namespace crypto
