#pragma once
#include <functional>
#include <memory>
#include <string>

#include "proto/ng/request.hpp"
#include "ue/chat_input.hpp"
#include "ue/conversation.hpp"
#include "ue/ng_client.hpp"
#include "ue/signalling.hpp"
#include "ue/tools.hpp"

namespace ue {

/// `postern ue chat` and `send`: one call from its offer to its summary. With --ng it plays the proxy's part
/// on its own side.
///
///     offering --answer--> connecting --bound--> talking --all confirmed, /quit, signal, error--> ending -->
///     done
class Caller final : public Conversation::Owner {
 public:
  /// `done` gets the exit code; it must not destroy the caller.
  Caller(const Tools& tools, Signalling& signalling, NgClient* ng, std::function<void(int)> done);

  void start();
  /// SIGINT, SIGTERM.
  void interrupt();

 private:
  enum class State : std::uint8_t { offering, connecting, talking, ending, done };

  void on_connected(Conversation& conversation) override;
  void on_progress(Conversation& conversation) override;
  void on_ended(Conversation& conversation, const std::string& why) override;

  bool open_file(Conversation::Options& options);
  ng::Request ng_request(ng::Command command) const;
  void ng_command(const ng::Request& request, std::function<void(const ng::Dictionary&)> done);
  void post_offer(std::string sdp);
  void on_answer(const std::string& sdp);
  void connect(const std::string& sdp);
  void send_what_was_asked();
  void fail(const std::string& why);
  void finish();
  void close();
  void say_bye();
  void one_less();
  void print_summary();

  Tools tools_;
  Signalling& signalling_;
  NgClient* ng_;
  std::function<void(int)> done_;
  State state_ = State::offering;
  std::unique_ptr<FileSource> file_;
  std::string file_sha256_;
  std::unique_ptr<Conversation> conversation_;
  std::unique_ptr<ChatInput> input_;
  std::string from_tag_, to_tag_;
  std::string gateway_why_;  // what NG said of the answer
  ng::Dictionary gateway_;   // the answer to `query`
  bool ng_offered_ = false;  // there is something to delete
  bool posted_ = false;      // there is somebody to say BYE to
  bool input_ended_ = false;
  bool quit_ = false;
  bool failed_ = false;
  bool ended_ = false;  // the endpoint
  unsigned left_ = 0;   // answers that are waited for at the end
};

}  // namespace ue
