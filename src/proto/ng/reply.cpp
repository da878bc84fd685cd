#include "proto/ng/reply.hpp"

#include <optional>

namespace ng {
namespace {

std::string_view name_of(Outcome result) noexcept {
  switch (result) {
    case Outcome::ok:
      return "ok";
    case Outcome::error:
      return "error";
    case Outcome::pong:
      return "pong";
  }
  return {};
}

/// The member that holds that key's value, or nullptr.
std::string* member(Reply& reply, std::string_view key) {
  if (key == "error-reason") return &reply.error_reason;
  if (key == "sdp") return &reply.sdp;
  if (key == "mode") return &reply.mode;
  if (key == "why") return &reply.why;
  if (key == "warning") return &reply.warning;
  return nullptr;
}

std::optional<Outcome> outcome_of(std::string_view text) {
  for (const auto outcome : {Outcome::ok, Outcome::error, Outcome::pong}) {
    if (text == name_of(outcome)) return outcome;
  }
  return std::nullopt;
}

}  // namespace

Reply Reply::pong() {
  Reply out;
  out.result = Outcome::pong;
  return out;
}

Reply Reply::error(std::string_view reason) {
  Reply out;
  out.result = Outcome::error;
  out.error_reason = reason;
  return out;
}

Reply Reply::warn(std::string_view warning) {
  Reply out;
  out.warning = warning;
  return out;
}

Dictionary print_reply(const Reply& reply) {
  Dictionary out;
  const auto add = [&](const char* key, const std::string& text) {
    if (!text.empty()) out.append(key, text);
  };
  out.append("result", name_of(reply.result));
  add("error-reason", reply.error_reason);
  add("warning", reply.warning);
  add("sdp", reply.sdp);
  add("mode", reply.mode);
  add("why", reply.why);
  for (const auto& [key, value] : reply.more.entries()) out.set(key, value);
  return out;
}

base::Result<Reply, Error> parse_reply(const Dictionary& dictionary) {
  Reply out;
  const auto text = dictionary.text("result");
  const auto result = outcome_of(text);
  if (!result && text != "load limit") return Error{"no result that is known", 0};
  out.result = result.value_or(Outcome::error);
  for (const auto& [key, value] : dictionary.entries()) {
    auto* place = member(out, key);
    if (key == "result") continue;
    if (place == nullptr) {
      out.more.append(key, value);
    } else if (const auto* string = value.string()) {
      *place = *string;
    } else {
      return Error{key + " is not a string", 0};
    }
  }
  if (!result && out.error_reason.empty()) out.error_reason = text;
  return out;
}

}  // namespace ng
