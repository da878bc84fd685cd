#include "app/h248_sockets.hpp"

#include <algorithm>

namespace app {
namespace {

net::MessageCarrier carrier_of(h248::Carrier carrier) {
  switch (carrier) {
    case h248::Carrier::udp:
      return net::MessageCarrier::udp;
    case h248::Carrier::tcp:
      return net::MessageCarrier::tcp;
    case h248::Carrier::sctp:
      return net::MessageCarrier::sctp;
  }
  return net::MessageCarrier::udp;
}

h248::Carrier carrier_of(net::MessageCarrier carrier) {
  switch (carrier) {
    case net::MessageCarrier::udp:
      return h248::Carrier::udp;
    case net::MessageCarrier::tcp:
      return h248::Carrier::tcp;
    case net::MessageCarrier::sctp:
      return h248::Carrier::sctp;
  }
  return h248::Carrier::udp;
}

h248::Route route_of(const net::MessagePeer& peer) {
  return {carrier_of(peer.carrier), peer.address, peer.socket, peer.connection};
}

net::MessageOptions with_admit(std::function<bool(const base::IpAddress&)> admit) {
  net::MessageOptions out;
  out.admit = std::move(admit);
  return out;
}

}  // namespace

H248Sockets::H248Sockets(net::ControlLoop& loop, User user, std::function<bool(const base::IpAddress&)> admit)
    : sockets_(loop,
               {.on_message = [on_message = std::move(user.on_message)](
                                  std::string_view message,
                                  const net::MessagePeer& from) { on_message(message, route_of(from)); },
                .on_closed = [on_lost = std::move(user.on_lost)](
                                 const net::MessagePeer& peer,
                                 const std::string& why) { on_lost(route_of(peer), why); }},
               with_admit(std::move(admit))) {}

base::Result<base::Address, std::string> H248Sockets::listen(const H248Place& place) {
  const auto socket = sockets_.listen(to_string(place));
  if (!socket) return socket.error().reason;
  return sockets_.address(*socket);
}

void H248Sockets::send(const h248::Route& to, std::string_view message) {
  sockets_.send({carrier_of(to.carrier), to.peer, to.socket, to.connection}, message);
}

std::string H248Sockets::addresses() const {
  auto out = sockets_.addresses();
  std::erase(out, ' ');
  return out;
}

}  // namespace app
