#include "iq/local_control.hpp"

#include <array>
#include <limits>
#include <set>

#include "base/text.hpp"
#include "iq/element_value.hpp"

namespace iq {
namespace {

constexpr auto most = std::numeric_limits<std::uint64_t>::max();

constexpr std::size_t most_values = 64;  // of one property, which is kept; networks that may connect

struct In {
  std::string_view what;
  const h248::ParameterValue& value;
  const Packages& packages;
};
using Reader = Checked (*)(const In&, Control&);

template <class T, class From>
Checked set(T& into, const base::Result<From, CommandError>& from) {
  if (!from) return from.error();
  into = *from;
  return base::Ok{};
}

Checked read_realm(const In& in, Control& out) {
  const auto text = read_text(in.what, in.value);
  if (!text) return text.error();
  out.asks_realm = *text == "$";
  if (!out.asks_realm) out.realm = *text;
  return base::Ok{};
}

/// "192.0.2.1", "192.0.2.0/24", or several with commas between them; alone or in a list.
Checked read_sources(const In& in, Control& out) {
  const auto texts = read_texts(in.what, in.value);
  if (!texts) return texts.error();
  for (std::string_view text : *texts) {
    while (!text.empty()) {
      const auto network = base::Network::parse(base::trim(base::take_until(text, ',')));
      if (!network || out.sources.size() == most_values) return unsupported_value(in.what, in.value);
      out.sources.push_back(*network);
    }
  }
  return base::Ok{};
}

/// "1024-2047" or "5000".
Checked read_ports(const In& in, Control& out) {
  const auto text = read_text(in.what, in.value);
  if (!text) return text.error();
  std::string_view high = *text;
  const auto low = base::parse_uint<std::uint16_t>(base::trim(base::take_until(high, '-')));
  const auto last = high.empty() ? low : base::parse_uint<std::uint16_t>(base::trim(high));
  if (!low || !last || *low > *last) return unsupported_value(in.what, in.value);
  out.ports = PortRange{*low, *last};
  return base::Ok{};
}

/// Our source address is the one of Local, always.
Checked read_explicit_source(const In& in, Control&) {
  const auto on = read_boolean(in.what, in.value);
  if (!on) return on.error();
  return *on ? Checked(unsupported_value(in.what, in.value)) : Checked(base::Ok{});
}

Checked read_own_local(const In& in, Control& out) {
  const auto text = read_text(in.what, in.value);
  if (!text) return text.error();
  out.asks_local = *text == "$";
  return out.asks_local ? Checked(base::Ok{}) : Checked(unsupported_value(in.what, in.value));
}

Checked read_match(const In& in, Control& out) {
  const auto choice = read_choice(in.what, in.value, in.packages);
  if (!choice) return choice.error();
  out.match_session_id = *choice == "session";
  return base::Ok{};
}

/// Peak rate and delay tolerance are taken and have no effect: TCP is slowed down, nothing is dropped.
Checked read_ignored_number(const In& in, Control&) {
  const auto number = read_number(in.what, in.value, 0, most);
  return number ? Checked(base::Ok{}) : Checked(number.error());
}

/// What seplink can say is how we behave anyway: a connection on one side begins the other one's.
Checked read_ignored_text(const In& in, Control&) {
  const auto text = read_texts(in.what, in.value);
  return text ? Checked(base::Ok{}) : Checked(text.error());
}

struct Entry {
  std::string_view name;
  Reader read;
};
constexpr std::array<Entry, 16> entries{{
    {name::realm, read_realm},
    {name::source_filter,
     [](const In& in, Control& out) { return set(out.filters_source, read_boolean(in.what, in.value)); }},
    {name::source_mask, read_sources},
    {name::port_filter,
     [](const In& in, Control& out) { return set(out.filters_ports, read_boolean(in.what, in.value)); }},
    {name::port_mask, read_ports},
    {name::explicit_source, read_explicit_source},
    {name::policing,
     [](const In& in, Control& out) { return set(out.polices, read_boolean(in.what, in.value)); }},
    {name::sustained_rate,
     [](const In& in, Control& out) { return set(out.rate, read_number(in.what, in.value, 0, most)); }},
    {name::burst,
     [](const In& in, Control& out) { return set(out.burst, read_number(in.what, in.value, 0, most)); }},
    {"tman/pdr", read_ignored_number},
    {"tman/dvt", read_ignored_number},
    {name::dscp,
     [](const In& in, Control& out) {
       const auto number = read_number(in.what, in.value, 0, 63);
       if (!number) return Checked(number.error());
       out.dscp = static_cast<std::uint8_t>(*number);
       return Checked(base::Ok{});
     }},
    {name::interlinkage, read_ignored_text},
    {name::message_alg,
     [](const In& in, Control& out) { return set(out.alg, read_boolean(in.what, in.value)); }},
    {name::own_match, read_match},
    {name::own_local, read_own_local},
}};

Checked read_mode(const h248::LocalControl& descriptor, Control& out) {
  if (!descriptor.mode) return base::Ok{};
  switch (*descriptor.mode) {
    case h248::StreamMode::send_only:
      out.mode = StreamMode::send_only;
      break;
    case h248::StreamMode::receive_only:
      out.mode = StreamMode::receive_only;
      break;
    case h248::StreamMode::send_receive:
      out.mode = StreamMode::send_receive;
      break;
    case h248::StreamMode::inactive:
      out.mode = StreamMode::inactive;
      break;
    case h248::StreamMode::loopback:
      return command_error(517, "Unsupported or invalid mode: Loopback");
  }
  return base::Ok{};
}

Checked read_property(const h248::Property& property, std::string_view own, const Packages& packages,
                      Control& out) {
  for (const auto& [each, read] : entries)
    if (each == own) return read({own, property.value, packages}, out);
  return command_error(445, "Unsupported property: " + std::string(own));
}

}  // namespace

base::Result<Control, CommandError> read_local_control(const h248::LocalControl& descriptor,
                                                       const Packages& packages) {
  Control out;
  if (auto mode = read_mode(descriptor, out); !mode) return mode.error();
  std::set<std::string_view> seen;
  for (const auto& property : descriptor.properties) {
    const auto own = find_property(property.name, Place::local_control, packages);
    if (!own) return own.error();
    if (property.value.values.size() > most_values) return unsupported_value(*own, {});
    if (!seen.insert(*own).second) return command_error(456, "Property appears twice: " + std::string(*own));
    if (auto read = read_property(property, *own, packages, out); !read) return read.error();
  }
  if (out.polices && !out.rate)
    return command_error(472, "Required information missing: tman/pol = ON without tman/sdr");
  return out;
}

}  // namespace iq
