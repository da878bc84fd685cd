#include "tests/soak/party.hpp"

#include <algorithm>

namespace soak {
namespace {

/// A small message is no longer; what is longer must be the big one.
constexpr std::size_t small_limit = 64;

std::string small_text(const std::string& prefix, unsigned number) {
  return prefix + " message " + std::to_string(number);
}

}  // namespace

std::size_t Pattern::read(std::uint64_t offset, std::span<char> out) {
  for (std::size_t done = 0; done < out.size();) {
    const auto at = static_cast<std::size_t>((shift_ + offset + done) % block_.size());
    const auto some = std::min(out.size() - done, block_.size() - at);
    std::copy_n(block_.data() + at, some, out.data() + done);
    done += some;
  }
  return out.size();
}

std::string Pattern::sha256() {
  crypto::Sha256 digest;
  std::string piece(64 * 1024, '\0');
  for (std::uint64_t at = 0; at < size_; at += piece.size()) {
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size_ - at)));
    read(at, piece);
    digest.update(piece);
  }
  return digest.finish();
}

void Party::send(msrp::OutgoingMessage message) {
  message.success_report = true;
  ++sent_;
  if (!endpoint.send(std::move(message))) fail("cannot send");
}

void Party::send_small(const std::string& prefix) {
  for (unsigned i = 0; i < small_messages; ++i) send(msrp::text_message(small_text(prefix, i)));
}

void Party::send_big(std::unique_ptr<msrp::Source> source) {
  msrp::OutgoingMessage message;
  message.content_type = "application/octet-stream";
  message.source = std::move(source);
  send(std::move(message));
}

void Party::fail(const std::string& why) {
  if (error.empty()) error = expected_.prefix + "'s peer: " + why;
}

void Party::on_event(ue::Endpoint&, const msrp::SessionEvent& event) {
  if (const auto* content = std::get_if<msrp::Content>(&event)) return on_content(*content);
  if (const auto* message = std::get_if<msrp::MessageReceived>(&event)) return on_received(*message);
  if (std::holds_alternative<msrp::Delivered>(event)) ++delivered_;
  if (const auto* failed = std::get_if<msrp::SendFailed>(&event))
    fail("not delivered: " + std::to_string(failed->status) + " " + failed->why);
  if (std::holds_alternative<msrp::MessageAborted>(event)) fail("a message was aborted");
}

void Party::on_content(const msrp::Content& content) {
  auto& incoming = incoming_[content.id.value];
  if (content.offset != incoming.octets) fail("octets out of order on one connection");
  incoming.octets += content.octets.size();
  octets += content.octets.size();
  incoming.digest.update(content.octets);
  if (incoming.text.size() <= small_limit) incoming.text.append(content.octets, 0, small_limit);
}

void Party::on_received(const msrp::MessageReceived& message) {
  const auto found = incoming_.find(message.id.value);
  if (found == incoming_.end()) return fail("an empty message");
  auto incoming = std::move(found->second);
  incoming_.erase(found);
  ++messages;
  if (incoming.octets != message.size) fail("the size is not the number of octets that came");
  if (message.size <= small_limit) {
    if (incoming.text != small_text(expected_.prefix, small_++)) fail("came: " + incoming.text);
    return;
  }
  if (big_ || message.size != expected_.big_size) return fail("a long message of the wrong size");
  big_ = true;
  if (incoming.digest.finish() != expected_.big_sha256) fail("the long message's SHA-256 differs");
}

void Party::on_ended(ue::Endpoint&, const std::string& why) {
  ended = true;
  if (!why.empty()) fail(why);
}

}  // namespace soak
