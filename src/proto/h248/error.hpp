#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace h248 {

enum class ErrorCode : std::uint8_t {
  syntax,    // not what the grammar has at this place
  unknown,   // a name at a place where the grammar lists the names
  repeated,  // given twice where once is allowed
  illegal,   // a combination that the grammar's comments forbid, or a descriptor in the wrong command
  missing,   // something required is not there
  too_long,  // Limits::octets
  too_many,  // Limits::list_items, Limits::items
};

/// The innermost layer that could be told of: it chooses between 400, 403, 422 and 442 (H.248.8).
enum class Level : std::uint8_t { message, transaction, action, command };

/// What it stands in. Only requests are answered, and what could be one.
enum class Part : std::uint8_t { message, request, reply, pending, ack, error };

/// What is wrong, and where.
struct Error {
  ErrorCode code;
  std::size_t line;    // counted from 1; CR LF, CR and LF end a line each
  std::size_t column;  // octet in the line, counted from 1
  std::size_t offset;  // octet in the message, counted from 0
  std::string what;
  Level level = Level::message;
  std::optional<std::uint32_t> transaction{};  // the id, where it had been read
  Part part = Part::message;
  std::optional<std::uint8_t> version{};  // of the message's header, where it had been read
  std::uint16_t answer = 400;             // the code of H.248.8 that tells the sender

  friend bool operator==(const Error&, const Error&) = default;
};

/// "line 3, octet 7: expected '{'".
std::string to_string(const Error& error);

template <class T>
using Result = base::Result<T, Error>;

/// What a message may cost before it is refused. Nesting needs no limit: the grammar has no rule that
/// contains itself, so neither has the parser.
struct Limits {
  std::size_t octets = 65'535;  // no UDP datagram and no TPKT (RFC 1006) carries more
  std::size_t list_items =
      1'000;  // in one pair of braces; the longest real lists are packages audits, under 100
  std::size_t items =
      5'000;  // in the message; a command is a value of 1 KiB and may be a text of four octets
};

}  // namespace h248
