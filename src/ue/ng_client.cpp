#include "ue/ng_client.hpp"

#include "base/text.hpp"
#include "proto/ng/frame.hpp"

namespace ue {
namespace {

constexpr std::size_t cookie_length = 16;

}  // namespace

NgClient::NgClient(net::Reactor& reactor, base::Random& random, const base::Address& server)
    : reactor_(reactor), random_(random), server_(server) {}

NgClient::~NgClient() {
  reactor_.remove(registration_);
}

std::error_code NgClient::open() {
  const base::IpAddress any = server_.ip.is_v6() ? base::IpAddress::v6({}) : base::IpAddress::v4({});
  if (const auto error = socket_.open_udp({any, 0})) return error;
  registration_ = reactor_.add(socket_.fd(), *this);
  return {};
}

void NgClient::request(const ng::Dictionary& request, Done done) {
  const auto cookie = base::random_token(random_, cookie_length);
  Pending pending;
  pending.frame = ng::print_frame(cookie, ng::Encoding::bencode, request);
  pending.command = request.text("command");
  pending.done = std::move(done);
  pending.timer = std::make_unique<net::Timer>(reactor_.timers(), [this, cookie] { send(cookie); });
  pending_.emplace(cookie, std::move(pending));
  send(cookie);
}

/// A datagram that the kernel does not take is one that was lost.
void NgClient::send(const std::string& cookie) {
  auto& pending = pending_.at(cookie);
  if (pending.sent > retransmissions) {
    return finish(cookie, Error{"NG " + pending.command + ": no answer from " + server_.to_string()});
  }
  ++pending.sent;
  net::DatagramPeer to;
  to.address = server_;
  to.asked = server_.ip.is_v6() ? base::IpAddress::v6({}) : base::IpAddress::v4({});
  socket_.send(to, pending.frame);
  pending.timer->set(base::Clock::now() + interval);
}

void NgClient::on_ready(std::uint32_t) {
  for (;;) {
    std::error_code error;
    const auto datagram = socket_.receive(error);
    if (!datagram) return;
    if (datagram->peer.address == server_) on_datagram(datagram->payload);
  }
}

void NgClient::on_datagram(std::string_view payload) {
  const auto frame = ng::parse_frame(payload);
  if (!frame) return;
  const std::string cookie(frame->cookie);
  const auto found = pending_.find(cookie);
  if (found == pending_.end()) return;  // a second answer
  const auto where = "NG " + found->second.command + ": ";
  auto dictionary = ng::parse_payload(frame->payload);
  if (!dictionary)
    return finish(cookie, Error{where + "malformed answer: " + dictionary.error().to_string()});
  if (dictionary->text("result") == "error") {
    const auto reason = dictionary->text("error-reason");
    return finish(cookie, Error{where + (reason.empty() ? "refused" : base::printable(reason, 300))});
  }
  finish(cookie, *std::move(dictionary));
}

void NgClient::finish(const std::string& cookie, Reply reply) {
  const auto found = pending_.find(cookie);
  const auto pending = std::move(found->second);  // its timer may be the one that runs
  pending_.erase(found);
  pending.done(std::move(reply));
}

}  // namespace ue
