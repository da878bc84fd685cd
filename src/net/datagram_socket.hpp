#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/address.hpp"
#include "net/fd.hpp"

namespace net {

/// Where a datagram came from and where it had been sent to: what its answer needs.
struct DatagramPeer {
  /// Of a UDP peer; nothing for a peer on a unix socket.
  std::optional<base::Address> address;
  /// The local address that was asked; the answer is sent from it. UDP only.
  base::IpAddress asked;
  /// The peer's sun_path as the kernel gave it: an abstract one begins with a NUL. Empty where the peer has
  /// none and so cannot be answered.
  std::string path;
  /// The interface of a link-local IPv6 peer; otherwise 0.
  unsigned scope = 0;
};

struct Datagram {
  DatagramPeer peer;
  std::string_view payload;  // dies with the next receive()
};

/// A bound, non-blocking datagram socket, UDP or unix. Knows no loop: its owner watches fd().
class DatagramSocket {
 public:
  /// No UDP datagram is longer (65,507 octets over IPv4, 65,527 over IPv6).
  static constexpr std::size_t max_datagram = 65'535;

  DatagramSocket() = default;
  DatagramSocket(DatagramSocket&&) noexcept = default;
  DatagramSocket& operator=(DatagramSocket&&) = delete;
  ~DatagramSocket() { close(); }

  /// An IPv6 socket serves IPv6 only. Port 0: the kernel chooses.
  std::error_code open_udp(const base::Address& local);
  /// A socket file on which nobody listens is replaced; one in use is address_in_use, a file of another kind
  /// file_exists. close() removes the file.
  std::error_code open_unix(const std::string& path);
  void close() noexcept;

  int fd() const noexcept { return fd_.get(); }
  /// With the port that the kernel chose. UDP only.
  base::Address local_address() const;
  /// The next datagram, or nothing: then the error says why (operation_would_block: none is waiting). What is
  /// longer than max_datagram (unix only) is dropped: message_size.
  std::optional<Datagram> receive(std::error_code& error);
  /// A datagram is sent whole or not at all.
  std::error_code send(const DatagramPeer& peer, std::string_view payload) noexcept;

 private:
  Fd fd_;
  std::string path_;  // of our socket file
  std::string buffer_;
};

}  // namespace net
