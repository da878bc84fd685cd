#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "base/buffer.hpp"
#include "net/control_ng_carriers.hpp"
#include "net/socket.hpp"

namespace net {
namespace {

/// One client: frames in, answers out. Not read while answers wait to be taken or too many requests to be
/// answered.
class Connection {
 public:
  using Request = std::function<void(std::string_view frame)>;

  Connection(ControlLoop& loop, Fd socket, const NgListenOptions& options, Request request,
             std::function<void()> end)
      : loop_(loop),
        socket_(std::move(socket)),
        options_(options),
        request_(std::move(request)),
        end_(std::move(end)) {
    restart_idle();
    watch(Wanted::read);
  }
  ~Connection() { handle_.cancel(); }  // before the descriptor is closed

  void answer(std::string_view frame) {
    if (in_flight_ > 0) --in_flight_;  // an answer too many is no reason to count below none
    out_.append(frame);
    if (!reading_) advance();
  }

 private:
  enum class Wanted { nothing, read, write };

  void on_readable() {
    auto room = in_.prepare(std::size_t{16} * 1024);
    const auto count = receive(socket_, room);
    if (!count) {
      if (!would_block(count.error())) end();
      return;
    }
    in_.commit(*count);
    half_closed_ = *count == 0;
    restart_idle();
    advance();
  }

  /// Does what can be done; may end this connection, so it stands last in its callers.
  void advance() {
    reading_ = true;  // answers given inside are sent here
    bool good = flush();
    for (auto before = in_.size() + 1; good && out_.empty() && in_.size() < before;) {
      before = in_.size();
      good = take_frames() && flush();
    }
    reading_ = false;
    if (!good || (half_closed_ && out_.empty() && in_flight_ == 0)) return end();
    const bool may_read = !half_closed_ && in_flight_ < options_.max_in_flight;
    watch(!out_.empty() ? Wanted::write : may_read ? Wanted::read : Wanted::nothing);
  }

  void end() {
    const auto end = std::move(end_);  // it destroys this
    end();
  }

  /// False where the text cannot become a frame.
  bool take_frames() {
    while (out_.size() < options_.max_frame && in_flight_ < options_.max_in_flight) {
      const auto skipped = std::min(in_.view().find_first_not_of(" \t\r\n"), in_.size());
      in_.consume(skipped);
      const auto length = in_.empty() ? 0 : options_.frame_length(in_.view());
      if (!length || *length > options_.max_frame) return false;
      if (*length == 0) return in_.size() < options_.max_frame;
      ++in_flight_;
      request_(in_.view().substr(0, *length));
      in_.consume(*length);
    }
    return true;
  }

  /// False where the client is gone.
  bool flush() {
    while (!out_.empty()) {
      const auto count = send(socket_, out_.view());
      if (!count) return would_block(count.error());
      out_.consume(*count);
      restart_idle();
    }
    return true;
  }

  void watch(Wanted wanted) {
    if (wanted == watched_) return;
    watched_ = wanted;
    handle_.cancel();
    if (wanted == Wanted::read)
      handle_ = loop_.watch(socket_.get(), Readiness::read, [this] { on_readable(); });
    if (wanted == Wanted::write)
      handle_ = loop_.watch(socket_.get(), Readiness::write, [this] { advance(); });
  }

  void restart_idle() {
    idle_ = loop_.after(options_.idle, [this] { end(); });
  }

  ControlLoop& loop_;
  Fd socket_;
  const NgListenOptions& options_;
  Request request_;
  std::function<void()> end_;
  base::Buffer in_, out_;
  std::size_t in_flight_ = 0;
  bool half_closed_ = false;
  bool reading_ = false;
  Wanted watched_ = Wanted::nothing;
  ControlHandle handle_, idle_;
};

class TcpListener : public NgListener {
 public:
  TcpListener(ControlLoop& loop, Fd listening, const base::Address& address, NgHandler handler,
              NgListenOptions options)
      : loop_(loop),
        listening_(std::move(listening)),
        address_(address),
        handler_(std::move(handler)),
        options_(std::move(options)) {
    start();
  }

  ~TcpListener() override { accepting_.cancel(); }  // before the descriptor is closed

  std::string local_address() const override { return "tcp:" + address_.to_string(); }
  base::Address address() const override { return address_; }

 private:
  void start() {
    accepting_ = loop_.watch(listening_.get(), Readiness::read, [this] { on_connection(); });
  }

  void on_connection() {
    auto accepted = accept_tcp(listening_);
    if (accepted && clients_.size() < options_.max_connections) return add(std::move(*accepted));
    if (accepted || would_block(accepted.error())) return;
    // No descriptor is left, most likely; the connection waits in the kernel and would wake us at once.
    accepting_ = loop_.after(std::chrono::milliseconds(100), [this] { start(); });
  }

  void add(Accepted accepted) {
    const auto id = ++last_id_;
    NgSource source{accepted.peer.ip, "tcp:" + accepted.peer.to_string()};
    auto request = [this, id, source](std::string_view frame) { handler_(frame, source, reply_to(id)); };
    clients_.emplace(
        id, std::make_unique<Connection>(loop_, std::move(accepted.socket), options_, std::move(request),
                                         [this, id] { clients_.erase(id); }));
  }

  /// An answer finds its client by number, as long as the listener lives.
  NgReply reply_to(std::uint64_t id) {
    return [this, id, alive = std::weak_ptr(alive_)](std::string_view frame) {
      if (alive.expired()) return;
      if (const auto client = clients_.find(id); client != clients_.end()) client->second->answer(frame);
    };
  }

  ControlLoop& loop_;
  Fd listening_;
  base::Address address_;
  NgHandler handler_;
  NgListenOptions options_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> clients_;
  std::uint64_t last_id_ = 0;
  ControlHandle accepting_;
};

}  // namespace

std::unique_ptr<NgListener> ng_over_tcp(ControlLoop& loop, Fd listening, const base::Address& address,
                                        NgHandler handler, NgListenOptions options) {
  return std::make_unique<TcpListener>(loop, std::move(listening), address, std::move(handler),
                                       std::move(options));
}

}  // namespace net
