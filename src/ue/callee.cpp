#include "ue/callee.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace ue {
namespace {

net::HttpResponse refusal(unsigned status, std::string_view why) {
  return {status, "text/plain; charset=utf-8", std::string(why) + "\n"};
}

}  // namespace

Callee::Callee(const Tools& tools, std::function<void(int)> done) : tools_(tools), done_(std::move(done)) {}

Callee::~Callee() {
  input_.reset();
}

bool Callee::is_busy() const {
  if (interrupted_ || taken_ == tools_.arguments.count) return true;
  return tools_.arguments.command == Command::listen && !calls_.empty();
}

void Callee::on_offer(const std::string& sdp, const Signalling::Respond& respond) {
  const auto call = call_name(sdp);
  if (call.empty()) return respond(refusal(488, "the offer has no o= line with a sess-id"));
  // Status codes of SIP (RFC 3261 21.4), as far as HTTP has none of that meaning.
  if (is_busy() || calls_.contains(call)) return respond(refusal(486, "busy"));
  auto conversation = std::make_unique<Conversation>(tools_.reactor, tools_.random, tools_.tls,
                                                     tools_.conversation(), tools_.output, *this);
  const auto answer = conversation->take_offer(sdp);
  ng::Dictionary fields;
  fields.append("call", call);
  if (!answer) {
    fields.append("why", answer.error().why);
    tools_.output.note("refused", std::move(fields), "an offer was refused: " + answer.error().why);
    return respond(refusal(488, answer.error().why));
  }
  fields.append("sdp", sdp);
  tools_.output.note("offered", std::move(fields), "a call comes in");
  ++taken_;
  calls_.emplace(call, std::move(conversation));
  respond({200, "application/sdp", *answer});
}

bool Callee::on_bye(const std::string& call) {
  const auto found = calls_.find(call);
  if (found == calls_.end()) return false;
  found->second->endpoint().close();
  return true;
}

void Callee::on_connected(Conversation& conversation) {
  if (tools_.arguments.command != Command::listen) return;
  input_ = std::make_unique<ChatInput>(
      tools_, conversation,
      ChatInput::Handlers{.on_quit = [&conversation] { conversation.endpoint().close(); }, .on_end = [] {}});
}

void Callee::on_ended(Conversation& conversation, const std::string& why) {
  const auto found = std::find_if(calls_.begin(), calls_.end(),
                                  [&](const auto& entry) { return entry.second.get() == &conversation; });
  if (found == calls_.end()) return;  // refused before it was one
  judge(conversation, why);
  print_summary(found->first, conversation);
  // Not inside its own call.
  tools_.reactor.post([this, call = found->first, weak = std::weak_ptr(alive_)] {
    if (weak.lock()) bury(call);
  });
}

/// A call is good when it came about, nothing of it was lost, and for `receive` if something came.
void Callee::judge(const Conversation& conversation, const std::string& why) {
  const bool came = tools_.arguments.command == Command::listen || conversation.received() > 0;
  if (!why.empty()) tools_.output.error(why);
  if (why.empty() && conversation.connected() && !came)
    tools_.output.error("the call ended and nothing had come");
  if (why.empty() && !conversation.connected() && !interrupted_)
    tools_.output.error("the call ended before it was connected");
  const bool good = why.empty() && conversation.connected() && !conversation.failed() && came &&
                    conversation.pending() == 0;
  failed_ = failed_ || !good;
}

void Callee::bury(const std::string& call) {
  input_.reset();
  calls_.erase(call);
  ++ended_;
  if (ended_ == tools_.arguments.count || (interrupted_ && calls_.empty()))
    done_(failed_ ? exit_failed : exit_good);
}

/// What stands is ended in order; a second signal does not wait for it.
void Callee::interrupt() {
  if (calls_.empty() || std::exchange(interrupted_, true))
    return done_(failed_ || ended_ < tools_.arguments.count ? exit_failed : exit_good);
  for (const auto& [call, conversation] : calls_) {
    conversation->give_up();
    conversation->endpoint().close();
  }
}

void Callee::print_summary(const std::string& call, const Conversation& conversation) {
  if (!conversation.connected()) return;
  auto fields = conversation.summary();
  fields.append("call", call);
  fields.append("delivered", conversation.delivered());
  fields.append("messages-received", conversation.received());
  tools_.output.note("summary", std::move(fields),
                     "the call ended: " + std::to_string(conversation.delivered()) + " delivered, " +
                         std::to_string(conversation.received()) + " received");
}

}  // namespace ue
