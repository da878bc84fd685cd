#include "proto/h248/read.hpp"

namespace h248 {
namespace {

// indAudlocalParm            = (ModeToken / pkgdName / ReservedValueToken / ReservedGroupToken)
// indAudterminationStateParm = (pkgdName / ServiceStatesToken / BufferToken)
std::variant<Token, PackagedName> read_property_name(Reader& in, std::initializer_list<Token> choices) {
  const auto found = in.peek_token();
  for (const auto choice : choices) {
    if (choice == found) return in.token();
  }
  return read_packaged_name(in);
}

// indAudlocalControlDescriptor = LocalControlToken LBRKT indAudlocalParm RBRKT
void read_local_control(Reader& in, AuditMedia& out) {
  in.expect(Token::local_control);
  in.expect('{');
  out.property = read_property_name(in, {Token::mode, Token::reserved_value, Token::reserved_group});
  in.expect('}');
}

// indAudterminationStateDescriptor = TerminationStateToken LBRKT indAudterminationStateParm RBRKT
void read_termination_state(Reader& in, AuditMedia& out) {
  out.of_termination = true;
  in.expect('{');
  out.property = read_property_name(in, {Token::service_states, Token::buffer});
  in.expect('}');
}

// indAudstreamDescriptor = StreamToken EQUAL StreamID LBRKT indAudstreamParm RBRKT
void read_stream(Reader& in, AuditMedia& out) {
  out.stream = read_stream_id(in);
  in.expect('{');
  read_local_control(in, out);
  in.expect('}');
}

// indAudmediaDescriptor = MediaToken LBRKT indAudmediaParm RBRKT
// indAudmediaParm       = (indAudstreamParm / indAudstreamDescriptor / indAudterminationStateDescriptor)
AuditMedia read_media_item(Reader& in) {
  AuditMedia out;
  if (in.take(Token::stream))
    read_stream(in, out);
  else if (in.take(Token::termination_state))
    read_termination_state(in, out);
  else
    read_local_control(in, out);
  return out;
}

// indAudsignalsDescriptor = SignalsToken LBRKT [indAudsignalParm] RBRKT
// indAudsignalList        = SignalListToken EQUAL signalListId LBRKT indAudsignalListParm RBRKT
AuditSignals read_signals_item(Reader& in) {
  AuditSignals out;
  if (in.peek() == '}') return out;
  const bool in_list = in.take(Token::signal_list);
  if (in_list) {
    in.expect('=');
    out.list = in.number<std::uint16_t>(5);
    in.expect('{');
  }
  out.signal = read_packaged_name(in);
  if (in_list) in.expect('}');
  return out;
}

// indAudeventSpec          = pkgdName [LBRKT indAudeventSpecParameter RBRKT]
// indAudeventSpecParameter = (eventStream / eventParameterName)
AuditEventBuffer read_event_buffer_item(Reader& in) {
  AuditEventBuffer out;
  out.event = read_packaged_name(in);
  if (!in.take('{')) return out;
  if (in.take(Token::stream))
    out.stream = read_stream_id(in);
  else
    out.parameter = read_name(in);
  in.expect('}');
  return out;
}

// indAudeventsDescriptor = EventsToken EQUAL RequestID LBRKT indAudrequestedEvent RBRKT
AuditEvents read_events_item(Reader& in) {
  AuditEvents out;
  out.request = read_request_id(in);
  in.expect('{');
  out.event = read_packaged_name(in);
  in.expect('}');
  return out;
}

/// The single item of a descriptor whose token and '{' have been read.
AuditItem read_braced_item(Reader& in, AuditToken token) {
  switch (token) {
    case AuditToken::media:
      return read_media_item(in);
    case AuditToken::signals:
      return read_signals_item(in);
    case AuditToken::event_buffer:
      return read_event_buffer_item(in);
    case AuditToken::statistics:
      return AuditStatistic{read_packaged_name(in)};
    case AuditToken::packages:
      return read_package_version(in);
    case AuditToken::mux:
    case AuditToken::modem:
    case AuditToken::digit_map:
    case AuditToken::events:
    case AuditToken::observed_events:
      break;
  }
  in.fail(ErrorCode::illegal, "no single items of this descriptor can be audited");
  return token;
}

}  // namespace

// auditItem = (MuxToken / ModemToken / MediaToken / SignalsToken / EventBufferToken / DigitMapToken /
// StatsToken /
//              EventsToken / ObservedEventsToken / PackagesToken) / indAudterminationAudit
AuditItem read_audit_item(Reader& in) {
  const auto token = in.one_of({AuditToken::mux, AuditToken::modem, AuditToken::media, AuditToken::signals,
                                AuditToken::event_buffer, AuditToken::digit_map, AuditToken::statistics,
                                AuditToken::events, AuditToken::observed_events, AuditToken::packages});
  if (in.take('{')) {
    auto out = read_braced_item(in, token);
    in.expect('}');
    return out;
  }
  if (!in.take('=')) return token;
  if (token == AuditToken::events) return read_events_item(in);
  if (token == AuditToken::digit_map) return AuditDigitMap{read_name(in)};
  in.fail(ErrorCode::syntax, "expected ',' or '}'");
  return token;
}

// auditDescriptor = AuditToken LBRKT [auditItem *(COMMA auditItem)] RBRKT
AuditDescriptor read_audit(Reader& in) {
  AuditDescriptor out;
  in.expect('{');
  if (in.take('}')) return out;
  in.list('}', [&] { out.items.push_back(read_audit_item(in)); });
  return out;
}

}  // namespace h248
