#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "base/log.hpp"
#include "base/time.hpp"
#include "controller/released_call.hpp"
#include "net/control_loop.hpp"
#include "net/http_client.hpp"

namespace app {

struct CallEventsOptions {
  /// Events that wait for their turn: some minutes of a busy gateway, a few hundred KiB. Beyond, the oldest
  /// goes: its call has been over for longest, and timers elsewhere will have noticed.
  std::size_t max_waiting = 1000;
  /// POSTs at a time, those included that wait for another try. A receiver that is down so holds back the
  /// rest, which is then still there when it comes back.
  std::size_t max_in_flight = 4;
  base::Duration timeout = std::chrono::seconds(5);
  unsigned retries = 3;
  base::Duration back_off = std::chrono::seconds(1);  // before the first retry, then twice as long each time
};

/// Tells somebody's HTTP server about calls that the gateway has released: one JSON POST a call, as it says
/// in doc/operations.md. Lives on the control loop and never makes anybody wait. No connection, no answer in
/// time and 5xx are tried again; any other answer but 2xx is final. What has not been delivered when the
/// process ends is lost. Must not outlive the loop.
class CallEvents {
 public:
  /// An empty URL: nobody is told.
  CallEvents(net::ControlLoop& loop, base::Log& log, std::string url, CallEventsOptions options = {});

  void post(const controller::ReleasedCall& call);
  /// Holds for whatever has not been sent yet, retries too. What waits is dropped if it is empty.
  void set_url(std::string url);

  struct Counters {
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;
    std::uint64_t dropped = 0;
  };
  const Counters& counters() const noexcept { return counters_; }
  /// Events that are neither delivered nor given up.
  std::size_t pending() const noexcept { return waiting_.size() + sending_.size(); }

 private:
  struct Event {
    std::string call_id;
    std::string body;
  };
  struct Sending {
    Event event;
    unsigned tries = 0;
    net::ControlHandle again;
  };
  using Outcome = base::Result<net::HttpResponse, net::HttpError>;

  void drop_oldest();
  void start_next();
  void send(std::uint64_t id);
  void on_outcome(std::uint64_t id, const Outcome& outcome);
  void fail(const Sending& sending, const std::string& reason);

  net::ControlLoop& loop_;
  base::Log& log_;
  std::string url_;
  const CallEventsOptions options_;
  std::deque<Event> waiting_;
  std::map<std::uint64_t, Sending> sending_;
  std::uint64_t last_id_ = 0;
  bool dropping_ = false;  // said in the log, until there is room again
  Counters counters_;
  net::HttpClient http_;
};

/// {"event":"released","call-id":...,"from-tag":...,"to-tag":...,["via-branch":...,]"cause":...,"mode":...,
/// "other-media":N}
std::string event_json(const controller::ReleasedCall& call);

}  // namespace app
