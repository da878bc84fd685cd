#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "proto/msrp/head_view.hpp"
#include "proto/msrp/syntax.hpp"

namespace msrp {

// Events of one message, in this order: Start Field* [BodyStart Body*] End. Every view points into the
// octets given to step() and dies with them.

/// The first line. A request has a method and status 0; a response has a status and no method.
struct Start {
  std::string_view transaction_id;
  std::string_view method;
  std::uint16_t status = 0;
  std::string_view comment;  // of a response; may be empty
};
/// A header field; the spaces before the value are gone, the rest is verbatim.
struct Field {
  std::string_view name;
  std::string_view value;
};
/// The empty line: a body follows, even if it has no octets (RFC 4975 7.1.1: not the same as no body).
struct BodyStart {};
/// A piece of the body, never empty, in order. The CRLF before the end-line is not part of it.
struct Body {
  std::string_view octets;
};
/// The end-line: '$' last chunk, '+' more follow, '#' aborted.
struct End {
  char flag = '$';
};
using Event = std::variant<std::monostate, Start, Field, BodyStart, Body, End>;

struct Step {
  std::size_t consumed = 0;
  Event event;

  /// Nothing consumed, nothing to tell: call again with the same octets and more behind them.
  bool needs_more() const noexcept { return consumed == 0 && event.index() == 0; }
};

/// Incremental MSRP framing (RFC 4975 9, 7.1, 7.3.1). Knows nothing of sockets, time or sessions, owns no
/// buffer and copies nothing but the transaction id. The same octets, however they are cut, give the same
/// events but for the places where a body is cut into pieces. After an error it must not be used again.
///
///   message    = start-line *(field CRLF) [CRLF body CRLF] end-line
///   start-line = "MSRP" SP transact-id SP (method / status-code [SP comment]) CRLF
///   end-line   = "-------" transact-id ("$" / "+" / "#") CRLF
class Parser {
 public:
  explicit Parser(ParserLimits limits = {}) : limits_(limits) {}

  /// `in` begins where the last step stopped. Consumes a prefix and emits at most one event; see
  /// Step::needs_more(). Costs O(octets) over a connection's life however slowly they drip in.
  Result<Step> step(std::string_view in);

  /// Between two messages: the connection may end here without loss.
  bool idle() const noexcept { return state_ == State::start; }

 private:
  enum class State : std::uint8_t { start, head, body };

  Result<Step> line(std::string_view in);
  Result<Step> start_line(std::string_view text, std::size_t consumed);
  Result<Step> field_line(std::string_view text, std::size_t consumed);
  Step body(std::string_view in);
  Step end(char flag, std::size_t consumed);

  ParserLimits limits_;
  State state_ = State::start;
  std::string id_;  // the transaction's
  BodyScanner body_;
  std::size_t head_ = 0;     // octets of this message's head so far
  std::size_t fields_ = 0;   // header fields of this message so far
  std::size_t scanned_ = 0;  // prefix of the unconsumed octets known to hold no LF: keeps a slow drip O(n)
};

}  // namespace msrp
