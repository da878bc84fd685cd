#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/fingerprint.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY and X509, named without including OpenSSL
struct x509_st;

namespace crypto {

/// Random octets of the operating system through OpenSSL; aborts if there are none.
class SystemRandom : public base::Random {
 public:
  void fill(std::span<std::byte> out) override;
};

/// A certificate and its private key. Cheap to copy (shares both, immutable).
class Identity {
 public:
  /// A new ECDSA P-256 key and a self-signed certificate over it, signed with SHA-256, so that one SHA-256
  /// fingerprint satisfies RFC 4572 and RFC 8122 peers. Valid from an hour ago until `days` from now. Any
  /// name will do: what is not printable ASCII is escaped, and 64 octets of it are used.
  static Identity self_signed(std::string_view common_name, int days = 365);
  /// PEM files; the key must fit the certificate. Of several certificates the first counts and the others are
  /// not sent: a chain means nothing beside a fingerprint. A key behind a passphrase is an error. The error
  /// names the file and what was wrong with it.
  static base::Result<Identity, std::string> load(const std::string& cert_file, const std::string& key_file);

  /// Hash of the DER certificate (RFC 8122 5); REQUIRES: is_supported_hash(hash_func).
  base::Fingerprint fingerprint(std::string_view hash_func = "sha-256") const;
  std::string certificate_pem() const;
  std::string private_key_pem() const;

  x509_st* certificate() const noexcept { return certificate_.get(); }
  evp_pkey_st* key() const noexcept { return key_.get(); }

 private:
  Identity(std::shared_ptr<x509_st> certificate, std::shared_ptr<evp_pkey_st> key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}
  std::shared_ptr<x509_st> certificate_;
  std::shared_ptr<evp_pkey_st> key_;
};

/// Whether fingerprints of this hash function may be verified: sha-1, sha-224, sha-256, sha-384, sha-512.
/// Never md2 or md5 (RFC 8122 5).
bool is_supported_hash(std::string_view hash_func) noexcept;

}  // namespace crypto
