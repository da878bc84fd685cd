#pragma once
#include <chrono>
#include <string>

#include "base/time.hpp"
#include "controller/ended_session.hpp"

namespace app {

/// One moment on both clocks: that of the day for people, the other one for durations.
struct Moment {
  base::Time time;
  std::chrono::system_clock::time_point day;
};

/// The call detail record of a session: a JSON object on one line, without its end; the fields are a promise
/// (doc/operations.md). Its times of the day stand on `now`, so a clock that was set meanwhile moves all of
/// them and no duration.
std::string cdr_json(const controller::EndedSession& session, const Moment& now);

}  // namespace app
