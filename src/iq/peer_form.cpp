#include "iq/peer_form.hpp"

#include "base/text.hpp"

namespace iq {
namespace {

bool has_empty_signals(const h248::TransactionRequest& request) {
  for (const auto& action : request.actions)
    for (const auto& command : action.commands)
      if (command.descriptors.signals && command.descriptors.signals->items.empty()) return true;
  return false;
}

bool has_empty_signals(const h248::Message& message) {
  const auto* transactions = std::get_if<std::vector<h248::Transaction>>(&message.body);
  if (transactions == nullptr) return false;
  for (const auto& each : *transactions) {
    const auto* request = std::get_if<h248::TransactionRequest>(&each);
    if (request != nullptr && has_empty_signals(*request)) return true;
  }
  return false;
}

constexpr std::string_view space = " \t\r\n";

bool ends_with_word(std::string_view text, std::string_view word) {
  if (text.size() <= word.size() || !base::iequals(text.substr(text.size() - word.size()), word))
    return false;
  return !base::is_alnum(text[text.size() - word.size() - 1]);
}

/// Whether the token, long or short, stands somewhere with empty braces behind it.
bool has_braced_signals(std::string_view text) {
  for (auto open = text.find('{'); open != text.npos; open = text.find('{', open + 1)) {
    const auto close = text.find_first_not_of(space, open + 1);
    if (close == text.npos || text[close] != '}') continue;
    const auto before = text.substr(0, text.substr(0, open).find_last_not_of(space) + 1);
    if (ends_with_word(before, "Signals") || ends_with_word(before, "SG")) return true;
  }
  return false;
}

}  // namespace

bool writes_bare_signals(const h248::Message& message, std::string_view octets) {
  return has_empty_signals(message) && !has_braced_signals(octets);
}

}  // namespace iq
