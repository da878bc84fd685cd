// How fast, with which mark, and how silently a termination's octets pass.
#include "gateway/termination.hpp"

namespace gateway {

void Termination::configure_sending(const iq::TerminationConfig& config) {
  if (config.mode) mode_ = *config.mode;
  if (config.dscp && *config.dscp != dscp_) {
    dscp_ = *config.dscp;
    mark_all();
  }
  if (config.policing && *config.policing != policing_) police(*config.policing);
  if (config.silence) watch(*config.silence);
}

/// A connection of a shared port has the mark of whose session spoke last.
void Termination::mark_all() noexcept {
  if (listener_) net::set_dscp(listener_, dscp_);
  for (auto* list : {&candidates_, &closing_})
    for (auto& each : *list) each->mark(dscp_);
  if (auto* connection = bound_ ? bound_.get() : guest_) connection->mark(dscp_);
}

/// A connection of its own is read no faster; of a shared one this session's messages pass no faster.
void Termination::police(const iq::Policing& limits) {
  policing_ = limits;
  policer_.reset();
  if (shared_) {
    if (leg_) leg_->policing = Bucket(limits.octets_per_second, limits.burst);
  } else if (limits.octets_per_second != 0) {
    policer_ = std::make_unique<Policer>(limits, worker_.reactor.timers(), [this] { host_.turn(); });
  }
}

std::size_t Termination::allowance(std::size_t most) {
  if (!policer_) return most;
  const bool was_paused = policer_->paused();
  const auto out = policer_->allowance(worker_.reactor.now(), most);
  if (!was_paused && policer_->paused()) {
    ++pauses_;
    ++worker_.totals.realms[realm_].rate_pauses;
  }
  return out;
}

void Termination::watch(const iq::SilenceWatch& watch) {
  silence_.reset();
  if (watch.time <= base::Duration::zero()) return;
  silence_ = std::make_unique<SilenceMonitor>(
      watch, worker_.reactor.timers(),
      SilenceMonitor::Owner{[this] { return traffic(); }, [this] { return worker_.reactor.now(); },
                            [this, watch] { tell_silence(watch); }});
  if (!open_) silence_->pause();
}

void Termination::tell_silence(const iq::SilenceWatch& watch) {
  using Direction = iq::SilenceWatch::Direction;
  const std::string_view way = watch.direction == Direction::in    ? " from the peer"
                               : watch.direction == Direction::out ? " to the peer"
                                                                   : "";
  const auto seconds = std::chrono::duration<double>(watch.time).count();
  host_.notify(id_, iq::Event::silent,
               "no octet" + std::string(way) + " for " + std::to_string(seconds) + " s");
}

/// A connection of a shared port has other sessions, too.
SilenceMonitor::Traffic Termination::traffic() const noexcept {
  if (shared_ && leg_) return {leg_->octets_in(), leg_->octets_out()};
  return {octets_in_, octets_out_};
}

}  // namespace gateway
