#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "controller/controller.hpp"
#include "proto/ng/frame.hpp"
#include "proto/ng/reply.hpp"
#include "proto/ng/retransmission.hpp"

namespace controller {
namespace {

/// Names of unknown keys that are remembered, so that each is logged once; beyond, a peer is playing.
constexpr std::size_t max_unknown = 1000;
/// Octets of a UDP datagram over IPv4: a longer answer could not be sent, and the proxy would ask for ever.
constexpr std::size_t max_datagram = 65'507;

}  // namespace

class NgFront::Impl {
 public:
  Impl(Controller& controller, std::vector<base::Network> allow, base::Log& log)
      : controller_(controller), allow_(std::move(allow)), log_(log) {}

  void on_frame(std::string_view payload, const std::string& source, const base::IpAddress* ip,
                base::Time now, Respond respond);
  void set_allow(std::vector<base::Network> allow) { allow_ = std::move(allow); }
  const Counters& counters() const { return counters_; }

 private:
  bool allowed(const base::IpAddress& ip) const {
    return std::any_of(allow_.begin(), allow_.end(), [&](const auto& net) { return net.contains(ip); });
  }
  void malformed(const std::string& source, const std::string& reason) {
    ++counters_.malformed;
    log_.warning("ng_malformed", {{"source", source}, {"reason", reason}});
  }
  void log_unknown(const ng::Request& request);
  void run(const ng::Dictionary& dictionary, const std::string& source, base::Time now,
           Controller::Done done);

  Controller& controller_;
  std::vector<base::Network> allow_;
  base::Log& log_;
  ng::CookieCache cache_;
  std::set<std::string> unknown_;
  std::set<std::string> refused_;
  Counters counters_;
};

void NgFront::Impl::on_frame(std::string_view payload, const std::string& source, const base::IpAddress* ip,
                             base::Time now, Respond respond) {
  if (ip != nullptr && !allowed(*ip)) {
    ++counters_.refused_source;
    if (refused_.size() < max_unknown && refused_.insert(ip->to_string()).second)
      log_.warning("ng_source_refused", {{"source", ip->to_string()}});
    return;
  }
  const auto frame = ng::parse_frame(payload);
  if (!frame) return malformed(source, frame.error().to_string());
  const std::string cookie(frame->cookie);
  const auto seen = cache_.begin(source, cookie, now);
  switch (seen.state) {
    case ng::CookieCache::State::fresh:
      break;
    case ng::CookieCache::State::in_progress:
      ++counters_.retransmissions;
      return;
    case ng::CookieCache::State::full:  // the proxy will ask again
      ++counters_.requests[{"invalid", "dropped"}];
      return;
    case ng::CookieCache::State::answered:
      ++counters_.retransmissions;
      return respond(std::string(seen.reply));
  }
  const auto encoding = ng::encoding_of(frame->payload);
  const auto answer = [this, source, cookie, now, encoding = encoding ? *encoding : ng::Encoding::bencode,
                       respond = std::move(respond)](const ng::Value& reply) {
    static const ng::Dictionary nothing;
    auto text = ng::print_frame(cookie, encoding, reply.dictionary() ? *reply.dictionary() : nothing);
    if (text.size() > max_datagram)
      text = ng::print_frame(cookie, encoding,
                             ng::print_reply(ng::Reply::error("the answer does not fit a datagram")));
    cache_.finish(source, cookie, text, now);
    respond(std::move(text));
  };
  auto dictionary = ng::parse_payload(frame->payload);
  if (!encoding || !dictionary) {
    const auto reason = dictionary ? encoding.error().to_string() : dictionary.error().to_string();
    malformed(source, reason);
    return answer(ng::print_reply(ng::Reply::error("malformed request: " + reason)));
  }
  run(*dictionary, source, now, answer);
}

void NgFront::Impl::run(const ng::Dictionary& dictionary, const std::string& source, base::Time now,
                        Controller::Done done) {
  auto request = ng::parse_request(dictionary);
  if (!request) {
    malformed(source, request.error().reason);
    ++counters_.requests[{"invalid", "error"}];
    return done(ng::print_reply(ng::Reply::error(request.error().reason)));
  }
  log_unknown(*request);
  const std::string command(ng::name_of(request->command));
  const auto began = base::Clock::now();
  controller_.execute(*request, now, [this, command, began, done = std::move(done)](const ng::Value& reply) {
    const auto* answered = reply.dictionary();
    ++counters_.requests[{command, answered ? std::string(answered->text("result")) : "error"}];
    auto& [count, sum] = counters_.seconds[command];
    ++count;
    sum += std::chrono::duration<double>(base::Clock::now() - began).count();
    done(reply);
  });
}

void NgFront::Impl::log_unknown(const ng::Request& request) {
  const auto once = [this](std::string_view kind, const std::vector<std::string>& names) {
    for (const auto& name : names) {
      if (unknown_.size() < max_unknown && unknown_.insert(std::string(kind) + name).second)
        log_.info("ng_unknown", {{"kind", std::string(kind)}, {"name", base::printable(name)}});
    }
  };
  once("key", request.unknown_keys);
  once("flag", request.unknown_flags);
}

NgFront::NgFront(Controller& controller, std::vector<base::Network> allow, base::Log& log)
    : impl_(std::make_unique<Impl>(controller, std::move(allow), log)) {}
NgFront::~NgFront() = default;
void NgFront::on_frame(std::string_view payload, const std::string& source_key, const base::IpAddress* ip,
                       base::Time now, Respond respond) {
  impl_->on_frame(payload, source_key, ip, now, std::move(respond));
}
void NgFront::set_allow(std::vector<base::Network> allow) {
  impl_->set_allow(std::move(allow));
}
const NgFront::Counters& NgFront::counters() const {
  return impl_->counters();
}

}  // namespace controller
