#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <system_error>

#include "base/address.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "net/datagram_socket.hpp"
#include "net/reactor.hpp"
#include "proto/ng/value.hpp"

namespace ue {

/// The proxy's part of the NG protocol, over UDP on a reactor: a request goes out again after each second
/// without an answer, three times, with the same cookie.
class NgClient final : net::Handler {
 public:
  struct Error {
    std::string why;
  };
  using Reply = base::Result<ng::Dictionary, Error>;
  using Done = std::function<void(Reply)>;

  static constexpr unsigned retransmissions = 3;
  static constexpr auto interval = std::chrono::seconds(1);

  NgClient(net::Reactor& reactor, base::Random& random, const base::Address& server);
  ~NgClient();

  std::error_code open();
  /// `done` is called once from the reactor: with the reply's dictionary, `result: error` made an Error of
  /// its reason. Not any more once the client is gone.
  void request(const ng::Dictionary& request, Done done);
  std::size_t in_flight() const noexcept { return pending_.size(); }

 private:
  struct Pending {
    std::string frame;
    std::string command;
    unsigned sent = 0;
    Done done;
    std::unique_ptr<net::Timer> timer;
  };
  void on_ready(std::uint32_t events) override;
  void on_datagram(std::string_view payload);
  void send(const std::string& cookie);
  void finish(const std::string& cookie, Reply reply);

  net::Reactor& reactor_;
  base::Random& random_;
  base::Address server_;
  net::DatagramSocket socket_;
  net::Registration registration_ = 0;
  std::map<std::string, Pending> pending_;
};

}  // namespace ue
