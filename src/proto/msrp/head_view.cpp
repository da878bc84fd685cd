#include "proto/msrp/head_view.hpp"

#include <bit>
#include <cstring>
#include <utility>

#include "base/expect.hpp"
#include "base/text.hpp"
#include "proto/msrp/head_line.hpp"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace msrp {
namespace {

constexpr std::size_t block = 64;

// Bit n: octet n of the block is a control character other than HTAB, which utf8text (RFC 4975 9) has not.
#ifdef __SSE2__
std::uint64_t controls_of(const char* octets) noexcept {
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < block; i += 16) {
    const auto text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(octets + i));
    const auto low = _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(0x1f)), text);
    const auto del = _mm_cmpeq_epi8(text, _mm_set1_epi8(0x7f));
    const auto tab = _mm_cmpeq_epi8(text, _mm_set1_epi8('\t'));
    const auto found = _mm_or_si128(_mm_andnot_si128(tab, low), del);
    bits |= std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(found))} << i;
  }
  return bits;
}
#else
std::uint64_t controls_of(const char* octets) noexcept {
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < block; ++i) bits |= std::uint64_t{!is_text({octets + i, 1})} << i;
  return bits;
}
#endif

// Control characters one after the other: the ends of lines, and what no head may have.
class Controls {
 public:
  explicit Controls(std::string_view in) : in_(in) {}

  std::size_t next() noexcept {
    while (bits_ == 0) {
      if (ahead_ >= in_.size()) return in_.npos;
      look();
    }
    const auto at = ahead_ - block + static_cast<unsigned>(std::countr_zero(bits_));
    bits_ &= bits_ - 1;
    return at;
  }

 private:
  void look() noexcept {
    const auto left = in_.size() - ahead_;
    if (left >= block) {
      bits_ = controls_of(in_.data() + ahead_);
    } else {
      std::array<char, block> padded;
      padded.fill(' ');
      std::memcpy(padded.data(), in_.data() + ahead_, left);
      bits_ = controls_of(padded.data());
    }
    ahead_ += block;
  }

  std::string_view in_;
  std::size_t ahead_ = 0;   // octets looked at, whole blocks
  std::uint64_t bits_ = 0;  // of the last block, those not told yet
};

using Word = std::uint64_t;
constexpr Word to_lower = 0x2020202020202020ULL;  // good for letters, '-' and ':' in a line without controls

// A header field that HeadView tells. Name and colon in lower case, as the first and the last eight octets.
struct Known {
  Word first, last;
  std::size_t size;
  std::string_view HeadView::* value;
};

constexpr Known known(std::string_view name, std::string_view HeadView::* value) {
  std::array<char, 16> text{};
  for (std::size_t i = 0; i < name.size(); ++i) text[i] = base::to_lower(name[i]);
  text[name.size()] = ':';
  const auto size = name.size() + 1;
  std::array<char, 8> first{}, last{};
  for (std::size_t i = 0; i < 8; ++i) {
    first[i] = text[i];
    last[i] = text[size - 8 + i];
  }
  return {std::bit_cast<Word>(first), std::bit_cast<Word>(last), size, value};
}

constexpr std::array known_fields{known(field::to_path, &HeadView::to_path),
                                  known(field::from_path, &HeadView::from_path),
                                  known(field::message_id, &HeadView::message_id),
                                  known(field::byte_range, &HeadView::byte_range),
                                  known(field::success_report, &HeadView::success_report),
                                  known(field::failure_report, &HeadView::failure_report),
                                  known(field::content_type, &HeadView::content_type)};

Word word_at(std::string_view text, std::size_t at) noexcept {
  Word word;
  std::memcpy(&word, text.data() + at, sizeof word);
  return word | to_lower;
}

const Known* find_known(std::string_view line) noexcept {
  if (line.size() < sizeof(Word)) return nullptr;
  const auto first = word_at(line, 0);
  for (const auto& name : known_fields) {
    if (first == name.first && line.size() >= name.size &&
        word_at(line, name.size - sizeof(Word)) == name.last)
      return &name;
  }
  return nullptr;
}

bool is_field(std::string_view line) noexcept {
  const auto colon = line.find(':');
  return colon != line.npos && is_token(line.substr(0, colon));
}

std::string_view trimmed(std::string_view value) noexcept {
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  return value;
}

// Once over a head, from its first octet.
class Walk {
 public:
  Walk(std::string_view in, const ParserLimits& limits, HeadView& view)
      : in_(in), limits_(limits), view_(view), controls_(in) {}

  // Whether all of the head was there.
  Result<bool> run() {
    while (!whole_) {
      const auto end = controls_.next();
      if (end == in_.npos || (end + 1 == in_.size() && in_[end] == '\r')) return unfinished();
      if (in_[end] != '\r' || in_[end + 1] != '\n') return spoiled(end);
      controls_.next();
      next_ = end + 2;
      if (next_ > limits_.head_octets) return fail(Errc::head_too_long, line_);
      const auto wrong = line_ == 0 ? start(in_.substr(0, end)) : take(in_.substr(line_, end - line_));
      if (wrong) return fail(*wrong, line_);
      line_ = next_;
    }
    if (doubled_ || paths_ != 2) return fail(Errc::missing_field);
    return true;
  }

 private:
  using Wrong = std::optional<Errc>;

  Wrong start(std::string_view line) {
    const auto start = parse_start_line(line);
    if (!start) return start.error().code;
    view_.transaction_id = start->transaction_id;
    view_.method = start->method;
    view_.status = start->status;
    view_.comment = start->comment;
    group_ = next_;
    return std::nullopt;
  }

  Wrong take(std::string_view line) {
    if (!line.empty() && line.front() == '-') view_.flag = end_line_flag(line, view_.transaction_id);
    if (line.empty() || view_.flag != 0) return last();
    const auto* name = find_known(line);
    if (!name && !is_field(line)) return Errc::bad_field;
    if (++fields_ > limits_.fields) return Errc::too_many_fields;
    if (name) keep(*name, trimmed(line.substr(name->size)));
    return std::nullopt;
  }

  void keep(const Known& name, std::string_view value) {
    auto& kept = view_.*name.value;
    if (&name < &known_fields[2]) {
      doubled_ |= kept.data() != nullptr;
      if (!doubled_) view_.fields[paths_++] = in_.substr(group_, line_ - group_);
      group_ = next_;
    }
    if (!kept.data()) kept = value;
  }

  Wrong last() {
    view_.fields[2] = in_.substr(group_, line_ - group_);
    view_.size = next_;
    whole_ = true;
    return std::nullopt;
  }

  Result<bool> unfinished() const {
    if (in_.size() > limits_.head_octets) return fail(Errc::head_too_long, line_);
    return false;
  }

  // A control character that stands in no head. As every line's, its fault is told when its end is there.
  Result<bool> spoiled(std::size_t at) const {
    const auto lf = in_.find('\n', at);
    if (lf == in_.npos) return unfinished();
    return fail(lf < limits_.head_octets ? Errc::bad_line : Errc::head_too_long, line_);
  }

  std::string_view in_;
  const ParserLimits& limits_;
  HeadView& view_;
  Controls controls_;
  std::size_t line_ = 0, next_ = 0;  // where this line begins, and the next one
  std::size_t group_ = 0;            // where view_.fields[paths_] begins
  std::size_t paths_ = 0, fields_ = 0;
  bool doubled_ = false;  // one of the paths
  bool whole_ = false;
};

// The head is made in the result, and `scanned` is 0 when it is there.
Result<std::optional<HeadView>> walk(std::string_view in, const ParserLimits& limits, std::size_t& scanned) {
  Result<std::optional<HeadView>> found(std::in_place, std::in_place);
  const auto whole = Walk(in, limits, **found).run();
  if (!whole) {
    found = whole.error();
  } else if (*whole) {
    scanned = 0;
  } else {
    found->reset();
  }
  return found;
}

}  // namespace

// A head that drips in is walked over again when one more line of it is there: limits_.fields says how often.
Result<std::optional<HeadView>> HeadScanner::scan(std::string_view in) {
  if (!may_begin_message(in)) return fail(Errc::bad_start_line);
  const auto seen = std::exchange(scanned_, in.size());
  base::expect(seen <= in.size());
  if (seen > 0 && in.find('\n', seen) == in.npos) {
    if (in.size() > limits_.head_octets) return fail(Errc::head_too_long, in.rfind('\n') + 1);
    return std::optional<HeadView>();
  }
  return walk(in, limits_, scanned_);
}

}  // namespace msrp
