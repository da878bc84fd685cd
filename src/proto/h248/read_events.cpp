#include "proto/h248/read.hpp"

namespace h248 {
namespace {

/// What an event may have inside and outside of an embedded descriptor. Whether it was one of these.
bool read_event_parameter(Reader& in, Token token, EmbeddedEvent& out) {
  if (token == Token::stream)
    in.once(out.stream, read_stream_id);
  else if (token == Token::keep_active)
    in.once(out.keep_active);
  else if (token == Token::digit_map)
    in.once(out.digit_map, read_event_digit_map);
  else
    return token == Token::immediate_notify;  // of version 3; what is done without it
  return true;
}

void check_keep_active(Reader& in, const EmbeddedEvent& event) {
  if (event.keep_active && event.signals) {
    in.fail(ErrorCode::illegal, "KeepActive and embedded signals in one event");
  }
}

SignalsDescriptor read_embedded_signals(Reader& in) {
  in.expect(Token::signals);
  return read_signals(in);
}

// secondEventParameter = (embedSig / KeepActiveToken / eventDM / eventStream / eventOther)
// embedSig             = EmbedToken LBRKT signalsDescriptor RBRKT
void read_embedded_event_parameter(Reader& in, EmbeddedEvent& out) {
  const auto token = in.token();
  if (read_event_parameter(in, token, out)) return;
  if (token != Token::embed) return read_parameter(in, in.name(), out.parameters);
  in.expect('{');
  in.once(out.signals, read_embedded_signals);
  in.expect('}');
}

// secondRequestedEvent = pkgdName [LBRKT secondEventParameter *(COMMA secondEventParameter) RBRKT]
EmbeddedEvent read_embedded_event(Reader& in) {
  EmbeddedEvent out;
  out.name = read_packaged_name(in);
  if (in.take('{')) in.list('}', [&] { read_embedded_event_parameter(in, out); });
  check_keep_active(in, out);
  return out;
}

// embedFirst = EventsToken [EQUAL RequestID LBRKT secondRequestedEvent *(COMMA secondRequestedEvent) RBRKT]
EmbeddedEvents read_embedded_events(Reader& in) {
  EmbeddedEvents out;
  in.expect(Token::events);
  if (!in.take('=')) return out;
  out.request = read_request_id(in);
  in.expect('{');
  in.list('}', [&] { out.events.push_back(read_embedded_event(in)); });
  return out;
}

// embedWithSig = EmbedToken LBRKT signalsDescriptor [COMMA embedFirst] RBRKT
// embedNoSig   = EmbedToken LBRKT embedFirst RBRKT
void read_embed(Reader& in, RequestedEvent& out) {
  if (out.signals || out.events) return in.fail_name(ErrorCode::repeated, "given twice");
  in.expect('{');
  const bool with_signals = in.peek_token() == Token::signals;
  if (with_signals) out.signals = read_embedded_signals(in);
  if (!with_signals || in.take(',')) out.events = read_embedded_events(in);
  in.expect('}');
}

// eventParameter = (embedWithSig / embedNoSig / KeepActiveToken / eventDM / eventStream / eventOther)
void read_requested_event_parameter(Reader& in, RequestedEvent& out) {
  const auto token = in.token();
  if (read_event_parameter(in, token, out)) return;
  if (token == Token::embed) return read_embed(in, out);
  read_parameter(in, in.name(), out.parameters);
}

// requestedEvent = pkgdName [LBRKT eventParameter *(COMMA eventParameter) RBRKT]
RequestedEvent read_requested_event(Reader& in) {
  RequestedEvent out;
  out.name = read_packaged_name(in);
  if (in.take('{')) in.list('}', [&] { read_requested_event_parameter(in, out); });
  check_keep_active(in, out);
  return out;
}

// eventSpec          = pkgdName [LBRKT eventSpecParameter *(COMMA eventSpecParameter) RBRKT]
// eventSpecParameter = (eventStream / eventOther)
void read_event_spec(Reader& in, EventSpec& out) {
  out.name = read_packaged_name(in);
  if (!in.take('{')) return;
  in.list('}', [&] {
    if (in.token() == Token::stream) return in.once(out.stream, read_stream_id);
    read_parameter(in, in.name(), out.parameters);
  });
}

bool is_time_stamp(std::string_view text) {
  return text.size() > 8 && base::to_lower(text[8]) == 't' &&
         base::parse_uint<std::uint32_t>(text.substr(0, 8));
}

// observedEvent = [TimeStamp LWSP COLON] LWSP pkgdName [LBRKT observedEventParameter *(COMMA ...) RBRKT]
ObservedEvent read_observed_event(Reader& in) {
  ObservedEvent out;
  if (is_time_stamp(in.rest())) {
    out.time = read_time_stamp(in);
    in.expect(':');
  }
  read_event_spec(in, out);
  return out;
}

}  // namespace

// eventsDescriptor = EventsToken [EQUAL RequestID LBRKT requestedEvent *(COMMA requestedEvent) RBRKT]
EventsDescriptor read_events(Reader& in) {
  EventsDescriptor out;
  if (!in.take('=')) return out;
  out.request = read_request_id(in);
  in.expect('{');
  in.list('}', [&] { out.events.push_back(read_requested_event(in)); });
  return out;
}

// eventBufferDescriptor = EventBufferToken [LBRKT eventSpec *(COMMA eventSpec) RBRKT]
EventBufferDescriptor read_event_buffer(Reader& in) {
  EventBufferDescriptor out;
  if (in.take('{')) in.list('}', [&] { read_event_spec(in, out.events.emplace_back()); });
  return out;
}

// observedEventsDescriptor = ObservedEventsToken EQUAL RequestID LBRKT observedEvent *(COMMA observedEvent)
// RBRKT
ObservedEventsDescriptor read_observed_events(Reader& in) {
  ObservedEventsDescriptor out;
  in.expect('=');
  out.request = read_request_id(in);
  in.expect('{');
  in.list('}', [&] { out.events.push_back(read_observed_event(in)); });
  return out;
}

}  // namespace h248
