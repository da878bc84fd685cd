#pragma once
#include <memory>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/socket.hpp"

namespace test {

/// A TLS client that presents no certificate and checks none: what our own engine would never be.
class BareTlsClient {
 public:
  BareTlsClient(const base::Address& to, int version)
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
        socket_(std::move(*net::connect_tcp(to, {}))) {
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_.get());
  }
  /// Goes on with the handshake, then with reading. True once the server has refused it.
  bool failed() {
    if (alert_ >= 0) return true;
    ERR_clear_error();
    char octet = 0;
    const int done =
        SSL_is_init_finished(ssl_.get()) ? SSL_read(ssl_.get(), &octet, 1) : SSL_connect(ssl_.get());
    const int error = SSL_get_error(ssl_.get(), done);
    if (done == 1 || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return false;
    const int reason = ERR_GET_REASON(ERR_peek_error());
    alert_ = error == SSL_ERROR_SSL && reason > SSL_AD_REASON_OFFSET ? reason - SSL_AD_REASON_OFFSET : 0;
    return true;
  }
  int fd() const { return socket_.get(); }
  /// The number of the alert that refused it; 0: it was refused without one.
  int alert() const { return alert_; }

 private:
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  net::Fd socket_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
  int alert_ = -1;
};

}  // namespace test
