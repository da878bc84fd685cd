#include "iq/registration.hpp"

#include <array>
#include <utility>

#include "base/text.hpp"
#include "proto/h248/codec.hpp"

namespace iq {

using h248::MessageId;

std::optional<MessageId> parse_message_id(std::string_view text) {
  const auto message = h248::parse("!/1 " + std::string(text) + " ER=400{}");
  if (!message) return std::nullopt;
  // Nothing else may have stood in the text, such as a comment.
  if (!base::iequals(to_string(message->sender), text)) return std::nullopt;
  return message->sender;
}

std::string to_string(const MessageId& id) {
  std::string out;
  switch (id.kind) {
    case MessageId::Kind::address:
      out = "[" + id.text + "]";
      break;
    case MessageId::Kind::domain:
      out = "<" + id.text + ">";
      break;
    case MessageId::Kind::device:
      return id.text;
    case MessageId::Kind::mtp:
      return "MTP{" + id.text + "}";
  }
  if (id.port) out += ":" + std::to_string(*id.port);
  return out;
}

MessageId message_id_of(const base::Address& address) {
  return {MessageId::Kind::address, address.ip.to_string(), address.port};
}

bool same_end(const MessageId& a, const MessageId& b) {
  if (a.kind != b.kind || a.port.value_or(text_port) != b.port.value_or(text_port)) return false;
  if (base::iequals(a.text, b.text)) return true;
  const auto left = address_of(a);
  return left && left == address_of(b);
}

std::optional<base::Address> address_of(const MessageId& id) {
  if (id.kind != MessageId::Kind::address) return std::nullopt;
  const auto ip = base::IpAddress::parse(id.text);
  if (!ip) return std::nullopt;
  return base::Address{*ip, id.port.value_or(text_port)};
}

std::optional<h248::Profile> parse_profile(std::string_view text) {
  const auto name = base::take_until(text, '/');
  const auto version = base::parse_uint<std::uint8_t>(text);
  if (name.empty() || name.size() > 64 || !base::is_alpha(name[0]) || !version || text.size() > 2)
    return std::nullopt;
  for (const char c : name)
    if (!base::is_alnum(c) && c != '_') return std::nullopt;
  return h248::Profile{std::string(name), *version};
}

std::string to_string(const h248::Profile& profile) {
  return profile.name + "/" + std::to_string(profile.version);
}

bool same_profile(const h248::Profile& a, const h248::Profile& b) {
  return a.version == b.version && base::iequals(a.name, b.name);
}

h248::TimeStamp time_stamp(std::chrono::system_clock::time_point wall) {
  const auto day = std::chrono::floor<std::chrono::days>(wall);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::milliseconds>(wall - day));
  const auto number = [](auto count) { return static_cast<std::uint32_t>(count); };
  h248::TimeStamp out;
  out.date = number(int(date.year())) * 10'000 + unsigned(date.month()) * 100 + unsigned(date.day());
  out.time = number(time.hours().count()) * 1'000'000 + number(time.minutes().count()) * 10'000 +
             number(time.seconds().count()) * 100 + number(time.subseconds().count() / 10);
  return out;
}

h248::Value change_reason(unsigned code) {
  static constexpr std::array<std::pair<unsigned, std::string_view>, 10> texts{{
      {900, "Service Restored"},
      {901, "Cold Boot"},
      {902, "Warm Boot"},
      {903, "MGC Directed Change"},
      {904, "Termination malfunctioning"},
      {905, "Termination taken out of service"},
      {906, "Loss of lower layer connectivity"},
      {907, "Transmission Failure"},
      {908, "MG Impending Failure"},
      {909, "MGC Impending Failure"},
  }};
  h248::Value out{std::to_string(code), true};
  for (const auto& [number, text] : texts)
    if (number == code) out.text += " " + std::string(text);
  return out;
}

std::optional<unsigned> code_of(const h248::Value& reason) {
  auto text = base::trim(reason.text);
  return base::parse_uint<unsigned>(base::take_until(text, ' '));
}

h248::ActionRequest root_change(h248::ServiceChangeDescriptor change) {
  h248::CommandRequest command{h248::CommandName::service_change, {"ROOT"}};
  command.descriptors.service_change = std::move(change);
  h248::ActionRequest out{h248::null_context};
  out.commands.push_back(std::move(command));
  return out;
}

h248::ActionReply root_change_reply(h248::ServiceChangeDescriptor change) {
  h248::CommandReply command{h248::CommandName::service_change, {"ROOT"}};
  command.descriptors.service_change = std::move(change);
  h248::ActionReply out{h248::null_context};
  out.commands.push_back(std::move(command));
  return out;
}

const h248::ServiceChangeDescriptor* root_change_of(const h248::ActionRequest& action) {
  for (const auto& command : action.commands) {
    const bool is_one = command.name == h248::CommandName::service_change && command.termination.is_root();
    if (is_one && command.descriptors.service_change) return &*command.descriptors.service_change;
  }
  return nullptr;
}

base::Result<h248::ServiceChangeDescriptor, h248::ErrorDescriptor> change_result(
    const h248::TransactionReply& reply) {
  if (auto error = error_of(reply)) return *std::move(error);
  for (const auto& action : *std::get_if<std::vector<h248::ActionReply>>(&reply.result)) {
    for (const auto& command : action.commands) {
      if (command.name == h248::CommandName::service_change)
        return command.descriptors.service_change.value_or(h248::ServiceChangeDescriptor{});
    }
  }
  return h248::ErrorDescriptor{500, "The reply has no ServiceChange"};
}

std::optional<h248::ErrorDescriptor> error_of(const h248::TransactionReply& reply) {
  if (const auto* error = std::get_if<h248::ErrorDescriptor>(&reply.result)) return *error;
  for (const auto& action : *std::get_if<std::vector<h248::ActionReply>>(&reply.result)) {
    for (const auto& command : action.commands)
      if (command.descriptors.error) return command.descriptors.error;
    if (action.error) return action.error;
  }
  return std::nullopt;
}

std::string to_string(const h248::ErrorDescriptor& error) {
  auto out = std::to_string(error.code);
  if (error.text && !error.text->empty()) out += " " + base::printable(*error.text);
  return out;
}

}  // namespace iq
