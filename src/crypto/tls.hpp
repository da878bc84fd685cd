#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "base/fingerprint.hpp"
#include "base/result.hpp"
#include "crypto/identity.hpp"

namespace crypto {

enum class TlsRole : std::uint8_t { client, server };
enum class TlsVersion : std::uint8_t { tls12, tls13 };

/// What all TLS connections of one realm (and one shard) share. Thread: used by one thread at a time;
/// each shard makes its own.
class TlsContext {
 public:
  struct Options {
    TlsVersion min_version = TlsVersion::tls12;
    /// Hash functions of acceptable peer fingerprints, most preferred first (RFC 8122 5.1).
    std::vector<std::string> hashes = {"sha-256", "sha-384", "sha-512"};
    /// A peer that sent no fingerprint in SDP is refused; false lets it in with any certificate or none.
    bool require_fingerprint = true;
    /// Called with each line of NSS key-log format, without its newline; empty: no key log.
    std::function<void(std::string_view line)> keylog = {};
    /// Octets of certificates that a peer may send. Before its certificate is checked a peer is nobody, and
    /// OpenSSL reserves what it announces; a chain of three RSA certificates has 6 KiB.
    std::size_t max_certificate_octets = std::size_t{32} * 1024;
  };
  /// The error is a sentence for the operator (e.g. an unusable key, md5 among the hashes).
  static base::Result<TlsContext, std::string> make(const Identity& identity, Options options);
  TlsContext(TlsContext&&) noexcept;
  TlsContext& operator=(TlsContext&&) noexcept;
  ~TlsContext();

  const Options& options() const noexcept;

 private:
  friend class TlsEngine;
  struct State;
  explicit TlsContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Why a TLS connection cannot be used, as the operator, `query` and the metrics name it.
enum class TlsCause : std::uint8_t {
  none,
  fingerprint_mismatch,  // the certificate is not the one of the SDP: bad_certificate, or a close when found
                         // late
  no_certificate,        // the peer presented none
  no_acceptable_hash,    // the SDP's fingerprints use none of the configured hash functions, or it has none
  version,               // older than TLS 1.2 (RFC 8996), or than the configured minimum
  renegotiation,         // the peer asked for one; refused
  peer_alert,            // the peer sent a fatal alert; the detail names it
  protocol,              // anything else that OpenSSL refuses: garbage, bad record, no shared cipher
};
std::string_view to_string(TlsCause cause) noexcept;

/// One TLS connection as a value: ciphertext in, plaintext out, and the reverse. Owns no socket and no
/// buffers of its own while idle. RFC 8122 certificate checks are inside: before the peer's certificate is
/// known to match, not one octet of media is decrypted or encrypted.
class TlsEngine {
 public:
  enum class State : std::uint8_t {
    handshaking,  // nothing may be written yet
    unverified,   // handshake done; the peer's fingerprint is not known yet (the SDP answer is late)
    open,         // verified; media flows
    closed,       // the peer sent close_notify; writing is still possible
    failed,       // see cause(); what is in `out` (an alert) should still be sent
  };

  /// `context` must outlive the engine. A client starts with start(); a server waits for read().
  TlsEngine(TlsContext& context, TlsRole role);
  TlsEngine(TlsEngine&&) noexcept;
  TlsEngine& operator=(TlsEngine&&) noexcept;
  ~TlsEngine();

  /// What the SDP says of the peer's certificate. May be called before, during or after the handshake, and
  /// again with a new set (a re-offer): the established peer is then checked anew. An empty set means that
  /// the SDP had none. Of the hash functions offered the one that comes first in Options::hashes counts, and
  /// only its fingerprints (RFC 8122 5.1). Returns the state after it. Before the end of the handshake that
  /// is `handshaking`, even for a set that no certificate can match, so that the peer gets bad_certificate.
  /// After it: open (or closed, where it was), never unverified; failed on a mismatch, with close_notify in
  /// `out`.
  State expect_peer(const std::vector<base::Fingerprint>& fingerprints, base::Buffer& out);

  /// Instead of it, where the peer may be one of many: any certificate opens the connection, but one must be
  /// there. matches() then says whose it is. Returns the state after it.
  State expect_certificate(base::Buffer& out);
  /// Whether the peer of an established connection is who those fingerprints of an SDP stand for, by the
  /// rules of expect_peer().
  bool matches(const std::vector<base::Fingerprint>& fingerprints) const;

  /// Client only: writes the ClientHello to `out`.
  State start(base::Buffer& out);

  /// Takes ciphertext from the front of `in`, appends the plaintext to `plain` (at most one record, 16 KiB,
  /// more than `in` has: that whose end it brings) and what the peer must get (handshake, alerts) to `out`.
  /// Returns how many octets were taken: all of them, unless the state is `unverified` (the rest must be
  /// given again once the peer is verified), `closed` or `failed`. What `plain` got before a failure was
  /// authentic.
  std::size_t read(std::string_view in, base::Buffer& plain, base::Buffer& out);

  /// Encrypts all of `plain` into `out`, in as many records as it takes. False, and nothing is written, in
  /// any state but open and closed and after close(); false too when OpenSSL refuses (then the state is
  /// failed).
  bool write(std::string_view plain, base::Buffer& out);

  /// Appends close_notify, once; nothing before the handshake is done. Nothing can be written afterwards;
  /// reading goes on.
  void close(base::Buffer& out);

  /// Gives back OpenSSL's record buffers (33 KiB); called when a burst is over. One that holds a part of a
  /// record stays.
  void rest() noexcept;

  State state() const noexcept;
  TlsCause cause() const noexcept;
  /// One line for the log: OpenSSL's reason, the alert's name, or the two fingerprints that differ.
  std::string detail() const;
  /// "TLSv1.3", and the cipher suite's IANA name; empty before the handshake is done.
  std::string_view version() const noexcept;
  std::string_view cipher() const noexcept;
  /// The peer's certificate by SHA-256, whatever the SDP used, also one that was refused; nothing where it
  /// presented none. That the peer holds its key is only proven once version() is not empty.
  std::optional<base::Fingerprint> peer_fingerprint() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crypto
