#include "proto/ng/json.hpp"

#include <charconv>
#include <optional>

#include <boost/json.hpp>

#include "base/text.hpp"

namespace ng {
namespace {

using base::Result;
namespace json = boost::json;

/// Boost's tree as ours. Where it fails, the number of values was beyond the limit.
class Converter {
 public:
  explicit Converter(const Limits& limits) : left_(limits.max_elements) {}

  std::optional<Value> value(const json::value& in) {
    if (left_ == 0) return std::nullopt;
    --left_;
    switch (in.kind()) {
      case json::kind::string:
        return Value(std::string_view(in.get_string().data(), in.get_string().size()));
      case json::kind::int64:
        return Value(in.get_int64());
      case json::kind::uint64:  // Boost's kind for what is beyond int64 only
        return Value(std::to_string(in.get_uint64()));
      case json::kind::double_:
        return Value(text_of(in.get_double()));
      case json::kind::bool_:
        return Value(in.get_bool() ? 1 : 0);
      case json::kind::array:
        return list(in.get_array());
      case json::kind::object:
        return dictionary(in.get_object());
      case json::kind::null:
        break;
    }
    return Value();
  }

 private:
  static std::string text_of(double number) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, number).ptr;
    return {text, end};
  }

  std::optional<Value> list(const json::array& in) {
    List out;
    for (const auto& item : in) {
      if (item.is_null()) continue;
      auto converted = value(item);
      if (!converted) return std::nullopt;
      out.push_back(std::move(*converted));
    }
    return Value(std::move(out));
  }

  std::optional<Value> dictionary(const json::object& in) {
    Dictionary out;
    for (const auto& item : in) {
      if (item.value().is_null()) continue;
      auto converted = value(item.value());
      if (!converted) return std::nullopt;
      out.append(std::string(item.key().data(), item.key().size()), std::move(*converted));
    }
    return Value(std::move(out));
  }

  std::size_t left_;
};

/// The length of the UTF-8 character (RFC 3629 4) at the beginning of a text that is not empty; 0 where there
/// is none.
std::size_t utf8_length(std::string_view text) {
  const auto octet = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto between = [&](unsigned low, unsigned high) { return octet(1) >= low && octet(1) <= high; };
  const auto tail = [&](std::size_t i) { return (octet(i) & 0xc0U) == 0x80U; };
  const auto first = octet(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first == 0xe0) return between(0xa0, 0xbf) && tail(2) ? 3 : 0;
  if (first == 0xed) return between(0x80, 0x9f) && tail(2) ? 3 : 0;
  if (first >= 0xe1 && first <= 0xef) return tail(1) && tail(2) ? 3 : 0;
  if (first == 0xf0) return between(0x90, 0xbf) && tail(2) && tail(3) ? 4 : 0;
  if (first >= 0xf1 && first <= 0xf3) return tail(1) && tail(2) && tail(3) ? 4 : 0;
  if (first == 0xf4) return between(0x80, 0x8f) && tail(2) && tail(3) ? 4 : 0;
  return 0;
}

void print_control(char c, std::string& out) {
  switch (c) {
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      out.append("\\u00").append(base::to_hex({&c, 1}));
  }
}

// string = quotation-mark *char quotation-mark (RFC 8259 7)
void print_string(std::string_view text, std::string& out) {
  out.push_back('"');
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const char c = text.front();
    if (length == 0) {
      out.append("\xef\xbf\xbd");
    } else if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (length == 1 && static_cast<unsigned char>(c) < 0x20) {
      print_control(c, out);
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out.push_back('"');
}

}  // namespace

Result<Value, Error> parse_json(std::string_view text, const Limits& limits) {
  if (text.size() > limits.max_size) return Error{"text too long", limits.max_size};
  json::parse_options options;
  options.max_depth = limits.max_depth;
  json::stream_parser parser({}, options);
  json::error_code error;
  const auto used = parser.write_some(text.data(), text.size(), error);
  if (!error && used < text.size()) return Error{"something behind the value", used};
  if (!error) parser.finish(error);
  if (error == json::error::too_deep) return Error{"nested too deep", used};
  if (error) return Error{"not JSON: " + error.message(), used};
  auto value = Converter(limits).value(parser.release());
  if (!value) return Error{"too many values", 0};
  return std::move(*value);
}

void print_json(const Dictionary& dictionary, std::string& out) {
  out.push_back('{');
  bool first = true;
  for (const auto& [key, value] : dictionary.entries()) {
    if (!std::exchange(first, false)) out.push_back(',');
    print_string(key, out);
    out.push_back(':');
    print_json(value, out);
  }
  out.push_back('}');
}

void print_json(const Value& value, std::string& out) {
  if (const auto* text = value.string()) {
    print_string(*text, out);
  } else if (const auto* number = value.integer()) {
    out.append(std::to_string(*number));
  } else if (const auto* list = value.list()) {
    out.push_back('[');
    for (const auto& item : *list) {
      if (&item != list->data()) out.push_back(',');
      print_json(item, out);
    }
    out.push_back(']');
  } else {
    print_json(*value.dictionary(), out);
  }
}

Result<std::size_t, Error> json_length(std::string_view text, const Limits& limits) {
  unsigned depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at >= limits.max_size) return Error{"text too long", limits.max_size};
    const char c = text[at];
    if (quoted && c == '\\') {
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '{' || c == '[')) {
      if (++depth > limits.max_depth) return Error{"nested too deep", at};
    } else if (!quoted && (c == '}' || c == ']') && depth > 0 && --depth == 0) {
      return at + 1;
    }
    if (depth == 0) return Error{"not an object", at};
  }
  return std::size_t{0};
}

}  // namespace ng
