#include "proto/h248/read.hpp"

namespace h248 {
namespace {

constexpr std::string_view map_letters = "0123456789abcdefghijkABCDEFGHIJKlLsStTzZxX.[]-|()";

SignalType read_signal_type(Reader& in) {
  in.expect('=');
  return in.one_of({SignalType::on_off, SignalType::time_out, SignalType::brief});
}

std::uint16_t read_duration(Reader& in) {
  in.expect('=');
  return in.number<std::uint16_t>(5);
}

// notifyCompletion = NotifyCompletionToken EQUAL (LBRKT notificationReason *(COMMA notificationReason) RBRKT)
void read_completion(Reader& in, std::vector<CompletionReason>& out) {
  if (!out.empty()) return in.fail_name(ErrorCode::repeated, "given twice");
  in.expect('=');
  in.expect('{');
  in.list('}', [&] {
    out.push_back(
        in.one_of({CompletionReason::time_out, CompletionReason::event, CompletionReason::new_signals,
                   CompletionReason::other, CompletionReason::iteration}));
  });
}

// sigParameter = sigStream / sigSignalType / sigDuration / sigOther / notifyCompletion / KeepActiveToken
void read_signal_parameter(Reader& in, Signal& out) {
  const auto token = in.token();
  if (token == Token::stream) return in.once(out.stream, read_stream_id);
  if (token == Token::signal_type) return in.once(out.type, read_signal_type);
  if (token == Token::duration) return in.once(out.duration, read_duration);
  if (token == Token::notify_completion) return read_completion(in, out.notify_completion);
  if (token == Token::keep_active) return in.once(out.keep_active);
  read_parameter(in, in.name(), out.parameters);
}

// signalRequest = signalName [LBRKT sigParameter *(COMMA sigParameter) RBRKT]
Signal read_signal(Reader& in) {
  Signal out;
  out.name = read_packaged_name(in);
  if (in.take('{')) in.list('}', [&] { read_signal_parameter(in, out); });
  return out;
}

// signalList = SignalListToken EQUAL signalListId LBRKT signalListParm *(COMMA signalListParm) RBRKT
SignalList read_signal_list(Reader& in) {
  SignalList out;
  in.expect('=');
  out.id = in.number<std::uint16_t>(5);
  in.expect('{');
  in.list('}', [&] { out.signals.push_back(read_signal(in)); });
  return out;
}

// Timer = 1*2DIGIT. Whether one stands here; read into its slot then, with the comma behind it.
bool read_timer(Reader& in, DigitMapValue& out) {
  const auto rest = in.rest();
  if (rest.size() < 2 || rest[1] != ':') return false;
  const auto letter = base::to_lower(rest[0]);
  auto* slot = letter == 't'   ? &out.start
               : letter == 's' ? &out.shorter
               : letter == 'l' ? &out.longer
               : letter == 'z' ? &out.duration
                               : nullptr;
  in.word();
  if (slot == nullptr) {
    in.fail_name(ErrorCode::unknown, "no such digit map timer");
    return false;
  }
  in.take(':');
  in.once(*slot, [](Reader& at) { return at.number<std::uint8_t>(2); });
  in.expect(',');
  return true;
}

// digitMapValue = ["T" COLON Timer COMMA] ["S" COLON Timer COMMA] ["L" COLON Timer COMMA] ["Z" COLON Timer
// COMMA]
//                 digitMap
// Of the map only its letters are checked here; the braces are the caller's.
DigitMapValue read_digit_map_value(Reader& in) {
  DigitMapValue out;
  while (read_timer(in, out)) {
  }
  while (!in.at_end() && map_letters.find(in.peek()) != map_letters.npos) {
    out.map.push_back(in.peek());
    in.take(in.peek());
  }
  if (out.map.empty()) in.fail(ErrorCode::syntax, "expected a digit map");
  return out;
}

}  // namespace

// signalsDescriptor = SignalsToken LBRKT [signalParm *(COMMA signalParm)] RBRKT
// signalParm        = signalList / signalRequest
SignalsDescriptor read_signals(Reader& in) {
  SignalsDescriptor out;
  if (!in.take('{') || in.take('}')) return out;
  in.list('}', [&] {
    if (in.take(Token::signal_list)) return void(out.items.emplace_back(read_signal_list(in)));
    out.items.emplace_back(read_signal(in));
  });
  return out;
}

// digitMapDescriptor = DigitMapToken EQUAL ((LBRKT digitMapValue RBRKT) / (digitMapName [LBRKT digitMapValue
// RBRKT]))
DigitMap read_digit_map(Reader& in) {
  DigitMap out;
  in.expect('=');
  if (in.peek() != '{') out.name = read_name(in);
  if (in.take('{')) {
    out.value = read_digit_map_value(in);
    in.expect('}');
  }
  return out;
}

// eventDM = DigitMapToken EQUAL ((digitMapName) / (LBRKT digitMapValue RBRKT))
DigitMap read_event_digit_map(Reader& in) {
  auto out = read_digit_map(in);
  if (!out.name.empty() && out.value)
    in.fail_name(ErrorCode::illegal, "a digit map's name and value in an event");
  return out;
}

}  // namespace h248
