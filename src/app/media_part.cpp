#include "app/media_part.hpp"

#include "app/compose.hpp"
#include "net/socket.hpp"

namespace app {
namespace {

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

base::Result<std::unique_ptr<MediaPart>, std::string> MediaPart::open(net::ControlLoop& loop, base::Log& log,
                                                                      const Config& config,
                                                                      const std::string& keylog) {
  if (auto bindable = check_addresses(config); !bindable) return bindable.error();
  std::unique_ptr<MediaPart> out(new MediaPart(log));
  std::function<void(std::string_view)> write_key;
  if (!keylog.empty()) {
    auto opened = KeyLog::open(keylog);
    if (!opened) return "--keylog: " + opened.error();
    out->keylog_ = *std::move(opened);
    write_key = [file = out->keylog_.get()](std::string_view line) { file->write(line); };
  }
  if (auto loaded = out->load_identities(config); !loaded) return loaded.error();
  auto gateway =
      gateway::LocalGateway::make(gateway_options(config, out->identities_, write_key),
                                  [&loop](std::function<void()> task) { loop.post(std::move(task)); });
  if (!gateway) return gateway.error();
  out->gateway_ = *std::move(gateway);
  return out;
}

base::Result<base::Ok, std::string> MediaPart::load_identities(const Config& config) {
  for (std::size_t i = 0; i < config.realms.size(); ++i) {
    auto identity = make_identity(config.realms[i]);
    if (!identity) return "realm[" + std::to_string(i) + "].tls: " + identity.error();
    identities_.push_back(*identity);
  }
  return base::Ok{};
}

void MediaPart::log_start(const Config& config, const std::string& keylog) const {
  for (std::size_t i = 0; i < identities_.size(); ++i) {
    const auto& realm = config.realms[i];
    log_.info("identity", {{"realm", realm.name},
                           {"certificate", realm.tls.cert.empty() ? "self-signed" : realm.tls.cert},
                           {"fingerprint", base::to_string(identities_[i].fingerprint())}});
  }
  if (keylog_)
    log_.warning("keylog", {{"file", keylog}, {"why", "whoever reads it can decrypt the conversations"}});
  log_.info("capacity", {{"sessions", std::to_string(gateway_->max_contexts())}});
}

void MediaPart::reload_identities(const Config& config) {
  for (const auto& realm : config.realms) {
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

}  // namespace app
