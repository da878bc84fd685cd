#include "app/house.hpp"

#include <algorithm>
#include <sys/resource.h>
#include <unistd.h>

#include "app/config_check.hpp"
#include "app/metrics.hpp"
#include "app/reload.hpp"
#include "app/version.hpp"
#include "net/socket.hpp"

namespace app {
namespace {

/// From SIGTERM to the end at most: what the unit's TimeoutStopSec= stands on. Whatever hangs is ended by the
/// kernel.
constexpr unsigned hard_end_seconds = 10;

bool has(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string_view name_of(Role role) {
  switch (role) {
    case Role::all:
      return "up";
    case Role::gateway:
      return "gateway";
    case Role::controller:
      return "controller";
  }
  return "";
}

/// Calls `done` when it has been called itself as often as there are copies of it handed out.
std::function<void()> after(std::size_t times, std::function<void()> done) {
  return [left = std::make_shared<std::size_t>(times), done = std::move(done)] {
    if (--*left == 0) done();
  };
}

}  // namespace

House::House(Config config, UpArguments arguments, LineLog& log, ServiceManager service)
    : config_(std::move(config)), arguments_(std::move(arguments)), log_(log), service_(std::move(service)) {}

/// What the gateway's shards have posted to the loop must find nothing to call any more.
House::~House() {
  admin_server_.reset();
  if (pool_) pool_->set_listener([](const iq::Notification&) {});
  end_.reset();
  media_.reset();
}

base::Result<base::Ok, std::string> House::open() {
  const auto limit = net::raise_descriptor_limit();
  log_.info("starting", {{"version", std::string(version)},
                         {"role", std::string(name_of(arguments_.role))},
                         {"config", arguments_.config}});
  log_.info("descriptor_limit",
            {{"before", std::to_string(limit.soft_before)}, {"now", std::to_string(limit.now)}});
  if (const auto lack = find_contradiction(config_, arguments_.role)) return lack->path + ": " + lack->text;
  if (auto opened = open_parts(); !opened) return opened;
  if (auto opened = open_admin(); !opened) return opened;
  loop_.on_signal({SIGHUP, SIGTERM, SIGINT}, [this](int number) { on_signal(number); });
  if (media_) media_->log_start(config_, arguments_.keylog);
  for (const auto& key : without_effect(config_))
    log_.warning("config_without_effect", {{"key", key}, {"version", std::string(version)}});
  return base::Ok{};
}

base::Result<base::Ok, std::string> House::open_parts() {
  const bool all = arguments_.role == Role::all;
  const bool local = arguments_.role == Role::gateway || (all && has(config_.controller.gateways, "local"));
  const bool remote =
      arguments_.role == Role::controller || (all && has(config_.controller.gateways, "h248"));
  base::Result<base::Ok, std::string> opened = base::Ok{};
  if (local) opened = open_media();
  if (opened && arguments_.role == Role::gateway) return open_end();
  if (opened && remote) opened = open_pool();
  return opened ? open_calls() : opened;
}

base::Result<base::Ok, std::string> House::open_media() {
  auto media = MediaPart::open(loop_, log_, config_, arguments_.keylog);
  if (!media) return media.error();
  media_ = *std::move(media);
  return base::Ok{};
}

base::Result<base::Ok, std::string> House::open_end() {
  auto end = GatewayPart::open(loop_, log_, config_, media_->gateway(), media_->gateway().max_contexts());
  if (!end) return end.error();
  end_ = *std::move(end);
  return base::Ok{};
}

base::Result<base::Ok, std::string> House::open_pool() {
  auto pool = PoolPart::open(loop_, log_, config_);
  if (!pool) return pool.error();
  pool_ = *std::move(pool);
  if (media_) pool_->add_local(media_->gateway(), config_);
  return base::Ok{};
}

base::Result<base::Ok, std::string> House::open_calls() {
  iq::MediaGateway& gateway = pool_ ? static_cast<iq::MediaGateway&>(*pool_) : media_->gateway();
  auto calls = CallPart::open(loop_, log_, config_, gateway, pool_ ? 0 : media_->gateway().max_contexts());
  if (!calls) return calls.error();
  calls_ = *std::move(calls);
  return base::Ok{};
}

Associations* House::associations() const {
  return end_ ? static_cast<Associations*>(end_.get()) : pool_.get();
}

Admin::Actions House::admin_actions() {
  Admin::Actions out;
  out.metrics = [this](std::function<void(std::string)> done) { measure(std::move(done)); };
  out.draining = [this] { return draining_; };
  if (calls_)
    out.execute = [this](const ng::Request& request, Admin::Done done) {
      calls_->execute(request, std::move(done));
    };
  if (auto* end = associations()) {
    out.associations = [end] { return associations_json(*end); };
    out.trace = [end](const std::string& name, bool on) {
      return end->trace().set(name, on, end->measured().associations);
    };
  }
  return out;
}

base::Result<base::Ok, std::string> House::open_admin() {
  if (config_.admin.listen.empty()) return base::Ok{};
  admin_.emplace(admin_actions());
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

void House::log_ready() {
  const auto admin = admin_server_ ? admin_server_->address().to_string() : "";
  const auto* end = associations();
  if (calls_ && end)
    log_.info("ready", {{"ng", calls_->addresses()}, {"admin", admin}, {"h248", end->addresses()}});
  else if (calls_)
    log_.info("ready", {{"ng", calls_->addresses()}, {"admin", admin}});
  else
    log_.info("ready", {{"admin", admin}, {"h248", end->addresses()}});
}

void House::run() {
  watch_over();
  log_ready();
  service_.ready();
  loop_.run();
  if (calls_) calls_->finish();
  log_.info("ended", {});
}

/// The service manager hears from us as long as the loop and every shard turn.
void House::watch_over() {
  const auto interval = service_.watchdog_interval();
  if (!interval) return;
  watchdog_timer_ = loop_.after(*interval, [this] {
    if (media_)
      media_->gateway().collect([this](const gateway::Totals&) { service_.watchdog(); });
    else
      service_.watchdog();
    watch_over();
  });
}

void House::measure(std::function<void(std::string)> done) {
  auto finish = [this, done = std::move(done)](std::optional<gateway::Totals> totals) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    Measured measured;
    measured.gateway = std::move(totals);
    if (calls_) measured.calls = calls_->measured();
    if (const auto* end = associations()) measured.h248 = end->measured();
    measured.uptime = base::Clock::now() - began_;
    measured.open_descriptors = net::open_descriptors();
    measured.descriptor_limit = limit.rlim_cur;
    done(metrics_text(measured));
  };
  if (!media_) return finish(std::nullopt);
  media_->gateway().collect(
      [finish = std::move(finish)](gateway::Totals totals) { finish(std::move(totals)); });
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
  if (media_) media_->reload_identities(config_);
  if (calls_) calls_->reopen_records(config_);
  log_.info("reloaded", {});
  service_.ready();
}

void House::apply(const Config& fresh) {
  auto plan = plan_reload(config_, fresh);
  config_ = std::move(plan.config);
  for (const auto& key : plan.applied) log_.info("config_changed", {{"key", key}});
  for (const auto& key : plan.deferred) log_.warning("config_needs_restart", {{"key", key}});
  log_.set_level(arguments_.log_level.value_or(config_.log.level));
  if (calls_) calls_->apply(config_);
  if (pool_) pool_->apply(config_);
  if (end_) end_->apply(config_);
}

/// Every call is released, its last octets get out; then the loop stops. All of it in bounded time. Commands
/// are still answered: an offer gets the session limit, on which the proxies try the next node, instead of a
/// timeout.
void House::drain() {
  ::alarm(hard_end_seconds);
  draining_ = true;
  service_.stopping();
  log_.info("draining", {{"calls", std::to_string(calls_ ? calls_->measured().controller.calls : 0)}});
  end_timer_ = loop_.after(config_.timers.shutdown, [this] {
    log_.warning("drain_cut_short", {});
    loop_.stop();
  });
  const auto drained = after((calls_ ? 1 : 0) + (media_ ? 1 : 0), [this] { end_when_told(); });
  // In one turn of the loop: no command can come between the two and make a new call.
  if (calls_) calls_->release_all(drained);
  // A context may be gone before the answer to its release, and the records need that: once more around the
  // shards, behind all that they have to say.
  if (media_)
    media_->gateway().drain(
        [this, drained] { media_->gateway().collect([drained](const gateway::Totals&) { drained(); }); });
}

/// The proxy hears of the calls that the end has cut short, and the controller that this gateway ends, as
/// long as the drain may last.
void House::end_when_told() {
  if (calls_) return calls_->when_told([this] { loop_.stop(); });
  if (end_) return end_->stop([this] { loop_.stop(); });
  loop_.stop();
}

}  // namespace app
