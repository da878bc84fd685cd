#include "iq/remote_reply.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "iq/registration.hpp"
#include "iq/status_text.hpp"
#include "iq/stream_sdp.hpp"

namespace iq {
namespace {

constexpr std::string_view ran_out_of_ports = "Ran out of ports";

Errc code_of(std::uint16_t code, std::string_view text) {
  switch (code) {
    case 432:
      return Errc::out_of_ports;
    case 510:
    case 526:
      return text.starts_with(ran_out_of_ports) ? Errc::out_of_ports : Errc::out_of_resources;
    case 412:
    case 502:
    case 503:
    case 511:
      return Errc::out_of_resources;
    case 411:
      return Errc::unknown_context;
    case 430:
    case 431:
    case 435:
      return Errc::unknown_termination;
    case 440:
    case 444:
    case 445:
    case 501:
    case 515:
      return Errc::not_supported;
    case 449:
      return base::to_lower(text).find("realm") == std::string::npos ? Errc::bad_request
                                                                     : Errc::unknown_realm;
    case 506:
      return Errc::unreachable;
    default:
      return Errc::bad_request;
  }
}

Error nonsense(std::string what) {
  return {Errc::bad_request, "the gateway's reply to Add has no " + std::move(what)};
}

/// Of the first stream: LocalControl and Local.
const h248::Stream* stream_of(const h248::CommandReply& reply) {
  const auto& media = reply.descriptors.media;
  return media && !media->streams.empty() ? &media->streams.front() : nullptr;
}

/// What our own gateway adds: the address that it has bound, where SDP shows another one.
std::optional<base::Address> bound_address(const h248::Stream& stream, const Packages& packages) {
  if (!stream.local_control) return std::nullopt;
  for (const auto& property : stream.local_control->properties)
    if (packages.element(property.name) == name::own_local)
      return base::Address::parse(property.value.values.front().text);
  return std::nullopt;
}

/// Whether the command is answered once for each termination that it matches.
bool is_wildcard(const h248::CommandRequest& command) {
  return command.termination.has_all();
}

/// `own`: those that answer it already.
bool answers(const h248::CommandReply& reply, const h248::CommandRequest& command,
             const std::vector<const h248::CommandReply*>& own) {
  if (reply.name != command.name) return false;
  if (own.empty()) return true;
  return is_wildcard(command) && std::none_of(own.begin(), own.end(), [&](const auto* earlier) {
           return base::iequals(earlier->termination.text, reply.termination.text);
         });
}

}  // namespace

Error error_of(const h248::ErrorDescriptor& error) {
  auto text = error.text.value_or("");
  const auto code = code_of(error.code, text);
  if (text.empty()) text = "H.248 error " + std::to_string(error.code);
  return {code, std::move(text)};
}

Error error_of(h248::Transactions::Failure failure) {
  using Kind = h248::Transactions::Failure::Kind;
  switch (failure.kind) {
    case Kind::timed_out:
      return {Errc::unreachable, "the gateway does not answer"};
    case Kind::too_many_pendings:
      return {Errc::unreachable, "the gateway does not finish"};
    case Kind::too_many_requests:
      return {Errc::out_of_resources, "too many requests wait for the gateway"};
    case Kind::malformed_reply:
      return {Errc::bad_request, "the gateway's reply cannot be read"};
    case Kind::cancelled:
      return {Errc::unreachable, "the gateway is gone"};
  }
  return {Errc::unreachable, "the gateway does not answer"};
}

base::Result<base::Ok, Error> read_added(const h248::CommandReply& reply, const Packages& packages,
                                         RemoteLeg& leg) {
  if (reply.termination.text.empty() || reply.termination.has_all() || reply.termination.has_choose())
    return nonsense("TerminationID");
  const auto* stream = stream_of(reply);
  if (stream == nullptr || !stream->local) return nonsense("Local descriptor");
  const auto sessions = parse_stream_sdp(*stream->local);
  if (!sessions || sessions->empty()) return nonsense("session description that can be read");
  const auto& sdp = sessions->front();
  using enum StreamSdp::Given;
  if (sdp.host_given != value || sdp.port_given != value || sdp.port == 0) return nonsense("address");
  leg.id = reply.termination.text;
  auto& reserved = leg.reserved;
  reserved.termination = leg.number;
  reserved.advertised = sdp.host;
  const auto unspecified = sdp.ipv6 ? base::IpAddress::v6({}) : base::IpAddress();
  reserved.local = {base::IpAddress::parse(sdp.host).value_or(unspecified), sdp.port};
  if (const auto bound = bound_address(*stream, packages)) reserved.local = *bound;
  reserved.fingerprints = sdp.fingerprints;
  if (leg.session_id.empty()) return base::Ok{};
  if (sdp.path.empty()) return nonsense("a=path");
  reserved.path = sdp.path.front();
  leg.config.local_path = sdp.path;
  return base::Ok{};
}

TerminationStatus known_status(const RemoteLeg& leg) {
  TerminationStatus out;
  out.termination = leg.number;
  out.realm = leg.realm;
  out.transport = leg.config.transport.value_or(Transport::tcp);
  out.setup = leg.config.setup.value_or(Setup::passive);
  out.state = leg.state;
  out.local = leg.reserved.local;
  return out;
}

TerminationStatus read_status(const h248::CommandReply& reply, const Packages& packages,
                              const RemoteLeg& leg) {
  const auto& statistics = reply.descriptors.statistics;
  if (!statistics) return known_status(leg);
  auto told = status_of(statistics->statistics, packages);
  const bool all_is_told = std::any_of(
      statistics->statistics.begin(), statistics->statistics.end(),
      [&](const auto& each) { return packages.element(each.name).starts_with(name::own_package); });
  auto out = known_status(leg);
  if (!all_is_told) {
    out.counters = std::move(told.counters);
    return out;
  }
  told.termination = leg.number;
  if (told.realm.empty()) told.realm = out.realm;
  if (told.local.port == 0) told.local = out.local;
  return told;
}

ActionOutcome sort_replies(const std::vector<h248::CommandRequest>& commands,
                           const h248::TransactionReply& reply) {
  ActionOutcome out;
  if (const auto* error = std::get_if<h248::ErrorDescriptor>(&reply.result)) {
    out.error = error_of(*error);
    return out;
  }
  const auto& actions = *std::get_if<std::vector<h248::ActionReply>>(&reply.result);
  if (actions.empty()) {
    out.error = Error{Errc::bad_request, "the gateway's reply has no action"};
    return out;
  }
  const auto& action = actions.front();
  auto next = action.commands.begin();
  for (const auto& command : commands) {
    std::vector<const h248::CommandReply*> own;
    while (next != action.commands.end() && answers(*next, command, own)) {
      if (next->descriptors.error) {
        out.error = error_of(*next->descriptors.error);
        return out;
      }
      own.push_back(&*next++);
    }
    if (own.empty()) {
      out.error = action.error ? error_of(*action.error)
                               : Error{Errc::bad_request, "the gateway has not answered all commands"};
      return out;
    }
    out.replies.push_back(std::move(own));
  }
  if (action.error) out.error = error_of(*action.error);
  return out;
}

h248::ContextId context_of(const h248::TransactionReply& reply) {
  const auto* actions = std::get_if<std::vector<h248::ActionReply>>(&reply.result);
  return actions == nullptr || actions->empty() ? h248::choose_context : actions->front().context;
}

}  // namespace iq
