#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/sdp/document.hpp"

namespace sdp {

/// m=<media> <port>[/<port count>] <proto> <fmt> ... (RFC 8866 5.14). Port 0: rejected (RFC 3264 6).
struct MediaLine {
  std::string media;
  std::uint16_t port = 0;
  std::uint32_t port_count = 1;
  std::string proto;
  std::vector<std::string> formats;

  friend bool operator==(const MediaLine&, const MediaLine&) = default;
};

/// The value of an m= line. More than one blank between its parts and no formats at all are taken too.
std::optional<MediaLine> parse_media_line(std::string_view value);
std::string to_string(const MediaLine& line);
/// `media` is a media section, not the session part; so in every function below that calls it so.
MediaLine media_line(const Document& document, Section media);

/// Changes the port and drops a port count: what we offer is one port. Port 0 rejects the section.
void set_port(Document& document, Section media, std::uint16_t port);
void set_proto(Document& document, Section media, std::string_view proto);

inline constexpr std::string_view tcp_msrp = "TCP/MSRP";
inline constexpr std::string_view tcp_tls_msrp = "TCP/TLS/MSRP";
/// m=message with TCP/MSRP or TCP/TLS/MSRP (RFC 4975 8.1), in any case.
bool is_msrp(const Document& document, Section media);
/// TCP/TLS/MSRP.
bool is_msrps(const Document& document, Section media);

/// c=IN <addrtype> <address> (RFC 8866 5.7); the address may be a name. A multicast suffix is left out.
struct ConnectionAddress {
  std::string addrtype;  // "IP4" or "IP6"
  std::string address;

  friend bool operator==(const ConnectionAddress&, const ConnectionAddress&) = default;
};

/// With the addrtype that the text of the address shows; a name counts as IP4.
ConnectionAddress connection_of(std::string_view address);
std::string to_string(const ConnectionAddress& connection);
/// The section's own c= line, or else the session's.
Found<ConnectionAddress> connection_address(const Document& document, Section section);
/// Makes it the section's address. Where the section inherits another one it gets a c= line of its own,
/// behind m= and i= (RFC 8866 9: media-description), and the session's stays. Nothing changes where it holds
/// already.
void set_connection(Document& document, Section section, const ConnectionAddress& connection);

/// o= (RFC 8866 5.2). The numbers are kept as text: some peers write more digits than any integer holds.
struct Origin {
  std::string username = "-";
  std::string session_id;
  std::string session_version;
  ConnectionAddress address;

  friend bool operator==(const Origin&, const Origin&) = default;
};
std::string to_string(const Origin& origin);
Found<Origin> origin(const Document& document);
/// Replaces the o= line; a document that has none gets one behind v=.
void set_origin(Document& document, const Origin& origin);

/// RFC 8866 6.7; seen from the document's author.
enum class Direction : std::uint8_t { sendrecv, sendonly, recvonly, inactive };
std::string_view to_string(Direction direction);
/// The section's own, or else the session's, or else sendrecv.
Direction direction(const Document& document, Section section);

}  // namespace sdp
