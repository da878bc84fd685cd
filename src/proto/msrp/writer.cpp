#include "proto/msrp/writer.hpp"

#include <string>

#include "base/expect.hpp"
#include "base/text.hpp"

namespace msrp {
namespace {

constexpr std::string_view crlf = "\r\n";

void append(base::Buffer& out, std::initializer_list<std::string_view> parts) {
  for (const auto part : parts) out.append(part);
}

}  // namespace

void print_request_line(base::Buffer& out, std::string_view transaction_id, std::string_view method) {
  base::expect(is_ident(transaction_id) && is_token(method));
  append(out, {"MSRP ", transaction_id, " ", method, crlf});
}

void print_status_line(base::Buffer& out, std::string_view transaction_id, std::uint16_t status,
                       std::string_view comment) {
  base::expect(is_lenient_ident(transaction_id) && status >= 100 && status <= 999 && is_text(comment));
  append(out, {"MSRP ", transaction_id, " ", std::to_string(status), " ",
               comment.empty() ? phrase(status) : comment, crlf});
}

void print_field(base::Buffer& out, std::string_view name, std::string_view value) {
  base::expect(is_token(name) && is_text(value));
  append(out, {name, ": ", value, crlf});
}

void print_body_start(base::Buffer& out) {
  out.append(crlf);
}

void print_end_line(base::Buffer& out, std::string_view transaction_id, char flag, bool after_body) {
  base::expect(is_flag(flag));
  append(out, {after_body ? crlf : "", "-------", transaction_id, {&flag, 1}, crlf});
}

void print_head(base::Buffer& out, const Head& head) {
  if (head.is_request())
    append(out, {"MSRP ", head.transaction_id, " ", head.method, crlf});
  else
    print_status_line(out, head.transaction_id, head.status, head.comment);
  const auto print_named = [&](std::string_view name) {
    for (const auto& header : head.headers) {
      if (base::iequals(header.name, name)) print_field(out, header.name, header.value);
    }
  };
  print_named(field::to_path);
  print_named(field::from_path);
  for (const auto& header : head.headers) {
    const bool placed = base::iequals(header.name, field::to_path) ||
                        base::iequals(header.name, field::from_path) ||
                        base::iequals(header.name, field::content_type);
    if (!placed) print_field(out, header.name, header.value);
  }
  print_named(field::content_type);
}

}  // namespace msrp
