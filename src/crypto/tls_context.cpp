#include <array>
#include <utility>

#include <openssl/err.h>

#include "base/expect.hpp"
#include "base/text.hpp"
#include "crypto/tls.hpp"
#include "crypto/tls_state.hpp"

namespace crypto {
namespace {

// AES-128-GCM first: the cheapest with AES instructions. RFC 9325 4.2; forward secrecy and AEAD only.
constexpr const char* tls12_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr const char* tls13_ciphers =
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
constexpr const char* groups = "X25519:P-256";
constexpr int security_level = 2;  // 112 bits: refuses RSA below 2048 bits and SHA-1 signatures

/// No ticket, no cache, no early data: a resumed session would skip the certificate, and a ticket with a
/// client certificate costs OpenSSL 3.0 a quarter of the handshake.
void forbid_resumption(SSL_CTX* ctx) {
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  base::expect(SSL_CTX_set_num_tickets(ctx, 0) == 1);
  base::expect(SSL_CTX_set_max_early_data(ctx, 0) == 1);
  static constexpr std::array<unsigned char, 7> id{'p', 'o', 's', 't', 'e', 'r', 'n'};
  base::expect(SSL_CTX_set_session_id_context(ctx, id.data(), id.size()) == 1);
}

void set_algorithms(SSL_CTX* ctx, TlsVersion min_version) {
  const int oldest = min_version == TlsVersion::tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  SSL_CTX_set_security_level(ctx, security_level);
  base::expect(SSL_CTX_set_min_proto_version(ctx, oldest) == 1);  // RFC 8996
  base::expect(SSL_CTX_set_max_proto_version(ctx, 0) == 1);       // whatever the system's settings say
  base::expect(SSL_CTX_set_cipher_list(ctx, tls12_ciphers) == 1);
  base::expect(SSL_CTX_set_ciphersuites(ctx, tls13_ciphers) == 1);
  base::expect(SSL_CTX_set1_groups_list(ctx, groups) == 1);
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
}

TlsContext::Options& options_of(const SSL* ssl) {
  return *static_cast<TlsContext::Options*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

void log_key(const SSL* ssl, const char* line) {
  options_of(ssl).keylog(line);
}

std::string check_hashes(std::vector<std::string>& hashes) {
  if (hashes.empty()) return "no hash function is accepted for fingerprints";
  for (auto& hash : hashes) {
    hash = base::to_lower(hash);
    if (hash == "md5" || hash == "md2") return hash + " must not be used for fingerprints (RFC 8122 5)";
    if (!is_supported_hash(hash)) return base::printable(hash) + " is not a hash function of RFC 8122";
  }
  return {};
}

}  // namespace

TlsContext::State::State(Options given) : options(std::move(given)), ctx(SSL_CTX_new(TLS_method())) {
  base::expect(ctx != nullptr);
  set_algorithms(ctx.get(), options.min_version);
  forbid_resumption(ctx.get());
  SSL_CTX_set_app_data(ctx.get(), &options);
  SSL_CTX_set_max_cert_list(ctx.get(), static_cast<long>(options.max_certificate_octets));
  SSL_CTX_set_cert_verify_callback(ctx.get(), verify_certificate, nullptr);
  SSL_CTX_set_info_callback(ctx.get(), watch_alerts);
  if (options.keylog) SSL_CTX_set_keylog_callback(ctx.get(), log_key);
}

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::TlsContext(TlsContext&&) noexcept = default;
TlsContext& TlsContext::operator=(TlsContext&&) noexcept = default;
TlsContext::~TlsContext() = default;

base::Result<TlsContext, std::string> TlsContext::make(const Identity& identity, Options options) {
  if (auto error = check_hashes(options.hashes); !error.empty()) return error;
  auto state = std::make_unique<State>(std::move(options));
  ERR_clear_error();
  if (SSL_CTX_use_certificate(state->ctx.get(), identity.certificate()) != 1) {
    return "the certificate cannot be used for TLS: " + take_openssl_reason();
  }
  if (SSL_CTX_use_PrivateKey(state->ctx.get(), identity.key()) != 1 ||
      SSL_CTX_check_private_key(state->ctx.get()) != 1) {
    return "the private key cannot be used for TLS: " + take_openssl_reason();
  }
  return TlsContext(std::move(state));
}

const TlsContext::Options& TlsContext::options() const noexcept {
  return state_->options;
}

}  // namespace crypto
