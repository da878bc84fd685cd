#pragma once
#include <optional>
#include <string>
#include <vector>

#include "controller/call.hpp"

/// What each end of a section is shown of the other's a=path.
namespace controller {

/// The family of what SDP says of it: of the address where it shows one, else of the termination's own.
bool is_ipv6(const iq::Reserved& local);

/// A URI of the gateway's own for that leg: msrp[s]://advertised:port/SESSION-ID;tcp.
std::string own_uri(const iq::Reserved& local, bool tls, std::string_view session_id);
/// The gateway's own URI that this party is shown where paths are rewritten; empty: none is made yet.
const std::string& gateway_uri(const MediaSection& media, Party to);
/// The other end's path with the gateway's address, and the scheme of that party's leg where TLS ends here:
/// for ends that match by session-id. Nothing where it is not one URI with an address.
std::optional<std::string> moved_uri(const MediaSection& media, Party to);

/// What that party is shown; nothing: the path as its owner wrote it. Where paths are rewritten there must be
/// a gateway_uri().
std::optional<std::vector<std::string>> shown_path(const MediaSection& media, Party to, bool sees_gateway);
/// What that party writes into To-Path, in a section that is answered and application-aware.
std::vector<std::string> local_path(const MediaSection& media, Party of);

}  // namespace controller
