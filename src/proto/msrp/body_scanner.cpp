#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "proto/msrp/head_view.hpp"

namespace msrp {
namespace {

constexpr std::string_view shortest_mark = "\r\n-------";
constexpr std::size_t crlf = 2, flag_crlf = 3;

using Found = BodyScanner::Found;

enum class Match : std::uint8_t { no, begun, whole };

// Whether `in` begins with the mark, a flag and CRLF. "-------abcde" in transaction abcd is body, not an end.
Match match(std::string_view in, std::string_view mark) noexcept {
  const auto begun = in.substr(0, mark.size());
  if (begun != mark.substr(0, begun.size())) return Match::no;
  const auto tail = in.substr(begun.size(), flag_crlf);
  if (tail.empty()) return Match::begun;
  const std::array whole{tail.front(), '\r', '\n'};
  if (!is_flag(tail.front()) || tail != std::string_view(whole.data(), tail.size())) return Match::no;
  return tail.size() == flag_crlf ? Match::whole : Match::begun;
}

// Vectors of g++ and clang: 64 octets are compared at a time.
using Words = std::uint32_t __attribute__((vector_size(16)));
constexpr std::uint32_t four_hyphens = 0x2d2d2d2d;

Words words_at(const char* octets) noexcept {
  Words words;
  std::memcpy(&words, octets, sizeof words);
  return words;
}

bool has_four_hyphens(const char* octets) noexcept {
  constexpr Words wanted{four_hyphens, four_hyphens, four_hyphens, four_hyphens};
  const auto hits = (words_at(octets) == wanted) | (words_at(octets + 16) == wanted) |
                    (words_at(octets + 32) == wanted) | (words_at(octets + 48) == wanted);
  std::uint64_t halves[2];
  std::memcpy(halves, &hits, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

// Four hyphens at a multiple of four octets behind `from`: seven hyphens in a row always have such (RFC 4975
// 7.3.1), and so only each fourth place has to be looked at.
std::size_t find_hyphens(std::string_view in, std::size_t from) noexcept {
  while (from + 64 <= in.size() && !has_four_hyphens(in.data() + from)) from += 64;
  for (; from + 4 <= in.size(); from += 4) {
    std::uint32_t word;
    std::memcpy(&word, in.data() + from, sizeof word);
    if (word == four_hyphens) return from;
  }
  return in.npos;
}

std::size_t begin_of_row(std::string_view in, std::size_t hyphen) noexcept {
  while (hyphen > 0 && in[hyphen - 1] == '-') --hyphen;
  return hyphen;
}

std::size_t end_of_row(std::string_view in, std::size_t hyphen) noexcept {
  return std::min(in.find_first_not_of('-', hyphen), in.size());
}

// The body that ends at `at`, if an end-line is there; as much as is safe, if one may have begun there.
std::optional<Found> end_line_at(std::string_view in, std::size_t at, std::string_view mark) noexcept {
  const auto matched = match(in.substr(at), mark);
  if (matched == Match::no) return std::nullopt;
  if (matched == Match::begun) return Found{at, at, 0};
  return Found{at, at + mark.size() + flag_crlf, in[at + mark.size()]};
}

// An end-line may straddle two reads: where it may have begun before the hyphens that find_hyphens() needs.
std::size_t end_of_safe(std::string_view in) noexcept {
  const auto first = in.size() - std::min(in.size(), shortest_mark.size() - 1);
  for (auto at = first; at < in.size(); ++at) {
    if (shortest_mark.starts_with(in.substr(at))) return at;
  }
  return in.size();
}

}  // namespace

void BodyScanner::begin(std::string_view transaction_id) {
  mark_.assign(shortest_mark).append(transaction_id);
  fresh_ = true;
}

Found BodyScanner::scan(std::string_view in) noexcept {
  const std::string_view mark = mark_;
  // An end-line right behind the empty line: a body of no octets whose sender left out the body's own CRLF.
  // The end-line must not occur in a body (RFC 4975 7.1), so it can be nothing else.
  if (fresh_ && (in.empty() || in.front() == '-')) {
    if (const auto found = end_line_at(in, 0, mark.substr(crlf))) return *found;
  }
  fresh_ = false;
  auto hit = find_hyphens(in, 0);
  for (; hit != in.npos; hit = find_hyphens(in, end_of_row(in, hit))) {
    const auto row = begin_of_row(in, hit);
    if (row < crlf) continue;
    if (const auto found = end_line_at(in, row - crlf, mark)) return *found;
  }
  const auto safe = end_of_safe(in);
  return {safe, safe, 0};
}

}  // namespace msrp
