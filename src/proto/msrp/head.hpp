#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/msrp/byte_range.hpp"
#include "proto/msrp/parser.hpp"
#include "proto/msrp/uri.hpp"

namespace msrp {

struct Header {
  std::string name;
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};

/// Status = namespace SP status-code [SP comment] of a REPORT (RFC 4975 9). Namespace 0 means the codes of
/// RFC 4975 10.
struct Status {
  std::uint16_t name_space = 0;
  std::uint16_t code = 0;
  std::string comment;
  friend bool operator==(const Status&, const Status&) = default;
};
Result<Status> parse_status(std::string_view text);
std::string to_string(const Status& status);

/// Which responses and failure REPORTs a SEND asks for (RFC 4975 7.1.1).
enum class FailureReport : std::uint8_t { yes, no, partial };
std::string_view to_string(FailureReport value) noexcept;

/// Start line and header fields of a message, collected from the parser's events, all fields verbatim and in
/// order. Typed access interprets on demand; the peer's mistakes are Errors there.
struct Head {
  std::string transaction_id;
  std::string method;        // empty in a response
  std::uint16_t status = 0;  // 0 in a request
  std::string comment;
  std::vector<Header> headers;

  void start(const Start& event);  // forgets what was collected before
  void add(const Field& event);
  bool is_request() const noexcept { return status == 0; }

  /// The value of the first field of that name, without spaces at its ends. Dies with the Head.
  std::optional<std::string_view> find(std::string_view name) const;
  std::string_view value(std::string_view name) const { return find(name).value_or(std::string_view()); }

  /// Errc::missing_field also when the field came twice: two readers could take different ones.
  Result<Path> to_path() const;
  Result<Path> from_path() const;
  /// Nothing when the field is absent.
  Result<std::optional<ByteRange>> byte_range() const;
  Result<Status> report_status() const;
  /// Absent or not understood: no, and yes, the defaults (RFC 4975 7.1.1).
  bool success_report() const;
  FailureReport failure_report() const;

  friend bool operator==(const Head&, const Head&) = default;

 private:
  Result<Path> path(std::string_view name) const;
};

}  // namespace msrp
