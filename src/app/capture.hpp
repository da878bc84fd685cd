#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"

namespace app {

/// A frame of a capture file; the octets are the file's.
struct CapturedFrame {
  std::uint64_t number = 0;           // from 1, as Wireshark counts
  std::chrono::microseconds time{0};  // since 1970; zero: the file does not tell
  std::uint32_t link_type = 0;        // LINKTYPE_... (tcpdump.org/linktypes.html)
  std::string_view octets;
};

/// Whether it begins as a pcap or pcapng file does.
bool is_capture(std::string_view file) noexcept;
/// The frames of a pcap (micro- or nanoseconds) or pcapng file of either byte order. What was cut off at the
/// file's end is left out. The error is a sentence.
base::Result<std::vector<CapturedFrame>, std::string> read_capture(std::string_view file);

/// What a frame carries in one UDP datagram or TCP segment.
struct Datagram {
  base::Address from, to;
  bool tcp = false;
  std::uint32_t sequence = 0;  // TCP: of the first octet
  bool begins = false;         // TCP: SYN
  std::string_view octets{};
};
/// Of Ethernet (VLAN tags too), Linux cooked, BSD loopback and raw IP frames, IPv4 and IPv6; nothing where it
/// is something else, or one piece of a fragmented packet.
std::optional<Datagram> read_datagram(const CapturedFrame& frame);

}  // namespace app
