#include "app/h248_trace.hpp"

#include <algorithm>

namespace app {
namespace {

/// Below what a value of the log may be (app/log.hpp).
constexpr std::size_t part_size = 1000;

}  // namespace

std::string route_text(const h248::Route& route) {
  return std::string(h248::to_string(route.carrier)) + ":" + route.peer.to_string();
}

bool H248Trace::set(const std::string& name, bool on,
                    const std::vector<iq::AssociationStatus>& associations) {
  const auto named = [&](const auto& each) { return each.peer == name || each.route == name; };
  const auto found = std::find_if(associations.begin(), associations.end(), named);
  if (found == associations.end()) return !on && names_.erase(name) > 0;
  if (on) names_.insert(found->peer);
  if (!on) names_.erase(found->peer);
  return true;
}

bool H248Trace::is_on(const iq::AssociationStatus& association) const {
  return all_ || names_.contains(association.peer);
}

void H248Trace::on_message(bool out, const h248::Route& route, std::string_view message,
                           const std::vector<iq::AssociationStatus>& associations) {
  const auto place = route_text(route);
  const auto traced = [&](const auto& each) { return each.route == place && is_on(each); };
  if (!all_ && std::none_of(associations.begin(), associations.end(), traced)) return;
  const auto parts = std::max<std::size_t>(1, (message.size() + part_size - 1) / part_size);
  for (std::size_t i = 0; i < parts; ++i)
    log_.info("h248", {{"dir", out ? "out" : "in"},
                       {"peer", place},
                       {"part", std::to_string(i + 1) + "/" + std::to_string(parts)},
                       {"message", std::string(message.substr(i * part_size, part_size))}});
}

}  // namespace app
