#include "proto/ng/value.hpp"

#include <algorithm>

namespace ng {

const Value* Dictionary::find(std::string_view key) const noexcept {
  const auto at = std::ranges::find(entries_, key, &Entry::key);
  return at == entries_.end() ? nullptr : &at->value;
}

std::string_view Dictionary::text(std::string_view key) const noexcept {
  const auto* value = find(key);
  const auto* string = value == nullptr ? nullptr : value->string();
  return string == nullptr ? std::string_view{} : std::string_view(*string);
}

void Dictionary::set(std::string_view key, Value value) {
  const auto at = std::ranges::find(entries_, key, &Entry::key);
  if (at != entries_.end()) {
    at->value = std::move(value);
  } else {
    append(std::string(key), std::move(value));
  }
}

void Dictionary::append(std::string key, Value value) {
  entries_.push_back({std::move(key), std::move(value)});
}

bool operator==(const Dictionary& a, const Dictionary& b) {
  return a.entries_ == b.entries_;
}

Value::Value() = default;
Value::Value(std::string text) : state_(std::move(text)) {}
Value::Value(std::string_view text) : state_(std::string(text)) {}
Value::Value(const char* text) : state_(std::string(text)) {}
Value::Value(Number number) : state_(number.value) {}
Value::Value(List list) : state_(std::move(list)) {}
Value::Value(Dictionary dictionary) : state_(std::move(dictionary)) {}
Value::Value(const Value& other) = default;
Value::Value(Value&& other) noexcept = default;
Value& Value::operator=(const Value& other) = default;
Value& Value::operator=(Value&& other) noexcept = default;
Value::~Value() = default;

}  // namespace ng
