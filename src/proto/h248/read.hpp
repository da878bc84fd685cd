#pragma once
#include "proto/h248/message.hpp"
#include "proto/h248/reader.hpp"

// The grammar's rules, a function each; for this room's .cpp files. Each begins where its rule does, but for
// the descriptors, whose token has been read, and leaves the reader behind the LWSP that follows.
namespace h248 {

// read_names.cpp
std::string read_name(Reader& in);
PackagedName read_packaged_name(Reader& in);
Value read_value(Reader& in);
ParameterValue read_parameter_value(Reader& in);
/// The name of a parameter has been read, and differs from the others'. Those of properties may not: who
/// executes the command tells of it (456).
void read_property(Reader& in, std::vector<Property>& out);
void read_parameter(Reader& in, std::string_view name, std::vector<Parameter>& out);
bool is_same(const PackagedName& a, const PackagedName& b);
TerminationId read_termination_id(Reader& in);
std::vector<TerminationId> read_termination_ids(Reader& in);
ContextId read_context_id(Reader& in);
RequestId read_request_id(Reader& in);
/// EQUAL StreamID.
std::uint16_t read_stream_id(Reader& in);
MessageId read_message_id(Reader& in);
TimeStamp read_time_stamp(Reader& in);
TokenOrExtension read_token_or_extension(Reader& in, std::initializer_list<Token> choices);
std::string read_extension(Reader& in);
PackageVersion read_package_version(Reader& in);
ErrorDescriptor read_error(Reader& in);

// read_context.cpp
/// Whether one stands here.
bool read_context_property(Reader& in, ContextProperties& out);
ContextAudit read_context_audit(Reader& in);

// read_media.cpp
MediaDescriptor read_media(Reader& in);
ModemDescriptor read_modem(Reader& in);
MuxDescriptor read_mux(Reader& in);
StatisticsDescriptor read_statistics(Reader& in);

// read_events.cpp, read_signals.cpp
EventsDescriptor read_events(Reader& in);
EventBufferDescriptor read_event_buffer(Reader& in);
ObservedEventsDescriptor read_observed_events(Reader& in);
SignalsDescriptor read_signals(Reader& in);
DigitMap read_digit_map(Reader& in);
/// As an event's parameter: a name or a value.
DigitMap read_event_digit_map(Reader& in);

// read_audit.cpp
AuditItem read_audit_item(Reader& in);
AuditDescriptor read_audit(Reader& in);

// read_service_change.cpp
ServiceChangeDescriptor read_service_change(Reader& in, bool request);

// read_command.cpp
CommandRequest read_command_request(Reader& in);
CommandReply read_command_reply(Reader& in);

}  // namespace h248
