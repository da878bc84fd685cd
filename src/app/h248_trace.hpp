#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "iq/association_status.hpp"
#include "proto/h248/route.hpp"

namespace app {

/// Logs whole H.248 messages: of all associations, or of those that were named. A message longer than a value
/// of the log may be is several lines, "part=1/3".
class H248Trace {
 public:
  explicit H248Trace(base::Log& log) : log_(log) {}

  /// Messages of everybody.
  void set_all(bool on) { all_ = on; }
  /// Of one association, as AssociationStatus::peer or ::route names it; false: none is named so.
  bool set(const std::string& name, bool on, const std::vector<iq::AssociationStatus>& associations);
  bool is_on(const iq::AssociationStatus& association) const;
  /// Whether any message is logged at all.
  bool active() const { return all_ || !names_.empty(); }

  void on_message(bool out, const h248::Route& route, std::string_view message,
                  const std::vector<iq::AssociationStatus>& associations);

 private:
  base::Log& log_;
  bool all_ = false;
  std::set<std::string> names_;  // peers: they keep theirs when a connection ends
};

/// "udp:192.0.2.1:2944"
std::string route_text(const h248::Route& route);

}  // namespace app
