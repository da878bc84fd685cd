#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/config.hpp"
#include "base/address.hpp"
#include "base/result.hpp"
#include "iq/controller_end.hpp"
#include "iq/gateway_end.hpp"

/// From the configuration to the options of the H.248 ends.
namespace app {

/// Where `postern gateway` receives datagrams: gateway.h248.bind, or else port 2944 of the wildcard address
/// of each IP version that a controller over UDP has. Connections are made, so nothing listens for them.
std::vector<H248Place> gateway_places(const GatewayH248& config);

/// How the gateway calls itself: gateway.h248.mid, or "[ADDRESS]:PORT" of where it receives. `local` is that,
/// with its real port; none: it has connections only. A wildcard address becomes the one that the kernel uses
/// towards the first controller.
base::Result<h248::MessageId, std::string> gateway_id(const GatewayH248& config,
                                                      const std::optional<base::Address>& local);
/// How the controller calls itself: controller.h248.mid, or "[ADDRESS]:PORT" of the first place where it
/// listens, or of a wildcard address "<NAME>:PORT" with the name of this machine.
h248::MessageId controller_id(const ControllerH248& config, const base::Address& local);

/// `max_contexts` is what the gateway can hold.
iq::GatewayEnd::Options gateway_end_options(const Config& config, h248::MessageId own,
                                            std::size_t max_contexts);
iq::ControllerEnd::Options controller_end_options(const Config& config, h248::MessageId own);

}  // namespace app
