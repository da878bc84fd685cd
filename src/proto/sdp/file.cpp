#include "proto/sdp/file.hpp"

#include "base/cursor.hpp"
#include "base/text.hpp"
#include "proto/sdp/attribute.hpp"
#include "proto/sdp/read.hpp"

namespace sdp {
namespace {

bool is_not_blank(char c) {
  return c != ' ';
}

// percent-encoded = "%" HEXDIG HEXDIG; a "%" that begins none is taken as it is, as clients write it.
std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = text[i] == '%' ? base::from_hex(text.substr(i + 1, 2)) : std::nullopt;
    const bool encoded = octet && octet->size() == 1;
    out += encoded ? *octet : std::string(1, text[i]);
    i += encoded ? 2 : 0;
  }
  return out;
}

// filename-char excludes NUL, CR, LF, DQUOTE and "%"; a name must not look like a path either.
std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const bool plain = std::string_view("\0\r\n\"%/\\", 7).find(c) == std::string_view::npos;
    out += plain ? std::string(1, c) : '%' + base::to_hex({&c, 1});
  }
  return out + '"';
}

// DQUOTE filename-string DQUOTE
std::optional<std::string> take_quoted(base::Cursor& in) {
  if (!in.take('"')) return std::nullopt;
  const auto text = in.take_until('"');
  if (!in.take('"')) return std::nullopt;
  return percent_decode(text);
}

// ft-parameter = attribute "=" DQUOTE value-string DQUOTE; clients leave the quotes out.
bool take_parameter(base::Cursor& in, FileSelector& out) {
  const auto name = in.take_while([](char c) { return c != '=' && c != ' ' && c != ';'; });
  if (name.empty() || !in.take('=')) return false;
  const auto token = [](char c) { return c != ' ' && c != ';' && c != '"'; };
  auto value = in.peek() == '"' ? take_quoted(in) : percent_decode(in.take_while(token));
  if (!value) return false;
  out.type_parameters.emplace_back(std::string(name), *std::move(value));
  return true;
}

// filetype-selector = "type:" type "/" subtype *(";" ft-parameter)
bool take_type(base::Cursor& in, FileSelector& out) {
  out.type = in.take_while([](char c) { return c != ';' && c != ' '; });
  const auto slash = out.type->find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == out.type->size()) return false;
  while (in.take(';')) {
    if (!take_parameter(in, out)) return false;
  }
  return true;
}

// hash-selector = "hash:" hash-algorithm ":" 2HEXDIG *(":" 2HEXDIG)
bool take_hash(base::Cursor& in, FileSelector& out) {
  std::string text(in.take_until(':'));
  if (!in.take(':')) return false;
  text.append(" ").append(in.take_while(is_not_blank));
  auto hash = base::parse_fingerprint(text);
  if (hash) out.hashes.push_back(*std::move(hash));
  return hash.has_value();
}

// One selector; one of a kind that we do not know is passed over.
bool take_selector(base::Cursor& in, FileSelector& out) {
  if (in.take_icase("name:")) return (out.name = take_quoted(in)).has_value();
  if (in.take_icase("size:")) return (out.size = in.take_uint<std::uint64_t>()).has_value();
  if (in.take_icase("type:")) return take_type(in, out);
  if (in.take_icase("hash:")) return take_hash(in, out);
  in.take_while(is_not_blank);
  return true;
}

// file-selector-attr = "file-selector" [":" selector *(SP selector)]
std::optional<FileSelector> parse_selector(std::string_view text) {
  base::Cursor in(text);
  FileSelector out;
  while (!in.at_end()) {
    if (in.take(' ')) continue;
    if (!take_selector(in, out)) return std::nullopt;
    if (!in.at_end() && in.peek() != ' ') return std::nullopt;
  }
  return out;
}

std::string to_string(const FileSelector& selector) {
  std::string out;
  if (selector.name) out += "name:" + quote(*selector.name) + ' ';
  if (selector.type) {
    out += "type:" + *selector.type;
    for (const auto& [name, value] : selector.type_parameters) out += ';' + name + '=' + quote(value);
    out += ' ';
  }
  if (selector.size) out += "size:" + std::to_string(*selector.size) + ' ';
  for (const auto& hash : selector.hashes) {
    auto text = base::to_string(hash);
    text[text.find(' ')] = ':';
    out += "hash:" + text + ' ';
  }
  if (!out.empty()) out.pop_back();
  return out;
}

// date-param = ( "creation:" / "modification:" / "read:" ) DQUOTE date-time DQUOTE
std::optional<FileDate> parse_date(std::string_view text) {
  base::Cursor in(text);
  FileDate out;
  while (!in.at_end()) {
    if (in.take(' ')) continue;
    auto* const field = in.take_icase("creation:")       ? &out.creation
                        : in.take_icase("modification:") ? &out.modification
                        : in.take_icase("read:")         ? &out.read
                                                         : nullptr;
    if (field == nullptr || field->has_value()) return std::nullopt;  // not more than one of each
    if (!(*field = take_quoted(in))) return std::nullopt;
  }
  if (out == FileDate{}) return std::nullopt;
  return out;
}

std::string to_string(const FileDate& date) {
  std::string out;
  if (date.creation) out += " creation:" + quote(*date.creation);
  if (date.modification) out += " modification:" + quote(*date.modification);
  if (date.read) out += " read:" + quote(*date.read);
  return out.substr(out.empty() ? 0 : 1);
}

// file-range-attr = "file-range:" integer "-" ( integer / "*" )
std::optional<FileRange> parse_range(std::string_view text) {
  base::Cursor in(text);
  const auto start = in.take_uint<std::uint64_t>();
  if (!start || *start == 0 || !in.take('-')) return std::nullopt;
  FileRange out{*start, std::nullopt};
  if (!in.take('*') && (!(out.stop = in.take_uint<std::uint64_t>()) || *out.stop < out.start)) {
    return std::nullopt;
  }
  if (!in.at_end()) return std::nullopt;
  return out;
}

std::string to_string(const FileRange& range) {
  return std::to_string(range.start) + '-' + (range.stop ? std::to_string(*range.stop) : "*");
}

std::optional<std::string> parse_token(std::string_view text) {
  if (text.empty() || text.find(' ') != text.npos) return std::nullopt;
  return std::string(text);
}

}  // namespace

Found<FileSelector> file_selector(const Document& document, Section media) {
  return read_one<FileSelector>(document, attribute_lines(document, media, "file-selector"), parse_selector);
}

Found<std::string> file_transfer_id(const Document& document, Section media) {
  return read_one<std::string>(document, attribute_lines(document, media, "file-transfer-id"), parse_token);
}

Found<std::string> file_disposition(const Document& document, Section media) {
  return read_one<std::string>(document, attribute_lines(document, media, "file-disposition"), parse_token);
}

Found<FileDate> file_date(const Document& document, Section media) {
  return read_one<FileDate>(document, attribute_lines(document, media, "file-date"), parse_date);
}

Found<std::string> file_icon(const Document& document, Section media) {
  return read_one<std::string>(document, attribute_lines(document, media, "file-icon"), parse_token);
}

Found<FileRange> file_range(const Document& document, Section media) {
  return read_one<FileRange>(document, attribute_lines(document, media, "file-range"), parse_range);
}

void set_file(Document& document, Section media, const FileDescription& file) {
  const auto set = [&](std::string_view name, std::optional<std::string> value) {
    if (!value) return remove_attribute(document, media, name);
    set_attribute(document, media, name, *value);
  };
  set("file-selector", to_string(file.selector));
  set("file-transfer-id", file.transfer_id);
  set("file-disposition", file.disposition);
  set("file-date", file.date ? std::optional(to_string(*file.date)) : std::nullopt);
  set("file-icon", file.icon);
  set("file-range", file.range ? std::optional(to_string(*file.range)) : std::nullopt);
}

}  // namespace sdp
