#pragma once
// Where a transcript is played: a controller, and a gateway that only remembers, with something between them.
#include <memory>
#include <string>

#include "controller/controller.hpp"
#include "proto/ng/request.hpp"
#include "proto/ng/value.hpp"
#include "tests/support/fake_gateway.hpp"

namespace scenario {

class Stage {
 public:
  virtual ~Stage() = default;

  /// One command of the proxy; the reply's dictionary.
  virtual ng::Dictionary run(const ng::Request& request) = 0;
  /// So much time goes by for the controller.
  virtual void pass(base::Duration time) = 0;
  /// The gateway tells of its first context, and what follows from it has happened.
  virtual void tell(iq::Event event, const std::string& why) = 0;
  virtual test::FakeGateway& gateway() = 0;

  struct State {
    std::size_t calls = 0;
    std::size_t sessions = 0;  // that have ended
    bool idle = true;          // no session is counted and no deadline set
    std::string released;      // what `[controller] events` told last; empty: nothing
  };
  virtual State state() = 0;

  /// Nothing of any call is left, in the controller or in the gateway, and each context has been told of
  /// once.
  bool is_clean() {
    const auto now = state();
    const auto& fake = gateway();
    return now.calls == 0 && now.idle && now.sessions == fake.contexts_made && fake.contexts.empty() &&
           fake.ports_left == 1000;
  }
};

struct Realm {
  std::string name;
  bool ipv6 = false;
};

/// One process: direct calls, or H.248 messages in memory.
std::unique_ptr<Stage> near_stage(controller::Options options);
std::unique_ptr<Stage> loop_stage(controller::Options options, const std::vector<Realm>& realms);
/// The controller in a process of its own, H.248 over "udp" or "tcp" on loopback between the two.
std::unique_ptr<Stage> far_stage(controller::Options options, const std::vector<Realm>& realms,
                                 const std::string& carrier);

}  // namespace scenario
