#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/config.hpp"
#include "app/key_log.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "crypto/identity.hpp"
#include "gateway/local_gateway.hpp"
#include "net/control_loop.hpp"

namespace app {

/// The user plane of this process: the gateway, and the certificates of its realms.
class MediaPart {
 public:
  /// Starts the gateway's shards. `keylog`: a file, or empty. The error is one line for the operator.
  static base::Result<std::unique_ptr<MediaPart>, std::string> open(net::ControlLoop& loop, base::Log& log,
                                                                    const Config& config,
                                                                    const std::string& keylog);

  gateway::LocalGateway& gateway() noexcept { return *gateway_; }
  void log_start(const Config& config, const std::string& keylog) const;
  /// From their files; a realm without files keeps the certificate that was made at start. One that cannot be
  /// used is refused, and the old one stays.
  void reload_identities(const Config& config);

 private:
  explicit MediaPart(base::Log& log) : log_(log) {}
  base::Result<base::Ok, std::string> load_identities(const Config& config);

  base::Log& log_;
  std::vector<crypto::Identity> identities_;
  std::unique_ptr<KeyLog> keylog_;
  std::unique_ptr<gateway::LocalGateway> gateway_;
};

}  // namespace app
