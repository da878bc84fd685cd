#pragma once
// The controller of a stage, with what it has told of calls that ended.
#include <utility>

#include "tests/scenario/stage.hpp"
#include "tests/support/controller_room.hpp"

namespace scenario {

struct Actor {
  Actor(controller::Options options, const test::ControllerRoom::Carrier& carrier)
      : room(std::move(options), carrier) {
    room.controller->set_on_released([this](const controller::ReleasedCall& call) {
      released = call.reason + (call.cause.empty() ? "" : ": " + call.cause);
    });
  }

  Stage::State state() const {
    const auto gauges = room.controller->gauges();
    return {gauges.calls, room.sessions.size(),
            gauges.sessions.empty() && room.controller->deadline() == base::never, released};
  }

  std::string released;
  test::ControllerRoom room;
};

}  // namespace scenario
