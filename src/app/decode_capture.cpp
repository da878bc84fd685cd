#include <map>
#include <optional>

#include "app/capture.hpp"
#include "app/decode_input.hpp"
#include "app/log.hpp"

namespace app {
namespace {

constexpr std::uint16_t text_port = 2944, binary_port = 2945;

bool has_port(const Datagram& datagram, std::uint16_t port) {
  return datagram.from.port == port || datagram.to.port == port;
}

/// One direction of a TCP connection: segments put in order, then cut into TPKT packets (RFC 1006 6).
class TcpStream {
 public:
  void add(const Datagram& segment) {
    if (segment.begins) {
      *this = TcpStream();
      next_ = segment.sequence + 1;
      return;
    }
    if (segment.octets.empty()) return;
    if (!next_) next_ = segment.sequence;  // the capture began later than the connection
    ahead_[segment.sequence] = segment.octets;
    while (take_ahead()) {
    }
  }
  /// The next packet's user data; nothing: not yet, or not TPKT.
  std::optional<std::string> packet() {
    constexpr std::size_t header = 4;
    if (pending_.size() < header) return std::nullopt;
    const auto octet = [&](std::size_t at) { return std::size_t{static_cast<unsigned char>(pending_[at])}; };
    const auto length = octet(2) << 8 | octet(3);
    foreign_ = foreign_ || octet(0) != 3 || length < header;
    if (foreign_ || pending_.size() < length) return std::nullopt;
    auto out = pending_.substr(header, length - header);
    pending_.erase(0, length);
    return out;
  }
  bool foreign() const { return foreign_; }
  /// Segments that nothing ever came before.
  bool has_gap() const { return !ahead_.empty(); }

 private:
  bool take_ahead() {
    for (auto at = ahead_.begin(); at != ahead_.end(); ++at) {
      const auto behind = static_cast<std::int32_t>(*next_ - at->first);  // of octets that are here already
      if (behind < 0) continue;
      auto octets = at->second;
      octets.remove_prefix(std::min(octets.size(), static_cast<std::size_t>(behind)));
      pending_.append(octets);
      *next_ += static_cast<std::uint32_t>(octets.size());
      ahead_.erase(at);
      return true;
    }
    return false;
  }

  std::optional<std::uint32_t> next_;
  std::map<std::uint32_t, std::string_view> ahead_;
  std::string pending_;
  bool foreign_ = false;
};

class Finder {
 public:
  FoundTexts run(std::string_view capture) {
    const auto frames = read_capture(capture);
    if (!frames) {
      out_.complaints.push_back(frames.error());
      return std::move(out_);
    }
    for (const auto& frame : *frames) {
      const auto datagram = read_datagram(frame);
      if (!datagram) continue;
      if (datagram->tcp) {
        on_segment(frame, *datagram);
      } else if (has_port(*datagram, text_port) || begins_message(datagram->octets)) {
        add(frame, *datagram, std::string(datagram->octets));
      } else if (has_port(*datagram, binary_port)) {
        complain_of_binary(frame);
      }
    }
    for (const auto& [ends, stream] : streams_) {
      if (stream.has_gap() && !stream.foreign() && h248_.contains(ends))
        out_.complaints.push_back(ends.first.to_string() + " to " + ends.second.to_string() +
                                  ": a part of the TCP stream is not in the capture");
    }
    return std::move(out_);
  }

 private:
  using Ends = std::pair<base::Address, base::Address>;

  void on_segment(const CapturedFrame& frame, const Datagram& segment) {
    const Ends ends{segment.from, segment.to};
    auto& stream = streams_[ends];
    if (stream.foreign()) return;
    stream.add(segment);
    while (auto packet = stream.packet()) {
      if (!has_port(segment, text_port) && !begins_message(*packet)) continue;
      h248_[ends] = true;
      add(frame, segment, *std::move(packet));
    }
    if (stream.foreign() && has_port(segment, text_port))
      out_.complaints.push_back(place(frame) + "this TCP connection carries no TPKT packets");
    if (has_port(segment, binary_port) && !segment.octets.empty()) complain_of_binary(frame);
  }

  static std::string place(const CapturedFrame& frame) {
    return "packet " + std::to_string(frame.number) + ": ";
  }

  void complain_of_binary(const CapturedFrame& frame) {
    if (std::exchange(binary_, true)) return;
    out_.complaints.push_back(place(frame) + "binary encoding (port 2945) is not read, only text is");
  }

  void add(const CapturedFrame& frame, const Datagram& datagram, std::string text) {
    const std::chrono::system_clock::time_point time(frame.time);
    out_.texts.push_back({std::move(text),
                          std::to_string(frame.number) + "  " + timestamp(time) + "  " +
                              (datagram.tcp ? "tcp " : "udp ") + datagram.from.to_string() + " to " +
                              datagram.to.to_string(),
                          place(frame)});
  }

  FoundTexts out_;
  std::map<Ends, TcpStream> streams_;
  std::map<Ends, bool> h248_;
  bool binary_ = false;
};

}  // namespace

FoundTexts find_messages(std::string_view capture) {
  return Finder().run(capture);
}

}  // namespace app
