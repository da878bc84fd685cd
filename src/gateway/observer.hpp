#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "proto/msrp/parser.hpp"

namespace gateway {

/// MSRP messages by method or status code. The registered ones (RFC 4975, 4976, 7701) have a counter each,
/// whatever else a peer makes up shares "other": a peer's choice of words allocates nothing.
class MessageCounts {
 public:
  void add(std::string_view method, std::uint16_t status) noexcept;
  void add(const MessageCounts& other) noexcept;
  /// Those above zero: {"SEND", 3}, {"200", 3}.
  std::map<std::string, std::uint64_t> to_map() const;

 private:
  static constexpr std::size_t size = 20;  // labels in observer.cpp
  std::array<std::uint64_t, size> counts_{};
};

/// Watches the plaintext that passes in one direction and counts complete MSRP messages (chunks are messages
/// of their own). It only looks: octets that are not MSRP (TLS from end to end, anything else) end the
/// observation of this direction for good, never the relay.
class Observer {
 public:
  /// Octets of an incomplete line kept until the rest comes, and the longest head that is understood. Paths
  /// of many relays fit; beyond it the observation ends.
  static constexpr std::size_t head_limit = std::size_t{16} * 1024;

  /// Adds each message that ends in `octets` to each of `counts`.
  void pass(std::string_view octets, std::span<MessageCounts* const> counts);
  bool observing() const noexcept { return !stopped_; }
  /// A new connection begins: its octets start a message.
  void restart() noexcept;
  /// Nothing is observed from now on.
  void stop() noexcept;

 private:
  static constexpr std::size_t failed = static_cast<std::size_t>(-1);
  bool begins_like_msrp(std::string_view octets) const noexcept;
  std::string_view complete_carry(std::string_view octets, std::span<MessageCounts* const> counts);
  std::size_t run(std::string_view octets, std::span<MessageCounts* const> counts);

  bool stopped_ = false;
  std::unique_ptr<msrp::Parser> parser_;  // made by the first octet: an idle direction costs nothing
  base::Buffer carry_;
  std::string method_;  // of the message that is passing
  std::uint16_t status_ = 0;
};

}  // namespace gateway
