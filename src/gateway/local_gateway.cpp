#include "gateway/local_gateway.hpp"

#include <algorithm>
#include <sys/resource.h>
#include <thread>
#include <utility>

namespace gateway {
namespace {

/// The shard's number is the lowest octet of a context's id.
constexpr std::size_t most_shards = 256;
/// Descriptors for everything that is not a media connection: control sockets, logs, epoll, libraries.
constexpr std::size_t reserved_descriptors = 128;

std::size_t descriptors_for_media() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 1'000'000;
  const auto all = static_cast<std::size_t>(limit.rlim_cur);
  return all > 2 * reserved_descriptors ? all - reserved_descriptors : all / 2;
}

std::size_t shard_count(unsigned configured) {
  const std::size_t wanted = configured > 0 ? configured : std::max(1U, std::thread::hardware_concurrency());
  return std::min(wanted, most_shards);
}

std::string check(const Options& options) {
  if (options.realms.empty()) return "no realm is configured";
  for (const auto& realm : options.realms) {
    if (realm.port_low == 0 || realm.port_low > realm.port_high) {
      return "realm " + realm.name + ": the ports must be LOW-HIGH with 1 <= LOW <= HIGH";
    }
  }
  return {};
}

/// SHA-256 first, which every peer understands (RFC 8122 5.1), then what else the realm verifies. SHA-1 is
/// only accepted, never offered.
std::vector<base::Fingerprint> fingerprints_of(const crypto::Identity& identity,
                                               const std::vector<std::string>& hashes) {
  std::vector<base::Fingerprint> out = {identity.fingerprint("sha-256")};
  for (const auto& hash : hashes) {
    if (hash != "sha-256" && hash != "sha-1") out.push_back(identity.fingerprint(hash));
  }
  return out;
}

}  // namespace

base::Result<std::unique_ptr<LocalGateway>, std::string> LocalGateway::make(Options options,
                                                                            Executor executor) {
  if (auto wrong = check(options); !wrong.empty()) return wrong;
  std::unique_ptr<LocalGateway> gateway(new LocalGateway(std::move(options), std::move(executor)));
  for (std::size_t i = 0; i < gateway->options_.realms.size(); ++i) {
    const auto& realm = gateway->options_.realms[i];
    if (auto done = gateway->install_identity(i, realm.identity); !done)
      return "realm " + realm.name + ": " + done.error();
  }
  if (auto opened = gateway->open_shared_ports(); !opened) return opened.error();
  for (auto& shard : gateway->shards_) shard->start();
  return gateway;
}

/// All of them on the first shard: whose session a connection is for shows only after it was accepted.
base::Result<base::Ok, std::string> LocalGateway::open_shared_ports() {
  constexpr int backlog = 128;
  for (std::size_t i = 0; i < options_.realms.size(); ++i) {
    const auto& realm = options_.realms[i];
    if (realm.shared_port == 0) continue;
    const base::Address local{realm.address, realm.shared_port};
    auto listener = net::listen_tcp(local, backlog);
    if (!listener)
      return "realm " + realm.name + ": cannot listen at " + local.to_string() + ": " +
             listener.error().message();
    shards_.front()->open_shared_port(i, local, std::move(*listener));
    ++shared_ports_;
  }
  return base::Ok{};
}

LocalGateway::LocalGateway(Options options, Executor executor)
    : options_(std::move(options)), executor_(std::move(executor)), alive_(std::make_shared<bool>(true)) {
  for (const auto& realm : options_.realms)
    realms_.push_back({PortPool(realm.port_low, realm.port_high), {}});
  const auto derived = descriptors_for_media() * 2 / 5;
  max_contexts_ = options_.limits.max_contexts > 0 ? options_.limits.max_contexts : derived;
  const auto shards = shard_count(options_.shards);
  load_.resize(shards);
  const auto extras = std::max<std::size_t>(options_.limits.candidates, descriptors_for_media() / 5 / shards);
  for (std::size_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(
        options_, extras,
        Shard::Listener{
            [this](iq::Notification n) { post_up([this, n = std::move(n)] { on_notification(n); }); },
            [this](iq::ContextId id) { post_up([this, id] { on_gone(id); }); },
            [this](iq::ContextId id, iq::TerminationId which) {
              post_up([this, id, which] { on_left(id, which); });
            }}));
  }
}

LocalGateway::~LocalGateway() {
  shards_.clear();  // joins: nobody reads alive_ any more
  alive_.reset();
}

/// From a shard's thread to the control thread; forgotten when the gateway is no more.
void LocalGateway::post_up(std::function<void()> task) {
  executor_([alive = std::weak_ptr<bool>(alive_), task = std::move(task)] {
    if (!alive.expired()) task();
  });
}

std::size_t LocalGateway::realm_index(std::string_view name) const noexcept {
  const auto found = std::find_if(options_.realms.begin(), options_.realms.end(),
                                  [&](const auto& realm) { return realm.name == name; });
  return static_cast<std::size_t>(found - options_.realms.begin());
}

base::Result<base::Ok, std::string> LocalGateway::set_identity(std::string_view name,
                                                               crypto::Identity identity) {
  const auto realm = realm_index(name);
  if (realm == options_.realms.size()) return std::string("no such realm");
  return install_identity(realm, identity);
}

/// One TLS context a shard, all of them or none.
base::Result<base::Ok, std::string> LocalGateway::install_identity(std::size_t realm,
                                                                   const crypto::Identity& identity) {
  const auto& tls = options_.realms[realm].tls;
  std::vector<std::shared_ptr<crypto::TlsContext>> made;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    auto context = crypto::TlsContext::make(identity, tls);
    if (!context) return context.error();
    made.push_back(std::make_shared<crypto::TlsContext>(std::move(*context)));
  }
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_[i]->post([realm, context = made[i]](Shard& shard) { shard.set_tls(realm, context); });
  }
  realms_[realm].fingerprints = fingerprints_of(identity, tls.hashes);
  return base::Ok{};
}

void LocalGateway::collect(std::function<void(Totals)> done) {
  struct Sum {
    Totals totals;
    std::size_t missing = 0;
    std::function<void(Totals)> done;
  };
  auto sum = std::make_shared<Sum>();
  sum->missing = shards_.size();
  sum->done = std::move(done);
  for (std::size_t i = 0; i < realms_.size(); ++i) {
    auto& realm = sum->totals.realms.emplace_back();
    realm.name = options_.realms[i].name;
    realm.ports_skipped = realms_[i].ports.skipped();
  }
  for (auto& each : shards_) {
    each->post([this, sum](Shard& shard) {
      post_up([sum, totals = shard.totals()] {
        sum->totals.add(totals);
        if (--sum->missing == 0) sum->done(std::move(sum->totals));
      });
    });
  }
}

void LocalGateway::drain(std::function<void()> done) {
  draining_ = true;
  drained_ = std::move(done);
  for (auto& [id, record] : records_) {
    if (std::exchange(record.released, true)) continue;
    shards_[record.shard]->post([context = id](Shard& shard) {
      std::vector<Step> steps;
      steps.emplace_back(iq::Release{});
      (void)shard.run({context, false, std::move(steps)});
    });
  }
  shards_.front()->post([this](Shard& shard) {  // behind what releases the sessions
    shard.drain_shared_ports([this] {
      post_up([this] {
        --shared_ports_;
        check_drained();
      });
    });
  });
  post_up([this] { check_drained(); });
}

void LocalGateway::check_drained() {
  if (records_.empty() && shared_ports_ == 0 && drained_) std::exchange(drained_, nullptr)();
}

void LocalGateway::on_gone(iq::ContextId id) {
  const auto found = records_.find(id);
  if (found == records_.end()) return;
  for (const auto& lease : found->second.leases) give_back(lease);
  --load_[found->second.shard];
  records_.erase(found);
  check_drained();
}

void LocalGateway::on_left(iq::ContextId id, iq::TerminationId termination) {
  const auto found = records_.find(id);
  if (found == records_.end()) return;
  auto& leases = found->second.leases;
  const auto lease = std::find_if(leases.begin(), leases.end(),
                                  [&](const auto& each) { return each.termination == termination; });
  if (lease == leases.end()) return;
  give_back(*lease);
  leases.erase(lease);
}

void LocalGateway::give_back(const Lease& lease) {
  if (lease.port != 0) realms_[lease.realm].ports.give_back(lease.port);
}

LocalGateway::Lease* LocalGateway::Record::find(iq::TerminationId termination) noexcept {
  for (auto& each : leases)
    if (each.termination == termination && !each.leaving) return &each;
  return nullptr;
}

std::size_t LocalGateway::Record::present() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(leases.begin(), leases.end(), [](const auto& each) { return !each.leaving; }));
}

/// Of a context that was released, or a termination that was subtracted, the controller has heard the last
/// already.
void LocalGateway::on_notification(const iq::Notification& notification) {
  const auto found = records_.find(notification.context);
  if (found == records_.end() || found->second.released || !listener_) return;
  if (notification.termination && !found->second.find(notification.termination)) return;
  listener_(notification);
}

}  // namespace gateway
