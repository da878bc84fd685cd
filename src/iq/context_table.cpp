#include "iq/context_table.hpp"

#include <algorithm>

#include "base/expect.hpp"
#include "base/text.hpp"

namespace iq {

std::optional<std::size_t> Context::find(std::string_view id) const {
  for (std::size_t i = 0; i < terminations.size(); ++i)
    if (base::iequals(terminations[i].id, id)) return i;
  return std::nullopt;
}

Termination* Context::find(TerminationId id) {
  for (auto& each : terminations)
    if (each.seam == id) return &each;
  return nullptr;
}

std::vector<std::size_t> Context::matching(std::string_view pattern) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < terminations.size(); ++i)
    if (matches(pattern, terminations[i].id)) out.push_back(i);
  return out;
}

bool matches(std::string_view pattern, std::string_view id) {
  while (!pattern.empty()) {
    const auto wanted = base::take_until(pattern, '/');
    if (id.empty()) return false;
    if (wanted == "*" && pattern.empty()) return true;
    const auto level = base::take_until(id, '/');
    if (wanted != "*" && !base::iequals(wanted, level)) return false;
  }
  return id.empty();
}

Context& ContextTable::create() {
  do {
    if (++last_ >= h248::choose_context.value) last_ = 1;
  } while (contexts_.contains(last_));
  auto& slot = contexts_[last_];
  slot = std::make_unique<Context>();
  slot->number = last_;
  return *slot;
}

Context* ContextTable::find(std::uint32_t number) {
  const auto found = contexts_.find(number);
  return found == contexts_.end() ? nullptr : found->second.get();
}

Context* ContextTable::find(ContextId seam) {
  const auto found = by_seam_.find(seam);
  return found == by_seam_.end() ? nullptr : find(found->second);
}

void ContextTable::bind(Context& context, ContextId seam) {
  context.seam = seam;
  by_seam_[seam] = context.number;
}

void ContextTable::unbind(Context& context) {
  const auto found = by_seam_.find(context.seam);
  if (found != by_seam_.end() && found->second == context.number) by_seam_.erase(found);
  context.seam = {};
  context.reserved = 0;
}

void ContextTable::erase(std::uint32_t number) {
  auto* context = find(number);
  base::expect(context != nullptr);
  while (!context->terminations.empty()) remove(*context, 0);
  unbind(*context);
  contexts_.erase(number);
}

Termination& ContextTable::add(Context& context, Termination termination) {
  by_id_[base::to_lower(termination.id)] = context.number;
  context.terminations.push_back(std::move(termination));
  return context.terminations.back();
}

void ContextTable::remove(Context& context, std::size_t termination) {
  const auto at = context.terminations.begin() + static_cast<std::ptrdiff_t>(termination);
  by_id_.erase(base::to_lower(at->id));
  context.terminations.erase(at);
}

Context* ContextTable::owner_of(std::string_view id) {
  const auto found = by_id_.find(base::to_lower(id));
  return found == by_id_.end() ? nullptr : find(found->second);
}

std::vector<std::uint32_t> ContextTable::numbers() const {
  std::vector<std::uint32_t> out;
  out.reserve(contexts_.size());
  for (const auto& [number, context] : contexts_) out.push_back(number);
  return out;
}

std::string level_of(std::string_view realm) {
  constexpr std::size_t longest = 30;  // of 64 characters for all levels
  std::string out(realm.substr(0, longest));
  for (auto& c : out)
    if (!base::is_alnum(c) && c != '_') c = '_';
  return out;
}

std::string choose_id(std::string_view pattern, std::string_view realm, std::uint64_t number) {
  if (pattern == "$") pattern = "$/$/$/$";
  std::string out;
  for (std::size_t level = 0; !pattern.empty(); ++level) {
    const auto wanted = base::take_until(pattern, '/');
    if (level > 0) out += '/';
    if (wanted != "$")
      out += wanted;
    else if (pattern.empty() || level > 2)
      out += std::to_string(number);
    else
      out += level == 0 ? "ip" : level == 1 ? "1" : level_of(realm);
  }
  return out;
}

std::string_view interface_of(std::string_view id) {
  base::take_until(id, '/');
  base::take_until(id, '/');
  return base::take_until(id, '/');
}

}  // namespace iq
