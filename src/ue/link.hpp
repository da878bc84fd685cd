#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/buffer.hpp"
#include "base/fingerprint.hpp"
#include "crypto/tls.hpp"
#include "net/fd.hpp"
#include "net/reactor.hpp"

namespace ue {

/// One TCP connection of a UE, with TLS on it or not.
///
///     connecting --TCP is up--> handshaking --peer verified--> open --FIN, close_notify, error--> ended
///
/// Without TLS there is no handshake. `ended` is about input: what was written still goes out until broken().
class Link final : public net::Handler {
 public:
  class Owner {
   public:
    /// Something may have changed: read(), write what waits, look at the state. The last thing that the link
    /// does in its turn, so it may be destroyed in it.
    virtual void on_link(Link& link) = 0;

   protected:
    ~Owner() = default;
  };
  enum class State : std::uint8_t { connecting, handshaking, open, ended };

  /// `tls` is null for plain TCP and outlives the link; so do reactor and owner. `connected`: the socket was
  /// accepted.
  Link(net::Reactor& reactor, Owner& owner, net::Fd socket, crypto::TlsContext* tls, bool connected);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  State state() const noexcept { return state_; }
  /// Nothing more can be written or read; cause() says why.
  bool broken() const noexcept { return broken_; }
  /// Why it ended; empty: the peer closed it in order, or it has not ended.
  const std::string& cause() const noexcept { return cause_; }

  /// What the SDP says of the peer's certificate; with TLS nothing is open before.
  void expect_peer(const std::vector<base::Fingerprint>& fingerprints);

  /// Takes the handshake further; plaintext, empty when nothing is there for now. Dies with the next call.
  std::string_view read();
  /// Takes the handshake further; whether there is plaintext, which stays for the next read().
  bool fetch();
  /// Whether read() stopped with octets left in the socket: again() gives another turn.
  bool readable() const noexcept;
  void again();

  /// All of it is taken; REQUIRES: state open (or ended without broken()).
  void write(std::string_view plain);
  /// The connection does not take octets for now: on_link() says when it does again.
  bool blocked() const noexcept { return !out_.empty(); }
  /// close_notify and FIN behind what was written. Afterwards read() only waits for the peer's FIN.
  void finish();

  const std::optional<crypto::TlsEngine>& tls() const noexcept { return engine_; }
  /// Unspecified while connecting.
  const base::Address& local() const noexcept { return local_; }
  const base::Address& peer() const noexcept { return peer_; }

 private:
  void on_ready(std::uint32_t events) override;
  void establish();
  std::string_view take(std::string_view octets);
  std::string_view decrypt(std::string_view wire);
  void flush();
  void rest();
  void end(State state, std::string cause);
  void fail(std::string cause);

  net::Reactor& reactor_;
  Owner& owner_;
  net::Fd socket_;
  base::Address local_, peer_;
  net::Registration registration_ = 0;
  std::optional<crypto::TlsEngine> engine_;
  State state_;
  bool is_client_;
  bool in_socket_ = false;  // the kernel may have octets for us
  bool hung_up_ = false;
  bool fresh_ = false;  // plain_ was not yet given to the owner
  bool finishing_ = false;
  bool fin_sent_ = false;
  bool broken_ = false;
  base::Buffer plain_;
  base::Buffer held_;  // ciphertext that came before the peer was verified
  base::Buffer out_;
  std::string cause_;
};

}  // namespace ue
