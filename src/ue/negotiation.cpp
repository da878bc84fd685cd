#include "ue/negotiation.hpp"

#include "base/text.hpp"
#include "proto/sdp/attribute.hpp"
#include "proto/sdp/file.hpp"
#include "proto/sdp/media.hpp"
#include "proto/sdp/msrp_attributes.hpp"

namespace ue {
namespace {

constexpr std::uint16_t discard_port = 9;  // RFC 6135 4.2.2

std::string bracketed(const base::IpAddress& ip) {
  return ip.is_v6() ? "[" + ip.to_string() + "]" : ip.to_string();
}

sdp::MsrpMedia media_of(const LocalMedia& local) {
  sdp::MsrpMedia out;
  out.port = local.port;
  out.tls = local.tls;
  out.direction = local.direction;
  out.accept_types = local.accept_types;
  out.max_size = local.max_size;
  out.path = {to_string(uri_of(local))};
  out.setup = local.setup;
  out.cema = local.peer == PeerKind::cema;
  if (local.tls) out.fingerprints = local.fingerprints;
  out.file = local.file;
  return out;
}

sdp::Document start_document(const LocalMedia& local) {
  const auto connection = sdp::connection_of(local.address.to_string());
  return sdp::make_document({"-", local.origin_id, "1", connection}, connection);
}

std::optional<base::IpAddress> ip_of(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return base::IpAddress::parse(host);
}

/// Whether c= and m= name the place that the path names (RFC 6714 4.4). Names are compared as text: looking
/// them up proves nothing about a middlebox.
bool path_is_connection(const RemoteMedia& remote) {
  for (const auto& uri : remote.path) {
    const auto a = ip_of(uri.host), b = ip_of(remote.host);
    const bool same_host = a && b ? *a == *b : base::iequals(uri.host, remote.host);
    if (same_host && uri.port == remote.port) return true;
  }
  return false;
}

/// A CEMA end connects to c= and m= (RFC 6714 4.2), every other one to the first URI of the path (RFC 4975
/// 5.4).
base::Result<base::Address, Refusal> target_of(PeerKind kind, const RemoteMedia& remote) {
  const bool by_path = kind != PeerKind::cema;
  const auto& hop = remote.path.front();
  const auto host = by_path ? hop.host : remote.host;
  const auto port = by_path ? hop.port.value_or(2855) : remote.port;  // RFC 4975 15.4: the default port
  const auto ip = ip_of(host);
  if (!ip)
    return Refusal{"the " + std::string(by_path ? "path" : "c= line") + " names the host " +
                   base::printable(host) + ", not an address"};
  if (port == discard_port) return Refusal{"the peer waits for the connection, but at port 9 (discard)"};
  return base::Address{*ip, port};
}

base::Result<Agreement, Refusal> agree(const LocalMedia& local, RemoteMedia remote, bool active) {
  Agreement out;
  out.tls = remote.tls;
  out.active = active;
  if (active) {
    const auto target = target_of(local.peer, remote);
    if (!target) return target.error();
    out.connect = *target;
  }
  out.remote = std::move(remote);
  return out;
}

/// `offered` and `preferred`: neither may be a role that the other one excludes (RFC 4145 4.1).
base::Result<bool, Refusal> answerer_is_active(std::optional<sdp::Setup> offered, sdp::Setup preferred) {
  const bool may_be_active = offered == sdp::Setup::passive || offered == sdp::Setup::actpass;
  const bool may_be_passive = offered != sdp::Setup::passive;
  if (preferred == sdp::Setup::active && !may_be_active)
    return Refusal{"the offerer wants to open the connection itself, and so do we (a=setup:active)"};
  if (preferred == sdp::Setup::passive && !may_be_passive)
    return Refusal{"the offerer waits for the connection, and so do we (a=setup:passive)"};
  return preferred == sdp::Setup::active || !may_be_passive;
}

base::Result<bool, Refusal> offerer_is_active(sdp::Setup offered, std::optional<sdp::Setup> answered) {
  const bool answerer_active = answered == sdp::Setup::active;
  if (answered == sdp::Setup::actpass) return Refusal{"a=setup:actpass is no answer (RFC 4145 4.1)"};
  if (answerer_active && offered == sdp::Setup::active)
    return Refusal{"both sides want to open the connection (a=setup:active answered with active)"};
  if (!answerer_active && offered == sdp::Setup::passive)
    return Refusal{"both sides wait for the connection (a=setup:passive answered with passive)"};
  return !answerer_active;
}

/// Appends what is wrong with an attribute that was there.
template <class T>
bool take(T&& found, Refusal& wrong) {
  if (found) return true;
  wrong.why = to_string(found.error());
  return false;
}

base::Result<base::Ok, Refusal> read_file(const sdp::Document& document, sdp::Section section,
                                          RemoteMedia& out) {
  Refusal wrong;
  auto file = sdp::file_selector(document, section);
  auto transfer_id = sdp::file_transfer_id(document, section);
  if (!take(file, wrong) || !take(transfer_id, wrong)) return wrong;
  out.file = *std::move(file);
  out.transfer_id = transfer_id->value_or("");
  return base::Ok{};
}

}  // namespace

msrp::Uri uri_of(const LocalMedia& local) {
  msrp::Uri uri;
  uri.scheme = local.tls ? "msrps" : "msrp";
  uri.host = bracketed(local.address);
  uri.port = local.port;
  uri.session_id = local.session_id;
  return uri;
}

std::string print_offer(const LocalMedia& local) {
  auto document = start_document(local);
  auto media = media_of(local);
  if (local.e2ae) media.e2ae = sdp::E2ae::requested;
  sdp::append_msrp(document, media);
  return document.print();
}

std::optional<sdp::Section> find_msrp(const sdp::Document& document) {
  for (const auto section : document.media()) {
    if (sdp::is_msrp(document, section) && sdp::media_line(document, section).port != 0) return section;
  }
  return std::nullopt;
}

base::Result<RemoteMedia, Refusal> read_media(const sdp::Document& document, sdp::Section section) {
  RemoteMedia out;
  Refusal wrong;
  const auto connection = sdp::connection_address(document, section);
  const auto path = sdp::path(document, section);
  const auto setup = sdp::setup(document, section);
  auto fingerprints = sdp::fingerprints(document, section);
  const auto types = sdp::accept_types(document, section);
  const auto max_size = sdp::max_size(document, section);
  if (!take(connection, wrong) || !take(path, wrong) || !take(setup, wrong) || !take(fingerprints, wrong) ||
      !take(types, wrong) || !take(max_size, wrong))
    return wrong;
  if (!*connection) return Refusal{"there is no c= line"};
  if (!*path) return Refusal{"there is no a=path (RFC 4975 8.2)"};
  for (const auto& text : **path) {
    auto uri = msrp::parse_uri(text);
    if (!uri) return Refusal{"a=path: not an MSRP URI: " + base::printable(text)};
    out.path.push_back(*std::move(uri));
  }
  if (const auto read = read_file(document, section, out); !read) return read.error();
  out.host = (*connection)->address;
  out.port = sdp::media_line(document, section).port;
  out.tls = sdp::is_msrps(document, section);
  out.cema = sdp::has_cema(document, section);
  if (*setup && **setup != sdp::Setup::holdconn) out.setup = **setup;
  out.fingerprints = *std::move(fingerprints);
  out.e2ae = sdp::e2ae(document, section);
  out.max_size = *max_size;
  out.direction = sdp::direction(document, section);
  std::string entries;
  for (const auto& entry : types->value_or(std::vector<std::string>{"*"})) entries += entry + " ";
  auto accepted = msrp::MediaTypes::parse(base::trim(entries));
  if (!accepted) return Refusal{"a=accept-types: not a list of media types: " + base::printable(entries)};
  out.accept_types = *std::move(accepted);
  return out;
}

base::Result<Agreement, Refusal> read_answer(const LocalMedia& local, std::string_view sdp) {
  const auto document = sdp::Document::parse(sdp);
  if (!document) return Refusal{"not SDP: " + to_string(document.error())};
  const auto section = find_msrp(*document);
  if (!section) return Refusal{"the message section was refused (port 0)"};
  auto remote = read_media(*document, *section);
  if (!remote) return remote.error();
  if (remote->tls != local.tls)
    return Refusal{local.tls ? "TCP/TLS/MSRP was offered and TCP/MSRP answered: nothing is sent in clear"
                             : "TCP/MSRP was offered and TCP/TLS/MSRP answered"};
  if (local.tls && remote->fingerprints.empty())
    return Refusal{"there is no a=fingerprint: nobody could tell who the peer is"};
  const auto active = offerer_is_active(local.setup, remote->setup);
  if (!active) return active.error();
  // RFC 6714 4.2: a middlebox in between, and an answerer who does not know of CEMA and connects by our path.
  if (local.peer == PeerKind::cema && !*active && !remote->cema && !path_is_connection(*remote))
    return Refusal{"the answer has no a=msrp-cema and its c= and m= are not its path's: no way through"};
  return agree(local, *std::move(remote), *active);
}

base::Result<Agreement, Refusal> read_offer(const LocalMedia& local, const sdp::Document& offer,
                                            sdp::Section section) {
  auto remote = read_media(offer, section);
  if (!remote) return remote.error();
  if (local.tls && !remote->tls) return Refusal{"TCP/MSRP was offered; here only TCP/TLS/MSRP is taken"};
  if (local.e2ae && remote->e2ae != sdp::E2ae::applied)
    return Refusal{"the offer does not say a=3ge2ae:applied"};
  if (remote->tls && remote->fingerprints.empty())
    return Refusal{"there is no a=fingerprint: nobody could tell who the peer is"};
  // RFC 6714 4.3 (0): somebody changed c= and m= and does not know of CEMA.
  if (local.peer == PeerKind::cema && !remote->cema && !path_is_connection(*remote))
    return Refusal{"the offer has no a=msrp-cema and its c= and m= are not its path's (RFC 6714 4.3)"};
  const auto active = answerer_is_active(remote->setup, local.setup);
  if (!active) return active.error();
  return agree(local, *std::move(remote), *active);
}

std::string print_answer(const LocalMedia& local, const Agreement& agreement, const sdp::Document& offer,
                         sdp::Section section) {
  auto document = start_document(local);
  auto media = media_of(local);
  media.setup = agreement.active ? sdp::Setup::active : sdp::Setup::passive;
  media.cema = media.cema && agreement.remote.cema;
  if (agreement.remote.file &&
      !agreement.remote.transfer_id
           .empty()) {  // RFC 5547 8.2: the same selector and transfer id, the other direction
    media.file = sdp::FileDescription{};
    media.file->selector = *agreement.remote.file;
    media.file->transfer_id = agreement.remote.transfer_id;
  }
  if (agreement.remote.direction == sdp::Direction::sendonly) media.direction = sdp::Direction::recvonly;
  for (const auto offered : offer.media()) {
    if (offered == section) {
      sdp::append_msrp(document, media);
    } else {
      sdp::append_rejected(document, sdp::media_line(offer, offered));
    }
  }
  return document.print();
}

}  // namespace ue
