#pragma once
#include <compare>
#include <cstdint>
#include <string_view>

#include "base/address.hpp"

namespace h248 {

/// What carries messages (H.248.1 annex D, H.248.4).
enum class Carrier : std::uint8_t { udp, tcp, sctp };
constexpr bool is_reliable(Carrier carrier) noexcept {
  return carrier != Carrier::udp;
}
constexpr std::string_view to_string(Carrier carrier) noexcept {
  return carrier == Carrier::udp ? "udp" : carrier == Carrier::tcp ? "tcp" : "sctp";
}

/// Where a message came from, and so where the replies to it go (H.248.1 annex D.1.1); or where messages
/// shall go. A value; who owns the sockets knows what it means.
struct Route {
  Carrier carrier = Carrier::udp;
  base::Address peer;
  /// Of ours: which socket. Zero: whichever fits.
  std::uint32_t socket = 0;
  /// Of tcp and sctp: which connection or association; none ever has the number of an earlier one. Zero: the
  /// one to that peer, made if there is none.
  std::uint64_t connection = 0;
  friend auto operator<=>(const Route&, const Route&) = default;
};

/// Sends octets; for who owns no sockets. What cannot be sent is lost, as in the network: the sender's timers
/// know what to do.
class Wire {
 public:
  virtual void send(const Route& to, std::string_view message) = 0;

 protected:
  ~Wire() = default;
};

}  // namespace h248
