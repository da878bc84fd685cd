#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "ue/chat_input.hpp"
#include "ue/conversation.hpp"
#include "ue/signalling.hpp"
#include "ue/tools.hpp"

namespace ue {

/// `postern ue listen` and `receive`: answers offers until the wanted number of calls has come and gone. A
/// chat is one call at a time; files may come side by side.
class Callee final : public Conversation::Owner {
 public:
  /// `done` gets the exit code; it must not destroy the callee.
  Callee(const Tools& tools, std::function<void(int)> done);
  ~Callee();

  // Signalling::Handlers.
  void on_offer(const std::string& sdp, const Signalling::Respond& respond);
  bool on_bye(const std::string& call);
  void interrupt();

 private:
  void on_connected(Conversation& conversation) override;
  void on_progress(Conversation&) override {}
  void on_ended(Conversation& conversation, const std::string& why) override;

  bool is_busy() const;
  void judge(const Conversation& conversation, const std::string& why);
  void print_summary(const std::string& call, const Conversation& conversation);
  void bury(const std::string& call);

  Tools tools_;
  std::function<void(int)> done_;
  std::map<std::string, std::unique_ptr<Conversation>> calls_;  // by the offer's o= sess-id
  std::unique_ptr<ChatInput> input_;
  unsigned taken_ = 0, ended_ = 0;
  bool failed_ = false;
  bool interrupted_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what was posted
};

}  // namespace ue
