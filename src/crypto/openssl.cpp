#include "crypto/openssl.hpp"

#include <array>
#include <utility>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/expect.hpp"
#include "base/text.hpp"
#include "crypto/identity.hpp"

namespace crypto {
namespace {

/// RFC 8122 5 without md2 and md5, which must be neither generated nor verified.
const EVP_MD* digest_named(std::string_view hash_func) noexcept {
  using Named = std::pair<std::string_view, const EVP_MD* (*)()>;
  static constexpr std::array<Named, 5> digests{{
      {"sha-1", EVP_sha1},
      {"sha-224", EVP_sha224},
      {"sha-256", EVP_sha256},
      {"sha-384", EVP_sha384},
      {"sha-512", EVP_sha512},
  }};
  for (const auto& [name, digest] : digests) {
    if (base::iequals(name, hash_func)) return digest();
  }
  return nullptr;
}

}  // namespace

bool is_supported_hash(std::string_view hash_func) noexcept {
  return digest_named(hash_func) != nullptr;
}

base::Fingerprint fingerprint_of(const X509* certificate, std::string_view hash_func) {
  const EVP_MD* digest = digest_named(hash_func);
  base::expect(digest != nullptr);
  std::array<unsigned char, EVP_MAX_MD_SIZE> octets{};
  unsigned size = 0;
  base::expect(X509_digest(certificate, digest, octets.data(), &size) == 1);
  return {base::to_lower(hash_func), {octets.begin(), octets.begin() + size}};
}

std::string take_openssl_reason() {
  const auto code = ERR_peek_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  std::string out = reason != nullptr ? reason : "no reason given";
  if (code != 0 && reason == nullptr) out = "OpenSSL error " + std::to_string(code);
  ERR_clear_error();
  return out;
}

}  // namespace crypto
