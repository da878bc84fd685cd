#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proto/h248/codec.hpp"

// Whatever parses says the same when it is printed, in every form, and parsed again. What can be saved of
// what does not parse is a message, too.
namespace {

void must(bool condition) {
  if (!condition) std::abort();
}

constexpr h248::Limits roomy{1 << 24, 1'000, 5'000};  // pretty text is longer than what came

void round_trip(const h248::Message& message, const h248::PrintOptions& options) {
  const auto text = h248::print(message, options);
  const auto again = h248::parse(text, roomy);
  must(again.has_value());
  must(*again == message);
  must(h248::print(*again, options) == text);
}

void check_salvage(std::string_view text, const h248::Result<h248::Message>& whole) {
  const auto saved = h248::salvage(text);
  if (whole) {
    must(saved && saved->broken.empty() && saved->message == *whole);
    return;
  }
  if (!saved) return must(saved.error() == whole.error());
  must(!saved->broken.empty() && saved->broken.size() <= 16);
  must(saved->broken[0].offset == whole.error().offset);
  for (const auto& error : saved->broken) must(error.offset <= text.size() && error.answer >= 400);
  const auto* transactions = std::get_if<std::vector<h248::Transaction>>(&saved->message.body);
  if (transactions != nullptr && !transactions->empty()) {
    round_trip(saved->message, {.form = h248::Form::compact});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto message = h248::parse(text);
  check_salvage(text, message);
  if (!message) {
    must(message.error().offset <= size && message.error().line > 0 && message.error().column > 0);
    return 0;
  }
  round_trip(*message, {.form = h248::Form::pretty});
  round_trip(*message, {.form = h248::Form::compact});
  round_trip(*message, {.form = h248::Form::compact, .bare_empty_signals = true});
  return 0;
}
