#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "proto/h248/names.hpp"

// Signals, events and digit maps (H.248.1 7.1.9 to 7.1.11, 7.1.14, 7.1.17).
namespace h248 {

/// digitMapValue. Timers T, S and L in seconds, Z in hundreds of milliseconds, each 0 to 99.
struct DigitMapValue {
  std::optional<std::uint8_t> start{};
  std::optional<std::uint8_t> shorter{};
  std::optional<std::uint8_t> longer{};
  std::optional<std::uint8_t> duration{};
  std::string map;  // the pattern without white space
  friend bool operator==(const DigitMapValue&, const DigitMapValue&) = default;
};

/// A name, a value or, in a descriptor only, both.
struct DigitMap {
  std::string name{};  // empty: none
  std::optional<DigitMapValue> value{};
  friend bool operator==(const DigitMap&, const DigitMap&) = default;
};

enum class SignalType : std::uint8_t {
  on_off = static_cast<std::uint8_t>(Token::on_off),
  time_out = static_cast<std::uint8_t>(Token::time_out),
  brief = static_cast<std::uint8_t>(Token::brief),
};

enum class CompletionReason : std::uint8_t {
  time_out = static_cast<std::uint8_t>(Token::time_out),
  event = static_cast<std::uint8_t>(Token::int_by_event),
  new_signals = static_cast<std::uint8_t>(Token::int_by_sig_descr),
  other = static_cast<std::uint8_t>(Token::other_reason),
  iteration = static_cast<std::uint8_t>(Token::iteration),  // version 3
};

struct Signal {
  PackagedName name;
  std::optional<std::uint16_t> stream{};
  std::optional<SignalType> type{};
  std::optional<std::uint16_t> duration{};  // hundredths of a second
  std::vector<CompletionReason> notify_completion{};
  bool keep_active = false;
  std::vector<Parameter> parameters{};
  friend bool operator==(const Signal&, const Signal&) = default;
};

/// Signals played one after the other.
struct SignalList {
  std::uint16_t id = 0;
  std::vector<Signal> signals;
  friend bool operator==(const SignalList&, const SignalList&) = default;
};

/// Empty: stop all signals. A bare "Signals" without braces, which some encoders write for that, is read as
/// well.
struct SignalsDescriptor {
  std::vector<std::variant<Signal, SignalList>> items{};
  friend bool operator==(const SignalsDescriptor&, const SignalsDescriptor&) = default;
};

/// secondRequestedEvent: what is asked for inside an embedded Events descriptor.
struct EmbeddedEvent {
  PackagedName name;
  std::optional<std::uint16_t> stream{};
  bool keep_active = false;  // not together with signals
  std::optional<DigitMap> digit_map{};
  std::optional<SignalsDescriptor> signals{};  // played when the event happens
  std::vector<Parameter> parameters{};
  friend bool operator==(const EmbeddedEvent&, const EmbeddedEvent&) = default;
};

/// embedFirst.
struct EmbeddedEvents {
  std::optional<RequestId> request{};  // none, and no events: "Events" alone
  std::vector<EmbeddedEvent> events{};
  friend bool operator==(const EmbeddedEvents&, const EmbeddedEvents&) = default;
};

struct RequestedEvent : EmbeddedEvent {
  std::optional<EmbeddedEvents> events{};  // in force from when the event happens
  friend bool operator==(const RequestedEvent&, const RequestedEvent&) = default;
};

struct EventsDescriptor {
  std::optional<RequestId> request{};  // none, and no events: forget all events
  std::vector<RequestedEvent> events{};
  friend bool operator==(const EventsDescriptor&, const EventsDescriptor&) = default;
};

struct EventSpec {
  PackagedName name;
  std::optional<std::uint16_t> stream{};
  std::vector<Parameter> parameters{};
  friend bool operator==(const EventSpec&, const EventSpec&) = default;
};

struct EventBufferDescriptor {
  std::vector<EventSpec> events{};  // empty: "EventBuffer" alone
  friend bool operator==(const EventBufferDescriptor&, const EventBufferDescriptor&) = default;
};

struct ObservedEvent : EventSpec {
  std::optional<TimeStamp> time{};
  friend bool operator==(const ObservedEvent&, const ObservedEvent&) = default;
};

struct ObservedEventsDescriptor {
  RequestId request;
  std::vector<ObservedEvent> events;
  friend bool operator==(const ObservedEventsDescriptor&, const ObservedEventsDescriptor&) = default;
};

}  // namespace h248
