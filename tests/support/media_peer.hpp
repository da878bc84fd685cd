#pragma once
#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/buffer.hpp"
#include "crypto/tls.hpp"
#include "net/socket.hpp"

namespace test {

/// The far end of a media connection, with TLS or without: does what can be done without waiting whenever
/// step() is called. gateway_rig.hpp says how to wait.
class MediaPeer {
 public:
  enum class End { none, fin, close_notify, reset };

  static MediaPeer connect(const base::Address& to, const std::optional<base::Address>& from = {}) {
    auto socket = net::connect_tcp(to, from);
    if (!socket) throw std::runtime_error("connect: " + socket.error().message());
    return MediaPeer(std::move(*socket));
  }
  explicit MediaPeer(net::Fd socket) : socket_(std::move(socket)) {}

  /// Before the first step().
  void use_tls(crypto::TlsContext& context, crypto::TlsRole role, const base::Fingerprint& gateway) {
    engine_.emplace(context, role);
    engine_->expect_peer({gateway}, out_);
    if (role == crypto::TlsRole::client) engine_->start(out_);
  }
  void say(std::string_view octets) {
    if (engine_ && engine_->state() == crypto::TlsEngine::State::handshaking) {
      early_.append(octets);
    } else if (engine_) {
      engine_->write(octets, out_);
    } else {
      out_.append(octets);
    }
    step();
  }
  /// close_notify and FIN, or FIN.
  void finish() {
    if (engine_) engine_->close(out_);
    fin_ = true;
    step();
  }
  /// FIN without close_notify.
  void finish_rudely() {
    fin_ = true;
    step();
  }
  void reset() { net::reset_close(socket_); }
  void close() { socket_.reset(); }
  void stop_reading(bool stop = true) { reading_ = !stop; }

  const std::string& heard() const { return heard_; }
  std::size_t unsent() const { return out_.size(); }
  End end() const { return end_; }
  bool tcp_closed() const { return tcp_end_; }
  const std::optional<crypto::TlsEngine>& tls() const { return engine_; }
  bool open() const { return engine_ && engine_->state() == crypto::TlsEngine::State::open; }
  int fd() const { return socket_.get(); }
  const net::Fd& socket() const { return socket_; }
  bool wants_write() const { return !out_.empty(); }
  bool wants_read() const { return reading_ && !tcp_end_; }

  void step() {
    if (!socket_) return;
    write_some();
    while (wants_read() && read_some()) {
    }
    write_some();
  }

 private:
  void write_some() {
    while (!out_.empty()) {
      const auto sent = net::send(socket_, out_.view());
      if (!sent) {
        const bool later = net::would_block(sent.error()) || sent.error() == std::errc::not_connected;
        if (!later) ended(End::reset);
        return;
      }
      out_.consume(*sent);
    }
    if (std::exchange(fin_, false)) net::shut_write(socket_);
  }
  bool read_some() {
    char window[65536];
    const auto got = net::receive(socket_, window);
    if (!got) {
      const bool later = net::would_block(got.error()) || got.error() == std::errc::not_connected;
      if (!later) ended(End::reset);
      return false;
    }
    if (*got == 0) {
      ended(End::fin);
      return false;
    }
    take({window, *got});
    return true;
  }
  void take(std::string_view octets) {
    if (!engine_) {
      heard_.append(octets);
      return;
    }
    base::Buffer plain;
    engine_->read(octets, plain, out_);
    heard_.append(plain.view());
    if (engine_->state() == crypto::TlsEngine::State::closed && end_ == End::none) end_ = End::close_notify;
    if (engine_->state() == crypto::TlsEngine::State::open && !early_.empty()) {
      engine_->write(early_.view(), out_);
      early_.release();
    }
    write_some();
  }
  void ended(End how) {
    if (end_ == End::none) end_ = how;
    tcp_end_ = true;
    if (how == End::reset) out_.clear();
  }

  net::Fd socket_;
  std::optional<crypto::TlsEngine> engine_;
  base::Buffer out_;
  base::Buffer early_;
  std::string heard_;
  End end_ = End::none;
  bool tcp_end_ = false;
  bool fin_ = false;
  bool reading_ = true;
};

}  // namespace test
