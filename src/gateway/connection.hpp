#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/address.hpp"
#include "base/buffer.hpp"
#include "crypto/tls.hpp"
#include "gateway/link.hpp"
#include "gateway/worker.hpp"
#include "net/fd.hpp"
#include "net/reactor.hpp"
#include "net/socket.hpp"

namespace gateway {

/// One TCP connection, with TLS in front of it or not: the mechanics, no policy. Owns octets only while they
/// can neither be passed on nor be left in the kernel.
class Connection final : public net::Handler {
 public:
  /// Who decides. Both calls are the last thing that a connection does in its turn: it may be destroyed in
  /// them.
  class Owner {
   public:
    virtual void on_ready(Connection& connection) = 0;
    virtual void on_deadline(Connection& connection) = 0;

   protected:
    ~Owner() = default;
  };
  enum class State : std::uint8_t {
    connecting,  // TCP is not established yet
    waiting,     // a candidate: handshake, verification or first octet is missing
    bound,       // its termination's own
    closing,     // sends what is left, then waits for the peer's FIN
  };
  enum class Input : std::uint8_t {
    octets,   // something came; maybe no plaintext
    drained,  // nothing for now
    end,      // FIN or close_notify, behind the plaintext that came with it
    dead,     // see cause()
  };
  struct Read {
    Input input;
    std::string_view plain;  // dies with the next read of any connection of the shard
  };
  enum class Ending : std::uint8_t {
    orderly,  // close_notify and FIN
    reset,    // RST
  };

  /// `tls` null: plain. It is kept as long as the connection lives.
  Connection(Worker& worker, Owner& owner, net::Fd socket, const base::Address& peer,
             std::shared_ptr<crypto::TlsContext> tls, crypto::TlsRole role, State state);
  ~Connection();

  State state() const noexcept { return state_; }
  const base::Address& peer() const noexcept { return peer_; }
  const std::optional<crypto::TlsEngine>& tls() const noexcept { return engine_; }
  /// Nothing can be read or written any more; `cause` is a sentence about it.
  bool dead() const noexcept { return dead_; }
  bool reset_by_peer() const noexcept { return dead_ && !broken_ && !overloaded_; }
  bool tls_broken() const noexcept { return broken_; }
  const std::string& cause() const noexcept { return cause_; }

  /// Of a connecting one that is ready: the error, or none and its state is `waiting` now; the TLS client's
  /// first flight is sent.
  std::error_code established();
  void bind();
  /// Of all that is sent from now on.
  void mark(std::uint8_t dscp) noexcept { net::set_dscp(socket_, dscp); }
  /// What the SDP says of the peer's certificate. False when it does not match: tls_broken() then.
  bool expect_peer(const std::vector<base::Fingerprint>& fingerprints);
  /// Whose certificate it is shows later; one must be there (crypto::TlsEngine::matches()).
  void expect_certificate();
  /// TLS has verified the peer, or there is no TLS.
  bool verified() const noexcept;
  /// TLS is established, but nobody knows yet whom to expect.
  bool unverified() const noexcept;
  /// In the metrics: `ok`, or why not. They name each handshake once, at its end.
  void count_handshake();

  // Input.
  bool readable() const noexcept { return readable_ && !input_ended_ && !dead_; }
  /// At most `most` octets from the socket, decrypted.
  Read read(std::size_t most);
  bool input_ended() const noexcept { return input_ended_; }
  /// The peer has sent FIN or RST, whether everything before it was read or not.
  bool hung_up() const noexcept { return hung_up_ || input_ended_; }
  /// The peer's reset came while nothing could be read: dead() now.
  void check_reset();
  /// Asks for another turn after everybody else's.
  void again();
  /// Octets that came early; ciphertext while unverified(), plaintext otherwise.
  const base::Buffer& held() const noexcept { return held_; }
  void hold(std::string_view plain) { held_.append(plain); }
  void drop_held() noexcept { held_.release(); }

  // Output.
  void write(std::string_view plain);
  /// Sends what was left; true when nothing is left any more.
  bool flush();
  bool blocked() const noexcept { return !out_.empty(); }
  /// Nothing more will be written: close_notify and FIN behind what is left.
  void finish();
  bool finishing() const noexcept { return finishing_; }
  /// finish(), and all is sent.
  bool finished() const noexcept { return fin_sent_; }
  /// A burst is over: gives back TLS's record buffers.
  void rest() noexcept;

  // MSRP, where the gateway speaks it.
  /// From now on octets are for a link, which stays as long as the connection.
  Link& speak(Router& router, bool mints);
  Link* link() const noexcept;
  /// Lets the link have what it can take, at most `early` octets of it held there, and `most` new ones.
  /// Returns how many came: with TLS what came with them, too.
  std::size_t feed_link(std::size_t early, std::size_t most = static_cast<std::size_t>(-1));
  /// Sends what the link has written.
  void flush_link();
  /// Octets that the link has written since the last call.
  std::size_t take_written() noexcept { return std::exchange(written_, 0); }

  // The end.
  void begin_closing(Ending how);
  /// True when it can be destroyed. To be called when a closing connection is ready, and once at the
  /// beginning.
  bool closing_step();
  void set_deadline(base::Duration from_now) { deadline_.set(worker_.reactor.now() + from_now); }
  void cancel_deadline() noexcept { deadline_.cancel(); }

 private:
  struct Speaker;
  void stage(std::initializer_list<std::string_view> pieces);
  void send_off(std::span<const std::string_view> pieces);
  void put_pieces(std::span<const std::string_view> pieces);
  bool notes(std::string_view piece) const noexcept;
  void give_link(std::string_view octets);
  void on_ready(std::uint32_t events) override;
  Read decrypt(std::string_view wire);
  void put(std::string_view wire);
  std::size_t send(std::string_view wire);
  void send_fin();
  void die(std::string cause);
  void tls_failed();
  void count_extra(bool extra) noexcept;
  bool discard_input();

  Worker& worker_;
  Owner& owner_;
  net::Fd socket_;
  net::Registration registration_ = 0;
  base::Address peer_;
  std::shared_ptr<crypto::TlsContext> context_;  // before engine_: must outlive it
  std::optional<crypto::TlsEngine> engine_;
  crypto::TlsRole role_;
  State state_;
  bool extra_ = false;
  bool readable_ = false;
  bool hung_up_ = false;
  bool error_event_ = false;
  bool input_ended_ = false;
  bool fin_seen_ = false;
  bool finishing_ = false;
  bool fin_sent_ = false;
  bool lingering_ = false;
  bool dead_ = false;
  bool broken_ = false;
  bool overloaded_ = false;
  Ending ending_ = Ending::orderly;
  base::Buffer held_;
  base::Buffer out_;
  std::string cause_;
  std::size_t written_ = 0;
  net::Timer deadline_;
  std::unique_ptr<Speaker> speaker_;
};

}  // namespace gateway
