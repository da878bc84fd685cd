#include "net/control_messages.hpp"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "base/text.hpp"
#include "net/control_messages_connection.hpp"
#include "net/datagram_socket.hpp"
#include "net/sctp.hpp"
#include "net/tpkt.hpp"

namespace net {
namespace {

/// Addresses of one wildcard socket that have numbers; who asks another is answered from the kernel's choice.
constexpr std::size_t max_asked = 64;
constexpr std::uint16_t binary_port = 2945;  // H.248.1 annex D

std::string_view to_string(MessageCarrier carrier) {
  return carrier == MessageCarrier::udp ? "udp" : carrier == MessageCarrier::tcp ? "tcp" : "sctp";
}

std::optional<MessageCarrier> carrier_of(std::string_view scheme) {
  for (const auto carrier : {MessageCarrier::udp, MessageCarrier::tcp, MessageCarrier::sctp})
    if (scheme == to_string(carrier)) return carrier;
  return std::nullopt;
}

ListenError failure(std::string_view place, std::string_view reason) {
  return {"cannot listen on \"" + base::printable(place) + "\": " + std::string(reason)};
}

struct Place {
  MessageCarrier carrier;
  base::Address address;
};

base::Result<Place, ListenError> place_of(std::string_view text) {
  auto rest = text;
  const auto scheme = base::take_until(rest, ':');
  const auto carrier = carrier_of(scheme);
  const auto address = base::Address::parse(rest);
  if (scheme == "ber" || scheme == "binary" || (carrier && address && address->port == binary_port))
    return failure(text, "binary encoding (BER, port 2945) is not supported; text encoding is on port 2944");
  if (!carrier) return failure(text, "expected udp:, tcp: or sctp: before the address");
  if (!address) return failure(text, "expected IPv4 ADDRESS:PORT or [IPv6 ADDRESS]:PORT");
  return Place{*carrier, *address};
}

}  // namespace

struct MessageSockets::Impl {
  /// One number of ours.
  struct Socket {
    MessageCarrier carrier{};
    base::Address address;
    bool listens = true;
    std::uint32_t wildcard =
        0;  // the number of the socket behind it, where this is an address that was asked
    Fd listening;
    DatagramSocket datagrams;
    ControlHandle ready;  // ends before the descriptors are closed
  };
  struct Link {
    MessagePeer peer;
    bool accepted = false;
    std::unique_ptr<MessageConnection> connection;
  };

  Impl(ControlLoop& in, User functions, MessageOptions wanted)
      : loop(in), user(std::move(functions)), options(std::move(wanted)) {
    options.max_message = std::min(options.max_message, tpkt_longest);
  }

  Socket* socket(std::uint32_t number) {
    return number > 0 && number <= sockets.size() ? &sockets[number - 1] : nullptr;
  }

  std::uint32_t add(Socket socket) {
    sockets.push_back(std::move(socket));
    return static_cast<std::uint32_t>(sockets.size());
  }

  // Datagrams.

  base::Result<std::uint32_t, std::error_code> open_udp(const base::Address& at, bool listens) {
    Socket opened;
    if (const auto error = opened.datagrams.open_udp(at)) return error;
    opened.address = opened.datagrams.local_address();
    opened.listens = listens;
    const auto number = add(std::move(opened));
    auto& socket = sockets.back();
    socket.ready =
        loop.watch(socket.datagrams.fd(), Readiness::read, [this, number] { on_datagrams(number); });
    return number;
  }

  void on_datagrams(std::uint32_t number) {
    for (std::size_t i = 0; i < options.burst; ++i) {
      std::error_code error;
      const auto datagram = sockets[number - 1].datagrams.receive(error);
      if (error == std::errc::operation_would_block) return;
      if (datagram)
        on_datagram(number, *datagram);  // other errors tell of messages that could not be delivered
    }
  }

  void on_datagram(std::uint32_t number, const Datagram& datagram) {
    if (datagram.payload.size() > options.max_message) ++counters.malformed;
    if (datagram.payload.empty() || datagram.payload.size() > options.max_message) return;
    user.on_message(datagram.payload,
                    {MessageCarrier::udp, *datagram.peer.address, asked(number, datagram.peer.asked), 0});
  }

  /// The number of that address of ours.
  std::uint32_t asked(std::uint32_t wildcard, const base::IpAddress& ip) {
    const base::Address address{ip, sockets[wildcard - 1].address.port};
    if (!sockets[wildcard - 1].address.ip.is_unspecified()) return wildcard;
    std::size_t known = 0;
    for (std::uint32_t number = 1; number <= sockets.size(); ++number) {
      if (sockets[number - 1].wildcard != wildcard) continue;
      if (sockets[number - 1].address == address) return number;
      ++known;
    }
    if (known == max_asked) return wildcard;
    Socket socket;
    socket.address = address;
    socket.listens = false;
    socket.wildcard = wildcard;
    return add(std::move(socket));
  }

  bool send_datagram(const MessagePeer& to, std::string_view message) {
    auto* from = socket(to.socket != 0 ? to.socket : socket_for(to.address.ip));
    if (from == nullptr || from->carrier != MessageCarrier::udp) return false;
    DatagramPeer peer{.address = to.address, .asked = from->address.ip, .path = {}};
    if (from->wildcard != 0) from = socket(from->wildcard);
    return !from->datagrams.send(peer, message);
  }

  /// The first that has the IP version, opened where there is none; zero where that is not possible.
  std::uint32_t socket_for(const base::IpAddress& peer) {
    for (const bool listens : {true, false})
      for (std::uint32_t number = 1; number <= sockets.size(); ++number) {
        const auto& socket = sockets[number - 1];
        if (socket.datagrams.fd() >= 0 && socket.listens == listens &&
            socket.address.ip.is_v6() == peer.is_v6())
          return number;
      }
    const auto opened = open_udp(source_for(peer).value_or(any(peer)), false);
    return opened ? *opened : 0;
  }

  static base::Address any(const base::IpAddress& like) {
    return {like.is_v6() ? base::IpAddress::v6({}) : base::IpAddress(), 0};
  }

  std::optional<base::Address> source_for(const base::IpAddress& peer) const {
    return sources[peer.is_v6() ? 1 : 0];
  }

  // Connections.

  base::Result<std::uint32_t, std::error_code> open_stream(const Place& place) {
    auto opened = place.carrier == MessageCarrier::sctp ? listen_sctp(place.address, 128)
                                                        : listen_tcp(place.address, 128);
    if (!opened) return opened.error();
    const auto local = local_address(*opened);
    if (!local) return local.error();
    Socket socket;
    socket.carrier = place.carrier;
    socket.address = *local;
    socket.listening = std::move(*opened);
    const auto number = add(std::move(socket));
    accept_on(number);
    return number;
  }

  void accept_on(std::uint32_t number) {
    auto& socket = sockets[number - 1];
    socket.ready =
        loop.watch(socket.listening.get(), Readiness::read, [this, number] { on_connection(number); });
  }

  void on_connection(std::uint32_t number) {
    auto& socket = sockets[number - 1];
    auto accepted = accept_tcp(socket.listening);
    if (accepted) return take(number, std::move(*accepted));
    if (would_block(accepted.error())) return;
    // No descriptor is left, most likely; the connection waits in the kernel and would wake us at once.
    socket.ready = loop.after(std::chrono::milliseconds(100), [this, number] { accept_on(number); });
  }

  void take(std::uint32_t number, Accepted accepted) {
    if (others >= options.max_connections || (options.admit && !options.admit(accepted.peer.ip))) {
      ++counters.refused;
      return;
    }
    ++others;
    auto& link = add_link({sockets[number - 1].carrier, accepted.peer, number, 0});
    link.accepted = true;
    link.connection->accepted(std::move(accepted.socket));
  }

  Link& add_link(MessagePeer peer) {
    peer.connection = ++last_connection;
    MessageConnection::User functions{
        .message = [this, peer](std::string_view message) { user.on_message(message, peer); },
        .end = [this, id = peer.connection](const std::string& why) { on_end(id, why); }};
    auto connection =
        std::make_unique<MessageConnection>(loop, peer.carrier, options, counters, std::move(functions));
    return links[peer.connection] = Link{peer, false, std::move(connection)};
  }

  void on_end(std::uint64_t id, const std::string& why) {
    const auto found = links.find(id);
    auto link = std::move(found->second);
    links.erase(found);
    if (link.accepted) --others;
    const bool told = !link.connection->closing();
    link.connection.reset();  // its socket is free before the user makes another
    if (told) user.on_closed(link.peer, why);
  }

  MessageConnection* find(const MessagePeer& to) {
    if (to.connection != 0) {
      const auto found = links.find(to.connection);
      return found == links.end() ? nullptr : found->second.connection.get();
    }
    for (auto& [id, link] : links)
      if (link.peer.carrier == to.carrier && link.peer.address == to.address && link.connection->usable())
        return link.connection.get();
    return nullptr;
  }

  bool send_on_connection(const MessagePeer& to, std::string_view message) {
    auto* connection = find(to);
    if (connection == nullptr && to.connection != 0) return false;
    if (connection != nullptr) return connection->send(message);
    connection = add_link({to.carrier, to.address, 0, 0}).connection.get();
    connection->connect(to.address, source_for(to.address.ip));
    return connection->send(message);
  }

  ControlLoop& loop;
  User user;
  MessageOptions options;
  Counters counters;
  std::deque<Socket> sockets;               // by number - 1
  std::optional<base::Address> sources[2];  // of IPv4 and IPv6
  std::unordered_map<std::uint64_t, Link> links;
  std::uint64_t last_connection = 0;
  std::size_t others = 0;  // connections that others have made
};

MessageSockets::MessageSockets(ControlLoop& loop, User user, MessageOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(user), std::move(options))) {}
MessageSockets::~MessageSockets() = default;

base::Result<std::uint32_t, ListenError> MessageSockets::listen(std::string_view text) {
  const auto place = place_of(text);
  if (!place) return place.error();
  const auto number = place->carrier == MessageCarrier::udp ? impl_->open_udp(place->address, true)
                                                            : impl_->open_stream(*place);
  if (!number) return failure(text, reason_of(place->carrier, number.error()));
  return *number;
}

base::Address MessageSockets::address(std::uint32_t socket) const {
  const auto* found = impl_->socket(socket);
  return found == nullptr ? base::Address{} : found->address;
}

std::string MessageSockets::addresses() const {
  std::string out;
  for (const auto& socket : impl_->sockets) {
    if (!socket.listens) continue;
    if (!out.empty()) out += ", ";
    out += std::string(to_string(socket.carrier)) + ":" + socket.address.to_string();
  }
  return out;
}

void MessageSockets::set_source(const base::Address& address) {
  impl_->sources[address.ip.is_v6() ? 1 : 0] = address;
}

void MessageSockets::send(const MessagePeer& to, std::string_view message) {
  const bool sendable = !message.empty() && message.size() <= impl_->options.max_message;
  const bool sent = sendable && (to.carrier == MessageCarrier::udp ? impl_->send_datagram(to, message)
                                                                   : impl_->send_on_connection(to, message));
  if (!sent) ++impl_->counters.unsent;
}

void MessageSockets::close(const MessagePeer& peer) {
  if (peer.carrier == MessageCarrier::udp) return;
  if (auto* connection = impl_->find(peer)) connection->close();
}

const MessageSockets::Counters& MessageSockets::counters() const noexcept {
  return impl_->counters;
}

}  // namespace net
