#pragma once
#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "proto/msrp/session.hpp"
#include "tests/support/random.hpp"

namespace test {

inline constexpr std::string_view alice_uri = "msrp://alicepc.example.com:7777/iau39soe2843z;tcp";
inline constexpr std::string_view bob_uri = "msrp://bob.example.com:8888/9di4eae923wzd;tcp";

/// Writes a session's events down, one a line; contents are put together and shown when a message is
/// complete.
class MsrpDiary {
 public:
  void drain(msrp::Session& session) {
    while (auto event = session.take_event()) std::visit([&](auto& e) { note(e); }, *event);
  }
  std::string take() { return std::exchange(text_, {}); }
  const std::string& text() const { return text_; }
  std::string body;  // of the last message that was complete

 private:
  void note(const msrp::Bound&) { text_ += "bound\n"; }
  void note(const msrp::MessageStarted& e) {
    line("started", e.id.value) += " " + e.content_type + "\n";
    contents_[e.id.value].clear();
  }
  void note(const msrp::Content& e) {
    auto& content = contents_[e.id.value];
    if (content.size() < e.offset + e.octets.size()) content.resize(e.offset + e.octets.size(), '_');
    content.replace(e.offset, e.octets.size(), e.octets);
  }
  void note(const msrp::MessageReceived& e) {
    body = contents_[e.id.value];
    line("received", e.id.value) += body.size() != e.size ? " wrong size\n"
                                    : body.size() > 40    ? " long\n"
                                                          : " [" + body + "]\n";
    contents_.erase(e.id.value);
  }
  void note(const msrp::MessageAborted& e) {
    static constexpr const char* reasons[] = {"by sender", "rejected", "too large", "bad range",
                                              "connection closed"};
    line("aborted", e.id.value) += std::string(" ") + reasons[static_cast<int>(e.reason)] + "\n";
  }
  void note(const msrp::Sent& e) { line("sent", e.id.value) += "\n"; }
  void note(const msrp::Accepted& e) { line("accepted", e.id.value) += "\n"; }
  void note(const msrp::Delivered& e) { line("delivered", e.id.value) += "\n"; }
  void note(const msrp::Reported& e) {
    line("reported", e.id.value) +=
        " " + msrp::to_string(e.status) + (e.range ? " of " + msrp::to_string(*e.range) : "") + "\n";
  }
  void note(const msrp::SendFailed& e) {
    line("failed", e.id.value) += " " + std::to_string(e.status) + " " + e.why + "\n";
  }
  void note(const msrp::SessionFailed& e) {
    text_ += "session failed " + std::to_string(e.status) + " " + e.why + "\n";
  }
  std::string& line(std::string_view what, std::uint64_t id) {
    return text_.append(what).append(" ").append(std::to_string(id));
  }

  std::string text_;
  std::map<std::uint64_t, std::string> contents_;
};

/// A session with its chance, clock and diary.
class MsrpEnd {
 public:
  explicit MsrpEnd(msrp::SessionOptions options, std::uint64_t seed = 1)
      : random_(seed), session(std::move(options), random_) {}

  static msrp::SessionOptions alice() { return make(alice_uri, bob_uri, true); }
  static msrp::SessionOptions bob() { return make(bob_uri, alice_uri, false); }

  /// Feeds octets and notes the events.
  bool hear(std::string_view octets) {
    const bool good = session.on_bytes(octets);
    diary.drain(session);
    return good;
  }
  /// All that wants to go out, asked for in pieces of `room`.
  std::string say(std::size_t room = 1 << 20) {
    std::string all;
    while (session.produce(out_, room, now) > 0) {
      all += out_.view();
      out_.clear();
    }
    diary.drain(session);
    return all;
  }
  /// One piece only.
  std::string say_once(std::size_t room) {
    session.produce(out_, room, now);
    std::string piece(out_.view());
    out_.clear();
    diary.drain(session);
    return piece;
  }
  void wait(base::Duration duration) {
    now += duration;
    session.on_time(now);
    diary.drain(session);
  }
  void connect() {
    session.on_connected();
    diary.drain(session);
  }

 private:
  static msrp::SessionOptions make(std::string_view local, std::string_view remote, bool active) {
    msrp::SessionOptions options;
    options.local = *msrp::parse_uri(local);
    options.remote = *msrp::parse_path(remote);
    options.active = active;
    return options;
  }
  SeededRandom random_;
  base::Buffer out_;

 public:
  msrp::Session session;
  MsrpDiary diary;
  base::Time now{};
};

/// The value of the header field in (the first message of) the wire.
inline std::string field_of(std::string_view wire, std::string_view name) {
  const auto at = wire.find(std::string("\r\n").append(name).append(": "));
  if (at == wire.npos) return {};
  const auto value = wire.substr(at + 4 + name.size());
  return std::string(value.substr(0, value.find('\r')));
}
/// The transaction id of the wire's first message.
inline std::string transaction_of(std::string_view wire) {
  return std::string(wire.substr(5, wire.find(' ', 5) - 5));
}
/// A response to Alice's first request in the wire.
inline std::string response_to(std::string_view wire, std::string_view status = "200 OK") {
  const auto id = transaction_of(wire);
  return "MSRP " + id + " " + std::string(status) + "\r\nTo-Path: " + field_of(wire, "From-Path") +
         "\r\nFrom-Path: " + field_of(wire, "To-Path") + "\r\n-------" + id + "$\r\n";
}

/// Alice, connected and bound, her binding SEND answered.
struct BoundAlice : MsrpEnd {
  explicit BoundAlice(msrp::SessionOptions options = MsrpEnd::alice(), std::uint64_t seed = 1)
      : MsrpEnd(std::move(options), seed) {
    connect();
    hear(response_to(say()));
    diary.take();
  }
  msrp::OutgoingId send(msrp::OutgoingMessage message) { return session.send(std::move(message)).value(); }
};

/// A message of `size` tildes, which occur nowhere else in what is sent.
inline msrp::OutgoingMessage tildes(std::size_t size, msrp::FailureReport failure = msrp::FailureReport::yes,
                                    bool success = false) {
  auto message = msrp::text_message(std::string(size, '~'));
  message.failure_report = failure;
  message.success_report = success;
  return message;
}
inline std::size_t count_tildes(std::string_view wire) {
  return static_cast<std::size_t>(std::count(wire.begin(), wire.end(), '~'));
}
/// The continuation-flag of the wire's last message.
inline char flag_of(std::string_view wire) {
  return wire.at(wire.size() - 3);
}

/// Something for Alice to answer.
inline const std::string question = "MSRP qqqq SEND\r\nTo-Path: " + std::string(alice_uri) +
                                    "\r\nFrom-Path: " + std::string(bob_uri) + "\r\n-------qqqq$\r\n";

/// Bob's REPORT about the first message in the wire.
inline std::string report_about(std::string_view sent, std::string_view status, std::string_view range = {}) {
  return "MSRP rprt REPORT\r\nTo-Path: " + std::string(alice_uri) + "\r\nFrom-Path: " + std::string(bob_uri) +
         "\r\nMessage-ID: " + field_of(sent, "Message-ID") + "\r\n" +
         (range.empty() ? "" : "Byte-Range: " + std::string(range) + "\r\n") +
         "Status: " + std::string(status) + "\r\n-------rprt$\r\n";
}

/// A SEND from Alice to Bob.
struct MsrpChunk {
  std::string range = "1-*/*";
  std::string body = {};
  char flag = '$';
  std::string message_id = "m1";
  std::string more = {};  // header lines
  std::string type = "text/plain";
  std::string to = std::string(bob_uri);
  std::string tid = "abcd";
};
inline std::string print(const MsrpChunk& c) {
  return "MSRP " + c.tid + " SEND\r\nTo-Path: " + c.to + "\r\nFrom-Path: " + std::string(alice_uri) +
         "\r\nMessage-ID: " + c.message_id + "\r\n" +
         (c.range.empty() ? "" : "Byte-Range: " + c.range + "\r\n") + c.more + "Content-Type: " + c.type +
         "\r\n\r\n" + c.body + "\r\n-------" + c.tid + c.flag + "\r\n";
}
/// A bodiless SEND from Alice.
inline std::string bodiless(std::string_view more = {}, std::string_view to = bob_uri) {
  return "MSRP bind SEND\r\nTo-Path: " + std::string(to) + "\r\nFrom-Path: " + std::string(alice_uri) +
         "\r\n" + std::string(more) + "-------bind$\r\n";
}
/// The status code of the wire's first message, whose transaction id has four characters.
inline std::string status_of(std::string_view wire) {
  return wire.empty() ? "" : std::string(wire.substr(10, 3));
}

}  // namespace test
