#include "proto/msrp/uri.hpp"

#include <algorithm>

#include "base/address.hpp"
#include "base/text.hpp"

namespace msrp {
namespace {

bool is_unreserved(char c) {
  return base::is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

bool all(std::string_view text, bool (*accept)(char)) {
  return std::all_of(text.begin(), text.end(), accept);
}

// unreserved / pct-encoded / sub-delims of RFC 3986, without ";", which ends the authority here.
bool is_reg_name_char(char c) {
  return is_unreserved(c) || std::string_view("%!$&'()*+,=").find(c) != std::string_view::npos;
}

// session-id = 1*(unreserved / "+" / "=" / "/"); what peers make up beyond that is harmless but for the
// delimiters.
bool is_session_id_char(char c) {
  return c > 0x20 && c < 0x7f && std::string_view(";\"<>").find(c) == std::string_view::npos;
}

std::optional<base::IpAddress> literal(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return base::IpAddress::parse(host);
}

bool is_host(std::string_view host) {
  if (host.empty()) return false;
  if (host.front() != '[') return all(host, is_reg_name_char);
  const auto address = literal(host);
  return host.back() == ']' && address && host.find(':') != host.npos;
}

// authority = [userinfo "@"] host [":" port]
bool read_authority(std::string_view text, Uri& uri) {
  if (const auto at = text.rfind('@'); at != text.npos) {
    uri.userinfo = text.substr(0, at);
    if (uri.userinfo.empty() || !all(uri.userinfo, is_reg_name_char)) return false;
    text.remove_prefix(at + 1);
  }
  const auto bracket = text.rfind(']');
  const auto colon = text.rfind(':');
  const bool has_port = colon != text.npos && (bracket == text.npos || colon > bracket);
  auto host = text.substr(0, has_port ? colon : text.npos);
  if (has_port) {
    uri.port = base::parse_uint<std::uint16_t>(text.substr(colon + 1));
    if (!uri.port) return false;
  }
  uri.host = host;
  if (is_host(host)) return true;
  // RFC 8873 prints an IPv6 address without brackets.
  const auto address = base::IpAddress::parse(host);
  if (!base::iequals(uri.transport, "dc") || !address || !address->is_v6()) return false;
  uri.host = '[' + std::string(host) + ']';
  return true;
}

bool is_parameter(std::string_view text) {
  const auto name = base::take_until(text, '=');
  return is_token(name) && (text.empty() || is_token(text));
}

// ";" transport *(";" URI-parameter)
bool read_parameters(std::string_view text, Uri& uri) {
  uri.transport = base::take_until(text, ';');
  if (uri.transport.empty() || !all(uri.transport, base::is_alnum)) return false;
  while (!text.empty()) {
    const auto parameter = base::take_until(text, ';');
    if (!is_parameter(parameter) || parameter.back() == '=') return false;
    uri.parameters.emplace_back(parameter);
  }
  return true;
}

int hex_digit(char c) {
  if (base::is_digit(c)) return c - '0';
  const char lower = base::to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Percent-encoded unreserved characters decoded (RFC 3986 6.2.2.2).
std::string normal_host(std::string_view host) {
  std::string out;
  for (std::size_t i = 0; i < host.size(); ++i) {
    if (host[i] == '%' && i + 2 < host.size() && hex_digit(host[i + 1]) >= 0 && hex_digit(host[i + 2]) >= 0) {
      const auto decoded = static_cast<char>(hex_digit(host[i + 1]) * 16 + hex_digit(host[i + 2]));
      if (is_unreserved(decoded)) {
        out += decoded;
        i += 2;
        continue;
      }
    }
    out += host[i];
  }
  return out;
}

bool same_host(const std::string& a, const std::string& b) {
  const auto normal_a = normal_host(a), normal_b = normal_host(b);
  const auto address_a = literal(normal_a), address_b = literal(normal_b);
  if (address_a && address_b) return *address_a == *address_b;
  return base::iequals(normal_a, normal_b);
}

}  // namespace

bool Uri::is_secure() const noexcept {
  return base::iequals(scheme, "msrps");
}

Result<Uri> parse_uri(std::string_view text) {
  const auto whole = text.size();
  const auto bad = [&] { return fail(Errc::bad_uri, whole - text.size()); };
  Uri uri;
  const auto colon = text.find("://");
  if (colon == text.npos) return bad();
  uri.scheme = text.substr(0, colon);
  if (!base::iequals(uri.scheme, "msrp") && !base::iequals(uri.scheme, "msrps")) return bad();
  text.remove_prefix(colon + 3);

  const auto semicolon = text.find(';');
  if (semicolon == text.npos || text.back() == ';') return bad();
  if (!read_parameters(text.substr(semicolon + 1), uri)) return bad();
  auto authority = text.substr(0, semicolon);
  if (const auto slash = authority.find('/'); slash != authority.npos) {
    uri.session_id = authority.substr(slash + 1);
    if (uri.session_id->empty() || !all(*uri.session_id, is_session_id_char)) return bad();
    authority = authority.substr(0, slash);
  }
  if (!read_authority(authority, uri)) return bad();
  if (!uri.port && literal(uri.host)) return bad();  // RFC 4975 6: a numeric host needs its port
  return uri;
}

Result<Path> parse_path(std::string_view text, std::size_t hops) {
  Path path;
  const auto whole = text.size();
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) break;
    const auto at = whole - text.size();
    if (path.size() == hops) return fail(Errc::too_many_hops, at);
    auto uri = parse_uri(base::take_until(text, ' '));
    if (!uri) return fail(Errc::bad_uri, at);
    path.push_back(*std::move(uri));
  }
  if (path.empty()) return fail(Errc::bad_uri);
  return path;
}

std::string to_string(const Uri& uri) {
  std::string out = uri.scheme + "://";
  if (!uri.userinfo.empty()) out += uri.userinfo + '@';
  out += uri.host;
  if (uri.port) out += ':' + std::to_string(*uri.port);
  if (uri.session_id) out += '/' + *uri.session_id;
  out += ';' + uri.transport;
  for (const auto& parameter : uri.parameters) out += ';' + parameter;
  return out;
}

std::string to_string(const Path& path) {
  std::string out;
  for (const auto& uri : path) {
    if (!out.empty()) out += ' ';
    out += to_string(uri);
  }
  return out;
}

bool same_uri(const Uri& a, const Uri& b) {
  return base::iequals(a.scheme, b.scheme) && a.port == b.port && a.session_id == b.session_id &&
         base::iequals(a.transport, b.transport) && same_host(a.host, b.host);
}

bool same_session(const Uri& a, const Uri& b) {
  return a.session_id && a.session_id == b.session_id;
}

}  // namespace msrp
