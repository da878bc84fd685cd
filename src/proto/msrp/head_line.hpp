#pragma once
#include <string_view>

#include "proto/msrp/parser.hpp"

namespace msrp {

// What Parser and HeadScanner must read alike. Lines come without their CRLF.

/// False: this is no MSRP (a TLS hello, HTTP), which already its first octets say.
bool may_begin_message(std::string_view in) noexcept;
/// start-line = "MSRP" SP transact-id SP (method / status-code [SP comment]), in text for which
/// may_begin_message() holds. Errc::bad_start_line.
Result<Start> parse_start_line(std::string_view line);
/// The flag, if the line is that transaction's end-line; else 0.
char end_line_flag(std::string_view line, std::string_view transaction_id) noexcept;

}  // namespace msrp
