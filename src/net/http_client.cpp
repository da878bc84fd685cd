#include "net/http_client.hpp"

#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "base/address.hpp"
#include "base/text.hpp"
#include "net/resolver.hpp"

namespace net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Executor = asio::io_context::executor_type;

struct Url {
  std::string authority;  // as it was written: the Host field
  std::string host, target;
  std::uint16_t port = 80;
};

// http-URI = "http" "://" host [ ":" port ] [ path ] (RFC 9110 4.2.1), without user information
std::optional<Url> parse_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (!base::iequals(text.substr(0, scheme.size()), scheme)) return std::nullopt;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return std::nullopt;
  }
  text.remove_prefix(scheme.size());
  const auto slash = std::min(text.find_first_of("/?"), text.size());
  const auto authority = text.substr(0, slash);
  const bool bracketed = authority.starts_with('[');
  const auto host_end = bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (host_end == authority.npos) return std::nullopt;
  Url out{std::string(authority),
          std::string(authority.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0))),
          std::string(text.substr(slash))};
  const auto rest = authority.substr(host_end + (bracketed ? 1 : 0));
  const auto port = base::parse_uint<std::uint16_t>(rest.substr(std::min<std::size_t>(1, rest.size())));
  if (out.host.empty() || (!rest.empty() && (rest.front() != ':' || !port || *port == 0)))
    return std::nullopt;
  if (!rest.empty()) out.port = *port;
  if (!out.target.starts_with('/')) out.target.insert(0, "/");
  return out;
}

/// One request on a connection of its own. Its operations hold it.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  using Done = std::function<void(base::Result<HttpResponse, HttpError>)>;

  Exchange(asio::io_context& context, Done done) : socket_(context), done_(std::move(done)) {
    parser_.body_limit(HttpClient::max_body);
  }

  http::request<http::string_body> request;

  /// To the first of these addresses that takes the connection.
  void connect(const std::vector<base::IpAddress>& addresses, std::uint16_t port) {
    if (!done_) return;  // it has ended meanwhile
    if (addresses.empty()) return finish(HttpError{"cannot resolve the name"});
    for (const auto& address : addresses)
      endpoints_.emplace_back(asio::ip::make_address(address.to_string()), port);
    asio::async_connect(socket_, endpoints_,
                        [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
                          self->on_connected(error);
                        });
  }

  /// Ends it without a call.
  void drop() {
    done_ = nullptr;
    close();
  }

  void time_out() { finish(HttpError{"no response in time"}); }

 private:
  void on_connected(const error_code& error) {
    if (error) return fail("cannot connect", error);
    http::async_write(socket_, request, [self = shared_from_this()](const error_code& failed, std::size_t) {
      if (failed) return self->fail("cannot send", failed);
      http::async_read(self->socket_, self->buffer_, self->parser_,
                       [self](const error_code& bad, std::size_t) { self->on_response(bad); });
    });
  }

  void on_response(const error_code& error) {
    if (error) return fail("no valid response", error);
    auto message = parser_.release();
    finish(HttpResponse{message.result_int(), std::string(message[http::field::content_type]),
                        std::move(message.body())});
  }

  void fail(std::string_view what, const error_code& error) {
    finish(HttpError{std::string(what) + ": " + error.message()});
  }

  void finish(base::Result<HttpResponse, HttpError> outcome) {
    close();
    if (const auto done = std::exchange(done_, nullptr)) done(std::move(outcome));
  }

  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

  std::vector<tcp::endpoint> endpoints_;
  asio::basic_stream_socket<tcp, Executor> socket_;
  boost::beast::flat_buffer buffer_{HttpClient::max_body + std::size_t{64} * 1024};
  http::response_parser<http::string_body> parser_;
  Done done_;
};

}  // namespace

struct HttpClient::Impl {
  struct Running {
    std::shared_ptr<Exchange> exchange;
    ControlHandle limit;
  };

  explicit Impl(ControlLoop& on) : loop(on), resolver(on) {}

  ControlLoop& loop;
  Resolver resolver;
  std::unordered_map<std::uint64_t, Running> running;
  std::uint64_t last_id = 0;

  /// Calls `done` with the outcome, an error with the URL in front.
  void start(http::request<http::string_body> request, std::string_view url_text, base::Duration timeout,
             Done done) {
    const auto name = base::printable(url_text, 200);
    const auto url = parse_url(url_text);
    const auto id = ++last_id;
    if (!url) {
      auto refuse = [this, id, name, done = std::move(done)] {
        running.erase(id);
        done(HttpError{name + ": expected http://host[:port][/path]"});
      };
      running.emplace(id, Running{nullptr, loop.after({}, std::move(refuse))});
      return;
    }
    const auto exchange = std::make_shared<Exchange>(
        loop.context(),
        [this, id, name, done = std::move(done)](base::Result<HttpResponse, HttpError> outcome) {
          running.erase(id);
          done(outcome ? std::move(outcome) : HttpError{name + ": " + outcome.error().reason});
        });
    request.target(url->target);
    request.set(http::field::host, url->authority);
    request.set(http::field::connection, "close");
    request.prepare_payload();
    exchange->request = std::move(request);
    running.emplace(id, Running{exchange, loop.after(timeout, [exchange] { exchange->time_out(); })});
    resolver.resolve(url->host, timeout, [exchange, port = url->port](const auto& addresses) {
      exchange->connect(addresses, port);
    });
  }
};

HttpClient::HttpClient(ControlLoop& loop) : impl_(new Impl(loop)) {}

HttpClient::~HttpClient() {
  for (auto& [id, running] : impl_->running) {
    if (running.exchange) running.exchange->drop();
  }
}

bool HttpClient::is_url(std::string_view text) {
  return parse_url(text).has_value();
}

void HttpClient::post(std::string_view url, std::string_view content_type, std::string body,
                      base::Duration timeout, Done done) {
  http::request<http::string_body> request(http::verb::post, "/", 11);
  request.set(http::field::content_type, content_type);
  request.body() = std::move(body);
  impl_->start(std::move(request), url, timeout, std::move(done));
}

void HttpClient::get(std::string_view url, base::Duration timeout, Done done) {
  impl_->start(http::request<http::string_body>(http::verb::get, "/", 11), url, timeout, std::move(done));
}

void HttpClient::remove(std::string_view url, base::Duration timeout, Done done) {
  impl_->start(http::request<http::string_body>(http::verb::delete_, "/", 11), url, timeout, std::move(done));
}

}  // namespace net
