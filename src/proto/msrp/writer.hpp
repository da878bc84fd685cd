#pragma once
#include <cstdint>
#include <string_view>

#include "base/buffer.hpp"
#include "proto/msrp/head.hpp"

namespace msrp {

// Strict, canonical MSRP: one space after a colon, a comment in every response. Everything appends to the
// caller's buffer. What the caller gives must be valid (is_ident, is_token, is_text); a violation is our own
// bug and aborts.

void print_request_line(base::Buffer& out, std::string_view transaction_id, std::string_view method);
/// An empty comment becomes the code's registered phrase. The transaction id is the request's, however it
/// looks.
void print_status_line(base::Buffer& out, std::string_view transaction_id, std::uint16_t status,
                       std::string_view comment = {});
void print_field(base::Buffer& out, std::string_view name, std::string_view value);
/// The empty line between head and body.
void print_body_start(base::Buffer& out);
/// `after_body`: with the CRLF that ends the body (RFC 4975 7.1).
void print_end_line(base::Buffer& out, std::string_view transaction_id, char flag, bool after_body);
/// Start line and fields: To-Path and From-Path first, Content-Type last (RFC 4975 7.1, 9), the others in
/// their order.
void print_head(base::Buffer& out, const Head& head);

}  // namespace msrp
