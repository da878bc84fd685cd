#include "app/gateway_part.hpp"

#include "app/compose_h248.hpp"

namespace app {

base::Result<std::unique_ptr<GatewayPart>, std::string> GatewayPart::open(net::ControlLoop& loop,
                                                                          base::Log& log,
                                                                          const Config& config,
                                                                          iq::MediaGateway& gateway,
                                                                          std::size_t max_contexts) {
  std::unique_ptr<GatewayPart> out(new GatewayPart(loop, log, config));
  if (const auto started = out->start(config, gateway, max_contexts); !started) return started.error();
  return out;
}

// It makes its connections and waits for none, so nobody's are taken.
GatewayPart::GatewayPart(net::ControlLoop& loop, base::Log& log, const Config& config)
    : loop_(loop),
      log_(log),
      trace_(log),
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
               [](const base::IpAddress&) { return false; }),
      alarm_(loop, [this] { return end_->deadline(); }, [this](base::Time now) { end_->on_time(now); }) {
  trace_.set_all(config.gateway.h248.trace);
}

base::Result<base::Ok, std::string> GatewayPart::start(const Config& config, iq::MediaGateway& gateway,
                                                       std::size_t max_contexts) {
  const auto& h248 = config.gateway.h248;
  std::optional<base::Address> local;
  for (const auto& place : gateway_places(h248)) {
    const auto listening = sockets_.listen(place);
    if (!listening) return "gateway.h248.bind: " + listening.error();
    if (!local) local = *listening;
  }
  // A connection from the port of the datagrams would hold it in TIME_WAIT when it is made anew.
  if (const auto bind = base::Address::parse(h248.bind)) sockets_.set_source({bind->ip, 0});
  auto own = gateway_id(h248, local);
  if (!own) return own.error();
  auto options = gateway_end_options(config, *std::move(own), max_contexts);
  options.wall = [] { return std::chrono::system_clock::now(); };
  options.wake = [this] { alarm_.set(); };
  end_ = std::make_unique<iq::GatewayEnd>(std::move(options), gateway, sockets_, random_, log_);
  end_->set_trace([this](bool out, const h248::Route& route, std::string_view message) {
    if (trace_.active()) trace_.on_message(out, route, message, end_->status());
  });
  end_->start(loop_.now());
  alarm_.set();
  return base::Ok{};
}

AssociationsMeasured GatewayPart::measured() const {
  const auto& counters = end_->counters();
  auto associations = end_->status();
  const auto totals = totals_.update(associations);
  return {std::move(associations), totals,
          counters.registrations,  counters.lost,
          counters.refused_source, counters.malformed,
          sockets_.counters()};
}

void GatewayPart::apply(const Config& config) {
  trace_.set_all(config.gateway.h248.trace);
  end_->set_allow(networks(config.gateway.h248.allow));
}

void GatewayPart::stop(std::function<void()> done) {
  end_->stop(loop_.now(), std::move(done));
  alarm_.set();
}

}  // namespace app
