#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/msrp/head.hpp"

namespace msrp {

/// Where the octets of a message that we send come from. Read in pieces when the connection can take them; an
/// interruption may make the sender ask for octets again that it has read but could not send.
class Source {
 public:
  virtual ~Source() = default;
  /// The size of the whole message; must not change.
  virtual std::uint64_t size() const = 0;
  /// Fills `out` from `offset` on as far as it can. Fewer octets than asked for mean that the source failed;
  /// offset + out.size() never exceeds size().
  virtual std::size_t read(std::uint64_t offset, std::span<char> out) = 0;
};

/// A message in memory.
class StringSource : public Source {
 public:
  explicit StringSource(std::string text) : text_(std::move(text)) {}
  std::uint64_t size() const override { return text_.size(); }
  std::size_t read(std::uint64_t offset, std::span<char> out) override;

 private:
  std::string text_;
};

struct OutgoingMessage {
  std::string content_type = "text/plain";
  std::unique_ptr<Source> source;
  std::string message_id;  // an ident; empty: one is made
  bool success_report = false;
  FailureReport failure_report = FailureReport::yes;
  std::vector<Header> headers;  // others, for example Content-Disposition
};
inline OutgoingMessage text_message(std::string text, std::string content_type = "text/plain") {
  OutgoingMessage message;
  message.content_type = std::move(content_type);
  message.source = std::make_unique<StringSource>(std::move(text));
  return message;
}

/// How far a message that we send has come, in octets.
struct SendProgress {
  std::uint64_t size = 0;
  std::uint64_t sent = 0;      // handed to the connection
  std::uint64_t accepted = 0;  // answered with 200
  std::uint64_t reported = 0;  // covered by success REPORTs
};

}  // namespace msrp
