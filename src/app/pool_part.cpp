#include "app/pool_part.hpp"

#include <algorithm>

#include "app/compose_h248.hpp"

namespace app {

base::Result<std::unique_ptr<PoolPart>, std::string> PoolPart::open(net::ControlLoop& loop, base::Log& log,
                                                                    const Config& config) {
  std::unique_ptr<PoolPart> out(new PoolPart(loop, log, config));
  if (const auto started = out->start(config); !started) return started.error();
  return out;
}

PoolPart::PoolPart(net::ControlLoop& loop, base::Log& log, const Config& config)
    : loop_(loop),
      log_(log),
      trace_(log),
      allow_(networks(config.controller.h248.allow)),
      sockets_(loop,
               {.on_message =
                    [this](std::string_view message, const h248::Route& from) {
                      end_->receive(message, from, loop_.now());
                      alarm_.set();
                    },
                .on_lost =
                    [this](const h248::Route& route, const std::string& why) {
                      log_.info("h248_connection", {{"peer", route_text(route)}, {"ended", why}});
                      end_->route_lost(route, loop_.now());
                      alarm_.set();
                    }},
               [this](const base::IpAddress& address) { return admits(address); }),
      alarm_(loop, [this] { return end_->deadline(); }, [this](base::Time now) { end_->on_time(now); }) {
  trace_.set_all(config.controller.h248.trace);
}

base::Result<base::Ok, std::string> PoolPart::start(const Config& config) {
  const auto& h248 = config.controller.h248;
  std::optional<base::Address> local;
  for (const auto& text : h248.listen) {
    const auto listening = sockets_.listen(*parse_h248_place(text));
    if (!listening) return "controller.h248.listen: " + listening.error();
    if (!local) local = *listening;
  }
  auto options = controller_end_options(config, controller_id(h248, *local));
  options.clock = [this] { return loop_.now(); };
  options.wall = [] { return std::chrono::system_clock::now(); };
  end_ = std::make_unique<iq::ControllerEnd>(std::move(options), pool_, sockets_, random_, log_);
  end_->set_trace([this](bool out, const h248::Route& route, std::string_view message) {
    if (trace_.active()) trace_.on_message(out, route, message, end_->status());
  });
  end_->on_time(loop_.now());
  alarm_.set();
  return base::Ok{};
}

/// As ControllerEnd: nothing allowed means this machine.
bool PoolPart::admits(const base::IpAddress& address) const {
  if (allow_.empty()) return address.is_loopback();
  return std::any_of(allow_.begin(), allow_.end(),
                     [&](const base::Network& network) { return network.contains(address); });
}

void PoolPart::add_local(iq::MediaGateway& gateway, const Config& config) {
  iq::GatewayPool::Traits traits{"local", {}, 1};
  for (const auto& realm : config.realms) traits.realms.push_back(realm.name);
  pool_.set_live(pool_.add(gateway, std::move(traits)), true);
}

void PoolPart::execute(iq::Request request, Done done) {
  pool_.execute(std::move(request), std::move(done));
  alarm_.set();
}

AssociationsMeasured PoolPart::measured() const {
  const auto& counters = end_->counters();
  auto associations = end_->status();
  const auto totals = totals_.update(associations);
  return {std::move(associations), totals,
          counters.registrations,  counters.lost,
          counters.refused_source, counters.malformed,
          sockets_.counters()};
}

void PoolPart::apply(const Config& config) {
  trace_.set_all(config.controller.h248.trace);
  allow_ = networks(config.controller.h248.allow);
  end_->set_allow(allow_);
}

}  // namespace app
