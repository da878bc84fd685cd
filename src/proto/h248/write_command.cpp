#include "proto/h248/writer.hpp"

namespace h248 {
namespace {

void write(Writer& out, const PackagesDescriptor& packages) {
  out.token(Token::packages);
  out.block(packages.packages, [&](const PackageVersion& one) { h248::write(out, one); });
}

void write_address(Writer& out, const std::variant<std::uint16_t, MessageId>& address) {
  if (const auto* port = std::get_if<std::uint16_t>(&address)) return out.number(*port);
  write(out, std::get<MessageId>(address));
}

void write_profile(Writer& out, const Profile& profile) {
  out.text(profile.name);
  out.text("/");
  out.number(profile.version);
}

/// token = value, where there is one.
template <class T, class Write>
void write_equals(Writer& out, Token token, const std::optional<T>& value, Write one) {
  if (!value) return;
  out.item_equals(token);
  one(*value);
}

template <class... Optional>
bool has_any(const Optional&... values) {
  return (values.has_value() || ...);
}

bool is_bare(const Descriptors& all) {
  return all.empty.empty() && !has_any(all.media, all.modem, all.mux, all.events, all.signals, all.digit_map,
                                       all.event_buffer, all.audit, all.observed_events, all.statistics,
                                       all.packages, all.service_change, all.error);
}

void write_descriptors(Writer& out, const Descriptors& all) {
  if (is_bare(all)) return;
  const auto item = [&](const auto& descriptor) {
    if (!descriptor) return;
    out.item();
    write(out, *descriptor);
  };
  out.open();
  item(all.media);
  item(all.modem);
  item(all.mux);
  item(all.events);
  item(all.signals);
  item(all.digit_map);
  item(all.observed_events);
  item(all.event_buffer);
  item(all.statistics);
  item(all.packages);
  for (const auto token : all.empty) out.item_token(token);
  item(all.audit);
  item(all.service_change);
  item(all.error);
  out.close();
}

}  // namespace

void write(Writer& out, const ServiceChangeDescriptor& change) {
  const auto number = [&](auto value) { out.number(value); };
  const auto rule = [&](const auto& value) { write(out, value); };
  out.token(Token::services);
  out.open();
  write_equals(out, Token::method, change.method, rule);
  write_equals(out, Token::reason, change.reason, rule);
  write_equals(out, Token::delay, change.delay, number);
  write_equals(out, Token::service_change_address, change.address,
               [&](const auto& at) { write_address(out, at); });
  write_equals(out, Token::mgc_id_to_try, change.mgc_id, rule);
  write_equals(out, Token::profile, change.profile, [&](const Profile& one) { write_profile(out, one); });
  write_equals(out, Token::version, change.version, number);
  for (const auto& extension : change.extensions) {
    out.item();
    write(out, extension);
  }
  if (change.time) {
    out.item();
    write(out, *change.time);
  }
  for (const auto& item : change.audit) {
    out.item();
    write(out, item);
  }
  out.close();
}

void write(Writer& out, const CommandRequest& command) {
  if (command.optional) out.text("O-");
  if (command.wildcard_reply) out.text("W-");
  out.token(command.name);
  out.equals();
  out.text(command.termination.text);
  write_descriptors(out, command.descriptors);
}

void write(Writer& out, const CommandReply& command) {
  out.token(command.name);
  out.equals();
  if (!command.context_audit) {
    out.text(command.termination.text);
    return write_descriptors(out, command.descriptors);
  }
  out.token(Token::context);
  if (!command.context_audit->empty()) return write(out, *command.context_audit);
  write_descriptors(out, command.descriptors);
}

}  // namespace h248
