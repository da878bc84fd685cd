#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/text.hpp"
#include "proto/h248/token.hpp"

// The small values that H.248 messages are made of. Names keep the letters they were written with; the
// protocol does not tell upper from lower case (H.248.1 B.1), so compare them with base::iequals.
namespace h248 {

/// ContextID; the three reserved numbers are NULL, CHOOSE and ALL (H.248.1 6.1.2).
struct ContextId {
  std::uint32_t value = 0;
  friend bool operator==(ContextId, ContextId) = default;
};
inline constexpr ContextId null_context{0};              // "-"
inline constexpr ContextId choose_context{0xFFFF'FFFE};  // "$"
inline constexpr ContextId all_contexts{0xFFFF'FFFF};    // "*"

/// RequestID of an Events descriptor.
struct RequestId {
  std::uint32_t value = 0;
  friend bool operator==(RequestId, RequestId) = default;
};
inline constexpr RequestId all_requests{0xFFFF'FFFF};  // "*", in the reply to AuditCapability

/// TerminationID: ROOT, "$", "*", or a path in which "$" and "*" stand for what is to be chosen or for all
/// (H.248.1 6.2.2). As peers do, digits and hyphens are taken anywhere in the path; 64 characters at most.
struct TerminationId {
  std::string text;

  bool is_root() const noexcept { return base::iequals(text, "ROOT"); }
  bool has_choose() const noexcept { return text.find('$') != text.npos; }
  bool has_all() const noexcept { return text.find('*') != text.npos; }
  friend bool operator==(const TerminationId&, const TerminationId&) = default;
};

/// mId: how a gateway or a controller calls itself (H.248.1 B.2).
struct MessageId {
  enum class Kind : std::uint8_t { address, domain, device, mtp };
  Kind kind = Kind::address;
  std::string text;                     // without brackets; of mtp the hexadecimal digits
  std::optional<std::uint16_t> port{};  // only of address and domain
  friend bool operator==(const MessageId&, const MessageId&) = default;
};

/// pkgdName: package/item, package/* or */*.
struct PackagedName {
  std::string package;
  std::string item;
  friend bool operator==(const PackagedName&, const PackagedName&) = default;
};

/// SafeChar: what a VALUE without quotes is made of.
constexpr bool is_safe(char c) {
  return base::is_alnum(c) || std::string_view("_+-&!/'?@^`~*$\\()%|.").find(c) != std::string_view::npos;
}

/// VALUE. Strings are quoted, numbers and enumerations are not. Printing quotes what would not be safe
/// otherwise.
struct Value {
  std::string text;
  bool quoted = false;
  friend bool operator==(const Value&, const Value&) = default;
};

/// parmValue: what a property or parameter is, must be or may be.
struct ParameterValue {
  enum class Relation : std::uint8_t { equal, greater, less, unequal };
  enum class Shape : std::uint8_t {
    single,
    all_of,  // [a, b]
    one_of,  // {a, b}
    range,   // [a:b], two values
  };
  Relation relation = Relation::equal;  // others only with Shape::single
  Shape shape = Shape::single;
  std::vector<Value> values;  // never empty
  friend bool operator==(const ParameterValue&, const ParameterValue&) = default;
};

/// propertyParm.
struct Property {
  PackagedName name;
  ParameterValue value;
  friend bool operator==(const Property&, const Property&) = default;
};

/// eventOther, sigOther: a parameter that the event's or signal's package defines, or an extension ("X-...").
struct Parameter {
  std::string name;
  ParameterValue value;
  friend bool operator==(const Parameter&, const Parameter&) = default;
};

/// TimeStamp, ISO 8601 yyyymmddThhmmssss with hundredths of a second: the eight digits of each half as a
/// number.
struct TimeStamp {
  std::uint32_t date = 0;
  std::uint32_t time = 0;
  friend bool operator==(TimeStamp, TimeStamp) = default;
};

/// One of the grammar's tokens, or an extensionParameter ("X-" or "X+" and up to six letters or digits).
using TokenOrExtension = std::variant<Token, std::string>;

/// packagesItem.
struct PackageVersion {
  std::string name;
  std::uint16_t version = 1;
  friend bool operator==(const PackageVersion&, const PackageVersion&) = default;
};

}  // namespace h248
