#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ue/composing.hpp"
#include "ue/endpoint.hpp"
#include "ue/inbox.hpp"
#include "ue/output.hpp"

namespace ue {

/// An Endpoint with what a person does with it: messages and files out, each until it is confirmed by a
/// success report; messages and files in; who is typing. Tells the user of all of it.
class Conversation final : Endpoint::Observer {
 public:
  class Owner {
   public:
    virtual void on_connected(Conversation& conversation) = 0;
    /// Something was confirmed, failed or came: look at pending(), failed(), received().
    virtual void on_progress(Conversation& conversation) = 0;
    /// Once, the last call. Must not destroy the conversation (post that).
    virtual void on_ended(Conversation& conversation, const std::string& why) = 0;

   protected:
    ~Owner() = default;
  };
  struct Options {
    Endpoint::Options endpoint;
    std::string folder;     // for received files; empty: none
    bool progress = false;  // a bar also where stderr is no terminal
    /// After the last octet was answered: the peer has received all and only its success report is missing.
    base::Duration report_wait = std::chrono::seconds(30);
  };

  Conversation(net::Reactor& reactor, base::Random& random, crypto::TlsContext* tls, Options options,
               Output& output, Owner& owner);

  Endpoint& endpoint() noexcept { return endpoint_; }
  const Endpoint& endpoint() const noexcept { return endpoint_; }
  /// The answer of Endpoint::take_offer; what it says of a file is what will be expected.
  base::Result<std::string, Refusal> take_offer(std::string_view sdp);

  void say(std::string text, const std::string& content_type = "text/plain");
  /// `sha256`: of the whole file, as offered.
  void send_file(std::unique_ptr<FileSource> file, const std::string& name, std::string sha256,
                 const std::string& content_type);
  void show_composing(const Composing& state);
  /// Stops what is being sent.
  void give_up();

  /// Messages of ours that are neither confirmed nor failed.
  std::size_t pending() const noexcept { return outgoing_.size(); }
  /// Something of ours or of the peer's did not arrive.
  bool failed() const noexcept { return failed_; }
  unsigned received() const noexcept { return received_; }
  unsigned delivered() const noexcept { return delivered_; }
  bool connected() const noexcept { return connected_; }

  /// For the summary: local facts, counters, digests of what went and came.
  ng::Dictionary summary() const;

 private:
  struct Outgoing {
    std::string label;
    std::uint64_t size = 0;
    std::string sha256;
    base::Time begun;
    bool is_file = false;
    std::optional<ProgressBar> bar;
  };
  void on_connected(Endpoint& endpoint) override;
  void on_event(Endpoint& endpoint, const msrp::SessionEvent& event) override;
  void on_refused(Endpoint& endpoint, const std::string& why) override;
  void on_ended(Endpoint& endpoint, const std::string& why) override;

  void handle(const msrp::MessageStarted& event);
  void handle(const msrp::Content& event);
  void handle(const msrp::MessageReceived& event);
  void handle(const msrp::MessageAborted& event);
  void handle(const msrp::Accepted& event);
  void handle(const msrp::Delivered& event);
  void handle(const msrp::Reported& event);
  void handle(const msrp::SendFailed& event);
  void handle(const msrp::Bound&) {}
  void handle(const msrp::Sent&) {}
  void handle(const msrp::SessionFailed&) {}

  void post(msrp::OutgoingMessage message, Outgoing record);
  void take_back(msrp::IncomingId id, const Inbox::Failure& failure);
  void announce(const Inbox::Message& message);
  void note_composing(std::string_view xml);
  void show_progress();
  void fail(std::string_view why);

  Options options_;
  Output& output_;
  Owner& owner_;
  Inbox inbox_;
  std::map<std::uint64_t, Outgoing> outgoing_;
  std::vector<std::string> sent_digests_, received_digests_;
  msrp::OutgoingId composing_message_;
  net::Timer progress_timer_;
  net::Timer report_timer_;
  unsigned received_ = 0, delivered_ = 0;
  bool connected_ = false;
  bool failed_ = false;
  bool composing_refused_ = false;
  Endpoint endpoint_;  // last: its end tells the others
};

}  // namespace ue
