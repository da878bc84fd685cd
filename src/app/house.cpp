#include "app/house.hpp"

#include <algorithm>
#include <sys/resource.h>
#include <unistd.h>

#include "app/cdr.hpp"
#include "app/compose.hpp"
#include "app/metrics.hpp"
#include "app/reload.hpp"
#include "app/version.hpp"
#include "net/socket.hpp"

namespace app {
namespace {

/// From SIGTERM to the end at most: what the unit's TimeoutStopSec= stands on. Whatever hangs is ended by the
/// kernel.
constexpr unsigned hard_end_seconds = 10;
/// How long an offer or answer waits for the address of a name in its SDP: proxies wait some seconds for
/// ours.
constexpr base::Duration name_lookup = std::chrono::seconds(1);
/// How long the end waits for whoever reads the call detail records. With the drain it stays below the hard
/// end.
constexpr base::Duration last_records = std::chrono::seconds(1);
/// Deadlines further away are looked at again then; keeps sums with the clock far from overflow.
constexpr base::Duration longest_sleep = std::chrono::hours(1);

/// An address that this machine does not have would fail each call; the operator wants to hear it at the
/// start.
base::Result<base::Ok, std::string> check_addresses(const Config& config) {
  for (std::size_t i = 0; i < config.realms.size(); ++i) {
    const auto& address = config.realms[i].address;
    if (const auto trial = net::listen_tcp({address, 0}); !trial)
      return "realm[" + std::to_string(i) +
             "].address: expected an address of this machine, cannot listen at " + address.to_string() +
             ": " + trial.error().message();
  }
  return base::Ok{};
}

}  // namespace

House::House(Config config, UpArguments arguments, LineLog& log, ServiceManager service)
    : config_(std::move(config)),
      arguments_(std::move(arguments)),
      log_(log),
      service_(std::move(service)),
      events_(loop_, log_, config_.controller.events),
      resolver_(loop_) {}

/// What the gateway's shards have posted to the loop must find nothing to call any more.
House::~House() {
  admin_server_.reset();
  ng_.reset();
  gateway_.reset();
}

base::Result<base::Ok, std::string> House::open() {
  const auto limit = net::raise_descriptor_limit();
  log_.info("starting", {{"version", std::string(version)}, {"config", arguments_.config}});
  log_.info("descriptor_limit",
            {{"before", std::to_string(limit.soft_before)}, {"now", std::to_string(limit.now)}});
  if (auto bindable = check_addresses(config_); !bindable) return bindable;
  auto cdr = CdrFile::open(config_.controller.cdr, log_);
  if (!cdr) return "controller.cdr: " + cdr.error();
  cdr_ = *std::move(cdr);
  if (auto opened = open_gateway(); !opened) return opened;
  auto options = controller_options(config_, gateway_->max_contexts());
  options.resolve = [this](const std::string& host, auto done) {
    resolver_.resolve(host, name_lookup,
                      [this, done = std::move(done)](std::vector<base::IpAddress> addresses) {
                        done(std::move(addresses));
                        rearm();
                      });
  };
  controller_ = std::make_unique<controller::Controller>(std::move(options), *watched_, random_, log_);
  controller_->set_on_released([this](const controller::ReleasedCall& call) { events_.post(call); });
  controller_->set_on_session_ended([this](const auto& session) { record(session); });
  front_ = std::make_unique<controller::NgFront>(*controller_, networks(config_.ng.allow), log_);
  auto ng = NgSockets::open(loop_, *front_, [this] { rearm(); }, config_.ng.listen);
  if (!ng) return "ng.listen: " + ng.error();
  ng_ = *std::move(ng);
  if (auto opened = open_admin(); !opened) return opened;
  loop_.on_signal({SIGHUP, SIGTERM, SIGINT}, [this](int number) { on_signal(number); });
  log_start();
  return base::Ok{};
}

base::Result<base::Ok, std::string> House::open_gateway() {
  if (config_.controller.gateways != std::vector<std::string>{"local"})
    return std::string("controller.gateways: this version commands [\"local\"] only");
  std::function<void(std::string_view)> keylog;
  if (!arguments_.keylog.empty()) {
    auto opened = KeyLog::open(arguments_.keylog);
    if (!opened) return "--keylog: " + opened.error();
    keylog_ = *std::move(opened);
    keylog = [file = keylog_.get()](std::string_view line) { file->write(line); };
  }
  if (auto loaded = load_identities(); !loaded) return loaded;
  auto gateway =
      gateway::LocalGateway::make(gateway_options(config_, identities_, keylog),
                                  [this](std::function<void()> task) { loop_.post(std::move(task)); });
  if (!gateway) return gateway.error();
  gateway_ = *std::move(gateway);
  watched_.emplace(*gateway_, [this] { controller_->on_time(loop_.now()); }, [this] { rearm(); });
  return base::Ok{};
}

base::Result<base::Ok, std::string> House::load_identities() {
  for (std::size_t i = 0; i < config_.realms.size(); ++i) {
    auto identity = make_identity(config_.realms[i]);
    if (!identity) return "realm[" + std::to_string(i) + "].tls: " + identity.error();
    identities_.push_back(*identity);
  }
  return base::Ok{};
}

base::Result<base::Ok, std::string> House::open_admin() {
  if (config_.admin.listen.empty()) return base::Ok{};
  admin_.emplace(
      Admin::Actions{.execute =
                         [this](const ng::Request& request, Admin::Done done) {
                           controller_->execute(request, loop_.now(), std::move(done));
                           rearm();
                         },
                     .metrics = [this](std::function<void(std::string)> done) { measure(std::move(done)); },
                     .draining = [this] { return draining_; }});
  auto server = net::HttpServer::open(loop_, config_.admin.listen, [this](const auto& request, auto respond) {
    admin_->on_request(request, std::move(respond));
  });
  if (!server) return "admin.listen: " + server.error().reason;
  admin_server_ = *std::move(server);
  if (!admin_server_->address().ip.is_loopback())
    log_.warning("admin_exposed",
                 {{"listen", config_.admin.listen}, {"why", "whoever reaches it may end calls"}});
  return base::Ok{};
}

void House::log_start() const {
  for (std::size_t i = 0; i < identities_.size(); ++i) {
    const auto& realm = config_.realms[i];
    log_.info("identity", {{"realm", realm.name},
                           {"certificate", realm.tls.cert.empty() ? "self-signed" : realm.tls.cert},
                           {"fingerprint", base::to_string(identities_[i].fingerprint())}});
  }
  for (const auto& key : without_effect(config_))
    log_.warning("config_without_effect", {{"key", key}, {"version", std::string(version)}});
  if (keylog_)
    log_.warning("keylog",
                 {{"file", arguments_.keylog}, {"why", "whoever reads it can decrypt the conversations"}});
  log_.info("capacity", {{"sessions", std::to_string(gateway_->max_contexts())}});
}

void House::run() {
  watch_over();
  log_.info("ready",
            {{"ng", ng_->addresses()}, {"admin", admin_server_ ? admin_server_->address().to_string() : ""}});
  service_.ready();
  loop_.run();
  if (const auto lost = events_.pending(); lost > 0)
    log_.warning("events_lost", {{"count", std::to_string(lost)}});
  if (const auto lost = cdr_->flush(last_records); lost > 0)
    log_.warning("cdr_lost", {{"count", std::to_string(lost)}});
  log_.info("ended", {});
}

void House::record(const controller::EndedSession& session) {
  if (config_.controller.cdr.empty()) return;
  cdr_->put(cdr_json(session, {loop_.now(), std::chrono::system_clock::now()}));
}

void House::rearm() {
  const auto deadline = controller_->deadline();
  if (deadline == base::never) return controller_timer_.cancel();
  const auto now = loop_.now();
  const auto delay = deadline <= now ? base::Duration::zero() : std::min(deadline - now, longest_sleep);
  controller_timer_ = loop_.after(delay, [this] {
    controller_->on_time(loop_.now());
    rearm();
  });
}

/// The service manager hears from us as long as the loop and every shard turn.
void House::watch_over() {
  const auto interval = service_.watchdog_interval();
  if (!interval) return;
  watchdog_timer_ = loop_.after(*interval, [this] {
    gateway_->collect([this](const gateway::Totals&) { service_.watchdog(); });
    watch_over();
  });
}

void House::measure(std::function<void(std::string)> done) {
  gateway_->collect([this, done = std::move(done)](gateway::Totals totals) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    done(metrics_text({.gateway = std::move(totals),
                       .controller = controller_->gauges(),
                       .ng = front_->counters(),
                       .events = events_.counters(),
                       .cdr = cdr_->counters(),
                       .uptime = base::Clock::now() - began_,
                       .open_descriptors = net::open_descriptors(),
                       .descriptor_limit = limit.rlim_cur}));
  });
}

void House::on_signal(int number) {
  if (number == SIGHUP) return draining_ ? void() : reload();
  if (draining_) return loop_.stop();  // asked twice: at once
  drain();
}

void House::reload() {
  service_.reloading();
  if (!arguments_.config.empty()) {
    if (const auto fresh = load_config(arguments_.config)) {
      apply(*fresh);
    } else {
      log_.warning("reload_refused", {{"reason", fresh.error().reason}});
    }
  }
  reload_identities();
  if (const auto opened = cdr_->reopen(config_.controller.cdr); !opened)
    log_.warning("cdr_kept", {{"reason", opened.error()}});
  log_.info("reloaded", {});
  service_.ready();
}

void House::apply(const Config& fresh) {
  auto plan = plan_reload(config_, fresh);
  config_ = std::move(plan.config);
  for (const auto& key : plan.applied) log_.info("config_changed", {{"key", key}});
  for (const auto& key : plan.deferred) log_.warning("config_needs_restart", {{"key", key}});
  log_.set_level(arguments_.log_level.value_or(config_.log.level));
  front_->set_allow(networks(config_.ng.allow));
  controller_->set_policy(realm_policies(config_));
  events_.set_url(config_.controller.events);
}

/// From their files; a realm without files keeps the certificate that was made at start. One that cannot be
/// used is refused, and the old one stays.
void House::reload_identities() {
  for (const auto& realm : config_.realms) {
    if (realm.tls.cert.empty()) continue;
    const auto identity = make_identity(realm);
    const auto set = identity ? gateway_->set_identity(realm.name, *identity)
                              : base::Result<base::Ok, std::string>(identity.error());
    if (set) {
      log_.info("identity", {{"realm", realm.name},
                             {"certificate", realm.tls.cert},
                             {"fingerprint", base::to_string(identity->fingerprint())}});
    } else {
      log_.warning("identity_kept", {{"realm", realm.name}, {"reason", set.error()}});
    }
  }
}

/// The proxy hears of the calls that the end has cut short, as long as the drain may last.
void House::end_when_told() {
  if (events_.pending() == 0) return loop_.stop();
  telling_timer_ = loop_.after(std::chrono::milliseconds(20), [this] { end_when_told(); });
}

/// Every call is released, its last octets get out; then the loop stops. All of it in bounded time. Commands
/// are still answered: an offer gets the session limit, on which the proxies try the next node, instead of a
/// timeout.
void House::drain() {
  ::alarm(hard_end_seconds);
  draining_ = true;
  service_.stopping();
  log_.info("draining", {{"calls", std::to_string(controller_->gauges().calls)}});
  end_timer_ = loop_.after(config_.timers.shutdown, [this] {
    log_.warning("drain_cut_short", {});
    loop_.stop();
  });
  // In one turn of the loop: no command can come between the two and make a new call.
  controller_->release_all(loop_.now(), [] {});
  // A context may be gone before the answer to its release, and the records need that: once more around the
  // shards, behind all that they have to say.
  gateway_->drain([this] { gateway_->collect([this](const gateway::Totals&) { end_when_told(); }); });
}

}  // namespace app
