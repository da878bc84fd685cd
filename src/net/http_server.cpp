#include "net/http_server.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "base/text.hpp"
#include "net/socket.hpp"

namespace net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;

/// What of a refused request is still read, so that its answer is not lost to a reset.
constexpr std::size_t max_drained = std::size_t{1024} * 1024;
constexpr auto max_draining = std::chrono::seconds(2);

/// One connection. Its operations hold it; close() makes them complete.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(ControlLoop& loop, Accepted accepted, const HttpServerOptions& options, HttpHandler handler,
          std::function<void()> end)
      : loop_(loop),
        socket_(loop.context()),
        peer_(accepted.peer),
        options_(options),
        handler_(std::move(handler)),
        end_(std::move(end)),
        buffer_(options.max_head + options.max_body) {
    error_code error;
    socket_.assign(peer_.ip.is_v6() ? tcp::v6() : tcp::v4(), accepted.socket.release(), error);
  }

  /// Since when it waits for a request of which nothing has come; never: it has one.
  base::Time idle_since() const {
    return parser_ && !parser_->got_some() && buffer_.size() == 0 ? idle_since_ : base::never;
  }

  void read() {
    idle_since_ = loop_.now();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(options_.max_head));
    parser_->body_limit(options_.max_body);
    limit_time(options_.idle);
    http::async_read(
        socket_, buffer_, *parser_,
        [self = shared_from_this()](const error_code& error, std::size_t) { self->on_read(error); });
  }

  /// The socket goes, and whoever keeps this lets go.
  void close() {
    error_code ignored;
    socket_.close(ignored);
    limit_.cancel();
    if (const auto end = std::exchange(end_, nullptr)) end();
  }

 private:
  void limit_time(base::Duration time) {
    limit_ = loop_.after(time, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->close();
    });
  }

  void on_read(const error_code& error) {
    if (!end_) return;  // closed meanwhile
    if (!error) return on_request();
    keep_alive_ = false;
    head_only_ = false;
    if (error == http::error::header_limit) return write({431, "text/plain", "The head is too large.\n"});
    if (error == http::error::body_limit) return write({413, "text/plain", "The body is too large.\n"});
    const bool gone = error == http::error::end_of_stream || error == http::error::partial_message;
    if (gone || error.category() != http::make_error_code(http::error::bad_method).category()) return close();
    write({400, "text/plain", "This is not HTTP: " + error.message() + ".\n"});
  }

  void on_request() {
    auto message = parser_->release();
    parser_.reset();
    keep_alive_ = message.keep_alive();
    head_only_ = message.method() == http::verb::head;
    HttpRequest request;
    request.method = head_only_ ? "GET" : std::string(message.method_string());
    request.target = std::string(message.target());
    request.content_type = std::string(message[http::field::content_type]);
    request.body = std::move(message.body());
    request.peer = peer_;
    const auto number = ++number_;
    limit_time(options_.idle);
    handler_(request, [weak = weak_from_this(), number](HttpResponse response) {
      const auto self = weak.lock();
      if (self && self->end_ && self->number_ == number && !self->answered_) self->write(std::move(response));
    });
  }

  void write(HttpResponse answer) {
    answered_ = true;
    response_ = {};
    response_.version(11);
    response_.result(answer.status);
    response_.keep_alive(keep_alive_);
    if (!answer.content_type.empty()) response_.set(http::field::content_type, answer.content_type);
    if (head_only_) {
      response_.content_length(answer.body.size());
    } else {
      response_.body() = std::move(answer.body);
      response_.prepare_payload();
    }
    limit_time(options_.idle);
    http::async_write(socket_, response_, [self = shared_from_this()](const error_code& error, std::size_t) {
      self->on_written(error);
    });
  }

  void on_written(const error_code& error) {
    if (!end_) return;
    answered_ = false;
    ++number_;  // a second answer finds nothing to answer
    if (error) return close();
    if (keep_alive_) return read();
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    limit_time(max_draining);
    drain();
  }

  void drain() {
    socket_.async_read_some(asio::buffer(drain_),
                            [self = shared_from_this()](const error_code& error, std::size_t n) {
                              self->drained_ += n;
                              if (!self->end_) return;
                              if (error || self->drained_ > max_drained) return self->close();
                              self->drain();
                            });
  }

  ControlLoop& loop_;
  Socket socket_;
  base::Address peer_;
  HttpServerOptions options_;
  HttpHandler handler_;
  std::function<void()> end_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  std::array<char, 4096> drain_;
  std::size_t drained_ = 0;
  std::uint64_t number_ = 0;  // of the request that can be answered
  bool answered_ = false;
  bool keep_alive_ = false;
  bool head_only_ = false;
  base::Time idle_since_ = base::never;
  ControlHandle limit_;
};

}  // namespace

struct HttpServer::Impl {
  ControlLoop& loop;
  Fd listening;
  base::Address address;
  HttpHandler handler;
  HttpServerOptions options;
  std::unordered_map<std::uint64_t, std::shared_ptr<Session>> sessions;
  std::uint64_t last_id = 0;
  ControlHandle accepting;

  void start() {
    accepting = loop.watch(listening.get(), Readiness::read, [this] { on_connection(); });
  }

  void on_connection() {
    auto accepted = accept_tcp(listening);
    if (accepted) {
      if (sessions.size() >= options.max_connections) close_longest_idle();
      if (sessions.size() < options.max_connections) add(std::move(*accepted));
      return;
    }
    if (would_block(accepted.error())) return;
    // No descriptor is left, most likely; the connection waits in the kernel and would wake us at once.
    accepting = loop.after(std::chrono::milliseconds(100), [this] { start(); });
  }

  /// Makes room, unless every connection has a request.
  void close_longest_idle() {
    const auto longest =
        std::ranges::min_element(sessions, {}, [](const auto& entry) { return entry.second->idle_since(); });
    if (longest == sessions.end() || longest->second->idle_since() == base::never) return;
    std::shared_ptr(longest->second)->close();
  }

  void add(Accepted accepted) {
    const auto id = ++last_id;
    auto session = std::make_shared<Session>(loop, std::move(accepted), options, handler,
                                             [this, id] { sessions.erase(id); });
    sessions.emplace(id, session);
    session->read();
  }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->start();
}

HttpServer::~HttpServer() {
  impl_->accepting.cancel();
  while (!impl_->sessions.empty()) std::shared_ptr(impl_->sessions.begin()->second)->close();
}

base::Result<std::unique_ptr<HttpServer>, ListenError> HttpServer::open(ControlLoop& loop,
                                                                        std::string_view listen,
                                                                        HttpHandler handler,
                                                                        HttpServerOptions options) {
  const auto failure = [&](std::string_view reason) {
    return ListenError{"cannot listen on \"" + base::printable(listen) + "\": " + std::string(reason)};
  };
  const auto wanted = base::Address::parse(listen);
  if (!wanted) return failure("expected ADDRESS:PORT");
  auto listening = listen_tcp(*wanted, 128);
  if (!listening) return failure(listening.error().message());
  const auto local = local_address(*listening);
  if (!local) return failure(local.error().message());
  auto impl = std::make_unique<Impl>(
      Impl{loop, std::move(*listening), *local, std::move(handler), options, {}, 0, {}});
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

base::Address HttpServer::address() const {
  return impl_->address;
}
std::size_t HttpServer::connections() const {
  return impl_->sessions.size();
}

}  // namespace net
