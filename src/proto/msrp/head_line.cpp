#include "proto/msrp/head_line.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace msrp {
namespace {

constexpr std::string_view magic = "MSRP ", hyphens = "-------";

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

// What follows the transaction id: method / status-code [SP comment].
bool read_what(std::string_view what, Start& start) {
  if (std::all_of(what.begin(), what.end(), is_upper)) {
    start.method = what;
    return !what.empty();
  }
  const auto code = base::parse_uint<std::uint16_t>(what.substr(0, 3));
  if (!code || *code < 100 || (what.size() > 3 && what[3] != ' ')) return false;
  start.status = *code;
  start.comment = what.substr(std::min<std::size_t>(what.size(), 4));
  return true;
}

}  // namespace

bool may_begin_message(std::string_view in) noexcept {
  return in.substr(0, magic.size()) == magic.substr(0, in.size());
}

Result<Start> parse_start_line(std::string_view line) {
  const auto space = line.find(' ', magic.size());
  if (space == line.npos) return fail(Errc::bad_start_line);
  Start start;
  start.transaction_id = line.substr(magic.size(), space - magic.size());
  if (!is_lenient_ident(start.transaction_id) || !read_what(line.substr(space + 1), start))
    return fail(Errc::bad_start_line);
  return start;
}

char end_line_flag(std::string_view line, std::string_view transaction_id) noexcept {
  if (line.size() != hyphens.size() + transaction_id.size() + 1 || !line.starts_with(hyphens)) return 0;
  const auto flag = line.back();
  return line.substr(hyphens.size(), transaction_id.size()) == transaction_id && is_flag(flag) ? flag : '\0';
}

}  // namespace msrp
