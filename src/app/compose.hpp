#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.hpp"
#include "base/result.hpp"
#include "controller/controller.hpp"
#include "crypto/identity.hpp"
#include "gateway/options.hpp"

/// From the configuration to the options of the rooms.
namespace app {

/// The realm's certificate from its files; a new self-signed one where none are configured. The error names
/// the file.
base::Result<crypto::Identity, std::string> make_identity(const Config::Realm& realm);

/// `identities` has one entry a realm, in their order. `keylog` may be empty.
gateway::Options gateway_options(const Config& config, const std::vector<crypto::Identity>& identities,
                                 const std::function<void(std::string_view)>& keylog);
std::vector<controller::RealmPolicy> realm_policies(const Config& config);
/// `max_contexts` is what the gateway can hold: it bounds the calls where the configuration does not. 0:
/// nobody knows.
controller::Options controller_options(const Config& config, std::size_t max_contexts);

}  // namespace app
