#include <algorithm>

#include "proto/h248/writer.hpp"

namespace h248 {
namespace {

struct Shape {
  std::string_view open, between, close;
};

Shape shape_of(ParameterValue::Shape shape) {
  switch (shape) {
    case ParameterValue::Shape::single:
      return {"", ",", ""};
    case ParameterValue::Shape::all_of:
      return {"[", ",", "]"};
    case ParameterValue::Shape::one_of:
      return {"{", ",", "}"};
    case ParameterValue::Shape::range:
      return {"[", ":", "]"};
  }
  return {};
}

void write_relation(Writer& out, ParameterValue::Relation relation) {
  switch (relation) {
    case ParameterValue::Relation::equal:
      return out.equals();
    case ParameterValue::Relation::greater:
      return out.text(">");
    case ParameterValue::Relation::less:
      return out.text("<");
    case ParameterValue::Relation::unequal:
      return out.text("#");
  }
}

}  // namespace

void write(Writer& out, const PackagedName& name) {
  out.text(name.package);
  out.text("/");
  out.text(name.item);
}

void write(Writer& out, const Value& value) {
  const bool safe = !value.text.empty() && std::all_of(value.text.begin(), value.text.end(), is_safe);
  if (value.quoted || !safe) return out.quoted(value.text);
  out.text(value.text);
}

void write(Writer& out, const ParameterValue& value) {
  const auto shape = shape_of(value.shape);
  write_relation(out, value.relation);
  auto mark = shape.open;
  for (const auto& one : value.values) {
    out.text(mark);
    write(out, one);
    mark = shape.between;
  }
  out.text(shape.close);
}

void write(Writer& out, const Property& property) {
  write(out, property.name);
  write(out, property.value);
}

void write(Writer& out, const Parameter& parameter) {
  out.text(parameter.name);
  write(out, parameter.value);
}

void write(Writer& out, ContextId id) {
  if (id == null_context) return out.text("-");
  if (id == choose_context) return out.text("$");
  if (id == all_contexts) return out.text("*");
  out.number(id.value);
}

void write(Writer& out, RequestId id) {
  if (id == all_requests) return out.text("*");
  out.number(id.value);
}

void write(Writer& out, const MessageId& id) {
  using Kind = MessageId::Kind;
  if (id.kind == Kind::mtp) {
    out.token(Token::mtp);
    out.text("{");
    out.text(id.text);
    return out.text("}");
  }
  const bool device = id.kind == Kind::device;
  out.text(device ? "" : id.kind == Kind::address ? "[" : "<");
  out.text(id.text);
  out.text(device ? "" : id.kind == Kind::address ? "]" : ">");
  if (device || !id.port) return;
  out.text(":");
  out.number(*id.port);
}

void write(Writer& out, TimeStamp time) {
  out.digits(time.date, 8);
  out.text("T");
  out.digits(time.time, 8);
}

void write(Writer& out, const TokenOrExtension& value) {
  if (const auto* token = std::get_if<Token>(&value)) return out.token(*token);
  out.text(std::get<std::string>(value));
}

void write(Writer& out, const PackageVersion& package) {
  out.text(package.name);
  out.text("-");
  out.number(package.version);
}

void write(Writer& out, const ErrorDescriptor& error) {
  out.token(Token::error);
  out.equals();
  out.number(error.code);
  out.open();
  if (error.text) {
    out.item();
    out.quoted(*error.text);
  }
  out.close();
}

void write(Writer& out, const std::vector<TerminationId>& ids) {
  out.block(ids, [&](const TerminationId& id) { out.text(id.text); });
}

void write_stream(Writer& out, const std::optional<std::uint16_t>& stream) {
  if (!stream) return;
  out.item_equals(Token::stream);
  out.number(*stream);
}

}  // namespace h248
