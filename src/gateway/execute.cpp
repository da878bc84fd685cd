// The control thread's half of a Request: addresses, ports and listeners; the rest is the shard's.
#include <algorithm>
#include <utility>

#include "gateway/local_gateway.hpp"
#include "proto/msrp/uri.hpp"

namespace gateway {
namespace {

iq::Error session_limit() {
  return {iq::Errc::out_of_resources, "Parallel session limit reached"};
}

/// The URI of the gateway that a peer is shown (RFC 4975 6).
std::string uri_of(const base::Address& local, const std::string& host, bool tls,
                   const std::string& session_id) {
  const bool literal_v6 = host.find(':') != host.npos && host.front() != '[';
  return (tls ? "msrps://" : "msrp://") + (literal_v6 ? '[' + host + ']' : host) + ':' +
         std::to_string(local.port) + '/' + session_id + ";tcp";
}

/// A termination that is only reserved has nobody to tell it to.
std::optional<iq::Error> check_paths(const iq::TerminationConfig& config) {
  LegPaths paths;
  if (config.local_path)
    if (const auto set = paths.set_local(*config.local_path); !set)
      return iq::Error{iq::Errc::bad_request, "local path: " + set.error()};
  if (config.remote_path)
    if (const auto set = paths.set_remote(*config.remote_path); !set)
      return iq::Error{iq::Errc::bad_request, "remote path: " + set.error()};
  return std::nullopt;
}

std::optional<iq::Error> check_values(const iq::TerminationConfig& config) {
  if (config.dscp && *config.dscp > 63) return iq::Error{iq::Errc::bad_request, "a DSCP is 0 to 63"};
  if (config.source_ports && config.source_ports->low > config.source_ports->high)
    return iq::Error{iq::Errc::bad_request, "a range of ports is LOW-HIGH with LOW <= HIGH"};
  return std::nullopt;
}

/// `wanted` zero: any.
iq::Error no_port(const RealmOptions& realm, std::uint16_t wanted, const std::error_code& error) {
  if (error == std::errc::too_many_files_open || error == std::errc::too_many_files_open_in_system)
    return session_limit();
  if (error)
    return {iq::Errc::out_of_resources,
            "cannot listen at " + realm.address.to_string() + ": " + error.message()};
  if (wanted == 0) return {iq::Errc::out_of_ports, "Ran out of ports"};
  const bool ours = realm.port_low <= wanted && wanted <= realm.port_high;
  return {iq::Errc::out_of_ports, "Ran out of ports: " + std::to_string(wanted) +
                                      (ours ? " is taken" : " is none of realm " + realm.name + "'s")};
}

}  // namespace

void LocalGateway::execute(iq::Request request, Done done) {
  const auto context = context_of(request);
  if (!context) return done(context.error());
  Batch batch{*context, !request.context, {}};
  iq::Reply reply{*context, {}, {}};
  for (std::size_t i = 0; i < request.procedures.size(); ++i) {
    if (auto prepared = prepare(request.procedures[i], batch, reply); !prepared) {
      auto error = prepared.error();
      error.procedure = i;
      abandon(std::move(batch));
      return done(std::move(error));
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
  return create_context(request);
}

bool LocalGateway::is_shared(const iq::Reserve& reserve) const {
  const auto realm = realm_index(reserve.realm);
  if (realm == realms_.size() || reserve.session_id.empty()) return false;
  const auto port = options_.realms[realm].shared_port;
  return port != 0 && (reserve.port == 0 || reserve.port == port) &&
         iq::is_aware(reserve.config.transport.value_or(iq::Transport::tcp)) &&
         reserve.config.setup != iq::Setup::active;
}

/// On the shard with the fewest, or where the shared ports are.
iq::ContextId LocalGateway::create_context(const iq::Request& request) {
  const bool shared =
      std::any_of(request.procedures.begin(), request.procedures.end(), [this](const auto& each) {
        const auto* reserve = std::get_if<iq::Reserve>(&each);
        return reserve && is_shared(*reserve);
      });
  const auto fewest = static_cast<std::size_t>(std::min_element(load_.begin(), load_.end()) - load_.begin());
  const auto shard = shared ? 0 : fewest;
  const iq::ContextId id{++last_serial_ << 8 | shard};
  ++load_[shard];
  records_[id].shard = shard;
  return id;
}

LocalGateway::Outcome LocalGateway::prepare(iq::Procedure& procedure, Batch& batch, iq::Reply& reply) {
  auto& record = records_[batch.context];
  if (record.released) return iq::Error{iq::Errc::bad_request, "nothing may follow Release"};
  if (auto* each = std::get_if<iq::Reserve>(&procedure)) return reserve(*each, batch, reply);
  if (std::holds_alternative<iq::Release>(procedure)) {
    record.released = true;
    batch.steps.emplace_back(iq::Release{});
    return base::Ok{};
  }
  if (std::holds_alternative<iq::Audit>(procedure)) {
    batch.steps.emplace_back(iq::Audit{});
    return base::Ok{};
  }
  return prepare_known(procedure, batch);
}

/// Of those that name a termination.
LocalGateway::Outcome LocalGateway::prepare_known(iq::Procedure& procedure, Batch& batch) {
  auto& record = records_[batch.context];
  const auto find = [&](const auto* each) { return each ? record.find(each->termination) : nullptr; };
  auto* configure = std::get_if<iq::Configure>(&procedure);
  if (auto* lease = find(configure)) {
    if (auto wrong = check_values(configure->config)) return *wrong;
    if (const auto& transport = configure->config.transport) lease->aware = iq::is_aware(*transport);
    batch.steps.emplace_back(std::move(*configure));
  } else if (const auto* restart = std::get_if<iq::Restart>(&procedure); find(restart)) {
    batch.steps.emplace_back(*restart);
  } else if (const auto* establish = std::get_if<iq::Establish>(&procedure); find(establish)) {
    batch.steps.emplace_back(*establish);
  } else if (const auto* subtract = std::get_if<iq::Subtract>(&procedure); find(subtract)) {
    record.find(subtract->termination)->leaving = true;
    record.released = record.present() == 0;
    batch.steps.emplace_back(*subtract);
  } else {
    return iq::Error{iq::Errc::unknown_termination, "no such termination"};
  }
  return base::Ok{};
}

LocalGateway::Outcome LocalGateway::check_reserve(const iq::Reserve& reserve, const Record& record) const {
  if (realm_index(reserve.realm) == realms_.size())
    return iq::Error{iq::Errc::unknown_realm, "no realm " + reserve.realm};
  if (record.present() == Context::most_terminations)
    return iq::Error{iq::Errc::bad_request, "a context has two terminations"};
  const bool aware = iq::is_aware(reserve.config.transport.value_or(iq::Transport::tcp));
  const bool mixed = std::any_of(record.leases.begin(), record.leases.end(),
                                 [&](const auto& each) { return !each.leaving && each.aware != aware; });
  if (mixed)
    return iq::Error{iq::Errc::not_supported, "one termination is application-aware, the other one is not"};
  if (!reserve.session_id.empty() &&
      (!aware || !msrp::parse_uri(uri_of({{}, 1}, "host", false, reserve.session_id))))
    return iq::Error{iq::Errc::bad_request, "a session-id is for an application-aware termination"};
  if (auto wrong = check_values(reserve.config)) return *wrong;
  if (auto wrong = check_paths(reserve.config)) return *wrong;
  return base::Ok{};
}

LocalGateway::Outcome LocalGateway::reserve(iq::Reserve& reserve, Batch& batch, iq::Reply& reply) {
  auto& record = records_[batch.context];
  if (auto good = check_reserve(reserve, record); !good) return good;
  const auto realm = realm_index(reserve.realm);
  const bool shared = record.shard == 0 && is_shared(reserve);
  base::Address local{options_.realms[realm].address, reserve.port};
  net::Fd listener;
  if (!shared) {
    auto opened = listen(realm, local);
    if (!opened) return opened.error();
    // One that connects has no listener: nobody is to come.
    if (reserve.config.setup != iq::Setup::active) listener = std::move(*opened);
  }
  const iq::TerminationId id{++record.last_termination};
  const auto transport = reserve.config.transport.value_or(iq::Transport::tcp);
  record.leases.push_back({id, realm, shared ? std::uint16_t{0} : local.port, iq::is_aware(transport)});
  if (shared) local.port = options_.realms[realm].shared_port;
  const auto& advertise = options_.realms[realm].advertise;
  const auto host = advertise.empty() ? local.ip.to_string() : advertise;
  std::string path;
  if (!reserve.session_id.empty()) path = uri_of(local, host, iq::is_tls(transport), reserve.session_id);
  batch.steps.emplace_back(
      Reservation{id, realm, local, std::move(listener), std::move(reserve.config), shared, path});
  reply.reserved.push_back({id, local, host, realms_[realm].fingerprints, path});
  return base::Ok{};
}

/// Takes that port, or the next free one of the realm that nobody else has.
base::Result<net::Fd, iq::Error> LocalGateway::listen(std::size_t realm, base::Address& local) {
  net::Fd listener;
  std::error_code error;
  const auto open = [&](std::uint16_t candidate) {
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
  };
  auto& ports = realms_[realm].ports;
  const auto wanted = local.port;
  if (wanted == 0) local.port = ports.take(open).value_or(0);
  if (wanted == 0 ? local.port != 0 : ports.take(wanted, open)) return listener;
  return no_port(options_.realms[realm], wanted, error);
}

/// A request failed before its shard heard of it: an old context keeps what came before, a new one never was.
void LocalGateway::abandon(Batch batch) {
  if (!batch.created) {
    const auto context = batch.context;
    return dispatch(std::move(batch), {context, {}, {}}, [](auto) {});
  }
  batch.steps.clear();  // closes the listeners
  on_gone(batch.context);
}

/// What its shard has not done of a request, in a context that goes on.
void LocalGateway::take_back(iq::ContextId context, const Failure& failure) {
  for (const auto termination : failure.not_reserved) on_left(context, termination);
  const auto found = records_.find(context);
  if (found == records_.end()) return;
  auto& record = found->second;
  for (auto& lease : record.leases) {
    const auto& kept = failure.not_subtracted;
    if (std::find(kept.begin(), kept.end(), lease.termination) != kept.end()) lease.leaving = false;
  }
  if (failure.not_released || !failure.not_subtracted.empty()) record.released = false;
}

void LocalGateway::dispatch(Batch batch, iq::Reply reply, Done done) {
  const bool only_reserves = std::all_of(batch.steps.begin(), batch.steps.end(), [](const Step& step) {
    return std::holds_alternative<Reservation>(step);
  });
  auto& shard = *shards_[records_[batch.context].shard];
  if (only_reserves) {
    shard.post([this, id = batch.context, shared = std::make_shared<Batch>(std::move(batch))](Shard& there) {
      auto result = there.run(std::move(*shared));
      if (!result) post_up([this, id, failure = result.error()] { take_back(id, failure); });
    });
    return done(std::move(reply));
  }
  shard.post([this, shared = std::make_shared<Batch>(std::move(batch)), reply = std::move(reply),
              done = std::move(done)](Shard& there) mutable {
    auto result = there.run(std::move(*shared));
    post_up([this, done = std::move(done), reply = std::move(reply), result = std::move(result)]() mutable {
      if (!result) {
        take_back(reply.context, result.error());
        return done(result.error().error);
      }
      reply.terminations = std::move(result->terminations);
      done(std::move(reply));
    });
  });
}

}  // namespace gateway
