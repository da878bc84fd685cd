#pragma once
// Private to the room: what the TLS context and its engines share.
#include <optional>

#include "crypto/expectation.hpp"
#include "crypto/openssl.hpp"
#include "crypto/tls.hpp"

namespace crypto {

struct TlsContext::State {
  explicit State(Options given);

  Options options;
  SslCtxPtr ctx;
};

/// What is known and found out about the peer of one connection; OpenSSL's callbacks find it as the SSL's app
/// data.
struct TlsPeer {
  std::optional<Expectation> expected;  // nothing: the SDP is not there yet
  std::optional<Refusal> refusal;       // found by a callback; OpenSSL only knows that something failed
  CertificatePtr presented;             // as soon as it is seen; possession of its key may not be proven yet
  bool asked_renegotiation = false;
};

/// OpenSSL asks whether the peer's certificate is acceptable (SSL_CTX_set_cert_verify_callback).
int verify_certificate(X509_STORE_CTX* store, void*);
/// OpenSSL tells of the alerts that it writes (SSL_CTX_set_info_callback).
void watch_alerts(const SSL* ssl, int where, int value);

}  // namespace crypto
