#include <utility>

#include "base/text.hpp"
#include "net/control_ng_carriers.hpp"

namespace net {
namespace {

class DatagramListener : public NgListener {
 public:
  DatagramListener(ControlLoop& loop, DatagramSocket socket, std::string scheme, std::string path,
                   NgHandler handler, std::size_t burst)
      : socket_(std::make_shared<DatagramSocket>(std::move(socket))),
        scheme_(std::move(scheme)),
        path_(std::move(path)),
        handler_(std::move(handler)),
        burst_(burst),
        watch_(loop.watch(socket_->fd(), Readiness::read, [this] { on_readable(); })) {}

  ~DatagramListener() override { watch_.cancel(); }  // before the descriptor is closed

  std::string local_address() const override {
    return scheme_ + ":" + (scheme_ == "unix" ? path_ : address().to_string());
  }

  base::Address address() const override {
    return scheme_ == "unix" ? base::Address{} : socket_->local_address();
  }

 private:
  void on_readable() {
    for (std::size_t i = 0; i < burst_; ++i) {
      std::error_code error;
      const auto datagram = socket_->receive(error);
      if (error == std::errc::operation_would_block) return;
      if (datagram) on_datagram(*datagram);  // other errors tell of answers that could not be delivered
    }
  }

  void on_datagram(const Datagram& datagram) {
    const auto& peer = datagram.peer;
    NgSource source;
    if (peer.address) source.ip = peer.address->ip;
    source.key = scheme_ + ":" + (peer.address ? peer.address->to_string() : base::printable(peer.path, 120));
    // The socket's life is the listener's: an answer that comes after it finds nothing.
    handler_(datagram.payload, source, [peer, socket = std::weak_ptr(socket_)](std::string_view frame) {
      const auto open = socket.lock();
      if (open == nullptr) return;
      [[maybe_unused]] const auto lost = open->send(peer, frame);  // the proxy asks again
    });
  }

  std::shared_ptr<DatagramSocket> socket_;
  std::string scheme_, path_;
  NgHandler handler_;
  std::size_t burst_;
  ControlHandle watch_;
};

}  // namespace

std::unique_ptr<NgListener> ng_over_datagrams(ControlLoop& loop, DatagramSocket socket, std::string scheme,
                                              std::string path, NgHandler handler,
                                              const NgListenOptions& options) {
  return std::make_unique<DatagramListener>(loop, std::move(socket), std::move(scheme), std::move(path),
                                            std::move(handler), options.burst);
}

}  // namespace net
