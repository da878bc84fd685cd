#include "proto/h248/writer.hpp"

namespace h248 {
namespace {

void write_switch(Writer& out, Token name, const std::optional<bool>& value) {
  if (!value) return;
  out.item_equals(name);
  out.token(*value ? Token::on : Token::off);
}

void write_items(Writer& out, const std::vector<Property>& properties) {
  for (const auto& property : properties) {
    out.item();
    write(out, property);
  }
}

void write(Writer& out, const LocalControl& control) {
  out.item_token(Token::local_control);
  out.open();
  if (control.mode) {
    out.item_equals(Token::mode);
    out.token(*control.mode);
  }
  write_switch(out, Token::reserved_value, control.reserved_value);
  write_switch(out, Token::reserved_group, control.reserved_group);
  write_items(out, control.properties);
  out.close();
}

void write(Writer& out, const TerminationState& state) {
  out.item_token(Token::termination_state);
  out.open();
  write_items(out, state.properties);
  if (state.service_state) {
    out.item_equals(Token::service_states);
    out.token(*state.service_state);
  }
  if (state.buffer) {
    out.item_equals(Token::buffer);
    out.token(*state.buffer);
  }
  out.close();
}

void write_parameters(Writer& out, const Stream& stream) {
  if (stream.local_control) write(out, *stream.local_control);
  if (stream.local) {
    out.item_token(Token::local);
    out.octets(*stream.local);
  }
  if (stream.remote) {
    out.item_token(Token::remote);
    out.octets(*stream.remote);
  }
  if (stream.statistics) {
    out.item();
    h248::write(out, *stream.statistics);
  }
}

}  // namespace

void write(Writer& out, const StatisticsDescriptor& statistics) {
  out.token(Token::statistics);
  out.block(statistics.statistics, [&](const Statistic& one) {
    write(out, one.name);
    if (!one.value) return;
    out.equals();
    write(out, *one.value);
  });
}

void write(Writer& out, const MediaDescriptor& media) {
  out.token(Token::media);
  out.open();
  if (media.termination_state) write(out, *media.termination_state);
  for (const auto& stream : media.streams) {
    write_stream(out, stream.id);
    if (stream.id) out.open();
    write_parameters(out, stream);
    if (stream.id) out.close();
  }
  out.close();
}

void write(Writer& out, const ModemDescriptor& modem) {
  out.token(Token::modem);
  if (modem.types.size() == 1) out.equals();
  std::string_view mark = modem.types.size() == 1 ? "" : "[";
  for (const auto& type : modem.types) {
    out.text(mark);
    write(out, type);
    mark = ",";
  }
  if (modem.types.size() != 1) out.text("]");
  if (modem.properties.empty()) return;
  out.open();
  write_items(out, modem.properties);
  out.close();
}

void write(Writer& out, const MuxDescriptor& mux) {
  out.token(Token::mux);
  out.equals();
  write(out, mux.type);
  write(out, mux.terminations);
}

}  // namespace h248
