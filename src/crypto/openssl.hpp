#pragma once
// Private to the room: the only header that includes OpenSSL, for the room's .cpp files.
#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/fingerprint.hpp"

namespace crypto {

template <auto free>
struct Freed {
  template <class T>
  void operator()(T* object) const noexcept {
    free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using CertificatePtr = std::unique_ptr<X509, Freed<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Freed<SSL_free>>;

/// What OpenSSL says of its first queued error; "no reason given" when there is none. Empties the queue.
std::string take_openssl_reason();

/// Hash of the DER certificate. REQUIRES: is_supported_hash(hash_func).
base::Fingerprint fingerprint_of(const X509* certificate, std::string_view hash_func);

}  // namespace crypto
