#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/digest.hpp"
#include "ue/endpoint.hpp"

namespace soak {

inline constexpr unsigned small_messages = 10;  // each way

/// Octets that anybody can make again: a stretch of one shared block, begun elsewhere for each conversation.
class Pattern final : public msrp::Source {
 public:
  Pattern(const std::string& block, std::uint64_t shift, std::uint64_t size)
      : block_(block), shift_(shift), size_(size) {}
  std::uint64_t size() const override { return size_; }
  std::size_t read(std::uint64_t offset, std::span<char> out) override;
  std::string sha256();

 private:
  const std::string& block_;
  std::uint64_t shift_;
  std::uint64_t size_;
};

/// One end of a conversation: sends its share and checks every octet that comes.
class Party final : public ue::Endpoint::Observer {
 public:
  struct Expected {
    std::string prefix;                     // of the small messages: "a17"
    std::optional<std::uint64_t> big_size;  // one message of this size comes too
    std::string big_sha256;
  };
  Party(net::Reactor& reactor, base::Random& random, crypto::TlsContext* tls, ue::Endpoint::Options options,
        Expected expected)
      : expected_(std::move(expected)), endpoint(reactor, random, tls, std::move(options), *this) {}

  void send_small(const std::string& prefix);
  void send_big(std::unique_ptr<msrp::Source> source);
  /// All that was sent is confirmed, and all that was expected has come.
  bool done() const noexcept { return sent_ == delivered_ && small_ == small_messages && big_done(); }

  bool connected = false;
  bool ended = false;
  std::string error;  // the first thing that went wrong
  std::uint64_t octets = 0;
  unsigned messages = 0;

 private:
  struct Incoming {
    std::uint64_t octets = 0;
    std::string text;  // of a small one
    crypto::Sha256 digest;
  };
  bool big_done() const noexcept { return big_ || !expected_.big_size; }
  void send(msrp::OutgoingMessage message);
  void fail(const std::string& why);
  void on_connected(ue::Endpoint&) override { connected = true; }
  void on_event(ue::Endpoint&, const msrp::SessionEvent& event) override;
  void on_refused(ue::Endpoint&, const std::string& why) override { fail(why); }
  void on_ended(ue::Endpoint&, const std::string& why) override;
  void on_content(const msrp::Content& content);
  void on_received(const msrp::MessageReceived& message);

  Expected expected_;
  std::map<std::uint64_t, Incoming> incoming_;
  unsigned sent_ = 0, delivered_ = 0, small_ = 0;
  bool big_ = false;

 public:
  ue::Endpoint endpoint;  // last: its end tells the rest
};

}  // namespace soak
