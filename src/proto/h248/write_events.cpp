#include "proto/h248/writer.hpp"

namespace h248 {
namespace {

void write_items(Writer& out, const std::vector<Parameter>& parameters) {
  for (const auto& parameter : parameters) {
    out.item();
    write(out, parameter);
  }
}

void write(Writer& out, const DigitMapValue& value) {
  const auto timer = [&](std::string_view letter, const std::optional<std::uint8_t>& time) {
    if (!time) return;
    out.text(letter);
    out.number(*time);
    out.text(",");
  };
  timer("T:", value.start);
  timer("S:", value.shorter);
  timer("L:", value.longer);
  timer("Z:", value.duration);
  out.text(value.map);
}

void write_embed(Writer& out, const std::optional<SignalsDescriptor>& signals, const EmbeddedEvents* events);

void write_parameters(Writer& out, const EmbeddedEvent& event) {
  write_stream(out, event.stream);
  if (event.keep_active) out.item_token(Token::keep_active);
  if (event.digit_map) {
    out.item();
    write(out, *event.digit_map);
  }
  write_items(out, event.parameters);
}

bool is_bare(const EmbeddedEvent& event) {
  return !event.stream && !event.keep_active && !event.digit_map && !event.signals &&
         event.parameters.empty();
}

void write_event(Writer& out, const EmbeddedEvent& event, const EmbeddedEvents* events) {
  write(out, event.name);
  if (is_bare(event) && events == nullptr) return;
  out.open();
  write_parameters(out, event);
  write_embed(out, event.signals, events);
  out.close();
}

/// The rest of an Events descriptor behind its token.
template <class Events, class Write>
void write_requested(Writer& out, const Events& events, Write one) {
  if (!events.request) return;
  out.equals();
  write(out, *events.request);
  out.block(events.events, one);
}

void write_embed(Writer& out, const std::optional<SignalsDescriptor>& signals, const EmbeddedEvents* events) {
  if (!signals && events == nullptr) return;
  out.item_token(Token::embed);
  out.open();
  if (signals) {
    out.item();
    write(out, *signals);
  }
  if (events != nullptr) {
    out.item_token(Token::events);
    write_requested(out, *events, [&](const EmbeddedEvent& event) { write_event(out, event, nullptr); });
  }
  out.close();
}

void write(Writer& out, const EventSpec& event) {
  write(out, event.name);
  if (!event.stream && event.parameters.empty()) return;
  out.open();
  write_stream(out, event.stream);
  write_items(out, event.parameters);
  out.close();
}

void write_completion(Writer& out, const std::vector<CompletionReason>& reasons) {
  if (reasons.empty()) return;
  out.item_token(Token::notify_completion);
  out.text("=");
  out.block(reasons, [&](CompletionReason reason) { out.token(reason); });
}

void write_parameters(Writer& out, const Signal& signal) {
  write_stream(out, signal.stream);
  if (signal.type) {
    out.item_equals(Token::signal_type);
    out.token(*signal.type);
  }
  if (signal.duration) {
    out.item_equals(Token::duration);
    out.number(*signal.duration);
  }
  write_completion(out, signal.notify_completion);
  if (signal.keep_active) out.item_token(Token::keep_active);
  write_items(out, signal.parameters);
}

bool is_bare(const Signal& signal) {
  return !signal.stream && !signal.type && !signal.duration && signal.notify_completion.empty() &&
         !signal.keep_active && signal.parameters.empty();
}

void write(Writer& out, const Signal& signal) {
  write(out, signal.name);
  if (is_bare(signal)) return;
  out.open();
  write_parameters(out, signal);
  out.close();
}

void write(Writer& out, const SignalList& list) {
  out.token(Token::signal_list);
  out.equals();
  out.number(list.id);
  out.block(list.signals, [&](const Signal& signal) { write(out, signal); });
}

}  // namespace

void write(Writer& out, const EventsDescriptor& events) {
  out.token(Token::events);
  write_requested(out, events, [&](const RequestedEvent& event) {
    write_event(out, event, event.events ? &*event.events : nullptr);
  });
}

void write(Writer& out, const EventBufferDescriptor& buffer) {
  out.token(Token::event_buffer);
  if (!buffer.events.empty()) out.block(buffer.events, [&](const EventSpec& event) { write(out, event); });
}

void write(Writer& out, const ObservedEventsDescriptor& events) {
  out.token(Token::observed_events);
  out.equals();
  write(out, events.request);
  out.block(events.events, [&](const ObservedEvent& event) {
    if (event.time) {
      write(out, *event.time);
      out.text(":");
    }
    write(out, static_cast<const EventSpec&>(event));
  });
}

void write(Writer& out, const SignalsDescriptor& signals) {
  out.token(Token::signals);
  if (signals.items.empty() && out.bare_empty_signals()) return;
  out.block(signals.items,
            [&](const auto& item) { std::visit([&](const auto& one) { write(out, one); }, item); });
}

void write(Writer& out, const DigitMap& map) {
  out.token(Token::digit_map);
  out.equals();
  out.text(map.name);
  if (!map.value) return;
  out.open();
  out.item();
  write(out, *map.value);
  out.close();
}

}  // namespace h248
