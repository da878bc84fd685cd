#include "app/ctl_text.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace app {
namespace {

/// A dictionary that is no longer than this stands on one line.
constexpr std::size_t longest_line = 72;

std::string plain(std::string_view text) {
  return base::printable(text, text.size());
}

bool is_plain(const ng::Value& value) {
  return value.string() != nullptr || value.integer() != nullptr;
}

std::string inline_text(const ng::Value& value);

std::string joined(std::string out, std::string_view part) {
  if (part.empty()) return out;
  return out.append(out.empty() ? "" : ", ").append(part);
}

/// "SEND 3, 200 3"; what is empty is left out.
std::string inline_text(const ng::Dictionary& dictionary) {
  std::string out;
  for (const auto& [key, value] : dictionary.entries()) {
    const auto text = inline_text(value);
    if (!text.empty()) out = joined(std::move(out), plain(key).append(" ").append(text));
  }
  return out;
}

std::string inline_text(const ng::Value& value) {
  if (const auto* text = value.string()) return plain(*text);
  if (const auto* number = value.integer()) return std::to_string(*number);
  if (const auto* dictionary = value.dictionary()) return inline_text(*dictionary);
  std::string out;
  for (const auto& element : *value.list()) out = joined(std::move(out), inline_text(element));
  return out;
}

/// Whether it is shown as a block of its own instead of behind its key.
bool is_block(const ng::Value& value) {
  if (const auto* list = value.list()) return !std::ranges::all_of(*list, is_plain);
  return value.dictionary() != nullptr && inline_text(value).size() > longest_line;
}

/// "sections" -> "section", "branches" -> "branch".
std::string singular(std::string_view key) {
  if (key.ends_with("ches")) key.remove_suffix(2);
  if (key.size() > 1 && key.ends_with('s')) key.remove_suffix(1);
  return plain(key);
}

/// The key by which people tell the elements of a list apart, if they have one.
std::string_view label_key(const ng::Dictionary& element) {
  for (const std::string_view key : {"party", "realm", "via-branch", "to-tag"}) {
    if (!element.text(key).empty()) return key;
  }
  return {};
}

class Writer {
 public:
  std::string take() { return std::move(out_); }

  void block(const ng::Dictionary& dictionary, std::size_t indent, std::string_view without = {}) {
    facts(dictionary, indent, without);
    for (const auto& [key, value] : dictionary.entries()) {
      if (!is_block(value)) continue;
      if (const auto* list = value.list()) elements(singular(key), *list, indent);
      if (const auto* inner = value.dictionary()) headed(plain(key), *inner, indent);
    }
  }

 private:
  using Fact = std::pair<std::string, std::string>;

  /// Adds "octets  in 12; out 34" of octets-in and octets-out; whether `key` is one of such a pair.
  static bool add_directions(const ng::Dictionary& from, std::string_view key, std::vector<Fact>& out) {
    const bool in = key.ends_with("-in"), outward = key.ends_with("-out");
    const auto name = key.substr(0, key.rfind('-'));
    const auto* other = in || outward ? from.find(std::string(name) + (in ? "-out" : "-in")) : nullptr;
    if (other == nullptr || is_block(*other)) return false;
    const auto mine = inline_text(*from.find(key)), theirs = inline_text(*other);
    if (in && !(mine.empty() && theirs.empty()))
      out.emplace_back(plain(name),
                       "in " + (mine.empty() ? "-" : mine) + "; out " + (theirs.empty() ? "-" : theirs));
    return true;
  }

  /// What stands behind a key on one line, in aligned columns.
  void facts(const ng::Dictionary& dictionary, std::size_t indent, std::string_view without) {
    std::vector<Fact> lines;
    for (const auto& [key, value] : dictionary.entries()) {
      if (key == without || is_block(value) || add_directions(dictionary, key, lines)) continue;
      auto text = inline_text(value);
      if (!text.empty()) lines.emplace_back(plain(key), std::move(text));
    }
    std::size_t width = 0;
    for (const auto& [key, text] : lines) width = std::max(width, key.size());
    for (const auto& [key, text] : lines) {
      out_.append(indent, ' ').append(key).append(width + 2 - key.size(), ' ');
      out_.append(text).push_back('\n');
    }
  }

  void headed(const std::string& heading, const ng::Dictionary& inner, std::size_t indent,
              std::string_view without = {}) {
    if (indent == 0) out_.push_back('\n');
    out_.append(indent, ' ').append(heading).push_back('\n');
    block(inner, indent + 2, without);
  }

  void elements(const std::string& name, const ng::List& list, std::size_t indent) {
    std::size_t number = 0;
    for (const auto& element : list) {
      ++number;
      const auto* dictionary = element.dictionary();
      const auto key = dictionary == nullptr ? std::string_view{} : label_key(*dictionary);
      auto heading = name;
      heading.append(" ").append(key.empty() ? std::to_string(number) : plain(dictionary->text(key)));
      if (dictionary != nullptr) {
        headed(heading, *dictionary, indent, key);
      } else {
        out_.append(indent, ' ').append(heading).append("  ").append(inline_text(element)).push_back('\n');
      }
    }
  }

  std::string out_;
};

const ng::List* list_in(const ng::Dictionary& dictionary, std::string_view key) {
  const auto* value = dictionary.find(key);
  return value == nullptr ? nullptr : value->list();
}

/// "  answered  agnostic tls  access TCP/TLS passive connected  core TCP active connected  octets 12".
std::string summary(const ng::Dictionary& call) {
  std::string out;
  const auto add = [&](std::string_view part) {
    if (!part.empty()) out.append("  ").append(plain(part));
  };
  const auto words = [](const ng::Dictionary& of, std::initializer_list<std::string_view> keys) {
    std::string line;
    for (const auto key : keys)
      if (!of.text(key).empty()) line.append(line.empty() ? "" : " ").append(of.text(key));
    return line;
  };
  add(call.text("state"));
  if (const auto* sections = list_in(call, "sections")) {
    for (const auto& section : *sections) {
      if (section.dictionary() == nullptr) continue;
      add(words(*section.dictionary(), {"mode", "security"}));
      if (const auto* legs = list_in(*section.dictionary(), "terminations"))
        for (const auto& leg : *legs)
          if (leg.dictionary() != nullptr)
            add(words(*leg.dictionary(), {"realm", "transport", "setup", "state"}));
    }
  }
  if (const auto* totals = call.find("totals"); totals != nullptr && totals->dictionary() != nullptr)
    if (const auto* octets = totals->dictionary()->find("octets")) add("octets " + inline_text(*octets));
  return out;
}

}  // namespace

std::string list_text(const ng::Dictionary& reply) {
  std::map<std::string, const ng::Dictionary*> details;
  if (const auto* known = list_in(reply, "details"))
    for (const auto& each : *known)
      if (each.dictionary() != nullptr)
        details[std::string(each.dictionary()->text("call-id"))] = each.dictionary();
  std::string out;
  for (const auto& call : *list_in(reply, "calls")) {
    out += inline_text(call);
    const auto found = call.string() == nullptr ? details.end() : details.find(*call.string());
    if (found != details.end()) out += summary(*found->second);
    out.push_back('\n');
  }
  return out;
}

std::string call_text(const ng::Dictionary& call) {
  Writer writer;
  writer.block(call, 0, "result");
  return writer.take();
}

std::string deleted_text(std::string_view call_id, const ng::Dictionary& reply) {
  auto out = "deleted " + plain(call_id);
  const auto* totals = reply.find("totals");
  const auto carried = totals == nullptr ? std::string{} : inline_text(*totals);
  if (!carried.empty()) out.append(": ").append(carried);
  return out + "\n";
}

}  // namespace app
