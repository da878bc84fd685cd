#include "proto/h248/codec.hpp"
#include "proto/h248/read.hpp"

namespace h248 {
namespace {

// topologyDescriptor = TopologyToken LBRKT topologyTriple *(COMMA topologyTriple) RBRKT
// topologyTriple     = terminationA COMMA terminationB COMMA topologyDirection [COMMA eventStream]
void read_topology(Reader& in, std::vector<TopologyTriple>& out) {
  if (!out.empty()) return in.fail_name(ErrorCode::repeated, "given twice");
  in.expect('{');
  do {
    in.count(out.size() + 1);
    if (!out.empty() && in.take(Token::stream)) {
      in.once(out.back().stream, read_stream_id);
      continue;
    }
    auto& triple = out.emplace_back();
    triple.from = read_termination_id(in);
    in.expect(',');
    triple.to = read_termination_id(in);
    in.expect(',');
    triple.direction =
        in.one_of({TopologyDirection::bothway, TopologyDirection::isolate, TopologyDirection::oneway});
  } while (in.take(','));
  in.expect('}');
}

std::uint16_t read_priority(Reader& in) {
  in.expect('=');
  return in.number<std::uint16_t>(5);
}

// contextProperty = (topologyDescriptor / priority / EmergencyToken). Whether one stands here.
bool read_context_property(Reader& in, ContextProperties& out) {
  if (in.take(Token::topology))
    read_topology(in, out.topology);
  else if (in.take(Token::priority))
    in.once(out.priority, read_priority);
  else if (in.take(Token::emergency))
    in.once(out.emergency);
  else
    return false;
  return true;
}

// contextAudit           = ContextAuditToken LBRKT contextAuditProperties *(COMMA contextAuditProperties)
// RBRKT contextAuditProperties = (TopologyToken / EmergencyToken / PriorityToken)
ContextAudit read_context_audit(Reader& in) {
  ContextAudit out;
  in.expect('{');
  in.list('}', [&] {
    const auto token = in.token();
    if (token == Token::topology)
      in.once(out.topology);
    else if (token == Token::emergency)
      in.once(out.emergency);
    else if (token == Token::priority)
      in.once(out.priority);
    else
      in.fail_name(ErrorCode::unknown, "no property of a context");
  });
  return out;
}

ContextId read_action_head(Reader& in) {
  in.enter(Level::action);
  in.expect(Token::context);
  in.expect('=');
  const auto out = read_context_id(in);
  in.expect('{');
  return out;
}

// actionRequest = CtxToken EQUAL ContextID LBRKT ((contextRequest [COMMA commandRequestList]) /
//                 commandRequestList) RBRKT
ActionRequest read_action_request(Reader& in) {
  ActionRequest out;
  out.context = read_action_head(in);
  in.list('}', [&] {
    if (out.commands.empty() && read_context_property(in, out.properties)) return;
    if (out.commands.empty() && in.take(Token::context_audit)) return in.once(out.audit, read_context_audit);
    in.enter(Level::command);
    out.commands.push_back(read_command_request(in));
    in.enter(Level::action);
  });
  in.enter(Level::transaction);
  return out;
}

// actionReply  = CtxToken EQUAL ContextID LBRKT
//                (errorDescriptor / commandReply / (commandReply COMMA errorDescriptor)) RBRKT
// commandReply = ((contextProperties [COMMA commandReplyList]) / commandReplyList)
ActionReply read_action_reply(Reader& in) {
  ActionReply out;
  out.context = read_action_head(in);
  in.list('}', [&] {
    if (out.error) return in.fail(ErrorCode::illegal, "something behind the action's error");
    if (in.take(Token::error)) return in.once(out.error, read_error);
    if (out.commands.empty() && read_context_property(in, out.properties)) return;
    in.enter(Level::command);
    out.commands.push_back(read_command_reply(in));
    in.enter(Level::action);
  });
  in.enter(Level::transaction);
  return out;
}

/// EQUAL TransactionID LBRKT.
std::uint32_t read_transaction_head(Reader& in) {
  in.enter(Level::transaction);
  in.expect('=');
  const auto id = in.number<std::uint32_t>();
  if (!in.failed()) in.enter_transaction(id);
  in.expect('{');
  return id;
}

// transactionRequest = TransToken EQUAL TransactionID LBRKT actionRequest *(COMMA actionRequest) RBRKT
TransactionRequest read_request(Reader& in) {
  TransactionRequest out;
  out.id = read_transaction_head(in);
  in.list('}', [&] { out.actions.push_back(read_action_request(in)); });
  return out;
}

// transactionReply = ReplyToken EQUAL TransactionID LBRKT [ImmAckRequiredToken COMMA]
//                    (errorDescriptor / actionReplyList) RBRKT
TransactionReply read_reply(Reader& in) {
  TransactionReply out;
  out.id = read_transaction_head(in);
  if (in.take(Token::imm_ack_required)) {
    out.imm_ack_required = true;
    in.expect(',');
  }
  if (in.take(Token::error)) {
    out.result = read_error(in);
    in.expect('}');
    return out;
  }
  auto& actions = out.result.emplace<std::vector<ActionReply>>();
  in.list('}', [&] { actions.push_back(read_action_reply(in)); });
  return out;
}

// transactionPending = PendingToken EQUAL TransactionID LBRKT RBRKT
TransactionPending read_pending(Reader& in) {
  const TransactionPending out{read_transaction_head(in)};
  in.expect('}');
  return out;
}

// transactionResponseAck = ResponseAckToken LBRKT transactionAck *(COMMA transactionAck) RBRKT
// transactionAck         = transactionID / (transactionID "-" transactionID)
TransactionResponseAck read_response_ack(Reader& in) {
  TransactionResponseAck out;
  in.enter(Level::transaction);
  in.expect('{');
  in.list('}', [&] {
    const auto first = in.number<std::uint32_t>();
    const auto last = in.take('-') ? in.number<std::uint32_t>() : first;
    if (last < first) in.fail(ErrorCode::illegal, "a range of transactions that ends before it begins");
    out.ranges.push_back({first, last});
  });
  return out;
}

// transactionList = 1*(transactionRequest / transactionReply / transactionPending / transactionResponseAck)
std::vector<Transaction> read_transactions(Reader& in) {
  std::vector<Transaction> out;
  do {
    in.count(out.size() + 1);
    if (in.take(Token::transaction))
      out.emplace_back(read_request(in));
    else if (in.take(Token::reply))
      out.emplace_back(read_reply(in));
    else if (in.take(Token::pending))
      out.emplace_back(read_pending(in));
    else if (in.take(Token::transaction_response_ack))
      out.emplace_back(read_response_ack(in));
    else
      in.fail(ErrorCode::syntax, "expected a transaction");
    in.leave_transaction();
  } while (!in.at_end());
  return out;
}

std::string read_hex(Reader& in, std::size_t least, std::size_t most) {
  std::string out(in.word({}, most + 2));
  const bool prefixed = base::iequals(out.substr(0, 2), "0x");
  const bool hex = out.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string::npos;
  if (!prefixed || !hex || out.size() < least + 2 || out.size() > most + 2) {
    in.fail_name(ErrorCode::syntax, "not the hexadecimal number of an authentication header");
  }
  return out;
}

// authenticationHeader = AuthToken EQUAL SecurityParmIndex COLON SequenceNum COLON AuthData
// SecurityParmIndex    = "0x" 8(HEXDIG)
// SequenceNum          = "0x" 8(HEXDIG)
// AuthData             = "0x" 24*64(HEXDIG)
Authentication read_authentication(Reader& in) {
  Authentication out;
  in.expect('=');
  out.security_index = read_hex(in, 8, 8);
  if (!in.take_raw(':')) in.fail(ErrorCode::syntax, "expected ':'");
  out.sequence = read_hex(in, 8, 8);
  if (!in.take_raw(':')) in.fail(ErrorCode::syntax, "expected ':'");
  out.data = read_hex(in, 24, 64);
  in.separator();
  return out;
}

// megacoMessage = LWSP [authenticationHeader SEP] message
// message       = MegacopToken SLASH Version SEP mId SEP messageBody
// messageBody   = (errorDescriptor / transactionList)
Message read_message(Reader& in) {
  Message out;
  in.skip();
  if (in.take(Token::authentication)) in.once(out.authentication, read_authentication);
  if (!in.take_prefix("MEGACO/") && !in.take_prefix("!/"))
    in.fail(ErrorCode::syntax, "expected MEGACO/ and a version");
  out.version = in.number<std::uint8_t>(2);
  out.sender = read_message_id(in);
  if (in.take(Token::error))
    out.body = read_error(in);
  else
    out.body = read_transactions(in);
  if (!in.at_end()) in.fail(ErrorCode::syntax, "something behind the message");
  return out;
}

}  // namespace

Result<Message> parse(std::string_view text, const Limits& limits) {
  Reader in(text, limits);
  if (text.size() > limits.octets) in.fail(ErrorCode::too_long, "message too long");
  auto out = read_message(in);
  if (in.failed()) return *in.error();
  return out;
}

}  // namespace h248
