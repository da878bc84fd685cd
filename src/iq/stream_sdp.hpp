#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/fingerprint.hpp"
#include "base/result.hpp"
#include "iq/media_gateway.hpp"

// The SDP of Local and Remote descriptors (H.248.1 7.1.8; TS 29.334 5.16): one m= line, "$" where the gateway
// shall choose, "*" where it does not matter.
namespace iq {

/// One session description. What is absent was not written.
struct StreamSdp {
  /// A value of the c= or m= line.
  enum class Given : std::uint8_t { absent, choose, any, value };
  Given host_given = Given::absent;
  bool ipv6 = false;  // of c=, whatever its address
  std::string host;   // a literal address without brackets, or a name
  Given port_given = Given::absent;
  std::uint16_t port = 0;
  std::optional<Transport> transport;
  std::string media = "message";
  std::string formats = "-";         // of the m= line
  std::optional<std::string> setup;  // active, passive, actpass, holdconn
  std::vector<base::Fingerprint> fingerprints;
  /// The local certificate's fingerprint is asked for ("$", "$ $" or "sha-256 $"): by which hashes, empty:
  /// the default one.
  bool asks_fingerprint = false;
  std::vector<std::string> asked_hashes;
  std::vector<std::string> path;         // a=path; "$" as host and port inside where they are to be chosen
  std::vector<std::string> other_lines;  // not understood: kept, in order
  friend bool operator==(const StreamSdp&, const StreamSdp&) = default;
};

/// All session descriptions of one descriptor (alternatives, most preferred first), each begun by v=; those
/// whose transport is none of ours are left out, unless that leaves none. No lines: none. The error is an
/// H.248.8 code (449, 474, 515) and the line that is wrong.
struct SdpError {
  std::uint16_t code;
  std::string text;
};
base::Result<std::vector<StreamSdp>, SdpError> parse_stream_sdp(std::string_view text);
/// "TCP/TLS" and so on.
std::string_view to_string(Transport transport) noexcept;
/// Any case of letters.
std::optional<Transport> find_transport(std::string_view proto) noexcept;
/// CRLF lines: v=, c=, m=, a=.
std::string print_stream_sdp(const StreamSdp& sdp);

}  // namespace iq
