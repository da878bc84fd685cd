#include "proto/ng/request.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "proto/ng/request_names.hpp"

namespace ng {
namespace {

using base::Result;

/// As rtpengine spells its keys: "call-ID", "call id" and "call_id" are "call-id".
std::string normalized(std::string_view key) {
  auto out = base::to_lower(key);
  std::ranges::replace_if(out, [](char c) { return c == ' ' || c == '_'; }, '-');
  return out;
}

/// A word of rtpp-flags; "[a b]" and "{a b}" hold together.
std::string_view take_word(std::string_view& text) {
  unsigned depth = 0;
  std::size_t at = 0;
  for (; at < text.size() && (depth > 0 || text[at] != ' '); ++at) {
    if (text[at] == '[' || text[at] == '{') ++depth;
    if ((text[at] == ']' || text[at] == '}') && depth > 0) --depth;
  }
  const auto word = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return word;
}

/// Collects a Request. The functions return false where a value cannot be; reason_ says why.
class Reader {
 public:
  Result<Request, RequestError> read(const Dictionary& dictionary) {
    for (const bool words_now :
         {false, true}) {  // what the dictionary itself says counts before the words in it
      for (const auto& [key, value] : dictionary.entries()) {
        if (brings_words(normalized(key)) == words_now && !entry(key, value))
          return RequestError{std::move(reason_)};
      }
      if (!realms_.empty()) seen_.emplace_back("direction");
    }
    if (!direction() || !complete()) return RequestError{std::move(reason_)};
    return std::move(out_);
  }

 private:
  bool fail(std::string_view key, std::string_view expected) {
    reason_ = "Invalid " + std::string(key) + ": expected " + std::string(expected);
    return false;
  }

  static bool brings_words(std::string_view key) { return key == "flags" || key == "rtpp-flags"; }
  bool seen(std::string_view key) const { return std::ranges::find(seen_, key) != seen_.end(); }

  bool entry(std::string_view written, const Value& value) {
    const auto key = normalized(written);
    if (key == "flags") return words(key, value, [this](std::string_view word) { return flag(word); });
    if (key == "rtpp-flags") return rtpp_flags(value);
    if (key == "direction")
      return seen(key) || words(key, value, [this](std::string_view word) { return append(realms_, word); });
    if (key == "replace")
      return words(key, value, [this](std::string_view word) { return append(out_.replace, word); });
    if (key == "received-from") return received_from(value);
    return scalar(key, written, value);
  }

  static bool append(std::vector<std::string>& list, std::string_view word) {
    list.emplace_back(word);
    return true;
  }

  /// A list of strings, one string, or the string "[a b]" of rtpp-flags.
  template <class Each>
  bool words(std::string_view key, const Value& value, Each each) {
    if (const auto* list = value.list()) {
      for (const auto& item : *list) {
        if (item.string() == nullptr) return fail(key, "a list of strings");
        if (!each(*item.string())) return false;
      }
      return true;
    }
    if (value.string() == nullptr) return fail(key, "a list of strings");
    std::string_view text = *value.string();
    if (text.size() < 2 || text.front() != '[' || text.back() != ']') return text.empty() || each(text);
    text = text.substr(1, text.size() - 2);
    while (!text.empty()) {
      const auto word = take_word(text);
      if (!word.empty() && !each(word)) return false;
    }
    return true;
  }

  bool rtpp_flags(const Value& value) {
    if (value.string() == nullptr) return fail("rtpp-flags", "a string");
    std::string_view text = *value.string();
    while (!text.empty()) {
      const auto word = take_word(text);
      if (!word.empty() && !flag(word)) return false;
    }
    return true;
  }

  /// "key=value", "replace-origin" or a bare word.
  bool flag(std::string_view word) {
    if (const auto equals = word.find('='); equals != word.npos) {
      const auto key = normalized(word.substr(0, equals));
      // Words that bring words would recurse as deep as their sender likes.
      if (brings_words(key)) return unknown(out_.unknown_keys, word.substr(0, equals));
      return entry(word.substr(0, equals), Value(word.substr(equals + 1)));
    }
    const auto name = normalized(word);
    if (name.starts_with("replace-")) return append(out_.replace, std::string_view(name).substr(8));
    if (!is_known_flag(name)) unknown(out_.unknown_flags, word);
    return append(out_.flags, name);
  }

  static bool unknown(std::vector<std::string>& list, std::string_view name) {
    if (std::ranges::find(list, name) == list.end()) list.emplace_back(name);
    return true;
  }

  // received-from = ["IP4" / "IP6", address]
  bool received_from(const Value& value) {
    std::vector<std::string_view> parts;
    const auto collect = [&](std::string_view word) { return parts.push_back(word), true; };
    constexpr auto key = "received-from";
    if (!words(key, value, collect)) return false;
    if (parts.empty()) return fail(key, "an address family and an address");
    out_.received_from = base::IpAddress::parse(parts.back());
    return out_.received_from.has_value() || fail(key, "an address family and an address");
  }

  /// Keys whose value is one string or number.
  bool scalar(std::string_view key, std::string_view written, const Value& value) {
    if (!is_known_key(key)) return unknown(out_.unknown_keys, written);
    if (is_ignored_key(key) || seen(key)) return true;
    seen_.emplace_back(key);
    std::string text;
    if (const auto* number = value.integer()) {
      text = std::to_string(*number);
    } else if (const auto* string = value.string()) {
      text = *string;
    } else {
      return fail(key, "a string");
    }
    if (key == "command") return command(text);
    if (auto* place = plain(key)) return *place = std::move(text), true;
    if (key == "limit") return limit(text);
    return msrp(key, text);
  }

  std::string* plain(std::string_view key) {
    if (key == "call-id") return &out_.call_id;
    if (key == "from-tag") return &out_.from_tag;
    if (key == "to-tag") return &out_.to_tag;
    if (key == "via-branch") return &out_.via_branch;
    if (key == "sdp") return &out_.sdp;
    return nullptr;
  }

  bool command(std::string_view text) {
    const auto found = value_of(commands, text);
    if (!found) reason_ = "Unrecognized command";
    if (found) out_.command = *found;
    return found.has_value();
  }

  bool limit(std::string_view text) {
    out_.limit = base::parse_uint<std::uint32_t>(text);
    return out_.limit.has_value() || fail("limit", "a number");
  }

  template <class Enum, std::size_t n>
  bool choose(std::optional<Enum>& place, const Names<Enum, n>& names, std::string_view key,
              std::string_view text) {
    place = value_of(names, text);
    return place.has_value() || fail(key, choices(names));
  }

  bool msrp(std::string_view key, std::string_view text) {
    if (key == "msrp-tls") return choose(out_.msrp_tls, tls_names, key, text);
    if (key == "msrp-peer") return choose(out_.msrp_peer, peer_names, key, text);
    if (key == "msrp-mode") return choose(out_.msrp_mode, mode_names, key, text);
    if (key == "msrp-setup") return choose(out_.msrp_setup, setup_names, key, text);
    if (key == "msrp-psk") return psk(text);
    if (key == "msrp-psk-identity") return psk_identity(text);
    base::expect(false);  // a known key that nobody reads
    return false;
  }

  // RFC 4279 5.3: keys of up to 64 and identities of up to 128 octets are what every implementation takes.
  bool psk(std::string_view digits) {
    const auto octets = base::from_hex(digits);
    if (!octets || octets->empty() || octets->size() > 64)
      return fail("msrp-psk", "1 to 64 octets in hexadecimal");
    out_.msrp_psk = base::Secret(*octets);
    return true;
  }

  bool psk_identity(std::string_view text) {
    if (text.empty() || text.size() > 128) return fail("msrp-psk-identity", "1 to 128 octets");
    out_.msrp_psk_identity = text;
    return true;
  }

  bool direction() {
    if (realms_.empty()) return true;
    if (realms_.size() != 2) return fail("direction", "two realms, the sender's and the recipient's");
    out_.direction = Direction{std::move(realms_[0]), std::move(realms_[1])};
    return true;
  }

  bool complete() {
    const auto need = [this](const std::string& text, const char* reason) {
      if (text.empty()) reason_ = reason;
      return !text.empty();
    };
    const auto command = out_.command;
    const bool answer = command == Command::answer;
    const bool has_sdp = answer || command == Command::offer;
    const bool of_a_call = has_sdp || command == Command::delete_call || command == Command::query;
    if (!seen("command")) return reason_ = "No command in message", false;
    // The other way round is fine: the leg has an address of its own, which chooses the key.
    if (out_.msrp_psk.empty() && !out_.msrp_psk_identity.empty())
      return fail("msrp-psk-identity", "msrp-psk with it");
    return (!of_a_call || need(out_.call_id, "No call-id in message")) &&
           (!has_sdp || need(out_.sdp, "No SDP body in message")) &&
           (!has_sdp || need(out_.from_tag, "No from-tag in message")) &&
           (!answer || need(out_.to_tag, "No to-tag in message"));
  }

  Request out_;
  std::vector<std::string> realms_;
  std::vector<std::string> seen_;  // keys that have their value
  std::string reason_;
};

}  // namespace

std::string_view name_of(Command command) noexcept {
  return name_in(commands, command);
}

bool Request::has_flag(std::string_view flag) const noexcept {
  return std::ranges::find(flags, flag) != flags.end();
}

Result<Request, RequestError> parse_request(const Dictionary& dictionary) {
  return Reader().read(dictionary);
}

}  // namespace ng
