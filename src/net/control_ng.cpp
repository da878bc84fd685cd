#include "net/control_ng.hpp"

#include <utility>

#include "base/text.hpp"
#include "net/control_ng_carriers.hpp"
#include "net/socket.hpp"

namespace net {
namespace {

using Opened = base::Result<std::unique_ptr<NgListener>, ListenError>;

struct Wanted {
  ControlLoop& loop;
  std::string_view text;  // the whole, for errors
  NgHandler handler;
  NgListenOptions options;
};

ListenError failure(std::string_view text, std::string_view reason) {
  return {"cannot listen on \"" + base::printable(text) + "\": " + std::string(reason)};
}

/// HOST:PORT, where brackets around an IPv6 HOST may be left out.
std::optional<base::Address> address_of(std::string_view text) {
  if (const auto plain = base::Address::parse(text)) return plain;
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  return base::Address::parse("[" + std::string(text.substr(0, colon)) + "]" +
                              std::string(text.substr(colon)));
}

Opened open_udp(Wanted& wanted, std::string_view scheme, std::string_view rest) {
  const auto address = address_of(rest);
  const bool v6 = scheme == "udp6";
  if (!address || address->ip.is_v6() != v6)
    return failure(wanted.text, v6 ? "expected udp6:[IPv6 address]:PORT" : "expected udp:IPv4 address:PORT");
  DatagramSocket socket;
  if (const auto error = socket.open_udp(*address)) return failure(wanted.text, error.message());
  return ng_over_datagrams(wanted.loop, std::move(socket), std::string(scheme), {}, std::move(wanted.handler),
                           wanted.options);
}

Opened open_unix(Wanted& wanted, std::string_view path) {
  if (!path.starts_with('/')) return failure(wanted.text, "expected unix:/absolute/path");
  DatagramSocket socket;
  if (const auto error = socket.open_unix(std::string(path))) return failure(wanted.text, error.message());
  return ng_over_datagrams(wanted.loop, std::move(socket), "unix", std::string(path),
                           std::move(wanted.handler), wanted.options);
}

Opened open_tcp(Wanted& wanted, std::string_view rest) {
  const auto address = address_of(rest);
  if (!address) return failure(wanted.text, "expected tcp:ADDRESS:PORT");
  base::expect(wanted.options.frame_length != nullptr);
  auto listening = listen_tcp(*address, 128);
  if (!listening) return failure(wanted.text, listening.error().message());
  const auto local = local_address(*listening);
  if (!local) return failure(wanted.text, local.error().message());
  return ng_over_tcp(wanted.loop, std::move(*listening), *local, std::move(wanted.handler),
                     std::move(wanted.options));
}

}  // namespace

Opened NgListener::open(ControlLoop& loop, std::string_view listen, NgHandler handler,
                        NgListenOptions options) {
  Wanted wanted{loop, listen, std::move(handler), std::move(options)};
  auto rest = listen;
  const auto scheme = base::take_until(rest, ':');
  if (scheme == "udp" || scheme == "udp6") return open_udp(wanted, scheme, rest);
  if (scheme == "unix") return open_unix(wanted, rest);
  if (scheme == "tcp") return open_tcp(wanted, rest);
  return failure(listen, "expected udp:, udp6:, unix: or tcp: before the address");
}

}  // namespace net
