#pragma once
// One connection of MessageSockets. Not for other rooms.
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "net/control_messages.hpp"
#include "net/socket.hpp"

namespace net {

/// A TCP connection or an SCTP association, taken or made by us. Its user's functions are called from the
/// loop only.
class MessageConnection {
 public:
  struct User {
    std::function<void(std::string_view message)> message;
    /// It is over; destroys the connection. Called once, also after close().
    std::function<void(const std::string& why)> end;
  };
  /// `options` and `counters` outlive it.
  MessageConnection(ControlLoop& loop, MessageCarrier carrier, const MessageOptions& options,
                    MessageSockets::Counters& counters, User user);

  void accepted(Fd socket);
  void connect(const base::Address& to, const std::optional<base::Address>& from);

  /// False where the message is not taken: it ends or has ended, or too much waits, which ends it.
  bool send(std::string_view message);
  void close();
  bool closing() const noexcept { return closing_; }
  /// Whether it is good for new exchanges: neither end has ended its side.
  bool usable() const noexcept { return !closing_ && (state_ == State::connecting || state_ == State::open); }

 private:
  /// draining: the peer has ended its side, and what waits still goes out. lingering: we have ended ours, and
  /// wait for the peer to do the same, as closing a socket with unread octets would take back what is under
  /// way.
  enum class State : std::uint8_t { connecting, open, draining, lingering, ended };

  void on_connected();
  void opened(Fd socket);
  void on_readable();
  void on_end();
  void take_packets();
  void take_user_message(bool last);
  void watch_partial(bool new_message);
  void flush();
  IoResult<std::size_t> send_some();
  void wait_for_room();
  void linger();
  void limit(base::Duration time, std::string why);
  void end(std::string why);
  void malformed(std::string_view why);

  ControlLoop& loop_;
  MessageCarrier carrier_;
  const MessageOptions& options_;
  MessageSockets::Counters& counters_;
  User user_;
  State state_ = State::connecting;
  bool closing_ = false;
  Fd socket_;
  Fd twin_;  // for the second watch: the loop takes one a descriptor
  base::Buffer in_;
  base::Buffer out_;  // TPKT packets; over SCTP their messages are sent without the heads
  ControlHandle reading_, writing_, deadline_;  // end before the descriptors are closed
};

/// "Connection refused"; where SCTP is missing, that.
std::string reason_of(MessageCarrier carrier, const std::error_code& error);

}  // namespace net
