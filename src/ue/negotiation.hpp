#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/fingerprint.hpp"
#include "base/result.hpp"
#include "proto/msrp/media_type.hpp"
#include "proto/msrp/uri.hpp"
#include "proto/sdp/build.hpp"
#include "proto/sdp/document.hpp"

/// Offer and answer of one MSRP session (RFC 3264, 4975 8, 6135, 6714, 5547), as values.
namespace ue {

/// How this UE finds its peer and matches its messages: by c= and m= with whole URIs compared (CEMA, RFC
/// 6714), by the path with session-ids compared (sessmatch), by the path with whole URIs compared (RFC 4975).
enum class PeerKind : std::uint8_t { cema, sessmatch, plain };

/// What our SDP says.
struct LocalMedia {
  base::IpAddress address;
  std::uint16_t port = 9;  // where we listen; 9 (discard) when active (RFC 6135 4.2.2)
  std::string session_id;  // of our MSRP URI; 80 bits of randomness at least (RFC 4975 14.1)
  std::string origin_id;   // o= sess-id, decimal digits; also the call's name in our signalling
  bool tls = false;
  bool e2ae = false;  // offer: a=3ge2ae:requested; answer: the offer must say a=3ge2ae:applied
  PeerKind peer = PeerKind::cema;
  sdp::Setup setup = sdp::Setup::actpass;
  std::vector<std::string> accept_types = {"*"};
  std::optional<std::uint64_t> max_size;
  sdp::Direction direction = sdp::Direction::sendrecv;
  std::vector<base::Fingerprint> fingerprints;  // of our certificate; printed with TLS only
  std::optional<sdp::FileDescription> file;
};

/// What the peer's section says.
struct RemoteMedia {
  std::string host;  // of c=
  std::uint16_t port = 0;
  bool tls = false;
  bool cema = false;
  msrp::Path path;
  std::optional<sdp::Setup> setup;  // without holdconn, which MSRP takes for none (RFC 6135 4.2.1)
  std::vector<base::Fingerprint> fingerprints;
  std::optional<sdp::E2ae> e2ae;
  msrp::MediaTypes accept_types = msrp::MediaTypes::any();
  std::optional<std::uint64_t> max_size;
  sdp::Direction direction = sdp::Direction::sendrecv;
  std::optional<sdp::FileSelector> file;
  std::string transfer_id;
};

/// Both sides agree: who opens the connection, and where to.
struct Agreement {
  RemoteMedia remote;
  bool tls = false;
  bool active = false;                   // we open it
  std::optional<base::Address> connect;  // when active
};

/// Why a description cannot be used, a sentence for people.
struct Refusal {
  std::string why;
};

msrp::Uri uri_of(const LocalMedia& local);
std::string print_offer(const LocalMedia& local);

/// The first MSRP section that is not refused (port 0).
std::optional<sdp::Section> find_msrp(const sdp::Document& document);
base::Result<RemoteMedia, Refusal> read_media(const sdp::Document& document, sdp::Section section);

/// `local` is what was offered. A missing a=setup means that the answerer is passive (RFC 4145 4, 6135 5).
base::Result<Agreement, Refusal> read_answer(const LocalMedia& local, std::string_view sdp);

/// What to do with an offer: `local.setup` says which role we prefer, actpass none; `local.tls` that plain
/// TCP is refused. The port is not needed yet.
base::Result<Agreement, Refusal> read_offer(const LocalMedia& local, const sdp::Document& offer,
                                            sdp::Section section);
/// The answer to an offer that was read: `local.port` is known now when passive; other sections are refused.
std::string print_answer(const LocalMedia& local, const Agreement& agreement, const sdp::Document& offer,
                         sdp::Section section);

}  // namespace ue
