#include "proto/msrp/head.hpp"

#include "base/cursor.hpp"
#include "base/text.hpp"

namespace msrp {
namespace {

std::string_view trimmed_end(std::string_view text) {
  const auto last = text.find_last_not_of(" \t");
  return text.substr(0, last == text.npos ? 0 : last + 1);
}

std::optional<std::uint16_t> take_three_digits(base::Cursor& cursor) {
  const auto before = cursor.offset();
  const auto value = cursor.take_uint<std::uint16_t>();
  return value && cursor.offset() == before + 3 ? value : std::nullopt;
}

}  // namespace

Result<Status> parse_status(std::string_view text) {
  base::Cursor cursor(text);
  const auto name_space = take_three_digits(cursor);
  if (!name_space || !cursor.take(' ')) return fail(Errc::bad_value, cursor.offset());
  const auto code = take_three_digits(cursor);
  if (!code || (!cursor.at_end() && !cursor.take(' '))) return fail(Errc::bad_value, cursor.offset());
  return Status{*name_space, *code, std::string(cursor.rest())};
}

std::string to_string(const Status& status) {
  const auto three = [](std::uint16_t value) {
    auto digits = std::to_string(value);
    return std::string(3 - std::min<std::size_t>(3, digits.size()), '0') + digits;
  };
  auto out = three(status.name_space) + ' ' + three(status.code);
  if (!status.comment.empty()) out += ' ' + status.comment;
  return out;
}

std::string_view to_string(FailureReport value) noexcept {
  switch (value) {
    case FailureReport::yes:
      return "yes";
    case FailureReport::no:
      return "no";
    case FailureReport::partial:
      return "partial";
  }
  return "";
}

void Head::start(const Start& event) {
  transaction_id = event.transaction_id;
  method = event.method;
  status = event.status;
  comment = event.comment;
  headers.clear();
}

void Head::add(const Field& event) {
  headers.push_back({std::string(event.name), std::string(event.value)});
}

std::optional<std::string_view> Head::find(std::string_view name) const {
  for (const auto& header : headers) {
    if (base::iequals(header.name, name)) return trimmed_end(header.value);
  }
  return std::nullopt;
}

Result<Path> Head::path(std::string_view name) const {
  std::size_t found = 0;
  for (const auto& header : headers) found += base::iequals(header.name, name);
  if (found != 1) return fail(Errc::missing_field);
  return parse_path(value(name));
}

Result<Path> Head::to_path() const {
  return path(field::to_path);
}
Result<Path> Head::from_path() const {
  return path(field::from_path);
}

Result<std::optional<ByteRange>> Head::byte_range() const {
  const auto text = find(field::byte_range);
  if (!text) return std::optional<ByteRange>();
  auto range = parse_byte_range(*text);
  if (!range) return range.error();
  return std::optional<ByteRange>(*range);
}

Result<Status> Head::report_status() const {
  const auto text = find(field::status);
  if (!text) return fail(Errc::missing_field);
  return parse_status(*text);
}

bool Head::success_report() const {
  return base::iequals(value(field::success_report), "yes");
}

FailureReport Head::failure_report() const {
  const auto text = value(field::failure_report);
  if (base::iequals(text, "no")) return FailureReport::no;
  if (base::iequals(text, "partial")) return FailureReport::partial;
  return FailureReport::yes;
}

}  // namespace msrp
