#include "proto/h248/writer.hpp"

namespace h248 {
namespace {

/// Braces around one thing.
template <class Write>
void braced(Writer& out, Write inside) {
  out.open();
  out.item();
  inside();
  out.close();
}

void write_item(Writer& out, AuditToken token) {
  out.token(token);
}

void write_property_name(Writer& out, Token holder, const AuditMedia& media) {
  out.token(holder);
  braced(out, [&] {
    if (const auto* token = std::get_if<Token>(&media.property)) return out.token(*token);
    write(out, std::get<PackagedName>(media.property));
  });
}

void write_item(Writer& out, const AuditMedia& media) {
  out.token(Token::media);
  out.open();
  write_stream(out, media.stream);
  if (media.stream) out.open();
  out.item();
  write_property_name(out, media.of_termination ? Token::termination_state : Token::local_control, media);
  if (media.stream) out.close();
  out.close();
}

void write_item(Writer& out, const AuditEvents& events) {
  out.token(Token::events);
  out.equals();
  write(out, events.request);
  braced(out, [&] { write(out, events.event); });
}

void write_item(Writer& out, const AuditSignals& signals) {
  out.token(Token::signals);
  out.open();
  if (signals.list) {
    out.item_equals(Token::signal_list);
    out.number(*signals.list);
    out.open();
  }
  if (signals.signal) {
    out.item();
    write(out, *signals.signal);
  }
  if (signals.list) out.close();
  out.close();
}

void write_item(Writer& out, const AuditDigitMap& map) {
  out.token(Token::digit_map);
  out.equals();
  out.text(map.name);
}

void write_item(Writer& out, const AuditEventBuffer& buffer) {
  out.token(Token::event_buffer);
  out.open();
  out.item();
  write(out, buffer.event);
  if (buffer.stream || buffer.parameter) {
    out.open();
    write_stream(out, buffer.stream);
    if (buffer.parameter) {
      out.item();
      out.text(*buffer.parameter);
    }
    out.close();
  }
  out.close();
}

void write_item(Writer& out, const AuditStatistic& statistic) {
  out.token(Token::statistics);
  braced(out, [&] { write(out, statistic.name); });
}

void write_item(Writer& out, const PackageVersion& package) {
  out.token(Token::packages);
  braced(out, [&] { write(out, package); });
}

}  // namespace

void write(Writer& out, const AuditItem& item) {
  std::visit([&](const auto& one) { write_item(out, one); }, item);
}

void write(Writer& out, const AuditDescriptor& audit) {
  out.token(Token::audit);
  out.block(audit.items, [&](const AuditItem& item) { write(out, item); });
}

}  // namespace h248
