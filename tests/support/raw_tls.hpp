#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/ssl.h>

#include "base/expect.hpp"
#include "crypto/identity.hpp"

namespace test {

/// A TLS peer of OpenSSL's own making, over memory: what a stranger does, and what the engine under test
/// would never do. It checks no certificates unless told so, and keeps a record of the messages that pass.
class RawTls {
 public:
  struct Setup {
    bool server = false;
    int min_version = 0;  // TLS1_1_VERSION ...; 0: the library's
    int max_version = 0;
    const crypto::Identity* identity = nullptr;  // none: presents no certificate
    std::string ciphers = "DEFAULT:@SECLEVEL=0";
    bool asks_for_certificate = true;
    bool rejects_peer = false;
    int extra_certificates = 0;  // how often its certificate is repeated as its chain
    SSL_SESSION* session = nullptr;
  };
  struct Message {
    bool sent;
    int content_type;
    std::string octets;
  };

  explicit RawTls(const Setup& setup) : ctx_(SSL_CTX_new(TLS_method()), SSL_CTX_free) { configure(setup); }
  RawTls(const RawTls&) = delete;
  RawTls& operator=(const RawTls&) = delete;

  SSL* ssl() const { return ssl_.get(); }
  bool established() const { return SSL_is_init_finished(ssl()) == 1; }
  /// Another connection with the same context, for a server that keeps sessions.
  void reconnect() { connect({}); }

  void give(std::string_view octets) {
    if (!octets.empty())
      base::expect(BIO_write(SSL_get_rbio(ssl()), octets.data(), static_cast<int>(octets.size())) > 0);
    step();
  }
  /// What it wants to send.
  std::string take() {
    std::string out(BIO_ctrl_pending(SSL_get_wbio(ssl())), '\0');
    if (!out.empty()) BIO_read(SSL_get_wbio(ssl()), out.data(), static_cast<int>(out.size()));
    return out;
  }
  /// Goes on with the handshake, then reads; the plaintext is in received().
  void step() {
    if (!established() && SSL_do_handshake(ssl()) != 1) return;
    std::string piece(16384, '\0');
    for (int got = 0; (got = SSL_read(ssl(), piece.data(), static_cast<int>(piece.size()))) > 0;)
      received_.append(piece, 0, static_cast<std::size_t>(got));
  }
  bool write(std::string_view plain) {
    return SSL_write(ssl(), plain.data(), static_cast<int>(plain.size())) == static_cast<int>(plain.size());
  }
  const std::string& received() const { return received_; }
  const std::vector<Message>& messages() const { return messages_; }
  void forget_messages() { messages_.clear(); }
  /// Whether a handshake message of this type was sent.
  bool sent_handshake(int type) const {
    for (const auto& m : messages_) {
      if (m.sent && m.content_type == SSL3_RT_HANDSHAKE && !m.octets.empty() && m.octets[0] == type)
        return true;
    }
    return false;
  }
  /// The description of the last alert that came; -1: none.
  int alert() const {
    int last = -1;
    for (const auto& m : messages_) {
      if (!m.sent && m.content_type == SSL3_RT_ALERT && m.octets.size() == 2) last = m.octets[1];
    }
    return last;
  }

 private:
  static void record(int sent, int, int content_type, const void* octets, std::size_t size, SSL*,
                     void* self) {
    static_cast<RawTls*>(self)->messages_.push_back(
        {sent == 1, content_type, std::string(static_cast<const char*>(octets), size)});
  }

  void configure(const Setup& setup) {
    SSL_CTX_set_min_proto_version(ctx_.get(), setup.min_version);
    SSL_CTX_set_max_proto_version(ctx_.get(), setup.max_version);
    base::expect(SSL_CTX_set_cipher_list(ctx_.get(), setup.ciphers.c_str()) == 1);
    SSL_CTX_set_options(ctx_.get(), SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    SSL_CTX_set_session_id_context(ctx_.get(), reinterpret_cast<const unsigned char*>("raw"), 3);
    const bool verify = setup.asks_for_certificate || setup.rejects_peer;
    SSL_CTX_set_verify(ctx_.get(), verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_cert_verify_callback(
        ctx_.get(), [](X509_STORE_CTX*, void* rejects) { return rejects == nullptr ? 1 : 0; },
        setup.rejects_peer ? this : nullptr);
    if (setup.identity != nullptr) {
      base::expect(SSL_CTX_use_certificate(ctx_.get(), setup.identity->certificate()) == 1);
      base::expect(SSL_CTX_use_PrivateKey(ctx_.get(), setup.identity->key()) == 1);
      for (int i = 0; i < setup.extra_certificates; ++i)
        SSL_CTX_add1_chain_cert(ctx_.get(), setup.identity->certificate());
    }
    SSL_CTX_set_msg_callback(ctx_.get(), record);
    SSL_CTX_set_msg_callback_arg(ctx_.get(), this);
    server_ = setup.server;
    connect(setup);
  }

  void connect(const Setup& setup) {
    ssl_.reset(SSL_new(ctx_.get()));
    SSL_set_bio(ssl(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (setup.session != nullptr) SSL_set_session(ssl(), setup.session);
    received_.clear();
    messages_.clear();
    server_ ? SSL_set_accept_state(ssl()) : SSL_set_connect_state(ssl());
  }

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> ctx_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  std::string received_;
  std::vector<Message> messages_;
  bool server_ = false;
};

/// Passes octets between two of them until both are silent.
inline void talk(RawTls& a, RawTls& b) {
  a.step();
  b.step();
  for (bool moved = true; moved;) {
    const auto from_a = a.take();
    b.give(from_a);
    const auto from_b = b.take();
    a.give(from_b);
    moved = !from_a.empty() || !from_b.empty();
  }
}

}  // namespace test
