#pragma once
#include <optional>
#include <string>
#include <vector>

#include "proto/h248/names.hpp"

// Media, Modem and Mux descriptors (H.248.1 7.1.2 to 7.1.8).
namespace h248 {

enum class StreamMode : std::uint8_t {
  send_only = static_cast<std::uint8_t>(Token::send_only),
  receive_only = static_cast<std::uint8_t>(Token::receive_only),
  send_receive = static_cast<std::uint8_t>(Token::send_receive),
  inactive = static_cast<std::uint8_t>(Token::inactive),
  loopback = static_cast<std::uint8_t>(Token::loopback),
};

struct LocalControl {
  std::optional<StreamMode> mode{};
  std::optional<bool> reserved_value{};
  std::optional<bool> reserved_group{};
  std::vector<Property> properties{};
  friend bool operator==(const LocalControl&, const LocalControl&) = default;
};

struct Statistic {
  PackagedName name;
  std::optional<Value> value{};
  friend bool operator==(const Statistic&, const Statistic&) = default;
};

struct StatisticsDescriptor {
  std::vector<Statistic> statistics;
  friend bool operator==(const StatisticsDescriptor&, const StatisticsDescriptor&) = default;
};

/// Local and Remote are SDP, octet by octet as it came ("\}" read as "}"), but for white space before the
/// first line. No NUL in it. Absent is not the same as empty: empty deletes what was reserved.
struct Stream {
  std::optional<std::uint16_t> id{};  // none: the short form for the only stream, which is number 1
  std::optional<LocalControl> local_control{};
  std::optional<std::string> local{};
  std::optional<std::string> remote{};
  std::optional<StatisticsDescriptor> statistics{};  // since version 3
  friend bool operator==(const Stream&, const Stream&) = default;
};

enum class ServiceState : std::uint8_t {
  test = static_cast<std::uint8_t>(Token::test),
  out_of_service = static_cast<std::uint8_t>(Token::out_of_service),
  in_service = static_cast<std::uint8_t>(Token::in_service),
};

enum class EventBufferControl : std::uint8_t {
  off = static_cast<std::uint8_t>(Token::off),
  lock_step = static_cast<std::uint8_t>(Token::lock_step),
};

struct TerminationState {
  std::optional<ServiceState> service_state{};
  std::optional<EventBufferControl> buffer{};
  std::vector<Property> properties{};
  friend bool operator==(const TerminationState&, const TerminationState&) = default;
};

/// Streams that all have an id, or a single one without.
struct MediaDescriptor {
  std::optional<TerminationState> termination_state{};
  std::vector<Stream> streams{};
  friend bool operator==(const MediaDescriptor&, const MediaDescriptor&) = default;
};

struct ModemDescriptor {
  std::vector<TokenOrExtension> types;  // V18 to V91, SynchISDN; never empty
  std::vector<Property> properties{};
  friend bool operator==(const ModemDescriptor&, const ModemDescriptor&) = default;
};

struct MuxDescriptor {
  TokenOrExtension type;  // H221, H223, H226, V76, Nx64Kservice
  std::vector<TerminationId> terminations;
  friend bool operator==(const MuxDescriptor&, const MuxDescriptor&) = default;
};

}  // namespace h248
