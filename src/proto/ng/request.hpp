#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "proto/ng/value.hpp"

namespace ng {

enum class Command : std::uint8_t { ping, offer, answer, delete_call, query, list, statistics };
/// The name on the wire: "ping", ..., "delete".
std::string_view name_of(Command command) noexcept;

/// msrp-tls: the transport on the recipient's side.
enum class MsrpTls : std::uint8_t { tls, tcp, passthru };
/// msrp-peer: what is known of the recipient's path handling.
enum class MsrpPeer : std::uint8_t { automatic, cema, sessmatch, plain };
/// msrp-mode: the gateway's mode, forced.
enum class MsrpMode : std::uint8_t { automatic, agnostic, aware };
/// msrp-setup: the role shown to the recipient.
enum class MsrpSetup : std::uint8_t { active, passive, actpass };

/// `direction`: the realm of the sender and the realm of the recipient.
struct Direction {
  std::string sender;
  std::string recipient;
  friend bool operator==(const Direction&, const Direction&) = default;
};

/// A request of the NG protocol. Where the dictionary says nothing, strings and lists are empty and optionals
/// have no value.
struct Request {
  Command command = Command::ping;
  std::string call_id, from_tag, to_tag, via_branch;
  std::string sdp;  // octet for octet
  std::optional<Direction> direction;
  std::vector<std::string> flags;    // bare words, known and unknown, in order: "msrp-e2ae", "trust-address"
  std::vector<std::string> replace;  // "origin", "session-connection"
  std::optional<base::IpAddress> received_from;
  std::optional<std::uint32_t> limit;

  std::optional<MsrpTls> msrp_tls;
  std::optional<MsrpPeer> msrp_peer;
  std::optional<MsrpMode> msrp_mode;
  std::optional<MsrpSetup> msrp_setup;
  base::Secret msrp_psk;  // empty: none
  std::string msrp_psk_identity;

  /// Keys ("key") and bare flags ("flag") that mean nothing here, for the log: each is to be said once.
  std::vector<std::string> unknown_keys, unknown_flags;

  bool has_flag(std::string_view flag) const noexcept;
  /// The recipient's registration indicated msrp-tls;mediasec (the bare flag msrp-e2ae).
  bool msrp_e2ae() const noexcept { return has_flag("msrp-e2ae"); }
  /// A delete by somebody who is not the proxy, so that the proxy is to be told (the bare flag tell-proxy).
  bool tell_proxy() const noexcept { return has_flag("tell-proxy"); }
};

/// What to tell the sender: goes out as `error-reason` as it is.
struct RequestError {
  std::string reason;
};

/// Keys are taken from the dictionary, from "key=value" among its `flags` and from the raw string of
/// `rtpp-flags`
/// ("a b=c direction=x direction=y d=[e f]"); of a key given more than once the first counts, in that order,
/// while the values of replace, and of direction among the words, add up. As with rtpengine, case, space, '_'
/// and '-' are alike in a key ("call ID"). A known key with a value that it cannot have is an error that
/// names the key, and so is the lack of a key that the command needs.
base::Result<Request, RequestError> parse_request(const Dictionary& dictionary);

/// The dictionary that parse_request() takes for this request, every key at its top. For who plays the
/// proxy's part.
Dictionary print_request(const Request& request);

}  // namespace ng
