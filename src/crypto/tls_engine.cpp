#include <algorithm>
#include <utility>

#include <openssl/err.h>

#include "base/expect.hpp"
#include "crypto/tls.hpp"
#include "crypto/tls_state.hpp"
#include "crypto/wire_bio.hpp"

namespace crypto {

using State = TlsEngine::State;

namespace {

constexpr std::size_t record_plaintext = 16384;  // RFC 8446 5.1
// Header 5, explicit nonce 8 (TLS 1.2) or content type 1 (TLS 1.3), tag 16: at most 29.
constexpr std::size_t record_overhead = 32;

TlsPeer& peer_of(const SSL* ssl) {
  return *static_cast<TlsPeer*>(SSL_get_app_data(ssl));
}

/// OpenSSL reports a peer's alert as a reason of its own: 1000 and the alert's number.
std::optional<int> alert_of(unsigned long code) {
  const int alert = ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET;
  if (ERR_GET_LIB(code) != ERR_LIB_SSL || alert < 0 || alert > 255) return std::nullopt;
  return alert;
}

TlsCause cause_of(unsigned long code) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return TlsCause::protocol;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
      return TlsCause::version;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return TlsCause::no_certificate;
    default:
      return TlsCause::protocol;
  }
}

Refusal diagnose(int error) {
  if (error == SSL_ERROR_ZERO_RETURN) {
    return {TlsCause::peer_alert, "the peer sent close_notify during the handshake"};
  }
  const auto code = ERR_peek_error();
  if (const auto alert = alert_of(code)) {
    const auto cause = *alert == SSL_AD_PROTOCOL_VERSION ? TlsCause::version : TlsCause::peer_alert;
    return {cause, std::string("the peer sent the alert ") + SSL_alert_desc_string_long(*alert)};
  }
  const auto cause = cause_of(code);
  if (cause == TlsCause::no_certificate) return {cause, "the peer presented no certificate"};
  return {cause, take_openssl_reason()};
}

}  // namespace

int verify_certificate(X509_STORE_CTX* store, void*) {
  const auto* ssl =
      static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& peer = peer_of(ssl);
  X509* certificate = X509_STORE_CTX_get0_cert(store);
  base::expect(certificate != nullptr && X509_up_ref(certificate) == 1);
  peer.presented.reset(certificate);
  if (!peer.expected) return 1;  // checked as soon as the SDP is there; nothing is decrypted until then
  peer.refusal = peer.expected->check(certificate);
  if (!peer.refusal) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);  // becomes bad_certificate (RFC 8122 5)
  return 0;
}

/// OpenSSL answers a renegotiation with the warning no_renegotiation and would go on as if nothing had been.
void watch_alerts(const SSL* ssl, int where, int value) {
  constexpr int alert_mask = 0xff;
  const bool written = (where & SSL_CB_WRITE_ALERT) == SSL_CB_WRITE_ALERT;
  if (written && (value & alert_mask) == SSL_AD_NO_RENEGOTIATION) peer_of(ssl).asked_renegotiation = true;
}

struct TlsEngine::Impl {
  Impl(TlsContext::State& shared, TlsRole role);

  State expect_peer(const std::vector<base::Fingerprint>& fingerprints);
  State expect_certificate();
  bool matches(const std::vector<base::Fingerprint>& fingerprints) const;
  void shake_hands();
  void check_peer();
  void decrypt(base::Buffer& plain);
  void encrypt(std::string_view plain);
  void close();
  void demand_certificate();
  void fail(Refusal why);
  void fail_by_openssl(int returned);

  const TlsContext::Options& options;
  Wire wire;
  TlsPeer peer;
  SslPtr ssl;
  TlsRole role;
  State state = State::handshaking;
  bool established = false;
  bool anybody_with_one = false;
  bool closed_by_us = false;
  Refusal why;
};

TlsEngine::Impl::Impl(TlsContext::State& shared, TlsRole as)
    : options(shared.options), ssl(SSL_new(shared.ctx.get())), role(as) {
  base::expect(ssl != nullptr);
  SSL_set_app_data(ssl.get(), &peer);
  BIO* bio = new_wire_bio(wire);
  SSL_set_bio(ssl.get(), bio, bio);
  demand_certificate();
  if (role == TlsRole::server) {
    SSL_set_accept_state(ssl.get());
  } else {
    SSL_set_connect_state(ssl.get());
  }
}

/// Both sides must present a certificate (RFC 8122 5, RFC 4975 14.4) unless the realm lets anybody in. With
/// it missing OpenSSL sends handshake_failure (TLS 1.2) or certificate_required (TLS 1.3).
void TlsEngine::Impl::demand_certificate() {
  const bool needed =
      anybody_with_one || (peer.expected ? peer.expected->needs_certificate() : options.require_fingerprint);
  SSL_set_verify(ssl.get(), SSL_VERIFY_PEER | (needed ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
}

State TlsEngine::Impl::expect_peer(const std::vector<base::Fingerprint>& fingerprints) {
  if (state == State::failed) return state;
  peer.expected.emplace(fingerprints, options);
  if (established) {
    check_peer();
  } else {
    demand_certificate();
  }
  return state;
}

void TlsEngine::Impl::shake_hands() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl.get());
  if (done != 1) return fail_by_openssl(done);
  established = true;
  state = State::unverified;
  if (peer.expected || anybody_with_one) check_peer();
}

State TlsEngine::Impl::expect_certificate() {
  if (state == State::failed) return state;
  anybody_with_one = true;
  if (established) {
    check_peer();
  } else {
    demand_certificate();
  }
  return state;
}

bool TlsEngine::Impl::matches(const std::vector<base::Fingerprint>& fingerprints) const {
  return established && !Expectation(fingerprints, options).check(SSL_get0_peer_certificate(ssl.get()));
}

/// The callback has looked at the certificate already if it could; this is the check that opens the door.
void TlsEngine::Impl::check_peer() {
  const auto* certificate = SSL_get0_peer_certificate(ssl.get());
  std::optional<Refusal> refusal;
  if (peer.expected) refusal = peer.expected->check(certificate);
  if (!refusal && anybody_with_one && certificate == nullptr)
    refusal = Refusal{TlsCause::no_certificate, "the peer presented no certificate"};
  if (refusal) {
    close();
    return fail(*std::move(refusal));
  }
  if (state == State::unverified) state = State::open;
}

void TlsEngine::Impl::decrypt(base::Buffer& plain) {
  while (state == State::open) {
    const auto held = static_cast<std::size_t>(SSL_pending(ssl.get()));
    const auto room =
        plain.prepare(std::clamp<std::size_t>(std::max(wire.in.size(), held), 1, record_plaintext));
    std::size_t got = 0;
    ERR_clear_error();
    const int done = SSL_read_ex(ssl.get(), room.data(), room.size(), &got);
    if (peer.asked_renegotiation) {  // what came behind it is dropped
      return fail({TlsCause::renegotiation, "the peer asked for a renegotiation"});
    }
    if (done != 1) return fail_by_openssl(done);
    plain.commit(got);
    if (wire.in.empty() && SSL_has_pending(ssl.get()) == 0) return;
  }
}

void TlsEngine::Impl::encrypt(std::string_view plain) {
  std::size_t written = 0;
  ERR_clear_error();
  const int done = SSL_write_ex(ssl.get(), plain.data(), plain.size(), &written);
  if (done == 1) return;
  if (SSL_get_error(ssl.get(), done) == SSL_ERROR_WANT_READ) {
    return fail({TlsCause::protocol, "the peer left a handshake message unfinished"});
  }
  fail_by_openssl(done);
}

void TlsEngine::Impl::close() {
  if (!established || closed_by_us || state == State::failed) return;
  closed_by_us = true;
  ERR_clear_error();
  SSL_shutdown(ssl.get());
}

void TlsEngine::Impl::fail(Refusal reason) {
  state = State::failed;
  why = std::move(reason);
  ERR_clear_error();
}

/// Also the two returns that are no failures: more input is needed, and an orderly close_notify.
void TlsEngine::Impl::fail_by_openssl(int returned) {
  const int error = SSL_get_error(ssl.get(), returned);
  if (error == SSL_ERROR_WANT_READ) return;
  if (error == SSL_ERROR_ZERO_RETURN && established) {
    state = State::closed;
    return;
  }
  fail(peer.refusal ? *std::exchange(peer.refusal, std::nullopt) : diagnose(error));
}

TlsEngine::TlsEngine(TlsContext& context, TlsRole role)
    : impl_(std::make_unique<Impl>(*context.state_, role)) {}
TlsEngine::TlsEngine(TlsEngine&&) noexcept = default;
TlsEngine& TlsEngine::operator=(TlsEngine&&) noexcept = default;
TlsEngine::~TlsEngine() = default;

State TlsEngine::expect_peer(const std::vector<base::Fingerprint>& fingerprints, base::Buffer& out) {
  const WireTurn turn(impl_->wire, {}, out);
  return impl_->expect_peer(fingerprints);
}

State TlsEngine::expect_certificate(base::Buffer& out) {
  const WireTurn turn(impl_->wire, {}, out);
  return impl_->expect_certificate();
}

bool TlsEngine::matches(const std::vector<base::Fingerprint>& fingerprints) const {
  return impl_->matches(fingerprints);
}

State TlsEngine::start(base::Buffer& out) {
  base::expect(impl_->role == TlsRole::client);
  const WireTurn turn(impl_->wire, {}, out);
  if (impl_->state == State::handshaking) impl_->shake_hands();
  return impl_->state;
}

std::size_t TlsEngine::read(std::string_view in, base::Buffer& plain, base::Buffer& out) {
  const WireTurn turn(impl_->wire, in, out);
  if (impl_->state == State::handshaking) impl_->shake_hands();
  if (impl_->state == State::open && !impl_->wire.in.empty()) impl_->decrypt(plain);
  return in.size() - impl_->wire.in.size();
}

bool TlsEngine::write(std::string_view plain, base::Buffer& out) {
  if (impl_->closed_by_us || (impl_->state != State::open && impl_->state != State::closed)) return false;
  if (plain.empty()) return true;  // no empty records
  out.prepare(plain.size() + (plain.size() / record_plaintext + 1) * record_overhead);
  const WireTurn turn(impl_->wire, {}, out);
  impl_->encrypt(plain);
  return impl_->state != State::failed;
}

void TlsEngine::close(base::Buffer& out) {
  const WireTurn turn(impl_->wire, {}, out);
  impl_->close();
}

void TlsEngine::rest() noexcept {
  SSL_free_buffers(impl_->ssl.get());  // keeps the buffer that holds a part of a record
}

State TlsEngine::state() const noexcept {
  return impl_->state;
}

TlsCause TlsEngine::cause() const noexcept {
  return impl_->why.cause;
}

std::string TlsEngine::detail() const {
  return impl_->why.detail;
}

std::string_view TlsEngine::version() const noexcept {
  return impl_->established ? SSL_get_version(impl_->ssl.get()) : std::string_view{};
}

std::string_view TlsEngine::cipher() const noexcept {
  const auto* cipher = impl_->established ? SSL_get_current_cipher(impl_->ssl.get()) : nullptr;
  return cipher != nullptr ? SSL_CIPHER_standard_name(cipher) : std::string_view{};
}

std::optional<base::Fingerprint> TlsEngine::peer_fingerprint() const {
  if (!impl_->peer.presented) return std::nullopt;
  return fingerprint_of(impl_->peer.presented.get(), "sha-256");
}

std::string_view to_string(TlsCause cause) noexcept {
  switch (cause) {
    case TlsCause::none:
      return "none";
    case TlsCause::fingerprint_mismatch:
      return "fingerprint_mismatch";
    case TlsCause::no_certificate:
      return "no_certificate";
    case TlsCause::no_acceptable_hash:
      return "no_acceptable_hash";
    case TlsCause::version:
      return "version";
    case TlsCause::renegotiation:
      return "renegotiation";
    case TlsCause::peer_alert:
      return "peer_alert";
    case TlsCause::protocol:
      return "protocol";
  }
  return "none";
}

}  // namespace crypto
