#include "app/call_events.hpp"

#include <utility>

#include "proto/ng/json.hpp"

namespace app {

std::string event_json(const controller::ReleasedCall& call) {
  ng::Dictionary out;
  out.set("event", "released");
  out.set("call-id", call.call_id);
  out.set("from-tag", call.from_tag);
  out.set("to-tag", call.to_tag);
  if (!call.via_branch.empty()) out.set("via-branch", call.via_branch);
  out.set("reason", call.reason);
  out.set("cause", call.cause);
  out.set("mode", call.mode);
  out.set("other-media", call.other_media);
  std::string text;
  ng::print_json(out, text);
  return text;
}

CallEvents::CallEvents(net::ControlLoop& loop, base::Log& log, std::string url, CallEventsOptions options)
    : loop_(loop), log_(log), url_(std::move(url)), options_(options), http_(loop) {}

void CallEvents::post(const controller::ReleasedCall& call) {
  if (url_.empty()) return;
  waiting_.push_back({call.call_id, event_json(call)});
  start_next();
  if (waiting_.size() > options_.max_waiting) drop_oldest();
}

void CallEvents::set_url(std::string url) {
  url_ = std::move(url);
  if (!url_.empty()) return;
  counters_.dropped += waiting_.size();
  waiting_.clear();
}

/// Said once: a receiver that is down for an hour must not fill the log as well.
void CallEvents::drop_oldest() {
  waiting_.pop_front();
  ++counters_.dropped;
  if (std::exchange(dropping_, true)) return;
  log_.warning("events_dropped", {{"url", url_},
                                  {"waiting", std::to_string(waiting_.size())},
                                  {"why", "the receiver does not keep up; the oldest go, see the metric"}});
}

void CallEvents::start_next() {
  while (!waiting_.empty() && sending_.size() < options_.max_in_flight) {
    const auto id = ++last_id_;
    sending_[id].event = std::move(waiting_.front());
    waiting_.pop_front();
    send(id);
  }
  if (waiting_.size() < options_.max_waiting / 2) dropping_ = false;
}

void CallEvents::send(std::uint64_t id) {
  auto& sending = sending_.at(id);
  ++sending.tries;
  http_.post(url_, "application/json", sending.event.body, options_.timeout,
             [this, id](const Outcome& outcome) { on_outcome(id, outcome); });
}

void CallEvents::on_outcome(std::uint64_t id, const Outcome& outcome) {
  auto& sending = sending_.at(id);
  const bool delivered = outcome && outcome->status / 100 == 2;
  const bool final = (outcome && outcome->status < 500) || sending.tries > options_.retries || url_.empty();
  if (!delivered && !final) {
    const auto delay = options_.back_off * (1U << (sending.tries - 1));
    sending.again = loop_.after(delay, [this, id] { send(id); });
    return;
  }
  if (delivered) {
    ++counters_.delivered;
  } else {
    fail(sending, outcome ? url_ + ": status " + std::to_string(outcome->status) : outcome.error().reason);
  }
  sending_.erase(id);
  start_next();
}

void CallEvents::fail(const Sending& sending, const std::string& reason) {
  ++counters_.failed;
  log_.warning(
      "event_failed",
      {{"call_id", sending.event.call_id}, {"tries", std::to_string(sending.tries)}, {"reason", reason}});
}

}  // namespace app
