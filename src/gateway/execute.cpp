// The control thread's half of a Request: addresses, ports and listeners; the rest is the shard's.
#include <algorithm>
#include <utility>

#include "gateway/local_gateway.hpp"

namespace gateway {
namespace {

iq::Error session_limit() {
  return {iq::Errc::out_of_resources, "Parallel session limit reached"};
}

std::optional<iq::Error> check(const iq::TerminationConfig& config) {
  if (config.transport && iq::is_aware(*config.transport)) {
    return iq::Error{iq::Errc::not_supported, "application-aware terminations are not supported"};
  }
  return std::nullopt;
}

bool out_of_descriptors(const std::error_code& error) {
  return error == std::errc::too_many_files_open || error == std::errc::too_many_files_open_in_system;
}

}  // namespace

void LocalGateway::execute(iq::Request request, Done done) {
  const auto context = context_of(request);
  if (!context) return done(context.error());
  Batch batch{*context, !request.context, {}};
  iq::Reply reply{*context, {}, {}};
  for (auto& procedure : request.procedures) {
    if (auto prepared = prepare(procedure, batch, reply); !prepared) {
      abandon(std::move(batch));
      return done(prepared.error());
    }
  }
  dispatch(std::move(batch), std::move(reply), std::move(done));
}

base::Result<iq::ContextId, iq::Error> LocalGateway::context_of(const iq::Request& request) {
  if (request.context) {
    const auto found = records_.find(request.context);
    if (found == records_.end() || found->second.released) {
      return iq::Error{iq::Errc::unknown_context, "no such context"};
    }
    return request.context;
  }
  if (request.procedures.empty() || !std::holds_alternative<iq::Reserve>(request.procedures.front())) {
    return iq::Error{iq::Errc::bad_request, "a new context begins with Reserve"};
  }
  if (draining_ || records_.size() >= max_contexts_) return session_limit();
  return create_context();
}

/// On the shard with the fewest.
iq::ContextId LocalGateway::create_context() {
  const auto shard = static_cast<std::size_t>(std::min_element(load_.begin(), load_.end()) - load_.begin());
  const iq::ContextId id{++last_serial_ << 8 | shard};
  ++load_[shard];
  records_[id].shard = shard;
  return id;
}

LocalGateway::Outcome LocalGateway::prepare(iq::Procedure& procedure, Batch& batch, iq::Reply& reply) {
  auto& record = records_[batch.context];
  if (record.released) return iq::Error{iq::Errc::bad_request, "nothing may follow Release"};
  const auto known = [&](iq::TerminationId id) { return id && id.value <= record.leases.size(); };
  const iq::Error unknown{iq::Errc::unknown_termination, "no such termination"};
  if (auto* each = std::get_if<iq::Reserve>(&procedure)) return reserve(*each, batch, reply);
  if (auto* configure = std::get_if<iq::Configure>(&procedure)) {
    if (!known(configure->termination)) return unknown;
    if (auto wrong = check(configure->config)) return *wrong;
    batch.steps.emplace_back(std::move(*configure));
  } else if (const auto* restart = std::get_if<iq::Restart>(&procedure)) {
    if (!known(restart->termination)) return unknown;
    batch.steps.emplace_back(*restart);
  } else if (std::holds_alternative<iq::Release>(procedure)) {
    record.released = true;
    batch.steps.emplace_back(iq::Release{});
  } else {
    batch.steps.emplace_back(iq::Audit{});
  }
  return base::Ok{};
}

LocalGateway::Outcome LocalGateway::reserve(iq::Reserve& reserve, Batch& batch, iq::Reply& reply) {
  auto& record = records_[batch.context];
  const auto realm = realm_index(reserve.realm);
  if (realm == realms_.size()) return iq::Error{iq::Errc::unknown_realm, "no realm " + reserve.realm};
  if (record.leases.size() == Context::most_terminations) {
    return iq::Error{iq::Errc::bad_request, "a context has two terminations"};
  }
  if (auto wrong = check(reserve.config)) return *wrong;
  base::Address local{options_.realms[realm].address, 0};
  auto listener = listen(realm, local);
  if (!listener) return listener.error();
  record.leases.push_back({realm, local.port});
  const iq::TerminationId id{record.leases.size()};
  batch.steps.emplace_back(Reservation{id, realm, local, std::move(*listener), std::move(reserve.config)});
  const auto& advertise = options_.realms[realm].advertise;
  reply.reserved.push_back(
      {id, local, advertise.empty() ? local.ip.to_string() : advertise, realms_[realm].fingerprints});
  return base::Ok{};
}

/// Takes the next free port of the realm that nobody else has.
base::Result<net::Fd, iq::Error> LocalGateway::listen(std::size_t realm, base::Address& local) {
  net::Fd listener;
  std::error_code error;
  const auto port = realms_[realm].ports.take([&](std::uint16_t candidate) {
    auto socket = net::listen_tcp({local.ip, candidate});
    if (socket) {
      listener = std::move(*socket);
      return PortPool::Try::taken;
    }
    // A privileged or reserved port is as good as held by another program.
    const bool held =
        socket.error() == std::errc::address_in_use || socket.error() == std::errc::permission_denied;
    if (!held) error = socket.error();
    return held ? PortPool::Try::held : PortPool::Try::stop;
  });
  if (port) {
    local.port = *port;
    return listener;
  }
  if (out_of_descriptors(error)) return session_limit();
  if (error) {
    return iq::Error{iq::Errc::out_of_resources,
                     "cannot listen at " + local.ip.to_string() + ": " + error.message()};
  }
  return iq::Error{iq::Errc::out_of_ports, "Ran out of ports"};
}

/// A request failed before its shard heard of it: an old context keeps what came before, a new one never was.
void LocalGateway::abandon(Batch batch) {
  if (!batch.created) return dispatch(std::move(batch), {}, [](auto) {});
  batch.steps.clear();  // closes the listeners
  on_gone(batch.context);
}

void LocalGateway::dispatch(Batch batch, iq::Reply reply, Done done) {
  const bool only_reserves = std::all_of(batch.steps.begin(), batch.steps.end(), [](const Step& step) {
    return std::holds_alternative<Reservation>(step);
  });
  auto& shard = *shards_[records_[batch.context].shard];
  if (only_reserves) {
    shard.post([shared = std::make_shared<Batch>(std::move(batch))](Shard& there) {
      (void)there.run(std::move(*shared));
    });
    return done(std::move(reply));
  }
  shard.post([this, shared = std::make_shared<Batch>(std::move(batch)), reply = std::move(reply),
              done = std::move(done)](Shard& there) mutable {
    auto result = there.run(std::move(*shared));
    post_up([done = std::move(done), reply = std::move(reply), result = std::move(result)]() mutable {
      if (!result) return done(result.error());
      reply.terminations = std::move(result->terminations);
      done(std::move(reply));
    });
  });
}

}  // namespace gateway
