#include "ue/endpoint.hpp"

#include <algorithm>
#include <utility>

#include "base/expect.hpp"
#include "net/socket.hpp"
#include "proto/sdp/media.hpp"

namespace ue {
namespace {

/// 16 characters are 82 bits: RFC 4975 14.1 wants 80.
constexpr std::size_t session_id_length = 16;
/// o= sess-id (RFC 8866 5.2): decimal, and every peer's 63 bits hold it.
std::string make_origin_id(base::Random& random) {
  return std::to_string(random.next_u64() >> 2);
}

}  // namespace

Endpoint::Endpoint(net::Reactor& reactor, base::Random& random, crypto::TlsContext* tls, Options options,
                   Observer& observer)
    : reactor_(reactor),
      random_(random),
      tls_(tls),
      options_(std::move(options)),
      observer_(observer),
      establish_(reactor.timers(), [this] { end(waiting_for()); }),
      session_timer_(reactor.timers(), [this] { on_time(); }),
      linger_(reactor.timers(), [this] { end(why_); }) {
  options_.local.session_id = base::random_token(random_, session_id_length);
  options_.local.origin_id = make_origin_id(random_);
}

Endpoint::~Endpoint() {
  stop_listening();
}

base::Result<std::string, Refusal> Endpoint::make_offer() {
  auto& local = options_.local;
  if (local.setup != sdp::Setup::active) {
    if (const auto listening = listen(); !listening) return listening.error();
  }
  establish_.set(base::Clock::now() + options_.establish);
  return print_offer(local);
}

base::Result<base::Ok, Refusal> Endpoint::take_answer(std::string_view sdp) {
  auto agreement = read_answer(options_.local, sdp);
  if (!agreement) return agreement.error();
  return start(*std::move(agreement));
}

base::Result<std::string, Refusal> Endpoint::take_offer(std::string_view sdp) {
  const auto offer = sdp::Document::parse(sdp);
  if (!offer) return Refusal{"not SDP: " + to_string(offer.error())};
  const auto section = find_msrp(*offer);
  if (!section) return Refusal{"there is no m=message section with TCP/MSRP or TCP/TLS/MSRP and a port"};
  auto& local = options_.local;
  auto agreement = read_offer(local, *offer, *section);
  if (!agreement) return agreement.error();
  if (agreement->tls && tls_ == nullptr) return Refusal{"TCP/TLS/MSRP was offered; TLS is not wanted here"};
  local.tls = agreement->tls;
  if (!agreement->active) {
    if (const auto listening = listen(); !listening) return listening.error();
  }
  auto answer = print_answer(local, *agreement, *offer, *section);
  establish_.set(base::Clock::now() + options_.establish);
  if (const auto started = start(*std::move(agreement)); !started) return started.error();
  return answer;
}

base::Result<base::Ok, Refusal> Endpoint::listen() {
  auto listener = net::listen_tcp({options_.local.address, 0});
  const auto at = listener ? net::local_address(*listener) : listener.error();
  if (!at)
    return Refusal{"cannot listen on " + options_.local.address.to_string() + ": " + at.error().message()};
  listener_ = *std::move(listener);
  options_.local.port = at->port;
  listening_ = reactor_.add_listener(listener_.get(), *this);
  return base::Ok{};
}

void Endpoint::stop_listening() {
  reactor_.remove(std::exchange(listening_, 0));
  listener_.reset();
}

base::Result<base::Ok, Refusal> Endpoint::start(Agreement agreement) {
  agreement_ = std::move(agreement);
  begin_session();
  if (agreement_->active) {
    stop_listening();
    candidates_.clear();
    return connect(*agreement_->connect);
  }
  for (auto& candidate : candidates_) candidate->expect_peer(agreement_->remote.fingerprints);
  for (std::size_t i = candidates_.size(); i-- > 0 && !link_;) consider(*candidates_[i]);
  return base::Ok{};
}

void Endpoint::begin_session() {
  msrp::SessionOptions options;
  options.local = uri_of(options_.local);
  options.remote = agreement_->remote.path;
  options.active = agreement_->active;
  options.match =
      options_.local.peer == PeerKind::sessmatch ? msrp::UriMatch::session_id : msrp::UriMatch::rfc4975;
  std::string types;
  for (const auto& type : options_.local.accept_types) types += (types.empty() ? "" : " ") + type;
  auto accepted = msrp::MediaTypes::parse(types);
  base::expect(accepted.has_value());
  options.receiver.accept_types = *std::move(accepted);
  options.receiver.max_message = options_.max_message;
  options.sender.fixed_chunk = options_.fixed_chunk;
  options.sender.response_timeout = options_.response_timeout;
  session_.emplace(std::move(options), random_);
}

base::Result<base::Ok, Refusal> Endpoint::connect(const base::Address& to) {
  auto socket = net::connect_tcp(to, base::Address{options_.local.address, 0});
  if (!socket) return Refusal{"cannot connect to " + to.to_string() + ": " + socket.error().message()};
  link_ =
      std::make_unique<Link>(reactor_, *this, *std::move(socket), options_.local.tls ? tls_ : nullptr, false);
  link_->expect_peer(agreement_->remote.fingerprints);
  return base::Ok{};
}

void Endpoint::on_ready(std::uint32_t) {
  while (listener_) {
    auto accepted = net::accept_tcp(listener_);
    if (accepted) {
      add_candidate(std::move(accepted->socket));
    } else {
      if (!net::would_block(accepted.error())) end("cannot accept: " + accepted.error().message());
      return;
    }
  }
}

void Endpoint::add_candidate(net::Fd socket) {
  if (candidates_.size() == options_.candidates) candidates_.erase(candidates_.begin());  // the idlest stray
  candidates_.push_back(
      std::make_unique<Link>(reactor_, *this, std::move(socket), options_.local.tls ? tls_ : nullptr, true));
  if (!agreement_) return;
  candidates_.back()->expect_peer(agreement_->remote.fingerprints);
}

void Endpoint::on_link(Link& link) {
  if (&link == link_.get()) return work();
  if (agreement_) consider(link);
}

/// The peer's connection is the one that has shown the right certificate; without TLS, the first that says
/// something. Strays and port scans come and go.
void Endpoint::consider(Link& candidate) {
  const bool input = candidate.fetch();
  if (input || (candidate.tls() && candidate.state() == Link::State::open)) return choose(candidate);
  if (candidate.state() == Link::State::ended) refuse(candidate);
}

void Endpoint::choose(Link& candidate) {
  const auto chosen = std::find_if(candidates_.begin(), candidates_.end(),
                                   [&](const auto& link) { return link.get() == &candidate; });
  link_ = std::move(*chosen);
  candidates_.clear();
  stop_listening();
  work();
}

void Endpoint::refuse(Link& candidate) {
  last_refusal_ = "a connection from " + candidate.peer().to_string() +
                  " was refused: " + (candidate.cause().empty() ? "it said nothing" : candidate.cause());
  std::erase_if(candidates_, [&](const auto& link) { return link.get() == &candidate; });
  observer_.on_refused(*this, last_refusal_);
}

std::string Endpoint::waiting_for() const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.establish).count();
  std::string out = "no connection within " + std::to_string(seconds) + " s: ";
  if (!agreement_) return out + "the offer was not answered";
  if (agreement_->active) {
    const bool tcp = link_ && link_->state() != Link::State::connecting;
    return out + (tcp ? "the TLS handshake with " : "connecting to ") + agreement_->connect->to_string() +
           " did not end";
  }
  out += link_ ? "the peer sent no valid first request"
               : "nobody came to " + base::Address{options_.local.address, options_.local.port}.to_string();
  return last_refusal_.empty() ? out : out + " (" + last_refusal_ + ")";
}

}  // namespace ue
