#pragma once
#include <optional>
#include <variant>
#include <vector>

#include "proto/h248/names.hpp"

// What an Audit descriptor asks for (H.248.1 7.1.12): whole descriptors, or since version 2 single things in
// them.
namespace h248 {

/// A whole descriptor.
enum class AuditToken : std::uint8_t {
  mux = static_cast<std::uint8_t>(Token::mux),
  modem = static_cast<std::uint8_t>(Token::modem),
  media = static_cast<std::uint8_t>(Token::media),
  signals = static_cast<std::uint8_t>(Token::signals),
  event_buffer = static_cast<std::uint8_t>(Token::event_buffer),
  digit_map = static_cast<std::uint8_t>(Token::digit_map),
  statistics = static_cast<std::uint8_t>(Token::statistics),
  events = static_cast<std::uint8_t>(Token::events),
  observed_events = static_cast<std::uint8_t>(Token::observed_events),
  packages = static_cast<std::uint8_t>(Token::packages),
};

/// indAudmediaDescriptor: one property of LocalControl or of TerminationState. The token is Mode,
/// ReservedValue or ReservedGroup of the former, ServiceStates or Buffer of the latter.
struct AuditMedia {
  bool of_termination = false;            // TerminationState; else LocalControl
  std::optional<std::uint16_t> stream{};  // only with LocalControl
  std::variant<Token, PackagedName> property;
  friend bool operator==(const AuditMedia&, const AuditMedia&) = default;
};

struct AuditEvents {
  RequestId request;
  PackagedName event;
  friend bool operator==(const AuditEvents&, const AuditEvents&) = default;
};

/// No signal: all of them.
struct AuditSignals {
  std::optional<std::uint16_t> list{};  // only with a signal
  std::optional<PackagedName> signal{};
  friend bool operator==(const AuditSignals&, const AuditSignals&) = default;
};

struct AuditDigitMap {
  std::string name;
  friend bool operator==(const AuditDigitMap&, const AuditDigitMap&) = default;
};

/// At most one of stream and parameter.
struct AuditEventBuffer {
  PackagedName event;
  std::optional<std::uint16_t> stream{};
  std::optional<std::string> parameter{};
  friend bool operator==(const AuditEventBuffer&, const AuditEventBuffer&) = default;
};

struct AuditStatistic {
  PackagedName name;
  friend bool operator==(const AuditStatistic&, const AuditStatistic&) = default;
};

using AuditItem = std::variant<AuditToken, AuditMedia, AuditEvents, AuditSignals, AuditDigitMap,
                               AuditEventBuffer, AuditStatistic, PackageVersion>;

/// No items: the command's reply shall be empty.
struct AuditDescriptor {
  std::vector<AuditItem> items;
  friend bool operator==(const AuditDescriptor&, const AuditDescriptor&) = default;
};

}  // namespace h248
