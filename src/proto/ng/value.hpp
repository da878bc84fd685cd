#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ng {

class Value;
struct Entry;
using List = std::vector<Value>;

/// Keys and values in the order in which they came or were set; no key twice. Keys are octet strings.
class Dictionary {
 public:
  /// The value of that key, or nullptr.
  const Value* find(std::string_view key) const noexcept;
  /// Its text; empty where there is none or it is no string.
  std::string_view text(std::string_view key) const noexcept;
  /// Adds the entry, or gives the one that is there another value.
  void set(std::string_view key, Value value);
  /// Adds an entry whose key is known to be new: for parsers, which check that themselves.
  void append(std::string key, Value value);

  const std::vector<Entry>& entries() const noexcept { return entries_; }
  bool empty() const noexcept { return entries_.empty(); }
  friend bool operator==(const Dictionary& a, const Dictionary& b);

 private:
  std::vector<Entry> entries_;
};

/// What bencode and, with JSON's other types mapped to it, JSON can say.
class Value {
 public:
  Value();  // the empty string
  // All of them implicit by design: a dictionary is written down as it reads.
  Value(std::string text);
  Value(std::string_view text);
  Value(const char* text);
  Value(std::integral auto number) : Value(Number{static_cast<std::int64_t>(number)}) {}
  Value(List list);
  Value(Dictionary dictionary);
  // Not inline, here and above: Entry, and so Dictionary, is not complete yet.
  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value();

  // Each of them is nullptr where the value is of another kind.
  const std::string* string() const noexcept { return std::get_if<std::string>(&state_); }
  const std::int64_t* integer() const noexcept { return std::get_if<std::int64_t>(&state_); }
  const List* list() const noexcept { return std::get_if<List>(&state_); }
  const Dictionary* dictionary() const noexcept { return std::get_if<Dictionary>(&state_); }

  friend bool operator==(const Value& a, const Value& b) { return a.state_ == b.state_; }

 private:
  struct Number {
    std::int64_t value;
  };
  explicit Value(Number number);

  std::variant<std::string, std::int64_t, List, Dictionary> state_;
};

struct Entry {
  std::string key;
  Value value;
  friend bool operator==(const Entry& a, const Entry& b) = default;
};

}  // namespace ng
