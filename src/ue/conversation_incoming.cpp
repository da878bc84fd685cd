#include "base/text.hpp"
#include "proto/msrp/media_type.hpp"
#include "ue/conversation.hpp"

// What comes: the part of a Conversation that takes it in.
namespace ue {

void Conversation::take_back(msrp::IncomingId id, const Inbox::Failure& failure) {
  inbox_.on_aborted(id);
  endpoint_.reject(id, failure.status);
  fail("a message was refused with " + std::to_string(failure.status) + ": " + failure.why);
}

void Conversation::handle(const msrp::MessageStarted& event) {
  if (const auto taken = inbox_.on_started(event); !taken) take_back(event.id, taken.error());
}

void Conversation::handle(const msrp::Content& event) {
  if (const auto taken = inbox_.on_content(event); !taken) take_back(event.id, taken.error());
}

void Conversation::handle(const msrp::MessageReceived& event) {
  const auto message = inbox_.on_received(event);
  if (!message) {
    endpoint_.report_failure(event.id, message.error().status, message.error().why);
    return fail("what came is not what was announced: " + message.error().why);
  }
  if (msrp::media_type(message->content_type) == composing_type) return note_composing(message->text);
  ++received_;
  received_digests_.push_back(message->sha256);
  announce(*message);
  owner_.on_progress(*this);
}

void Conversation::handle(const msrp::MessageAborted& event) {
  if (!inbox_.on_aborted(event.id)) return;
  switch (event.reason) {
    case msrp::MessageAborted::Reason::by_sender:
      return fail("the sender stopped a message before its end");
    case msrp::MessageAborted::Reason::too_large:
      return fail("a message was refused with 413: it is larger than what is taken here");
    case msrp::MessageAborted::Reason::bad_range:
      return fail("a message was refused: its byte ranges make no sense");
    case msrp::MessageAborted::Reason::connection_closed:
      return fail("the connection ended in the middle of a message");
    case msrp::MessageAborted::Reason::rejected:
      return;
  }
}

void Conversation::announce(const Inbox::Message& message) {
  ng::Dictionary fields;
  fields.append("content-type", message.content_type);
  fields.append("size", message.size);
  fields.append("sha256", base::to_hex(message.sha256));
  if (!message.path.empty()) {
    fields.append("file", message.path);
    output_.say("message", std::move(fields),
                message.path + ": " + human_octets(static_cast<double>(message.size)) + ", SHA-256 " +
                    base::to_hex(message.sha256));
    return;
  }
  fields.append("text", message.text);
  output_.say("message", std::move(fields), "< " + screen_text(message.text));
}

void Conversation::note_composing(std::string_view xml) {
  const auto state = parse_composing(xml);
  if (!state) return;
  ng::Dictionary fields;
  fields.append("state", state->active ? "active" : "idle");
  output_.note("composing", std::move(fields), state->active ? "  (is typing)" : "");
}

}  // namespace ue
