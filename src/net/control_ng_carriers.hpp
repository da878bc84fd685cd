#pragma once
// The carriers of NG behind NgListener::open(). Not for other rooms.
#include <memory>
#include <string>
#include <system_error>

#include "base/address.hpp"
#include "net/control_ng.hpp"
#include "net/datagram_socket.hpp"
#include "net/fd.hpp"

namespace net {

/// `scheme` is "udp", "udp6" or "unix"; `path` is of the unix socket.
std::unique_ptr<NgListener> ng_over_datagrams(ControlLoop& loop, DatagramSocket socket, std::string scheme,
                                              std::string path, NgHandler handler,
                                              const NgListenOptions& options);
std::unique_ptr<NgListener> ng_over_tcp(ControlLoop& loop, Fd listening, const base::Address& address,
                                        NgHandler handler, NgListenOptions options);

}  // namespace net
