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
    auto id = read_termination_id(in);
    if (!out.empty() && in.peek() == '=' && find_token(id.text) == Token::stream) {
      in.once(out.back().stream, read_stream_id);
      continue;
    }
    auto& triple = out.emplace_back();
    triple.from = std::move(id);
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

// iepsValue = IEPSToken EQUAL ("ON" / "OFF")
bool read_ieps(Reader& in) {
  in.expect('=');
  return in.one_of({Token::on, Token::off}) == Token::on;
}

// contextAttrDescriptor = ContextAttrToken LBRKT propertyParm *(COMMA propertyParm) RBRKT
void read_attributes(Reader& in, std::vector<Property>& out) {
  if (!out.empty()) return in.fail_name(ErrorCode::repeated, "given twice");
  in.expect('{');
  in.list('}', [&] { read_property(in, out); });
}

}  // namespace

// contextProperty = (topologyDescriptor / priority / EmergencyToken), and of version 3 EmergencyOffToken /
//                   iepsValue / contextAttrDescriptor
bool read_context_property(Reader& in, ContextProperties& out) {
  if (in.take(Token::topology))
    read_topology(in, out.topology);
  else if (in.take(Token::priority))
    in.once(out.priority, read_priority);
  else if (in.take(Token::emergency))
    in.once(out.emergency);
  else if (in.take(Token::emergency_off))
    in.once(out.emergency_off);
  else if (in.take(Token::ieps_call))
    in.once(out.ieps, read_ieps);
  else if (in.take(Token::context_attr))
    read_attributes(in, out.attributes);
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

}  // namespace h248
