#pragma once
#include <functional>

#include "ue/composing.hpp"
#include "ue/conversation.hpp"
#include "ue/line_input.hpp"
#include "ue/tools.hpp"

namespace ue {

/// stdin as one side of a conversation: lines are messages, keys tell the peer that somebody is typing,
/// "/quit" and the end of input end it.
class ChatInput {
 public:
  struct Handlers {
    std::function<void()> on_quit;
    std::function<void()> on_end;
  };

  /// The conversation is connected and outlives this.
  ChatInput(const Tools& tools, Conversation& conversation, Handlers handlers);
  ~ChatInput();
  ChatInput(const ChatInput&) = delete;
  ChatInput& operator=(const ChatInput&) = delete;

 private:
  void on_line(std::string line);
  void on_key();
  void on_time();

  Conversation& conversation_;
  Output& output_;
  Handlers handlers_;
  ComposingSender composing_;
  net::Timer idle_;
  LineInput input_;
};

}  // namespace ue
