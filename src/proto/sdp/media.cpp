#include "proto/sdp/media.hpp"

#include <array>
#include <utility>

#include "base/cursor.hpp"
#include "base/expect.hpp"
#include "base/text.hpp"

namespace sdp {
namespace {

// The parts between runs of blanks.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto part = base::take_until(text, ' ');
    if (!part.empty()) out.push_back(part);
  }
  return out;
}

// Puts `to` in the place of the part at `index`, which is there; the blanks stay as they are.
void replace_part(Document& document, Section media, std::size_t index, std::string_view to) {
  const auto line = document.range(media).first;
  const std::string value(document.lines()[line].value());
  const auto part = split(value)[index];
  const auto at = static_cast<std::size_t>(part.data() - value.data());
  document.replace(line, std::string(value).replace(at, part.size(), to));
}

std::optional<ConnectionAddress> parse_address(std::string_view nettype, std::string_view addrtype,
                                               std::string_view address) {
  const bool known = base::iequals(addrtype, "IP4") || base::iequals(addrtype, "IP6");
  if (!base::iequals(nettype, "IN") || !known) return std::nullopt;
  const auto unicast = base::take_until(address, '/');
  if (unicast.empty()) return std::nullopt;
  return ConnectionAddress{addrtype.back() == '6' ? "IP6" : "IP4", std::string(unicast)};
}

Error malformed(std::size_t line, std::string what) {
  return {ErrorCode::malformed_value, line + 1, std::move(what)};
}

// Where a c= line belongs: media-description = m= [i=] *c= *b= [k=] *a=, and the session's behind
// v= o= s= [i=] [u=] *e= *p= (RFC 8866 9).
std::size_t line_before_connection(const Document& document, Section section) {
  const std::string_view before = section == session_part ? "vosiuep" : "mi";
  auto [at, last] = document.range(section);
  while (at + 1 < last && before.find(document.lines()[at + 1].type()) != before.npos) ++at;
  return at;
}

constexpr std::array<std::string_view, 4> direction_names{"sendrecv", "sendonly", "recvonly", "inactive"};

std::optional<Direction> own_direction(const Document& document, Section section) {
  const auto [first, last] = document.range(section);
  for (auto i = first; i < last; ++i) {
    const auto& line = document.lines()[i];
    for (std::size_t d = 0; line.type() == 'a' && d < direction_names.size(); ++d) {
      if (base::iequals(base::trim(line.value()), direction_names[d])) return static_cast<Direction>(d);
    }
  }
  return std::nullopt;
}

}  // namespace

// media-field = "m=" media SP port ["/" integer] SP proto 1*(SP fmt) CRLF
std::optional<MediaLine> parse_media_line(std::string_view value) {
  const auto parts = split(value);
  if (parts.size() < 3) return std::nullopt;
  MediaLine out;
  base::Cursor port(parts[1]);
  const auto number = port.take_uint<std::uint16_t>();
  const auto count = port.take('/') ? port.take_uint<std::uint32_t>() : 1;
  if (!number || !count || !port.at_end()) return std::nullopt;
  out.media = parts[0];
  out.port = *number;
  out.port_count = *count;
  out.proto = parts[2];
  out.formats.assign(parts.begin() + 3, parts.end());
  return out;
}

std::string to_string(const MediaLine& line) {
  std::string out = line.media + ' ' + std::to_string(line.port);
  if (line.port_count != 1) out += '/' + std::to_string(line.port_count);
  out += ' ' + line.proto;
  for (const auto& format : line.formats) out += ' ' + format;
  return out;
}

MediaLine media_line(const Document& document, Section media) {
  base::expect(media != session_part);
  const auto line = parse_media_line(document.lines()[document.range(media).first].value());
  base::expect(line.has_value());
  return *line;
}

void set_port(Document& document, Section media, std::uint16_t port) {
  base::expect(media != session_part);
  replace_part(document, media, 1, std::to_string(port));
}

void set_proto(Document& document, Section media, std::string_view proto) {
  base::expect(media != session_part);
  replace_part(document, media, 2, proto);
}

bool is_msrp(const Document& document, Section media) {
  const auto line = media_line(document, media);
  return base::iequals(line.media, "message") &&
         (base::iequals(line.proto, tcp_msrp) || base::iequals(line.proto, tcp_tls_msrp));
}

bool is_msrps(const Document& document, Section media) {
  return is_msrp(document, media) && base::iequals(media_line(document, media).proto, tcp_tls_msrp);
}

ConnectionAddress connection_of(std::string_view address) {
  return {address.find(':') != address.npos ? "IP6" : "IP4", std::string(address)};
}

std::string to_string(const ConnectionAddress& connection) {
  return "IN " + connection.addrtype + ' ' + connection.address;
}

// connection-field = "c=" nettype SP addrtype SP connection-address CRLF
Found<ConnectionAddress> connection_address(const Document& document, Section section) {
  auto line = document.find(section, 'c');
  if (!line) line = document.find(session_part, 'c');
  if (!line) return std::optional<ConnectionAddress>();
  const auto parts = split(document.lines()[*line].value());
  auto out = parts.size() == 3 ? parse_address(parts[0], parts[1], parts[2]) : std::nullopt;
  if (!out) return malformed(*line, "c= is not IN, IP4 or IP6, and an address");
  return out;
}

void set_connection(Document& document, Section section, const ConnectionAddress& connection) {
  const auto now = connection_address(document, section);
  if (now && *now == connection) return;
  const auto line = document.find(section, 'c');
  if (!line) {
    document.insert_after(line_before_connection(document, section), 'c', to_string(connection));
    return;
  }
  document.replace(*line, to_string(connection));
  // Further c= lines are further multicast addresses, which this one is not.
  for (auto i = document.range(section).last; --i > *line;) {
    if (document.lines()[i].type() == 'c') document.remove(i);
  }
}

std::string to_string(const Origin& origin) {
  return origin.username + ' ' + origin.session_id + ' ' + origin.session_version + ' ' +
         to_string(origin.address);
}

// origin-field = "o=" username SP sess-id SP sess-version SP nettype SP addrtype SP unicast-address CRLF
Found<Origin> origin(const Document& document) {
  const auto line = document.find(session_part, 'o');
  if (!line) return std::optional<Origin>();
  const auto parts = split(document.lines()[*line].value());
  auto address = parts.size() == 6 ? parse_address(parts[3], parts[4], parts[5]) : std::nullopt;
  if (!address) return malformed(*line, "o= is not username, id, version, IN, IP4 or IP6, and an address");
  return std::optional(Origin{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]), *address});
}

void set_origin(Document& document, const Origin& origin) {
  if (const auto line = document.find(session_part, 'o')) {
    document.replace(*line, to_string(origin));
  } else {
    document.insert_after(0, 'o', to_string(origin));
  }
}

std::string_view to_string(Direction direction) {
  return direction_names[static_cast<std::size_t>(direction)];
}

Direction direction(const Document& document, Section section) {
  if (const auto own = own_direction(document, section)) return *own;
  return own_direction(document, session_part).value_or(Direction::sendrecv);
}

}  // namespace sdp
