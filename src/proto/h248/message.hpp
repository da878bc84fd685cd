#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "proto/h248/audit.hpp"
#include "proto/h248/events.hpp"
#include "proto/h248/media.hpp"

// A message and what it is made of (H.248.1 version 2, annex B.2).
namespace h248 {

struct ErrorDescriptor {
  std::uint16_t code = 0;  // H.248.8; up to four digits
  std::optional<std::string> text{};
  friend bool operator==(const ErrorDescriptor&, const ErrorDescriptor&) = default;
};

struct PackagesDescriptor {
  std::vector<PackageVersion> packages;
  friend bool operator==(const PackagesDescriptor&, const PackagesDescriptor&) = default;
};

/// Profile name and version.
struct Profile {
  std::string name;
  std::uint8_t version = 1;  // 0 to 99
  friend bool operator==(const Profile&, const Profile&) = default;
};

/// One type for requests, where method and reason are required, and replies, where they, delay and the audit
/// do not occur.
struct ServiceChangeDescriptor {
  std::optional<TokenOrExtension> method{};
  std::optional<Value> reason{};                                    // "901 Cold Boot"
  std::optional<std::uint32_t> delay{};                             // seconds
  std::optional<std::variant<std::uint16_t, MessageId>> address{};  // a port, or all; not with mgc_id
  std::optional<MessageId> mgc_id{};
  std::optional<Profile> profile{};
  std::optional<std::uint8_t> version{};
  std::optional<TimeStamp> time{};
  std::vector<AuditItem> audit{};
  std::vector<Parameter> extensions{};
  friend bool operator==(const ServiceChangeDescriptor&, const ServiceChangeDescriptor&) = default;
};

/// All that may stand in a command's braces, each at most once. Which commands take which: the parser makes
/// sure of it, whoever builds a message must.
struct Descriptors {
  std::optional<MediaDescriptor> media{};
  std::optional<ModemDescriptor> modem{};
  std::optional<MuxDescriptor> mux{};
  std::optional<EventsDescriptor> events{};
  std::optional<SignalsDescriptor> signals{};
  std::optional<DigitMap> digit_map{};
  std::optional<EventBufferDescriptor> event_buffer{};
  std::optional<AuditDescriptor> audit{};
  std::optional<ObservedEventsDescriptor> observed_events{};
  std::optional<StatisticsDescriptor> statistics{};
  std::optional<PackagesDescriptor> packages{};
  std::optional<ServiceChangeDescriptor> service_change{};
  std::optional<ErrorDescriptor> error{};
  std::vector<AuditToken>
      empty{};  // in a reply to an audit: descriptors that are there and have nothing in them
  friend bool operator==(const Descriptors&, const Descriptors&) = default;
};

enum class CommandName : std::uint8_t {
  add = static_cast<std::uint8_t>(Token::add),
  modify = static_cast<std::uint8_t>(Token::modify),
  subtract = static_cast<std::uint8_t>(Token::subtract),
  move = static_cast<std::uint8_t>(Token::move),
  audit_value = static_cast<std::uint8_t>(Token::audit_value),
  audit_capability = static_cast<std::uint8_t>(Token::audit_capability),
  notify = static_cast<std::uint8_t>(Token::notify),
  service_change = static_cast<std::uint8_t>(Token::service_change),
};

struct CommandRequest {
  CommandName name = CommandName::add;
  TerminationId termination;
  Descriptors descriptors{};
  bool optional = false;        // "O-": its failure does not end the transaction
  bool wildcard_reply = false;  // "W-": one reply for all terminations that the wildcard matches
  friend bool operator==(const CommandRequest&, const CommandRequest&) = default;
};

struct CommandReply {
  CommandName name = CommandName::add;
  TerminationId termination{};  // empty for the audit of a context
  Descriptors descriptors{};
  /// contextTerminationAudit ("AuditValue = Context { ... }"): the terminations, or none and
  /// descriptors.error.
  std::optional<std::vector<TerminationId>> context_audit{};
  friend bool operator==(const CommandReply&, const CommandReply&) = default;
};

enum class TopologyDirection : std::uint8_t {
  bothway = static_cast<std::uint8_t>(Token::bothway),
  isolate = static_cast<std::uint8_t>(Token::isolate),
  oneway = static_cast<std::uint8_t>(Token::oneway),
};

struct TopologyTriple {
  TerminationId from;
  TerminationId to;
  TopologyDirection direction = TopologyDirection::bothway;
  std::optional<std::uint16_t> stream{};  // since version 2
  friend bool operator==(const TopologyTriple&, const TopologyTriple&) = default;
};

struct ContextProperties {
  std::vector<TopologyTriple> topology{};  // empty: no Topology descriptor
  std::optional<std::uint16_t> priority{};
  bool emergency = false;
  bool emergency_off = false;          // since version 3, as what follows
  std::optional<bool> ieps{};          // IEPSCall
  std::vector<Property> attributes{};  // ContextAttr; empty: none
  friend bool operator==(const ContextProperties&, const ContextProperties&) = default;
};

/// Which properties of the context are asked for.
struct ContextAudit {
  bool topology = false;
  bool emergency = false;
  bool priority = false;
  friend bool operator==(ContextAudit, ContextAudit) = default;
};

/// Never without properties, audit and commands all three.
struct ActionRequest {
  ContextId context;
  ContextProperties properties{};
  std::optional<ContextAudit> audit{};
  std::vector<CommandRequest> commands{};
  friend bool operator==(const ActionRequest&, const ActionRequest&) = default;
};

/// Never without properties, commands and error all three.
struct ActionReply {
  ContextId context;
  ContextProperties properties{};
  std::vector<CommandReply> commands{};
  std::optional<ErrorDescriptor> error{};  // alone, or behind the commands that were executed
  friend bool operator==(const ActionReply&, const ActionReply&) = default;
};

struct TransactionRequest {
  std::uint32_t id = 0;
  std::vector<ActionRequest> actions;
  friend bool operator==(const TransactionRequest&, const TransactionRequest&) = default;
};

struct TransactionReply {
  std::uint32_t id = 0;
  bool imm_ack_required = false;
  std::variant<std::vector<ActionReply>, ErrorDescriptor> result;
  friend bool operator==(const TransactionReply&, const TransactionReply&) = default;
};

struct TransactionPending {
  std::uint32_t id = 0;
  friend bool operator==(const TransactionPending&, const TransactionPending&) = default;
};

/// Transactions first to last, both included.
struct AckRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  friend bool operator==(const AckRange&, const AckRange&) = default;
};

struct TransactionResponseAck {
  std::vector<AckRange> ranges;
  friend bool operator==(const TransactionResponseAck&, const TransactionResponseAck&) = default;
};

using Transaction =
    std::variant<TransactionRequest, TransactionReply, TransactionPending, TransactionResponseAck>;

/// authenticationHeader, kept as it came: "0x" and hexadecimal digits, 8, 8 and 24 to 64 of them.
struct Authentication {
  std::string security_index;
  std::string sequence;
  std::string data;
  friend bool operator==(const Authentication&, const Authentication&) = default;
};

struct Message {
  std::optional<Authentication> authentication{};
  std::uint8_t version = 2;  // 0 to 99: of the header; who asks for another is told 406
  MessageId sender;
  std::variant<std::vector<Transaction>, ErrorDescriptor> body;
  friend bool operator==(const Message&, const Message&) = default;
};

}  // namespace h248
