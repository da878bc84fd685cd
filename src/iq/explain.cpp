#include "iq/explain.hpp"

#include <vector>

#include "base/text.hpp"
#include "iq/explain_tables.hpp"
#include "proto/h248/codec.hpp"

namespace iq {
namespace {

/// "key = value {" without what surrounds it.
struct Line {
  std::string_view key, value;
  bool opens = false;   // braces that stay open
  bool closes = false;  // begins with the closing one
  bool empty = false;   // "{ }"
};

bool strip(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.remove_suffix(end.size());
  return true;
}

Line dissect(std::string_view text) {
  Line out;
  text = base::trim(text);
  strip(text, ",");
  out.empty = strip(text, " { }");
  out.opens = strip(text, " {");
  out.closes = text.starts_with('}');
  const auto equals = text.find(" = ");
  out.key = text.substr(0, equals);
  if (equals != text.npos) out.value = text.substr(equals + 3);
  return out;
}

/// Joined by commas.
void add(std::string& out, std::string_view text) {
  if (text.empty()) return;
  if (!out.empty()) out.append(", ");
  out.append(text);
}

bool is_command(std::string_view key) {
  for (const auto* name :
       {"Add", "Modify", "Subtract", "Move", "AuditValue", "AuditCapability", "Notify", "ServiceChange"}) {
    if (key == name) return true;
  }
  return false;
}

std::string command_remark(std::string_view key, std::string_view termination) {
  std::string out;
  const bool optional = key.starts_with("O-");
  if (optional) key.remove_prefix(2);
  const bool wildcard = key.starts_with("W-");
  if (wildcard) key.remove_prefix(2);
  if (!is_command(key)) return out;
  if (termination.find('$') != termination.npos) add(out, "the gateway chooses what $ is");
  if (termination.find('*') != termination.npos) add(out, "all that match");
  if (base::iequals(termination, "ROOT")) add(out, "the gateway as a whole");
  if (wildcard) add(out, "one reply for all of them");
  if (optional) add(out, "those behind it are executed even if it fails");
  return out;
}

/// The first number of the text; 0: none.
unsigned leading_number(std::string_view text) {
  if (text.starts_with('"')) text.remove_prefix(1);
  return base::parse_uint<unsigned>(text.substr(0, text.find_first_not_of("0123456789"))).value_or(0);
}

/// "package/item" where it is one: of an observed event behind its time, of a signal or property before its
/// value.
std::string_view item_name(std::string_view key) {
  if (const auto colon = key.find(':'); colon != key.npos) key.remove_prefix(colon + 1);
  const auto slash = key.find('/');
  const bool one = slash != key.npos && key.find('/', slash + 1) == key.npos;
  return one && !package_title(key.substr(0, slash)).empty() ? key : std::string_view{};
}

std::string item_remark(std::string_view name) {
  if (const auto title = element_title(name); !title.empty()) return std::string(title);
  return "package " + std::string(package_title(name.substr(0, name.find('/'))));
}

/// Walks over the lines of pretty text. The blocks that are open say what a line is part of.
class Annotator {
 public:
  explicit Annotator(std::string_view text) : rest_(text) {}

  std::string run() {
    while (!rest_.empty()) {
      const auto text = base::take_until(rest_, '\n');
      const auto line = dissect(text);
      if (line.closes && !blocks_.empty()) blocks_.pop_back();
      if (line.opens && (line.key == "Local" || line.key == "Remote")) {
        copy_sdp(text, line.key == "Local");
        continue;
      }
      put(text, remark(line));
      if (line.opens) blocks_.emplace_back(line.key);
    }
    if (out_.ends_with('\n')) out_.pop_back();
    return std::move(out_);
  }

 private:
  void put(std::string_view text, std::string_view remark) {
    out_.append(text);
    if (!remark.empty()) out_.append("  ; ").append(remark);
    out_.push_back('\n');
  }

  std::string remark(const Line& line) const {
    const std::string_view block = blocks_.empty() ? std::string_view{} : blocks_.back();
    if (const auto name = item_name(line.key); !name.empty()) return item_remark(name);
    if (const auto event = item_name(block); !event.empty())
      return std::string(element_title(std::string(event).append(".").append(line.key)));
    if (block == "Packages") return std::string(package_title(line.key.substr(0, line.key.rfind('-'))));
    if (line.key == "Error") return unless_said(error_meaning(leading_number(line.value)), rest_);
    if (line.key == "Reason") return unless_said(reason_meaning(leading_number(line.value)), line.value);
    if (auto command = command_remark(line.key, line.value); !command.empty()) return command;
    return std::string(word_remark(line));
  }

  /// Some words have a meaning of their own only where nothing follows them.
  static std::string_view word_remark(const Line& line) {
    const bool bare = !line.opens && line.value.empty();
    for (const auto* name : {"Audit", "Signals", "Events"}) {
      if (line.key == name && !bare) return {};
    }
    if (const auto meaning = word_meaning(line.key); !meaning.empty() && (bare || line.key != "Subtract"))
      return meaning;
    return word_meaning(std::string(line.key).append("=").append(line.value));
  }

  /// The peer's text often is the meaning.
  static std::string unless_said(std::string_view meaning, std::string_view text) {
    text = text.substr(0, text.find('\n'));
    return text.find(meaning) != text.npos ? std::string{} : std::string(meaning);
  }

  // What stands in the braces is octets up to the first '}' without a backslash; a comment would be part of
  // it.
  void copy_sdp(std::string_view head, bool local) {
    std::size_t end = 0;
    while (end < rest_.size() && (rest_[end] != '}' || (end > 0 && rest_[end - 1] == '\\'))) ++end;
    const auto sdp = rest_.substr(0, end);
    if (const auto said = sdp_remark(sdp, local); !said.empty())
      out_.append(head.substr(0, head.find_first_not_of(' '))).append("; ").append(said).push_back('\n');
    out_.append(head).push_back('\n');
    out_.append(sdp);
    rest_.remove_prefix(end);
    put(base::take_until(rest_, '\n'), {});
  }

  static std::string sdp_remark(std::string_view sdp, bool local);

  std::string_view rest_;
  std::vector<std::string_view> blocks_;
  std::string out_;
};

std::string_view transport_remark(std::string_view token) {
  if (base::iequals(token, "TCP")) return "octets pass as they are";
  if (base::iequals(token, "TCP/TLS")) return "TLS ends at the gateway, octets pass as they are";
  if (base::iequals(token, "TCP/MSRP")) return "the gateway reads MSRP";
  if (base::iequals(token, "TCP/TLS/MSRP")) return "TLS ends at the gateway, which reads MSRP";
  return {};
}

std::string_view setup_remark(std::string_view value, bool local) {
  if (value == "active") return local ? "the gateway connects" : "the peer connects";
  if (value == "passive") return local ? "the gateway waits to be connected to" : "the peer waits";
  if (value == "actpass") return local ? "the gateway can do both" : "the peer can do both";
  if (value == "holdconn") return "no connection yet";
  return {};
}

bool is_wildcard(std::string_view text) {
  return text.find('$') != text.npos;
}

/// Behind "a=".
std::string_view attribute_remark(std::string_view line, bool local) {
  const auto name = base::take_until(line, ':');
  if (name == "setup") return setup_remark(base::trim(line), local);
  if (name == "fingerprint" && is_wildcard(line)) return "the gateway's certificate fingerprint is asked for";
  if (name == "fingerprint" && !local) return "the peer's certificate has to match";
  if (name == "path" && is_wildcard(line)) return "the gateway completes the MSRP path";
  return {};
}

std::string Annotator::sdp_remark(std::string_view sdp, bool local) {
  std::string out;
  while (!sdp.empty()) {
    auto line = base::take_until(sdp, '\n');
    strip(line, "\r");
    if (line.starts_with("m=")) {
      base::take_until(line, ' ');
      const auto port = base::take_until(line, ' ');
      if (is_wildcard(port)) add(out, "the gateway chooses the port");
      add(out, transport_remark(base::take_until(line, ' ')));
    } else if (line.starts_with("c=") && is_wildcard(line)) {
      add(out, "the gateway chooses the address");
    } else if (line.starts_with("a=")) {
      add(out, attribute_remark(line.substr(2), local));
    }
  }
  return out.empty() ? out : (local ? "Local: " : "Remote: ") + out;
}

}  // namespace

std::string explain(const h248::Message& message) {
  return Annotator(h248::print(message)).run();
}

}  // namespace iq
