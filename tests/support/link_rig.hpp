#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/link.hpp"
#include "tests/support/msrp_reference.hpp"
#include "tests/support/random.hpp"

namespace test {

/// A connection without a socket: what was written, and whether the peer takes it.
class FakeWire final : public gateway::Wire {
 public:
  explicit FakeWire(const base::Time& clock) : clock_(clock) {}
  void write(std::initializer_list<std::string_view> pieces) override {
    for (const auto piece : pieces) out += piece;
  }
  bool blocked() override { return full; }
  void again() override { wants_turn = true; }
  void again_in(base::Duration after) override {
    if (!due || *due > clock_ + after) due = clock_ + after;
  }
  base::Time now() const override { return clock_; }

  std::string out;
  bool full = false;
  bool wants_turn = false;
  std::optional<base::Time> due;

 private:
  const base::Time& clock_;
};

/// One end of a session: its peer has a connection.
struct Peer {
  Peer(const base::Time& clock, gateway::Router& router, base::Random& random, bool mints)
      : wire(clock), link(std::make_unique<gateway::Link>(wire, router, random, mints)) {}
  FakeWire wire;
  std::unique_ptr<gateway::Link> link;
  std::string take() { return std::exchange(wire.out, {}); }
};

/// Both legs of a session, and the URIs: of the peers, and what each is shown of the other one.
struct LinkSession {
  LinkSession(const std::string& name, gateway::RealmTotals& totals, gateway::LegPolicy policy_a,
              gateway::LegPolicy policy_b)
      : alice("msrp://alice.example:7777/a" + name + ";tcp"),
        bob("msrp://bob.example:8888/b" + name + ";tcp"),
        bob_seen("msrp://gw.example:2855/x" + name + ";tcp"),
        alice_seen("msrp://gw.example:2856/y" + name + ";tcp"),
        a(std::make_unique<gateway::Leg>(std::move(policy_a), totals)),
        b(std::make_unique<gateway::Leg>(std::move(policy_b), totals)) {
    base::expect(a->paths.set_local({bob_seen}) && a->paths.set_remote({alice}) &&
                 b->paths.set_local({alice_seen}) && b->paths.set_remote({bob}));
    a->other = b.get();
    b->other = a.get();
  }
  std::string alice, bob, bob_seen, alice_seen;
  std::unique_ptr<gateway::Leg> a, b;
};

/// Links, their connections, their sessions and their clock; a turn comes when settle() gives it.
class LinkRig : public gateway::Router {
 public:
  Peer& peer(bool mints = false) {
    return *peers.emplace_back(std::make_unique<Peer>(now, *this, random, mints));
  }
  LinkSession& session(Peer& a, Peer& b, gateway::LegPolicy policy_a = {}, gateway::LegPolicy policy_b = {}) {
    auto& out = sessions.emplace_back(std::to_string(sessions.size()), totals, std::move(policy_a),
                                      std::move(policy_b));
    out.a->link = a.link.get();
    out.b->link = b.link.get();
    out.a->joined = out.b->joined = out.a->open = out.b->open = true;
    return out;
  }
  virtual ~LinkRig() { sessions.clear(); }

  /// Turns until nobody wants one.
  void settle() {
    for (int turns = 0; turns < 100000; ++turns) {
      bool quiet = true;
      for (const auto& each : peers) {
        if (!each->link || !std::exchange(each->wire.wants_turn, false)) continue;
        quiet = false;
        each->link->go_on();
      }
      if (quiet) return;
    }
    base::expect(false);  // somebody spins
  }
  void hear(Peer& from, std::string_view octets) {
    from.link->take(octets);
    settle();
  }
  void block(Peer& peer, bool full) {
    peer.wire.full = full;
    if (!full) peer.link->on_room();
    settle();
  }
  void wait(base::Duration time) {
    now += time;
    for (const auto& each : peers) {
      if (!each->link || !each->wire.due || *each->wire.due > now) continue;
      each->wire.due.reset();
      each->link->go_on();
    }
    settle();
  }

  Route route(gateway::Link& link, const msrp::HeadView& request) override {
    for (auto& session : sessions) {
      for (auto* leg : {session.a.get(), session.b.get()}) {
        if (!leg || !leg->paths.matches(request.to_path)) continue;
        if (leg->link == &link) return {leg, 0};
        if (leg->link) return {nullptr, 506};
        return {nullptr, 0};
      }
    }
    return {nullptr, 481};
  }
  gateway::Leg* route_response(gateway::Link& link, const msrp::HeadView& response) override {
    for (auto& session : sessions) {
      for (auto* leg : {session.a.get(), session.b.get()})
        if (leg && leg->link == &link && leg->paths.matches(response.to_path)) return leg;
    }
    return nullptr;
  }

  base::Time now{};
  SeededRandom random;
  gateway::RealmTotals totals;
  std::vector<std::unique_ptr<Peer>> peers;
  std::deque<LinkSession> sessions;
};

/// A SEND as peers write it; `more`: header lines without CRLF.
struct Sent {
  std::string id = "tid1";
  std::string body = "hello";
  char flag = '$';
  std::string range = {};  // empty: 1-size/size
  std::string message_id = "m1";
  std::vector<std::string> more = {};
  std::string type = "text/plain";
};
inline MsrpText make_send(const std::string& to, const std::string& from, const Sent& s) {
  const auto size = std::to_string(s.body.size());
  MsrpText out{
      s.id, "SEND", {"To-Path: " + to, "From-Path: " + from, "Message-ID: " + s.message_id}, s.body, s.flag};
  out.fields.push_back("Byte-Range: " + (s.range.empty() ? "1-" + size + "/" + size : s.range));
  out.fields.insert(out.fields.end(), s.more.begin(), s.more.end());
  out.fields.push_back("Content-Type: " + s.type);
  return out;
}
/// The head of a SEND whose body follows, and the beginning of that body.
inline std::string opened(const std::string& to, const std::string& from, Sent s) {
  if (s.range.empty()) s.range = "1-*/*";
  const auto text = make_send(to, from, s).print();
  return text.substr(0, text.size() - s.id.size() - 12);
}
inline std::string end_line(const std::string& id, char flag = '$') {
  return "\r\n-------" + id + flag + "\r\n";
}
inline MsrpText make_answer(const std::string& to, const std::string& from, const std::string& id,
                            const std::string& status = "200 OK") {
  return {id, status, {"To-Path: " + to, "From-Path: " + from}};
}
/// The peer's answer to what it was sent.
inline std::string answer_to(const MsrpText& request, const std::string& status = "200 OK") {
  const auto from = request.field("From-Path");
  return make_answer(request.what == "SEND" ? from.substr(0, from.find(' ')) : from, request.field("To-Path"),
                     request.id, status)
      .print();
}

inline std::string bodies(const std::vector<MsrpText>& parts) {
  std::string out;
  for (const auto& part : parts) out += part.body.value_or("");
  return out;
}
inline std::string flags(const std::vector<MsrpText>& parts) {
  std::string out;
  for (const auto& part : parts) out += part.flag;
  return out;
}
/// Octets that show where they belong.
inline std::string letters(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t n = 0; n < size; ++n) out[n] = static_cast<char>('a' + n % 23);
  return out;
}

/// Alice's connection, Bob's, and their session.
struct LinkPair : LinkRig {
  explicit LinkPair(gateway::LegPolicy policy_a = {}, gateway::LegPolicy policy_b = {}, bool mints = false)
      : alice(peer()), bob(peer(mints)), s(session(alice, bob, std::move(policy_a), std::move(policy_b))) {}
  std::string from_alice(const Sent& sent = {}) const { return make_send(s.bob_seen, s.alice, sent).print(); }
  std::string to_bob(const Sent& sent = {}) const { return make_send(s.bob, s.alice_seen, sent).print(); }
  std::string from_bob(const Sent& sent = {}) const { return make_send(s.alice_seen, s.bob, sent).print(); }
  std::string to_alice(const Sent& sent = {}) const { return make_send(s.alice, s.bob_seen, sent).print(); }
  std::string open_from_alice(const Sent& sent) const { return opened(s.bob_seen, s.alice, sent); }
  std::string open_to_bob(const Sent& sent) const { return opened(s.bob, s.alice_seen, sent); }
  std::string open_from_bob(const Sent& sent) const { return opened(s.alice_seen, s.bob, sent); }
  std::string bob_answers(const std::string& id, const std::string& status = "200 OK") const {
    return make_answer(s.alice_seen, s.bob, id, status).print();
  }
  std::string alice_gets(const std::string& id, const std::string& status = "200 OK") const {
    return make_answer(s.alice, s.bob_seen, id, status).print();
  }
  Peer &alice, &bob;
  LinkSession& s;
};

}  // namespace test
