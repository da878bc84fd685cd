#include "ue/signalling.hpp"

#include <csignal>

#include "base/text.hpp"
#include "proto/sdp/media.hpp"

namespace ue {
namespace {

constexpr auto bye_timeout = std::chrono::seconds(2);
constexpr std::string_view calls = "/calls/";

net::HttpResponse plain(unsigned status, std::string_view text) {
  return {status, "text/plain; charset=utf-8", std::string(text) + "\n"};
}

/// What a person should know of a response that is no answer.
std::string reason_of(const std::string& url, const net::HttpResponse& response) {
  auto text = base::printable(base::trim(response.body), 300);
  if (text.ends_with("\\x0a")) text.resize(text.size() - 4);
  return url + ": refused with " + std::to_string(response.status) + (text.empty() ? "" : ": " + text);
}

/// "http://host:port/calls/ID".
std::string bye_url(const std::string& url, const std::string& call) {
  const auto authority = url.find("://");
  const auto slash = authority == url.npos ? url.npos : url.find('/', authority + 3);
  return url.substr(0, slash) + std::string(calls) + call;
}

}  // namespace

Signalling::Signalling(net::Reactor& reactor, Handlers handlers)
    : reactor_(reactor), door_(std::make_shared<Door>(Door{std::move(handlers)})), client_(loop_) {
  if (!door_->handlers.on_signal) return;
  loop_.on_signal({SIGINT, SIGTERM}, [this](int number) {
    reactor_.post([weak = std::weak_ptr(door_), number] {
      if (const auto door = weak.lock()) door->handlers.on_signal(number);
    });
  });
}

Signalling::~Signalling() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
  door_.reset();
}

base::Result<base::Address, Signalling::Error> Signalling::listen(std::string_view at) {
  auto server = net::HttpServer::open(
      loop_, at, [this](const auto& request, const auto& respond) { on_request(request, respond); });
  if (!server) return Error{server.error().reason};
  server_ = *std::move(server);
  return server_->address();
}

void Signalling::start() {
  thread_ = std::thread([this] { loop_.run(); });
}

void Signalling::on_request(const net::HttpRequest& request, const net::HttpRespond& respond) {
  const auto answer = [this, respond](net::HttpResponse response) {
    loop_.post([respond, response = std::move(response)] { respond(response); });
  };
  const std::weak_ptr weak(door_);
  if (request.method == "POST") {
    if (!base::iequals(base::trim(request.content_type).substr(0, 15), "application/sdp"))
      return respond(plain(415, "an offer is application/sdp"));
    return reactor_.post([weak, answer, sdp = request.body] {
      if (const auto door = weak.lock()) door->handlers.on_offer(sdp, answer);
    });
  }
  if (request.method == "DELETE" && request.path().starts_with(calls)) {
    const std::string call(request.path().substr(calls.size()));
    return reactor_.post([weak, answer, call] {
      if (const auto door = weak.lock())
        answer(door->handlers.on_bye(call) ? plain(200, "bye") : plain(404, "no such call"));
    });
  }
  respond(plain(405, "POST an offer, or DELETE /calls/ID"));
}

void Signalling::offer(const std::string& url, std::string sdp, base::Duration timeout, Answered done) {
  loop_.post([this, url, sdp = std::move(sdp), timeout, done = std::move(done), weak = std::weak_ptr(door_)] {
    client_.post(url, "application/sdp", sdp, timeout, [this, url, done, weak](auto response) {
      base::Result<std::string, Error> answer(Error{});
      if (!response) {
        answer = Error{response.error().reason};
      } else if (response->status != 200) {
        answer = Error{reason_of(url, *response)};
      } else {
        answer = std::move(response->body);
      }
      reactor_.post([weak, done, answer = std::move(answer)] {
        if (weak.lock()) done(answer);
      });
    });
  });
}

void Signalling::bye(const std::string& url, const std::string& call, std::function<void()> done) {
  loop_.post([this, target = bye_url(url, call), done = std::move(done), weak = std::weak_ptr(door_)] {
    client_.remove(target, bye_timeout, [this, done, weak](const auto&) {
      reactor_.post([weak, done] {
        if (weak.lock()) done();
      });
    });
  });
}

std::string call_name(std::string_view sdp) {
  const auto document = sdp::Document::parse(sdp);
  const auto origin =
      document ? sdp::origin(*document) : sdp::Found<sdp::Origin>(std::optional<sdp::Origin>());
  if (!origin || !*origin) return {};
  for (const char c : (*origin)->session_id) {
    if (!base::is_alnum(c)) return {};
  }
  return (*origin)->session_id;
}

}  // namespace ue
