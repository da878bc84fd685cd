#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "proto/sdp/msrp_attributes.hpp"
#include "ue/negotiation.hpp"

namespace ue {

enum class Command : std::uint8_t { listen, chat, send, receive };

/// What the command line of `postern ue` says, checked.
struct Arguments {
  Command command = Command::listen;
  std::string signal;  // listen, receive: where offers are awaited
  std::string to;      // chat, send: the URL that the offer is posted to
  std::optional<base::Address> ng;
  std::pair<std::string, std::string> direction;  // with ng; both empty: none
  std::vector<std::string> flags;                 // with ng; bare ones and key=value
  bool tls = false;
  bool e2ae = false;
  std::string cert, key;
  sdp::Setup setup = sdp::Setup::actpass;
  PeerKind peer = PeerKind::cema;
  base::IpAddress address = base::IpAddress::v4({127, 0, 0, 1});
  std::chrono::seconds timeout{30};  // until a call's session is bound
  std::string file, text;            // send: one of them
  std::string content_type;          // send: empty: by what is sent
  std::string out = ".";             // receive
  std::uint64_t max_size = 0;        // receive: octets of a message; 0: no limit
  unsigned count = 1;                // listen, receive: calls to take before the end
  unsigned wait_reply = 0;           // chat: messages to wait for after the end of input
  bool json = false;
  bool progress = false;
};

struct UsageError {
  std::string why;
};

/// The arguments behind "ue". With --help among them, `help` is the text to print and the rest means nothing.
base::Result<Arguments, UsageError> parse_arguments(std::span<const std::string> args, std::string& help);

}  // namespace ue
