#include "proto/h248/codec.hpp"
#include "proto/h248/writer.hpp"

namespace h248 {
namespace {

void write_topology(Writer& out, const std::vector<TopologyTriple>& topology) {
  if (topology.empty()) return;
  out.item_token(Token::topology);
  out.block(topology, [&](const TopologyTriple& triple) {
    out.text(triple.from.text);
    out.separator();
    out.text(triple.to.text);
    out.separator();
    out.token(triple.direction);
    if (!triple.stream) return;
    out.separator();
    out.token(Token::stream);
    out.equals();
    out.number(*triple.stream);
  });
}

void write_properties(Writer& out, const ContextProperties& properties) {
  write_topology(out, properties.topology);
  if (properties.priority) {
    out.item_equals(Token::priority);
    out.number(*properties.priority);
  }
  if (properties.emergency) out.item_token(Token::emergency);
  if (properties.emergency_off) out.item_token(Token::emergency_off);
  if (properties.ieps) {
    out.item_equals(Token::ieps_call);
    out.token(*properties.ieps ? Token::on : Token::off);
  }
  if (properties.attributes.empty()) return;
  out.item_token(Token::context_attr);
  out.block(properties.attributes, [&](const Property& one) { write(out, one); });
}

void write_audit(Writer& out, const ContextAudit& audit) {
  out.item_token(Token::context_audit);
  out.open();
  if (audit.topology) out.item_token(Token::topology);
  if (audit.emergency) out.item_token(Token::emergency);
  if (audit.priority) out.item_token(Token::priority);
  out.close();
}

template <class Action>
void write_action(Writer& out, const Action& action) {
  out.token(Token::context);
  out.equals();
  write(out, action.context);
  out.open();
  write_properties(out, action.properties);
  if constexpr (requires { action.audit; }) {
    if (action.audit) write_audit(out, *action.audit);
  }
  for (const auto& command : action.commands) {
    out.item();
    write(out, command);
  }
  if constexpr (requires { action.error; }) {
    if (action.error) {
      out.item();
      write(out, *action.error);
    }
  }
  out.close();
}

void write_head(Writer& out, Token token, std::uint32_t id) {
  out.token(token);
  out.equals();
  out.number(id);
}

void write(Writer& out, const TransactionRequest& request) {
  write_head(out, Token::transaction, request.id);
  out.block(request.actions, [&](const ActionRequest& action) { write_action(out, action); });
}

void write(Writer& out, const TransactionReply& reply) {
  write_head(out, Token::reply, reply.id);
  out.open();
  if (reply.imm_ack_required) out.item_token(Token::imm_ack_required);
  if (const auto* error = std::get_if<ErrorDescriptor>(&reply.result)) {
    out.item();
    h248::write(out, *error);
  } else {
    for (const auto& action : std::get<std::vector<ActionReply>>(reply.result)) {
      out.item();
      write_action(out, action);
    }
  }
  out.close();
}

void write(Writer& out, const TransactionPending& pending) {
  write_head(out, Token::pending, pending.id);
  out.open();
  out.close();
}

void write(Writer& out, const TransactionResponseAck& ack) {
  out.token(Token::transaction_response_ack);
  out.block(ack.ranges, [&](const AckRange& range) {
    out.number(range.first);
    if (range.last == range.first) return;
    out.text("-");
    out.number(range.last);
  });
}

void write_header(Writer& out, const Message& message) {
  if (message.authentication) {
    out.token(Token::authentication);
    out.equals();
    out.text(message.authentication->security_index);
    out.text(":");
    out.text(message.authentication->sequence);
    out.text(":");
    out.text(message.authentication->data);
    out.line();
  }
  out.token(Token::megaco);
  out.text("/");
  out.number(message.version);
  out.text(" ");
  write(out, message.sender);
  out.line();
}

}  // namespace

void print(const Message& message, std::string& out, const PrintOptions& options) {
  Writer writer(out, options);
  write_header(writer, message);
  if (const auto* error = std::get_if<ErrorDescriptor>(&message.body)) return write(writer, *error);
  bool first = true;
  for (const auto& transaction : std::get<std::vector<Transaction>>(message.body)) {
    if (!std::exchange(first, false)) writer.line();
    std::visit([&](const auto& one) { write(writer, one); }, transaction);
  }
}

void print(const Transaction& transaction, std::string& out, const PrintOptions& options) {
  Writer writer(out, options);
  std::visit([&](const auto& one) { write(writer, one); }, transaction);
}

std::string print(const Message& message, const PrintOptions& options) {
  std::string out;
  print(message, out, options);
  return out;
}

}  // namespace h248
