// What a termination knows of its application-aware session.
#include "gateway/shared_port.hpp"
#include "gateway/termination.hpp"

namespace gateway {

std::unique_ptr<Leg> Termination::make_leg() const {
  const auto& realm = worker_.options.realms[realm_];
  LegPolicy policy{.max_chunk = realm.max_chunk,
                   .max_message = realm.max_message,
                   .types = {},
                   .message_rate = realm.message_rate,
                   .octet_rate = realm.octet_rate};
  std::string types;
  for (const auto& type : realm.accept_types) types += (types.empty() ? "" : " ") + type;
  if (!types.empty()) {
    if (auto parsed = msrp::MediaTypes::parse(types)) policy.types = *std::move(parsed);
  }
  auto out = std::make_unique<Leg>(std::move(policy), worker_.totals.realms[realm_]);
  if (shared_) out->policing = Bucket(policing_.octets_per_second, policing_.burst);
  return out;
}

std::optional<iq::Error> Termination::configure_paths(const iq::TerminationConfig& config) {
  if (!is_aware()) {
    leg_.reset();
    return std::nullopt;
  }
  if (!leg_) leg_ = make_leg();
  auto& paths = leg_->paths;
  for (auto& candidate : candidates_)
    if (!candidate->link()) candidate->speak(*this, false);
  if (config.match_session_id) paths.match_session_id(*config.match_session_id);
  if (config.local_path) {
    const bool waits = shared_ && open_;
    if (waits) shared_->withdraw(*this);
    const auto set = paths.set_local(*config.local_path);
    if (waits) shared_->add(*this);
    if (!set) return iq::Error{iq::Errc::bad_request, "local path: " + set.error()};
  }
  if (config.remote_path)
    if (const auto set = paths.set_remote(*config.remote_path); !set)
      return iq::Error{iq::Errc::bad_request, "remote path: " + set.error()};
  return std::nullopt;
}

/// A request may also find its session taken, or not there: the link answers it.
Router::Route Termination::route(Link& link, const msrp::HeadView& request) {
  if (!leg_ || !leg_->paths.has_local()) return {};
  if (!leg_->paths.matches(request.to_path)) return {nullptr, 481, leg_.get()};
  if (leg_->link && leg_->link != &link) return {nullptr, 506, leg_.get()};
  if (leg_->link) return {leg_.get()};
  if (!claimed_) claimed_ = &link;
  return {};
}

Leg* Termination::route_response(Link& link, const msrp::HeadView&) {
  return leg_ && leg_->link == &link ? leg_.get() : nullptr;
}

void Termination::detach() {
  claimed_ = nullptr;
  if (leg_) leg_->detach();
  if (guest_) shared_->detach(*this);
  guest_ = nullptr;
}

void Termination::note_connection(const Connection& connection) {
  cause_.clear();
  last_peer_ = connection.peer();
  const auto& tls = connection.tls();
  if (!tls) return;
  tls_version_ = tls->version();
  tls_cipher_ = tls->cipher();
  peer_fingerprint_ = tls->peer_fingerprint();
}

Termination::Claim Termination::claim_of(const Connection& connection) const {
  const auto& tls = connection.tls();
  if (is_active() || is_tls() != tls.has_value()) return Claim::wrong;
  if (!objection(connection.peer()).empty()) return Claim::wrong;
  if (tls && fingerprints_ && !tls->matches(*fingerprints_)) return Claim::wrong;
  return configured() ? Claim::right : Claim::unknown;
}

void Termination::take_connection(Connection& connection) {
  guest_ = &connection;
  leg_->link = connection.link();
  if (dscp_ != 0) connection.mark(dscp_);
  note_connection(connection);
  host_.notify(id_, iq::Event::connected, "");
}

void Termination::lose_connection(Loss loss) {
  detach();
  cause_ = loss.cause;
  loss_ = std::move(loss);
}

/// Whether connections are accepted, even if only to be told that the session is in use.
bool Termination::still_asks() const noexcept {
  return open_ && (!bound_ || is_aware());
}

}  // namespace gateway
