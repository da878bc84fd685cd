#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "app/config_h248.hpp"
#include "base/result.hpp"
#include "net/control_loop.hpp"
#include "net/control_messages.hpp"
#include "proto/h248/route.hpp"

namespace app {

/// Joins an end of H.248, which knows routes, to the sockets that carry its messages.
class H248Sockets final : public h248::Wire {
 public:
  struct User {
    std::function<void(std::string_view message, const h248::Route& from)> on_message;
    /// A connection has ended, or could not be made.
    std::function<void(const h248::Route& route, const std::string& why)> on_lost;
  };
  /// `admit`: whether connections from there are taken.
  H248Sockets(net::ControlLoop& loop, User user, std::function<bool(const base::IpAddress&)> admit);

  /// The real address; the error is a sentence.
  base::Result<base::Address, std::string> listen(const H248Place& place);
  /// Where connections that we make come from.
  void set_source(const base::Address& address) { sockets_.set_source(address); }
  void send(const h248::Route& to, std::string_view message) override;

  /// "udp:127.0.0.1:2944,tcp:127.0.0.1:2944"; no spaces: a value of the log's `ready` line.
  std::string addresses() const;
  const net::MessageSockets::Counters& counters() const noexcept { return sockets_.counters(); }

 private:
  net::MessageSockets sockets_;
};

}  // namespace app
