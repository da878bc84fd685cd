#include "proto/h248/read.hpp"

namespace h248 {
namespace {

// Version = 1*2(DIGIT)
std::uint8_t read_version(Reader& in) {
  in.expect('=');
  return in.number<std::uint8_t>(2);
}

// serviceChangeMethod = MethodToken EQUAL (FailoverToken / ForcedToken / GracefulToken / RestartToken /
//                       DisconnectedToken / HandOffToken / extensionParameter)
TokenOrExtension read_method(Reader& in) {
  in.expect('=');
  return read_token_or_extension(in, {Token::failover, Token::forced, Token::graceful, Token::restart,
                                      Token::disconnected, Token::hand_off});
}

Value read_reason(Reader& in) {
  in.expect('=');
  return read_value(in);
}

std::uint32_t read_delay(Reader& in) {
  in.expect('=');
  return in.number<std::uint32_t>();
}

MessageId read_mgc_id(Reader& in) {
  in.expect('=');
  return read_message_id(in);
}

// serviceChangeAddress = ServiceChangeAddressToken EQUAL (mId / portNumber)
std::variant<std::uint16_t, MessageId> read_address(Reader& in) {
  in.expect('=');
  if (base::is_digit(in.peek())) return in.number<std::uint16_t>(5);
  return read_message_id(in);
}

// serviceChangeProfile = ProfileToken EQUAL NAME SLASH Version
Profile read_profile(Reader& in) {
  Profile out;
  in.expect('=');
  out.name = std::string(in.word());
  if (!in.take_raw('/')) in.fail(ErrorCode::syntax, "expected '/' and the profile's version");
  out.version = in.number<std::uint8_t>(2);
  return out;
}

bool is_extension(std::string_view text) {
  return text.size() > 1 && base::to_lower(text[0]) == 'x' && (text[1] == '-' || text[1] == '+');
}

// serviceChangeParm = (serviceChangeMethod / serviceChangeReason / serviceChangeDelay / serviceChangeAddress
// /
//                      serviceChangeProfile / extension / TimeStamp / serviceChangeMgcId /
//                      serviceChangeVersion / auditItem)
void read_parameter(Reader& in, ServiceChangeDescriptor& out) {
  if (base::is_digit(in.peek())) return in.once(out.time, read_time_stamp);
  if (in.take(Token::method)) return in.once(out.method, read_method);
  if (in.take(Token::reason)) return in.once(out.reason, read_reason);
  if (in.take(Token::delay)) return in.once(out.delay, read_delay);
  if (in.take(Token::service_change_address)) return in.once(out.address, read_address);
  if (in.take(Token::mgc_id_to_try)) return in.once(out.mgc_id, read_mgc_id);
  if (in.take(Token::profile)) return in.once(out.profile, read_profile);
  if (in.take(Token::version)) return in.once(out.version, read_version);
  if (in.take(Token::service_change_inc)) return;  // of version 3
  if (is_extension(in.rest())) return h248::read_parameter(in, read_extension(in), out.extensions);
  out.audit.push_back(read_audit_item(in));
}

}  // namespace

// serviceChangeDescriptor      = ServicesToken LBRKT serviceChangeParm *(COMMA serviceChangeParm) RBRKT
// serviceChangeReplyDescriptor = ServicesToken LBRKT servChgReplyParm *(COMMA servChgReplyParm) RBRKT
// Address or MgcIdToTry, not both; method and reason are required in a request.
ServiceChangeDescriptor read_service_change(Reader& in, bool request) {
  ServiceChangeDescriptor out;
  in.expect('{');
  in.list('}', [&] { read_parameter(in, out); });
  if (out.address && out.mgc_id) in.fail(ErrorCode::illegal, "both ServiceChangeAddress and MgcIdToTry");
  const bool only_request = out.method || out.reason || out.delay || !out.audit.empty();
  if (request && !(out.method && out.reason))
    in.fail(ErrorCode::missing, "a ServiceChange without Method or Reason");
  if (!request && only_request)
    in.fail(ErrorCode::illegal, "a request's parameter in the reply to a ServiceChange");
  return out;
}

}  // namespace h248
