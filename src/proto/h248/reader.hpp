#pragma once
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proto/h248/error.hpp"
#include "proto/h248/names.hpp"

// Reading, for this room's .cpp files: white space, names, numbers and quoted strings.
namespace h248 {

/// The text that is being read. The first failure is kept and ends the text, so that every loop ends and
/// whoever called goes on with values that nobody will see: the rules above need no check after each step.
class Reader {
 public:
  Reader(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  bool failed() const noexcept { return error_.has_value(); }
  const std::optional<Error>& error() const noexcept { return error_; }
  /// Takes the failure away and goes on at that octet, outside of a transaction.
  Error resume(std::size_t offset);
  /// Whether Limits::items is over: there is no going on then.
  bool exhausted() const noexcept { return items_ > limits_.items; }
  bool at_end() const noexcept { return at_ == text_.size(); }
  std::size_t offset() const noexcept { return at_; }
  char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }
  std::string_view text() const noexcept { return text_; }
  std::string_view rest() const noexcept { return text_.substr(at_); }

  /// The failure stands here. `answer`: the code of H.248.8, where it is another than the level's.
  void fail(ErrorCode code, std::string_view what, std::uint16_t answer = 0) {
    fail_at(at_, code, what, answer);
  }
  /// The failure is the name read last, which is quoted.
  void fail_name(ErrorCode code, std::string_view what, std::uint16_t answer = 0);
  void set_version(std::uint8_t version) noexcept { version_ = version; }
  void enter(Level level) noexcept { level_ = level; }
  void enter(Part part) noexcept { part_ = part; }
  void enter_transaction(std::uint32_t id) noexcept;
  void leave_transaction() noexcept;

  /// LWSP: white space and comments. Whether there was any.
  bool skip() { return peek() <= ';' && skip_space(); }
  /// SEP: LWSP that is not empty.
  void separator();
  /// One character as it stands here. Nothing is skipped before or behind it.
  bool take_raw(char c) noexcept {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take_prefix(std::string_view literal);
  /// Goes over that many octets, which are there.
  void advance(std::size_t octets) noexcept { at_ += octets; }
  /// One character and the LWSP behind it.
  bool take(char c) {
    if (!take_raw(c)) return false;
    skip();
    return true;
  }
  void expect(char c);

  /// Letters, digits, "_" and the given others: one at least. Leaves what is behind.
  std::string_view word(std::string_view others = {}, std::size_t most = 64);
  /// 1*digits that fit, and LWSP.
  template <class T>
  T number(std::size_t digits = 10);
  std::string_view quoted();
  /// The name that stands here as a token; none where it is none, or the beginning of a packaged name.
  Token peek_token() noexcept;
  /// The same, and consumes the name and the LWSP behind it. name() is how it was written.
  Token token();
  std::string_view name() const noexcept { return name_; }
  /// If that token stands here, consumes it and the LWSP behind it.
  bool take(Token token);
  void expect(Token token);

  /// One of these tokens.
  template <class E>
  E one_of(std::initializer_list<E> choices, std::uint16_t answer = 0) {
    const auto found = token();
    for (const auto choice : choices) {
      if (static_cast<Token>(choice) == found) return choice;
    }
    fail_name(ErrorCode::unknown, "none of the names that may stand here", answer);
    return *choices.begin();
  }

  /// item *("," item) and the closing bracket.
  template <class Item>
  void list(char close, Item item) {
    std::size_t items = 0;
    do {
      count(++items);
      item();
    } while (take(','));
    expect(close);
  }
  void count(std::size_t items_of_list);

  /// Reads into the slot, which must be empty: a thing that may stand once.
  template <class T, class Read>
  void once(std::optional<T>& slot, Read read, std::uint16_t answer = 0) {
    if (slot) return fail_name(ErrorCode::repeated, "given twice", answer);
    slot = read(*this);
  }
  void once(bool& slot) {
    if (std::exchange(slot, true)) fail_name(ErrorCode::repeated, "given twice");
  }

 private:
  void fail_at(std::size_t offset, ErrorCode code, std::string_view what, std::uint16_t answer);
  bool skip_space();
  void look() noexcept;

  std::string_view text_;
  const Limits& limits_;
  std::size_t at_ = 0;
  std::size_t name_at_ = 0;
  std::string_view name_;
  // What look() has found, and where: a rule with many choices asks for each of them.
  std::size_t looked_at_ = std::string_view::npos;
  std::string_view here_;
  Token token_here_ = Token::none;
  std::size_t items_ = 0;
  Level level_ = Level::message;
  Part part_ = Part::message;
  std::optional<std::uint8_t> version_;
  std::optional<std::uint32_t> transaction_;
  std::optional<Error> error_;
};

template <class T>
T Reader::number(std::size_t digits) {
  std::size_t n = 0;
  while (n < rest().size() && base::is_digit(rest()[n])) ++n;
  const auto value = n <= digits ? base::parse_uint<T>(rest().substr(0, n)) : std::nullopt;
  if (!value) {
    fail(ErrorCode::syntax, n == 0 ? "expected a number" : "number too large");
    return T{};
  }
  at_ += n;
  skip();
  return *value;
}

}  // namespace h248
