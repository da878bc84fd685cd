#include <algorithm>
#include <optional>

#include "app/capture.hpp"

// The file formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
namespace app {
namespace {

constexpr std::uint32_t pcap_magic = 0xA1B2'C3D4, pcap_nano_magic = 0xA1B2'3C4D;
constexpr std::uint32_t section_block = 0x0A0D'0D0A, byte_order_magic = 0x1A2B'3C4D;
constexpr std::uint32_t interface_block = 1, simple_block = 3, packet_block = 6;
/// The clock of the day counts nanoseconds in 63 bits, which last until 2262; no capture is from then.
constexpr std::uint64_t last_second = 9'000'000'000;
constexpr std::uint16_t timestamp_resolution = 9;  // option if_tsresol

using Frames = std::vector<CapturedFrame>;

/// Integers in the file's byte order; zero beyond the end.
class Octets {
 public:
  Octets(std::string_view octets, bool little) : octets_(octets), little_(little) {}
  std::uint32_t number(std::size_t at, std::size_t width) const {
    if (at > octets_.size() || width > octets_.size() - at) return 0;
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < width; ++i)
      out = out << 8 | static_cast<unsigned char>(octets_[at + (little_ ? width - 1 - i : i)]);
    return out;
  }
  std::uint32_t u32(std::size_t at) const { return number(at, 4); }
  std::uint16_t u16(std::size_t at) const { return static_cast<std::uint16_t>(number(at, 2)); }
  /// At most `length` octets, as far as there are any.
  std::string_view piece(std::size_t at, std::size_t length) const {
    return at < octets_.size() ? octets_.substr(at, length) : std::string_view{};
  }

 private:
  std::string_view octets_;
  bool little_;
};

std::uint32_t first_word(std::string_view file, bool little) {
  return Octets(file, little).u32(0);
}

/// The byte order in which `file` begins with one of these.
std::optional<bool> byte_order(std::string_view file, std::uint32_t one, std::uint32_t other) {
  for (const bool little : {false, true}) {
    if (const auto word = first_word(file, little); word == one || word == other) return little;
  }
  return std::nullopt;
}

Frames read_pcap(std::string_view file, bool little) {
  constexpr std::size_t file_header = 24, frame_header = 16;
  const Octets all(file, little);
  const auto unit = all.u32(0) == pcap_nano_magic ? 1000U : 1U;
  Frames out;
  for (std::size_t at = file_header; at + frame_header <= file.size();) {
    const std::size_t length = all.u32(at + 8);
    if (length > file.size() - at - frame_header) break;
    const auto time = std::chrono::seconds(all.u32(at)) + std::chrono::microseconds(all.u32(at + 4) / unit);
    // The upper bits of the link type tell of a frame check sequence.
    out.push_back({out.size() + 1, time, all.u32(20) & 0xFFFF, all.piece(at + frame_header, length)});
    at += frame_header + length;
  }
  return out;
}

/// An interface of a pcapng section.
struct Interface {
  std::uint32_t link_type = 0;
  std::uint64_t ticks = 1'000'000;  // a second has
};

/// 10^n, or 2^n with the upper bit; nothing finer than nanoseconds is of interest, nothing else fits.
std::uint64_t ticks_of(unsigned resolution) {
  const unsigned exponent = resolution & 0x7F;
  if ((resolution & 0x80) != 0) return std::uint64_t{1} << std::min(exponent, 40U);
  std::uint64_t out = 1;
  for (unsigned i = 0; i < std::min(exponent, 12U); ++i) out *= 10;
  return out;
}

Interface read_interface(const Octets& block, std::size_t length) {
  Interface out{block.u16(8), 1'000'000};
  for (std::size_t at = 16; at + 4 <= length;) {
    const std::size_t size = block.u16(at + 2);
    if (block.u16(at) == timestamp_resolution && size >= 1) out.ticks = ticks_of(block.number(at + 4, 1));
    at += 4 + (size + 3) / 4 * 4;
  }
  return out;
}

/// Blocks, one by one; each says its length.
class PcapngReader {
 public:
  explicit PcapngReader(std::string_view file) : rest_(file) {}

  base::Result<Frames, std::string> run() {
    while (rest_.size() >= 12) {
      if (Octets(rest_, true).u32(0) == section_block && !begin_section())
        return std::string("a pcapng section has no byte order");
      const Octets block(rest_, little_);
      const std::size_t length = block.u32(4);
      if (length < 12) return std::string("a pcapng block has no length");
      if (length > rest_.size()) break;
      take(block, length);
      rest_.remove_prefix(length);
    }
    return std::move(frames_);
  }

 private:
  bool begin_section() {
    interfaces_.clear();
    const auto order = byte_order(rest_.substr(8), byte_order_magic, byte_order_magic);
    little_ = order.value_or(false);
    return order.has_value();
  }

  void take(const Octets& block, std::size_t length) {
    const auto type = block.u32(0);
    if (type == interface_block) interfaces_.push_back(read_interface(block, length));
    if (type == packet_block) add_packet(block, length);
    if (type == simple_block && !interfaces_.empty() && length >= 16)
      add(interfaces_[0], {}, block.piece(12, std::min<std::size_t>(block.u32(8), length - 16)));
  }

  void add_packet(const Octets& block, std::size_t length) {
    const std::size_t index = block.u32(8);
    if (length < 32 || index >= interfaces_.size() || block.u32(20) > length - 32) return;
    const auto& from = interfaces_[index];
    const auto ticks = std::uint64_t{block.u32(12)} << 32 | block.u32(16);
    const auto rest = static_cast<double>(ticks % from.ticks) / static_cast<double>(from.ticks);
    const auto whole = ticks / from.ticks;
    const auto seconds = std::chrono::seconds(whole <= last_second ? whole : 0);
    const auto micros = std::chrono::microseconds(static_cast<std::int64_t>(rest * 1e6));
    add(from, seconds + micros, block.piece(28, block.u32(20)));
  }

  void add(const Interface& from, std::chrono::microseconds time, std::string_view octets) {
    frames_.push_back({frames_.size() + 1, time, from.link_type, octets});
  }

  std::string_view rest_;
  bool little_ = false;
  std::vector<Interface> interfaces_;
  Frames frames_;
};

}  // namespace

bool is_capture(std::string_view file) noexcept {
  return file.size() >= 4 &&
         (byte_order(file, pcap_magic, pcap_nano_magic) || first_word(file, true) == section_block);
}

base::Result<Frames, std::string> read_capture(std::string_view file) {
  if (const auto little = byte_order(file, pcap_magic, pcap_nano_magic)) return read_pcap(file, *little);
  return PcapngReader(file).run();
}

}  // namespace app
