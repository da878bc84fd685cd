#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/msrp/syntax.hpp"

namespace msrp {

/// The head of one message as it stands in the octets that were scanned: for who forwards a message and has
/// to know where its parts are. All views die with those octets. Values have neither the spaces before nor
/// those behind them; a field that is absent has a value without data().
struct HeadView {
  std::string_view transaction_id;
  std::string_view method;   // of a request; empty: a response
  std::uint16_t status = 0;  // of a response
  std::string_view comment;
  std::string_view to_path, from_path;
  std::string_view message_id, byte_range, success_report, failure_report, content_type;
  /// All other header fields with their CRLFs, as they came and in their order: before the first of the two
  /// paths, between them, behind. As a rule all of it is in the last one.
  std::array<std::string_view, 3> fields;
  /// '$', '+' or '#': the end-line stands behind the head, there is no body. 0: a body follows, maybe of no
  /// octets.
  char flag = 0;
  std::size_t size = 0;  // octets of it, the empty line or the end-line included

  HeadView() noexcept {}  // not defaulted: g++ would zero all of it first, by a slow instruction
  bool is_request() const noexcept { return !method.empty(); }
};

/// Finds heads. Takes and refuses what Parser does, and costs a third of it.
class HeadScanner {
 public:
  explicit HeadScanner(ParserLimits limits = {}) : limits_(limits) {}

  /// `in` begins with the head and, while there was nothing, with the same octets as last time. Nothing: more
  /// octets are needed. A head without To-Path or From-Path, or with two, is Errc::missing_field. Costs
  /// O(octets) over a connection's life however slowly they drip in.
  Result<std::optional<HeadView>> scan(std::string_view in);

 private:
  ParserLimits limits_;
  std::size_t scanned_ = 0;  // prefix of `in` known not to hold the head's end
};

/// Finds the end-line behind a body (RFC 4975 7.1), in octets that come in pieces.
class BodyScanner {
 public:
  /// A body of that transaction begins.
  void begin(std::string_view transaction_id);

  struct Found {
    std::size_t body = 0;      // octets of body at the front
    std::size_t consumed = 0;  // those, and the CRLF and the end-line behind them
    char flag = 0;             // 0: the end-line has not come yet
  };
  /// `in` begins where the last one was consumed to. Nothing consumed: more octets are needed.
  Found scan(std::string_view in) noexcept;

 private:
  std::string mark_;    // CRLF, seven hyphens, transaction id
  bool fresh_ = false;  // no octet of the body has been seen
};

}  // namespace msrp
