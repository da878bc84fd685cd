#include <algorithm>

#include "proto/h248/read.hpp"

namespace h248 {
namespace {

bool any_of(Token token, std::initializer_list<Token> choices) {
  return std::find(choices.begin(), choices.end(), token) != choices.end();
}

// ammParameter = (mediaDescriptor / modemDescriptor / muxDescriptor / eventsDescriptor / signalsDescriptor /
//                 digitMapDescriptor / eventBufferDescriptor / auditDescriptor)
bool in_request(CommandName command, Token token) {
  switch (command) {
    case CommandName::add:
    case CommandName::move:
    case CommandName::modify:
      return any_of(token, {Token::media, Token::modem, Token::mux, Token::events, Token::signals,
                            Token::digit_map, Token::event_buffer, Token::audit});
    case CommandName::subtract:
    case CommandName::audit_value:
    case CommandName::audit_capability:
      return token == Token::audit;
    case CommandName::notify:
      return token == Token::observed_events || token == Token::error;
    case CommandName::service_change:
      return token == Token::services;
  }
  return false;
}

// auditReturnParameter = (mediaDescriptor / modemDescriptor / muxDescriptor / eventsDescriptor /
// signalsDescriptor /
//                         digitMapDescriptor / observedEventsDescriptor / eventBufferDescriptor /
//                         statisticsDescriptor / packagesDescriptor / errorDescriptor / auditItem)
bool in_reply(CommandName command, Token token) {
  if (token == Token::error) return true;
  if (command == CommandName::notify) return false;
  if (command == CommandName::service_change) return token == Token::services;
  return any_of(token,
                {Token::media, Token::modem, Token::mux, Token::events, Token::signals, Token::digit_map,
                 Token::observed_events, Token::event_buffer, Token::statistics, Token::packages});
}

bool is_descriptor(Token token) {
  return any_of(token, {Token::audit, Token::services}) || in_reply(CommandName::add, token);
}

/// A descriptor's token with nothing behind it; Events, Signals and EventBuffer are whole descriptors then.
bool stands_alone(Reader& in, Token token) {
  return (in.peek() == ',' || in.peek() == '}') &&
         any_of(token, {Token::media, Token::modem, Token::mux, Token::digit_map, Token::observed_events,
                        Token::statistics, Token::packages});
}

// packagesDescriptor = PackagesToken LBRKT packagesItem *(COMMA packagesItem) RBRKT
PackagesDescriptor read_packages(Reader& in) {
  PackagesDescriptor out;
  in.expect('{');
  in.list('}', [&] { out.packages.push_back(read_package_version(in)); });
  return out;
}

/// The descriptor whose token has been read and may stand here.
void read_descriptor(Reader& in, Token token, Descriptors& out) {
  const auto once = [&](auto& slot, auto read) { in.once(slot, read, 448); };
  if (token == Token::media) return once(out.media, read_media);
  if (token == Token::modem) return once(out.modem, read_modem);
  if (token == Token::mux) return once(out.mux, read_mux);
  if (token == Token::events) return once(out.events, read_events);
  if (token == Token::signals) return once(out.signals, read_signals);
  if (token == Token::digit_map) return once(out.digit_map, read_digit_map);
  if (token == Token::event_buffer) return once(out.event_buffer, read_event_buffer);
  if (token == Token::audit) return once(out.audit, read_audit);
  if (token == Token::observed_events) return once(out.observed_events, read_observed_events);
  if (token == Token::statistics) return once(out.statistics, read_statistics);
  if (token == Token::packages) return once(out.packages, read_packages);
  once(out.error, read_error);
}

void refuse(Reader& in, Token token) {
  if (is_descriptor(token))
    return in.fail_name(ErrorCode::illegal, "a descriptor that this command does not take", 447);
  in.fail_name(ErrorCode::unknown, "not a descriptor", 444);
}

void read_request_descriptor(Reader& in, CommandRequest& out) {
  const auto token = in.token();
  if (!in_request(out.name, token)) return refuse(in, token);
  if (token != Token::services) return read_descriptor(in, token, out.descriptors);
  in.once(out.descriptors.service_change, [](Reader& at) { return read_service_change(at, true); }, 448);
}

void read_reply_descriptor(Reader& in, CommandReply& out) {
  const auto token = in.token();
  auto& all = out.descriptors;
  if (!in_reply(out.name, token)) return refuse(in, token);
  if (token == Token::services) {
    return in.once(all.service_change, [](Reader& at) { return read_service_change(at, false); }, 448);
  }
  if (!stands_alone(in, token)) return read_descriptor(in, token, all);
  const auto item = static_cast<AuditToken>(token);
  const bool twice = std::find(all.empty.begin(), all.empty.end(), item) != all.empty.end();
  if (twice) return in.fail_name(ErrorCode::repeated, "given twice", 448);
  all.empty.push_back(item);
}

// The name of the command and EQUAL.
CommandName read_command_name(Reader& in) {
  const auto out = in.one_of({CommandName::add, CommandName::modify, CommandName::subtract, CommandName::move,
                              CommandName::audit_value, CommandName::audit_capability, CommandName::notify,
                              CommandName::service_change},
                             443);
  in.expect('=');
  return out;
}

void check_request(Reader& in, const CommandRequest& request) {
  const auto& has = request.descriptors;
  const bool audits =
      request.name == CommandName::audit_value || request.name == CommandName::audit_capability;
  if (audits && !has.audit) in.fail(ErrorCode::missing, "an audit without an Audit descriptor");
  if (request.name == CommandName::notify && !has.observed_events) {
    in.fail(ErrorCode::missing, "a Notify without ObservedEvents");
  }
  if (request.name == CommandName::service_change && !has.service_change) {
    in.fail(ErrorCode::missing, "a ServiceChange without Services");
  }
}

// contextTerminationAudit = EQUAL CtxToken (terminationIDList / LBRKT errorDescriptor RBRKT)
void read_context_audit(Reader& in, CommandReply& out) {
  auto& terminations = out.context_audit.emplace();
  in.expect('{');
  in.list('}', [&] {
    auto id = read_termination_id(in);
    const bool error = in.peek() == '=' && find_token(id.text) == Token::error;
    if (error && terminations.empty()) return in.once(out.descriptors.error, read_error);
    if (error || out.descriptors.error) return in.fail(ErrorCode::illegal, "terminations and an error");
    terminations.push_back(std::move(id));
  });
}

}  // namespace

// ["O-"] ["W-"] commandRequest
// ammRequest      = (AddToken / MoveToken / ModifyToken) EQUAL TerminationID
//                   [LBRKT ammParameter *(COMMA ammParameter) RBRKT]
// subtractRequest = SubtractToken EQUAL TerminationID [LBRKT auditDescriptor RBRKT]
// auditRequest    = (AuditValueToken / AuditCapToken) EQUAL TerminationID LBRKT auditDescriptor RBRKT
// notifyRequest   = NotifyToken EQUAL TerminationID LBRKT (observedEventsDescriptor [COMMA errorDescriptor])
// RBRKT serviceChangeRequest = ServiceChangeToken EQUAL TerminationID LBRKT serviceChangeDescriptor RBRKT
CommandRequest read_command_request(Reader& in) {
  CommandRequest out;
  out.optional = in.take_prefix("O-");
  out.wildcard_reply = in.take_prefix("W-");
  out.name = read_command_name(in);
  out.termination = read_termination_id(in);
  if (in.take('{')) in.list('}', [&] { read_request_descriptor(in, out); });
  check_request(in, out);
  return out;
}

// ammsReply   = (AddToken / MoveToken / ModifyToken / SubtractToken) EQUAL TerminationID
//               [LBRKT terminationAudit RBRKT]
// auditReply  = (AuditValueToken / AuditCapToken) (contextTerminationAudit / auditOther)
// notifyReply = NotifyToken EQUAL TerminationID [LBRKT errorDescriptor RBRKT]
// serviceChangeReply = ServiceChangeToken EQUAL TerminationID
//                      [LBRKT (errorDescriptor / serviceChangeReplyDescriptor) RBRKT]
CommandReply read_command_reply(Reader& in) {
  CommandReply out;
  out.name = read_command_name(in);
  const bool audit = out.name == CommandName::audit_value || out.name == CommandName::audit_capability;
  if (audit && in.take(Token::context)) {
    read_context_audit(in, out);
    return out;
  }
  out.termination = read_termination_id(in);
  if (in.take('{')) in.list('}', [&] { read_reply_descriptor(in, out); });
  return out;
}

}  // namespace h248
