#include "proto/h248/braces.hpp"
#include "proto/h248/codec.hpp"
#include "proto/h248/read.hpp"

namespace h248 {
namespace {

constexpr std::size_t most_broken = 16;  // more transactions than this are in no message (TS 29.334 5.10: 10)

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

void read_transaction(Reader& in, std::vector<Transaction>& out) {
  const auto take = [&](Token token, Part part) {
    if (in.peek_token() != token) return false;
    in.enter(part);
    return in.take(token);
  };
  if (take(Token::transaction, Part::request))
    out.emplace_back(read_request(in));
  else if (take(Token::reply, Part::reply))
    out.emplace_back(read_reply(in));
  else if (take(Token::pending, Part::pending))
    out.emplace_back(read_pending(in));
  else if (take(Token::transaction_response_ack, Part::ack))
    out.emplace_back(read_response_ack(in));
  else
    in.fail(ErrorCode::syntax, "expected a transaction");
}

/// Behind the broken transaction that begins at `start`; the text's end where that cannot be found.
void go_on(Reader& in, std::size_t start, std::vector<Error>& broken) {
  const auto behind = behind_braces(in.text(), start);
  const bool lost = !behind || in.exhausted() || broken.size() + 1 >= most_broken;
  broken.push_back(in.resume(lost ? in.text().size() : *behind));
  auto& error = broken.back();
  if (error.level == Level::message) {
    error.level = Level::transaction;
    error.answer = 403;
  }
}

// transactionList = 1*(transactionRequest / transactionReply / transactionPending / transactionResponseAck)
std::vector<Transaction> read_transactions(Reader& in, std::vector<Error>* broken) {
  std::vector<Transaction> out;
  do {
    const auto start = in.offset();
    const auto whole = out.size();
    in.count(whole + 1);
    read_transaction(in, out);
    if (in.failed() && broken != nullptr) {
      out.erase(out.begin() + static_cast<std::ptrdiff_t>(whole), out.end());
      go_on(in, start, *broken);
    }
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
Message read_message(Reader& in, std::vector<Error>* broken) {
  Message out;
  in.skip();
  if (in.take(Token::authentication)) in.once(out.authentication, read_authentication);
  if (!in.take_prefix("MEGACO/") && !in.take_prefix("!/"))
    in.fail(ErrorCode::syntax, "expected MEGACO/ and a version");
  out.version = in.number<std::uint8_t>(2);
  if (!in.failed()) in.set_version(out.version);
  out.sender = read_message_id(in);
  if (in.peek_token() == Token::error) {
    in.enter(Part::error);
    in.expect(Token::error);
    out.body = read_error(in);
  } else {
    out.body = read_transactions(in, in.failed() ? nullptr : broken);
  }
  if (!in.at_end()) in.fail(ErrorCode::syntax, "something behind the message");
  return out;
}

}  // namespace

Result<Message> parse(std::string_view text, const Limits& limits) {
  Reader in(text, limits);
  if (text.size() > limits.octets) in.fail(ErrorCode::too_long, "message too long");
  auto out = read_message(in, nullptr);
  if (in.failed()) return *in.error();
  return out;
}

Result<Parsed> salvage(std::string_view text, const Limits& limits) {
  Reader in(text, limits);
  if (text.size() > limits.octets) in.fail(ErrorCode::too_long, "message too long");
  Parsed out;
  out.message = read_message(in, &out.broken);
  if (in.failed()) return *in.error();
  return out;
}

}  // namespace h248
