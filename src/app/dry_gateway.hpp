#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "base/fingerprint.hpp"
#include "iq/media_gateway.hpp"

namespace app {

/// A gateway that opens nothing: it gives out the addresses and ports that a real one might, so that the
/// controller can be asked what it would do.
class DryGateway : public iq::MediaGateway {
 public:
  struct Realm {
    base::IpAddress address;
    std::string advertise;   // empty: the address
    std::uint16_t port = 0;  // of the next termination
    base::Fingerprint fingerprint;
  };
  explicit DryGateway(std::map<std::string, Realm> realms) : realms_(std::move(realms)) {}

  void execute(iq::Request request, Done done) override;
  void set_listener(Listener) override {}

 private:
  iq::Reserved reserve(const iq::Reserve& reserve, iq::TerminationId id);

  std::map<std::string, Realm> realms_;
  std::map<iq::ContextId, std::uint64_t> terminations_;  // how many each has had
};

}  // namespace app
