#pragma once
#include <cstddef>
#include <string>

#include "app/call_events.hpp"
#include "app/cdr_file.hpp"
#include "base/time.hpp"
#include "controller/controller.hpp"
#include "gateway/totals.hpp"

namespace app {

/// What the rooms have counted, at one moment.
struct Measured {
  gateway::Totals gateway;
  controller::Controller::Gauges controller;
  controller::NgFront::Counters ng;
  CallEvents::Counters events;
  CdrFile::Counters cdr;
  base::Duration uptime{};
  std::size_t open_descriptors = 0;
  std::size_t descriptor_limit = 0;
};

/// As Prometheus reads it; names and labels are a promise (interfaces.md).
std::string metrics_text(const Measured& measured);

}  // namespace app
