#include "app/ng_sockets.hpp"

#include "app/config.hpp"
#include "proto/ng/frame.hpp"

namespace app {
namespace {

/// Datagrams of those who may not command stay unanswered; an HTTP request gets its response in any case.
class HttpAnswer {
 public:
  explicit HttpAnswer(net::HttpRespond respond) : respond_(std::move(respond)) {}
  HttpAnswer(const HttpAnswer&) = delete;
  HttpAnswer& operator=(const HttpAnswer&) = delete;
  ~HttpAnswer() {
    if (respond_)
      respond_({400, "text/plain; charset=utf-8", "not an NG request, or not from where one is taken\n"});
  }
  void send(std::string frame) {
    if (respond_) std::exchange(respond_, nullptr)({200, "application/x-rtpengine-ng", std::move(frame)});
  }

 private:
  net::HttpRespond respond_;
};

std::optional<std::size_t> frame_length(std::string_view text) {
  const auto length = ng::frame_length(text);
  return length ? std::optional(*length) : std::nullopt;
}

}  // namespace

base::Result<std::unique_ptr<NgSockets>, std::string> NgSockets::open(
    net::ControlLoop& loop, controller::NgFront& front, std::function<void()> after,
    const std::vector<std::string>& places) {
  std::unique_ptr<NgSockets> out(new NgSockets(loop, front, std::move(after)));
  for (const auto& place : places) {
    if (const auto opened = out->open(place); !opened) return opened.error();
  }
  return out;
}

base::Result<base::Ok, std::string> NgSockets::open(const std::string& place) {
  const auto note = [this](const std::string& address) {
    addresses_.append(addresses_.empty() ? "" : ",").append(address);
  };
  if (const auto [scheme, where] = split_ng_listen(place); scheme == "http") {
    auto server = net::HttpServer::open(
        loop_, where, [this](const auto& request, auto respond) { on_http(request, std::move(respond)); });
    if (!server) return server.error().reason;
    note("http:" + (*server)->address().to_string());
    servers_.push_back(*std::move(server));
    return base::Ok{};
  }
  const auto on_frame = [this](std::string_view frame, const net::NgSource& source,
                               const net::NgReply& reply) {
    front_.on_frame(frame, source.key, source.ip ? &*source.ip : nullptr, loop_.now(),
                    [reply](const std::string& answer) { reply(answer); });
    after_();
  };
  auto listener = net::NgListener::open(loop_, place, on_frame, {.frame_length = frame_length});
  if (!listener) return listener.error().reason;
  note((*listener)->local_address());
  listeners_.push_back(*std::move(listener));
  return base::Ok{};
}

void NgSockets::on_http(const net::HttpRequest& request, net::HttpRespond respond) {
  if (request.path() != "/ng" || request.method != "POST")
    return respond({404, "text/plain; charset=utf-8", "NG requests come by POST to /ng\n"});
  const auto answer = std::make_shared<HttpAnswer>(std::move(respond));
  front_.on_frame(request.body, "http:" + request.peer.to_string(), &request.peer.ip, loop_.now(),
                  [answer](std::string frame) { answer->send(std::move(frame)); });
  after_();
}

}  // namespace app
