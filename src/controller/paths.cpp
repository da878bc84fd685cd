#include "controller/paths.hpp"

#include "proto/sdp/uri.hpp"

namespace controller {
namespace {

/// `uri` with the scheme that a leg of that transport has.
std::string with_scheme_of(const std::string& uri, bool tls) {
  const auto colon = uri.find("://");
  return colon == uri.npos ? uri : (tls ? "msrps" : "msrp") + uri.substr(colon);
}

/// The real path of that end as the other one is shown it, where the realm's path_scheme changes it.
std::optional<std::vector<std::string>> path_of_leg(const MediaSection& media, Party owner) {
  const auto shown_to = other(owner);
  const auto& sdp = *media.ends[at(owner)].sdp;
  const bool tls = media.tls(shown_to);
  const bool keeps = media.ends[at(shown_to)].realm.path_scheme == PathScheme::keep;
  if (media.offer.security.end_to_end || keeps || sdp.path.empty() || sdp.tls == tls) return std::nullopt;
  auto path = sdp.path;
  path.back() = with_scheme_of(path.back(), tls);
  return path;
}

}  // namespace

bool is_ipv6(const iq::Reserved& local) {
  return base::IpAddress::parse(local.advertised).value_or(local.local.ip).is_v6();
}

std::string own_uri(const iq::Reserved& local, bool tls, std::string_view session_id) {
  auto uri = std::string(tls ? "msrps" : "msrp") + "://host:1/";
  uri.append(session_id).append(";tcp");
  return sdp::with_authority(uri, local.advertised, local.local.port).value();
}

const std::string& gateway_uri(const MediaSection& media, Party to) {
  const auto& reserved = media.local[at(to)].path;
  return reserved.empty() ? media.minted[at(to)] : reserved;
}

std::optional<std::string> moved_uri(const MediaSection& media, Party to) {
  const auto& path = media.ends[at(other(to))].sdp->path;
  const auto& local = media.local[at(to)];
  if (path.size() != 1) return std::nullopt;
  auto out = sdp::with_authority(path.front(), local.advertised, local.local.port);
  if (out && !media.offer.security.end_to_end) out = with_scheme_of(*out, media.tls(to));
  return out;
}

std::optional<std::vector<std::string>> shown_path(const MediaSection& media, Party to, bool sees_gateway) {
  if (!sees_gateway) return path_of_leg(media, other(to));
  if (media.aware) return std::vector{gateway_uri(media, to)};
  if (const auto moved = moved_uri(media, to)) return std::vector{*moved};
  return std::nullopt;
}

std::vector<std::string> local_path(const MediaSection& media, Party of) {
  const bool sees_gateway = media.ends[at(of)].sees_gateway.value_or(false);
  return shown_path(media, of, sees_gateway).value_or(media.ends[at(other(of))].sdp->path);
}

}  // namespace controller
