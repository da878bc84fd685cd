#include "iq/stream_sdp.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace iq {
namespace {

constexpr std::array<std::pair<Transport, std::string_view>, 4> protos{
    {{Transport::tcp, "TCP"},
     {Transport::tcp_tls, "TCP/TLS"},
     {Transport::tcp_msrp, "TCP/MSRP"},
     {Transport::tcp_tls_msrp, "TCP/TLS/MSRP"}}};
constexpr std::array<std::string_view, 4> setups{"active", "passive", "actpass", "holdconn"};

using Given = StreamSdp::Given;
using Outcome = std::optional<SdpError>;  // nothing: well

SdpError wrong(std::uint16_t code, std::string_view why, std::string_view line) {
  return {code, std::string(why) + ": " + base::printable(line)};
}
SdpError malformed(std::string_view line) {
  return wrong(474, "Invalid SDP syntax", line);
}
SdpError unsupported(std::string_view line) {
  return wrong(449, "Unsupported value", line);
}

/// The next line without its end: CR LF, LF or CR.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find_first_of("\r\n");
  const auto line = text.substr(0, end);
  if (end == text.npos) {
    text = {};
    return line;
  }
  text.remove_prefix(end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
  return line;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto word = base::take_until(text, ' ');
    if (!word.empty()) out.push_back(word);
  }
  return out;
}

/// c=IN IP4|IP6 address; "$" and "*" as the address.
Outcome read_connection(std::string_view value, std::string_view line, StreamSdp& out) {
  const auto parts = words(value);
  if (parts.size() != 3 || !base::iequals(parts[0], "IN")) return malformed(line);
  out.ipv6 = base::iequals(parts[1], "IP6");
  if (!out.ipv6 && !base::iequals(parts[1], "IP4")) return unsupported(line);
  out.host_given = parts[2] == "$" ? Given::choose : parts[2] == "*" ? Given::any : Given::value;
  out.host = out.host_given == Given::value ? std::string(parts[2]) : std::string{};
  return std::nullopt;
}

/// m=media port proto fmt...; a proto that is none of ours is left to the caller.
Outcome read_media(std::string_view value, std::string_view line, StreamSdp& out) {
  const auto parts = words(value);
  if (parts.size() < 3) return malformed(line);
  out.media = std::string(parts[0]);
  out.port_given = parts[1] == "$" ? Given::choose : parts[1] == "*" ? Given::any : Given::value;
  if (out.port_given == Given::value) {
    const auto port = base::parse_uint<std::uint16_t>(parts[1]);
    if (!port) return malformed(line);
    out.port = *port;
  }
  out.transport = find_transport(parts[2]);
  out.formats.clear();
  for (std::size_t i = 3; i < parts.size(); ++i) (out.formats += i > 3 ? " " : "") += parts[i];
  if (out.formats.empty()) out.formats = "-";
  return std::nullopt;
}

/// "SHA-256 12:DF...", or "$", "$ $", "SHA-256 $" where ours is asked for.
Outcome read_fingerprint(std::string_view value, std::string_view line, StreamSdp& out) {
  const auto parts = words(value);
  if (parts.empty() || parts.size() > 2) return malformed(line);
  if (parts.back() != "$") {
    auto fingerprint = base::parse_fingerprint(base::trim(value));
    if (!fingerprint) return malformed(line);
    out.fingerprints.push_back(std::move(*fingerprint));
    return std::nullopt;
  }
  out.asks_fingerprint = true;
  if (parts.front() != "$") out.asked_hashes.push_back(base::to_lower(parts.front()));
  return std::nullopt;
}

/// a=name:value for the names that mean something here; `known` tells whether it is one.
Outcome read_attribute(std::string_view text, std::string_view line, StreamSdp& out, bool& known) {
  const auto name = base::take_until(text, ':');
  known = true;
  if (base::iequals(name, "fingerprint")) return read_fingerprint(text, line, out);
  if (base::iequals(name, "setup")) {
    const auto value = base::to_lower(base::trim(text));
    if (std::find(setups.begin(), setups.end(), value) == setups.end()) return unsupported(line);
    out.setup = value;
    return std::nullopt;
  }
  if (base::iequals(name, "path")) {
    out.path.clear();
    for (const auto uri : words(text)) out.path.emplace_back(uri);
    if (out.path.empty()) return malformed(line);
    return std::nullopt;
  }
  known = false;
  return std::nullopt;
}

struct Session {
  StreamSdp sdp;
  bool has_media = false;
  Outcome refused;  // its m= line cannot be served
};

Outcome read_line(std::string_view line, Session& session) {
  if (line.size() < 2 || !base::is_alpha(line[0]) || line[1] != '=') return malformed(line);
  const auto value = line.substr(2);
  if (line[0] == 'v') return value == "0" ? Outcome{} : malformed(line);
  if (line[0] == 'c') return read_connection(value, line, session.sdp);
  if (line[0] == 'm') {
    // One media stream in one session description (H.248.1 7.1.8).
    if (std::exchange(session.has_media, true)) return wrong(474, "A second m= line", line);
    auto outcome = read_media(value, line, session.sdp);
    if (!outcome && !session.sdp.transport) session.refused = wrong(515, "Unsupported Media Type", line);
    return outcome;
  }
  bool known = false;
  if (line[0] == 'a')
    if (auto outcome = read_attribute(value, line, session.sdp, known)) return outcome;
  if (!known) session.sdp.other_lines.emplace_back(line);
  return std::nullopt;
}

}  // namespace

base::Result<std::vector<StreamSdp>, SdpError> parse_stream_sdp(std::string_view text) {
  std::vector<Session> sessions;
  while (!text.empty()) {
    const auto line = base::trim(take_line(text));
    if (line.empty()) continue;
    const bool begins = line.starts_with("v=");
    if (begins || sessions.empty()) sessions.emplace_back();
    if (auto error = read_line(line, sessions.back())) return *error;
  }
  std::vector<StreamSdp> out;
  for (auto& session : sessions)
    if (!session.refused) out.push_back(std::move(session.sdp));
  if (out.empty() && !sessions.empty()) return *sessions.front().refused;
  return out;
}

std::string_view to_string(Transport transport) noexcept {
  for (const auto& [each, proto] : protos)
    if (each == transport) return proto;
  return "";
}

std::optional<Transport> find_transport(std::string_view proto) noexcept {
  for (const auto& [transport, each] : protos)
    if (base::iequals(each, proto)) return transport;
  return std::nullopt;
}

namespace {

std::string text_of(Given given, std::string value) {
  return given == Given::choose ? "$" : given == Given::any ? "*" : std::move(value);
}

void print_fingerprints(const StreamSdp& sdp, std::string& out) {
  for (const auto& each : sdp.fingerprints) out += "a=fingerprint:" + base::to_string(each) + "\r\n";
  for (const auto& each : sdp.asked_hashes) out += "a=fingerprint:" + each + " $\r\n";
  if (sdp.asks_fingerprint && sdp.asked_hashes.empty()) out += "a=fingerprint:$\r\n";
}

}  // namespace

std::string print_stream_sdp(const StreamSdp& sdp) {
  std::string out = "v=0\r\n";
  if (sdp.host_given != Given::absent)
    out += std::string("c=IN ") + (sdp.ipv6 ? "IP6 " : "IP4 ") + text_of(sdp.host_given, sdp.host) + "\r\n";
  if (sdp.transport)
    out += "m=" + sdp.media + ' ' + text_of(sdp.port_given, std::to_string(sdp.port)) + ' ' +
           std::string(to_string(*sdp.transport)) + ' ' + sdp.formats + "\r\n";
  if (sdp.setup) out += "a=setup:" + *sdp.setup + "\r\n";
  print_fingerprints(sdp, out);
  if (!sdp.path.empty()) {
    out += "a=path:";
    for (const auto& uri : sdp.path) out += (&uri == sdp.path.data() ? "" : " ") + uri;
    out += "\r\n";
  }
  for (const auto& line : sdp.other_lines) out += line + "\r\n";
  return out;
}

}  // namespace iq
