#include "app/call_part.hpp"

#include "app/cdr.hpp"
#include "app/compose.hpp"

namespace app {
namespace {

/// How long an offer or answer waits for the address of a name in its SDP: proxies wait some seconds for
/// ours.
constexpr base::Duration name_lookup = std::chrono::seconds(1);
/// How long the end waits for whoever reads the call detail records. With the drain it stays below the hard
/// end.
constexpr base::Duration last_records = std::chrono::seconds(1);

}  // namespace

base::Result<std::unique_ptr<CallPart>, std::string> CallPart::open(net::ControlLoop& loop, base::Log& log,
                                                                    const Config& config,
                                                                    iq::MediaGateway& gateway,
                                                                    std::size_t capacity) {
  std::unique_ptr<CallPart> out(new CallPart(loop, log, config, gateway, capacity));
  auto cdr = CdrFile::open(config.controller.cdr, log);
  if (!cdr) return "controller.cdr: " + cdr.error();
  out->cdr_ = *std::move(cdr);
  auto* alarm = &out->alarm_;
  auto ng = NgSockets::open(loop, out->front_, [alarm] { alarm->set(); }, config.ng.listen);
  if (!ng) return "ng.listen: " + ng.error();
  out->ng_ = *std::move(ng);
  return out;
}

CallPart::CallPart(net::ControlLoop& loop, base::Log& log, const Config& config, iq::MediaGateway& gateway,
                   std::size_t capacity)
    : loop_(loop),
      log_(log),
      events_(loop, log, config.controller.events),
      resolver_(loop),
      recording_(!config.controller.cdr.empty()),
      alarm_(
          loop, [this] { return controller_.deadline(); },
          [this](base::Time now) { controller_.on_time(now); }),
      watched_(
          gateway, [this] { controller_.on_time(loop_.now()); }, [this] { alarm_.set(); }),
      controller_(options(config, capacity), watched_, random_, log),
      front_(controller_, networks(config.ng.allow), log) {
  controller_.set_on_released([this](const controller::ReleasedCall& call) { events_.post(call); });
  controller_.set_on_session_ended([this](const auto& session) { record(session); });
}

controller::Options CallPart::options(const Config& config, std::size_t capacity) {
  auto out = controller_options(config, capacity);
  out.resolve = [this](const std::string& host, auto done) {
    resolver_.resolve(host, name_lookup,
                      [this, done = std::move(done)](std::vector<base::IpAddress> addresses) {
                        done(std::move(addresses));
                        alarm_.set();
                      });
  };
  return out;
}

void CallPart::record(const controller::EndedSession& session) {
  if (recording_) cdr_->put(cdr_json(session, {loop_.now(), std::chrono::system_clock::now()}));
}

void CallPart::execute(const ng::Request& request, std::function<void(ng::Value)> done) {
  controller_.execute(request, loop_.now(), std::move(done));
  alarm_.set();
}

CallPart::Measured CallPart::measured() const {
  return {controller_.gauges(), front_.counters(), events_.counters(), cdr_->counters()};
}

void CallPart::apply(const Config& config) {
  front_.set_allow(networks(config.ng.allow));
  controller_.set_policy(realm_policies(config));
  events_.set_url(config.controller.events);
  recording_ = !config.controller.cdr.empty();
}

void CallPart::reopen_records(const Config& config) {
  if (const auto opened = cdr_->reopen(config.controller.cdr); !opened)
    log_.warning("cdr_kept", {{"reason", opened.error()}});
}

void CallPart::release_all(std::function<void()> done) {
  controller_.release_all(loop_.now(), std::move(done));
  alarm_.set();
}

void CallPart::when_told(std::function<void()> done) {
  if (events_.pending() == 0) return done();
  telling_ = loop_.after(std::chrono::milliseconds(20),
                         [this, done = std::move(done)]() mutable { when_told(std::move(done)); });
}

void CallPart::finish() {
  if (const auto lost = events_.pending(); lost > 0)
    log_.warning("events_lost", {{"count", std::to_string(lost)}});
  if (const auto lost = cdr_->flush(last_records); lost > 0)
    log_.warning("cdr_lost", {{"count", std::to_string(lost)}});
}

}  // namespace app
