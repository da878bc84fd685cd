#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "proto/h248/names.hpp"

// Every package that our H.248 ends know, in one table: names, numeric ids, elements, types and how sure each
// is. What is not verified stands here and nowhere else, and configuration can override it.
namespace iq {

enum class Sureness : std::uint8_t {
  verified,     // read in the standard or in IANA's registry
  from_memory,  // to be checked against the Recommendation
  own,          // defined by us
};

enum class ElementKind : std::uint8_t { property, event, signal, statistic };
/// Where a property lives.
enum class Place : std::uint8_t { none, termination_state, local_control };
enum class ValueType : std::uint8_t { boolean, integer, real, text, enumeration, octets };

struct EnumValue {
  std::string_view name;
  unsigned number;
};
struct ParameterInfo {
  std::string_view name;
  std::uint16_t id;
  ValueType type;
  std::span<const EnumValue> values{};
};
struct Element {
  ElementKind kind;
  std::string_view name;
  std::uint16_t id;
  Sureness sureness;
  Place place = Place::none;         // properties
  ValueType type = ValueType::text;  // properties and statistics
  std::span<const EnumValue> values{};
  std::span<const ParameterInfo> parameters{};  // events: of the descriptor and observed; signals
};
struct Package {
  std::string_view name;
  std::uint16_t id;
  std::uint16_t version;
  std::string_view source;  // "H.248.37"
  Sureness sureness;        // of name and id
  bool supported;           // by our gateway: what AuditValue of Packages tells
  std::span<const Element> elements;
};

/// The whole table.
std::span<const Package> all_packages();

/// Elements that our code gives meaning to, named once. "package/item", parameters as
/// "package/item.parameter".
namespace name {
inline constexpr std::string_view realm = "ipdc/realm";
inline constexpr std::string_view realms_available = "ipra/ar", realms_changed = "ipra/arc";
inline constexpr std::string_view source_filter = "gm/saf", source_mask = "gm/sam";
inline constexpr std::string_view port_filter = "gm/spf", port_mask = "gm/spr";
inline constexpr std::string_view explicit_source = "gm/esas", local_source = "gm/lsa";
inline constexpr std::string_view policing = "tman/pol", sustained_rate = "tman/sdr", burst = "tman/mbs";
inline constexpr std::string_view dscp = "ds/dscp";
inline constexpr std::string_view latch = "ipnapt/latch", latch_mode = "ipnapt/latch.napt";
inline constexpr std::string_view heartbeat = "hangterm/thb", heartbeat_time = "hangterm/thb.timerx";
inline constexpr std::string_view ip_stop = "adid/ipstop", ip_stop_time = "adid/ipstop.dt",
                                  ip_stop_direction = "adid/ipstop.dir";
inline constexpr std::string_view inactivity = "it/ito", inactivity_time = "it/ito.mit";
inline constexpr std::string_view tcp_establish = "tcpbcc/EstBNC", tcp_release = "tcpbcc/RelBNC",
                                  tcp_change = "tcpbcc/BNCChange", tcp_change_type = "tcpbcc/BNCChange.Type";
inline constexpr std::string_view tls_establish = "tlsbsc/EstBNC", tls_release = "tlsbsc/RelBNC",
                                  tls_change = "tlsbsc/BNCChange", tls_change_type = "tlsbsc/BNCChange.Type";
inline constexpr std::string_view cause = "g/cause", general_cause = "g/cause.Generalcause",
                                  failure_cause = "g/cause.Failurecause";
inline constexpr std::string_view octets_sent = "nt/os", octets_received = "nt/or", duration = "nt/dur";
inline constexpr std::string_view interlinkage = "seplink/link", message_alg = "mgbalg/alg";
inline constexpr std::string_view overload = "ocp/mg_overload", congestion = "chp/mgcon",
                                  congestion_reduction = "chp/mgcon.reduction";
// Package xpostern (0x8001, private use): what our two ends tell each other beyond the standard packages.
inline constexpr std::string_view own_package = "xpostern";
inline constexpr std::string_view own_match = "xpostern/match";  // LocalControl, enum uri|session
inline constexpr std::string_view own_local =
    "xpostern/local";  // LocalControl, "$" asks for it: ADDRESS:PORT
inline constexpr std::string_view own_bearer = "xpostern/bearer";  // event: every iq::Notification as it is
inline constexpr std::string_view own_bearer_event = "xpostern/bearer.ev";       // enum, to_string(Event)
inline constexpr std::string_view own_bearer_scope = "xpostern/bearer.scope";    // enum termination|context
inline constexpr std::string_view own_bearer_cause = "xpostern/bearer.cause";    // text
inline constexpr std::string_view own_bearer_reason = "xpostern/bearer.reason";  // text
// Statistics "xpostern/...": each member of iq::TerminationStatus and iq::Counters; see status_text.hpp.
}  // namespace name

/// The table with what configuration has overridden: each of the names above under the name, and enumeration
/// values under the spelling, that is to be written and read in its place. Compared without regard to case.
class Packages {
 public:
  Packages() = default;
  /// Pairs such as {"tcpbcc/EstBNC", "tcpbcc/EstTCP"}, {"tcpbcc/BNCChange.Type=Est",
  /// "tcpbcc/BNCChange.Type=1"},
  /// {"tcpbcc", "tcpbcc2"} (a package's name) or {"tcpbcc", "-"} (not supported). The error names the pair
  /// that means nothing.
  static base::Result<Packages, std::string> make(const std::map<std::string, std::string>& overrides);

  /// Which of the elements it is, by our own name ("tcpbcc/EstBNC"); empty: none that is known.
  std::string_view element(const h248::PackagedName& written) const;
  /// Likewise of a parameter; `element` is our own name of it.
  std::string_view parameter(std::string_view element, std::string_view written) const;
  /// Likewise of an enumeration's value; numbers are understood, too. `where` is "tcpbcc/BNCChange.Type" or
  /// "xpostern/match". Empty: no such value.
  std::string_view value(std::string_view where, std::string_view written) const;

  // How it is written: for printing.
  h248::PackagedName written(std::string_view element) const;
  std::string written_parameter(std::string_view parameter) const;  // "tcpbcc/BNCChange.Type" -> "Type"
  std::string written_value(std::string_view where, std::string_view value) const;

  const Package* package(std::string_view written) const;  // null: unknown
  const Element* info(std::string_view element) const;     // by our own name
  /// What AuditValue of Packages tells: "g-2", "tcpbcc-1"...
  std::vector<h248::PackageVersion> supported() const;
  bool supports(std::string_view package) const;

 private:
  std::map<std::string, std::string> overrides_;  // lower-case own name -> written
  std::map<std::string, std::string> reverse_;    // lower-case written -> own name
};

}  // namespace iq
