#pragma once
#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/link.hpp"

namespace test {

/// A message as somebody would read it who has all of it before him.
struct MsrpText {
  std::string id;
  std::string what;                 // method, or status code and comment
  std::vector<std::string> fields;  // lines without CRLF, as they came
  std::optional<std::string> body = std::nullopt;
  char flag = '$';

  bool is_response() const { return what.size() >= 3 && what[0] >= '0' && what[0] <= '9'; }
  /// The value of a field; empty: it is not there.
  std::string field(std::string_view name) const {
    for (const auto& line : fields) {
      if (line.starts_with(std::string(name) + ": ")) return line.substr(name.size() + 2);
    }
    return {};
  }
  std::string print() const {
    std::string out = "MSRP " + id + " " + what + "\r\n";
    for (const auto& line : fields) out += line + "\r\n";
    if (body) out += "\r\n" + *body + "\r\n";
    return out + "-------" + id + flag + "\r\n";
  }
};

/// The first message of `wire`, which loses it; nothing: it is not complete, and what is there is MSRP.
inline std::optional<MsrpText> take_message(std::string_view& wire) {
  const auto start = wire.substr(0, wire.find("\r\n"));
  const auto space = start.find(' ', 5);
  if (start.size() == wire.size() || space == start.npos) return std::nullopt;
  MsrpText out;
  out.id = start.substr(5, space - 5);
  out.what = start.substr(space + 1);
  auto at = start.size() + 2;
  const auto mark = "-------" + out.id;
  for (;;) {
    const auto end = wire.find("\r\n", at);
    if (end == wire.npos) return std::nullopt;
    const auto line = wire.substr(at, end - at);
    at = end + 2;
    if (line.size() == mark.size() + 1 && line.starts_with(mark)) {
      out.flag = line.back();
      wire.remove_prefix(at);
      return out;
    }
    if (line.empty()) break;
    out.fields.emplace_back(line);
  }
  const auto ends = [&](std::size_t from) {  // whether that is the end-line
    const auto line = wire.substr(from, mark.size() + 3);
    return line.size() == mark.size() + 3 && line.starts_with(mark) && msrp::is_flag(line[mark.size()]) &&
           line.ends_with("\r\n");
  };
  const auto size = mark.size() + 3;
  if (ends(at)) {  // it has no CRLF of its own
    out.body.emplace();
    out.flag = wire[at + mark.size()];
    wire.remove_prefix(at + size);
    return out;
  }
  auto first = wire.find("\r\n" + mark, at);
  while (first != wire.npos && !ends(first + 2)) first = wire.find("\r\n" + mark, first + 1);
  if (first == wire.npos) return std::nullopt;
  out.body = wire.substr(at, first - at);
  out.flag = wire[first + 2 + mark.size()];
  wire.remove_prefix(first + 2 + size);
  return out;
}

/// All complete messages.
inline std::vector<MsrpText> messages_of(std::string_view wire) {
  std::vector<MsrpText> out;
  while (auto message = take_message(wire)) out.push_back(*std::move(message));
  return out;
}

/// What gateway::Link must do with one session between two connections of its own and no policy, done the
/// simple way: message by message, each from a complete string (msrp-sec.md 2.15).
class ReferenceRelay {
 public:
  struct Side {
    std::string local, remote;                           // paths, as gateway::LegPaths has them
    std::string out = {};                                // to the peer
    std::multiset<std::string> sends = {}, others = {};  // of the peer, unanswered
  };
  ReferenceRelay(Side a, Side b) : sides_{std::move(a), std::move(b)} {}

  /// The peer of that side says so; returns what is left of an incomplete message.
  std::string_view hear(unsigned side, std::string_view wire) {
    while (const auto message = take_message(wire)) pass(sides_[side], sides_[1 - side], *message);
    return wire;
  }
  const std::string& out(unsigned side) const { return sides_[side].out; }

 private:
  static std::string first(const std::string& path) { return path.substr(0, path.find(' ')); }

  void pass(Side& from, Side& to, MsrpText message) {
    if (message.is_response()) return pass_response(from, to, std::move(message));
    const bool send = message.what == "SEND";
    const bool answers = message.what != "REPORT" && !(send && message.field("Failure-Report") == "no");
    const auto to_path = message.field("To-Path"), from_path = message.field("From-Path");
    std::string refused;
    if (to_path != from.local)
      refused = "481 Session Does Not Exist";
    else if (!send && message.body && message.body->size() > gateway::Link::most_whole)
      refused = "413 Message Too Large";
    if (!refused.empty()) {
      const MsrpText answer{
          message.id,
          refused,
          {"To-Path: " + (send ? first(from_path) : from_path), "From-Path: " + first(to_path)}};
      if (answers) from.out += answer.print();
      return;
    }
    if (answers) (send ? from.sends : from.others).insert(message.id);
    set_paths(message, to.remote, to.local);
    to.out += message.print();
  }

  static void pass_response(Side&, Side& to, MsrpText message) {
    const auto take = [&](auto& ids) {
      const auto found = ids.find(message.id);
      if (found == ids.end()) return false;
      ids.erase(found);
      return true;
    };
    const bool other = take(to.others);
    if (!other && !take(to.sends)) return;
    set_paths(message, other ? to.remote : first(to.remote), to.local);
    if (message.what.size() < 5)
      message.what = message.what.substr(0, 3) + " " +
                     std::string(msrp::phrase(static_cast<std::uint16_t>(std::stoi(message.what))));
    message.body.reset();
    message.flag = '$';
    to.out += message.print();
  }

  /// They come first, whatever stood before them.
  static void set_paths(MsrpText& message, const std::string& to, const std::string& from) {
    std::erase_if(message.fields, [](const auto& line) {
      return line.starts_with("To-Path:") || line.starts_with("From-Path:");
    });
    message.fields.insert(message.fields.begin(), {"To-Path: " + to, "From-Path: " + from});
  }

  std::array<Side, 2> sides_;
};

}  // namespace test
