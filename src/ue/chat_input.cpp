#include "ue/chat_input.hpp"

#include <unistd.h>

#include "base/text.hpp"

namespace ue {

ChatInput::ChatInput(const Tools& tools, Conversation& conversation, Handlers handlers)
    : conversation_(conversation),
      output_(tools.output),
      handlers_(std::move(handlers)),
      idle_(tools.reactor.timers(), [this] { on_time(); }),
      input_(tools.reactor, STDIN_FILENO, stdout,
             {.on_line = [this](std::string line) { on_line(std::move(line)); },
              .on_key = [this] { on_key(); },
              .on_end = [this] { handlers_.on_end(); }}) {
  output_.set_screen(&input_);
  input_.start();
}

ChatInput::~ChatInput() {
  output_.set_screen(nullptr);
}

void ChatInput::on_line(std::string line) {
  composing_.on_sent();
  idle_.cancel();
  const auto word = base::trim(line);
  if (word == "/quit") return handlers_.on_quit();
  if (word.empty()) return;
  if (input_.is_terminal()) output_.line("> " + screen_text(line));
  conversation_.say(std::move(line));
}

void ChatInput::on_key() {
  const auto now = base::Clock::now();
  if (const auto state = composing_.on_key(now)) conversation_.show_composing(*state);
  idle_.set(composing_.deadline());
}

void ChatInput::on_time() {
  if (const auto state = composing_.on_time(base::Clock::now())) conversation_.show_composing(*state);
  idle_.set(composing_.deadline());
}

}  // namespace ue
