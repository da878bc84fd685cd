// Links between four connections and their three sessions, two of them over a shared one, with and without
// limits, while chance says who is heard, who is blocked, how time passes and who goes away. The input is a
// schedule, not octets: the messages are made from it, so that the grammar is behind us at once.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>

#include "proto/msrp/byte_range.hpp"
#include "proto/msrp/parser.hpp"
#include "tests/support/link_rig.hpp"

namespace {

void must(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

class Schedule {
 public:
  Schedule(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool over() const { return at_ >= size_; }
  std::size_t below(std::size_t n) { return over() ? 0 : data_[at_++] % n; }
  /// Lengths around those where something changes.
  std::size_t length() {
    static constexpr std::size_t lengths[] = {0, 1, 7, 60, 100, 700, 2047, 2048, 2049, 5000, 9000, 20000};
    return lengths[below(std::size(lengths))] + below(4);
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
};

/// A SEND that somebody sends, and what came of it.
struct Message {
  std::string id, body, got;
  char flag = '$';
  bool wants_answer = true, partial = false;
  bool refused = false;  // one of its parts was

  std::size_t parts = 0, answered = 0;
  char end = 0;  // how it ended at its receiver
  std::vector<std::string> answers;
};

struct Side {
  test::Peer& peer;
  std::string pending = {};  // octets that the peer has still to say
  std::size_t read = 0;      // octets of its output that were looked at
  std::vector<test::MsrpText> unanswered = {};
  bool gone = false;
};

class World {
 public:
  explicit World(Schedule& schedule) : schedule_(schedule) {
    const bool limits = schedule.below(2);
    gateway::LegPolicy small, none;
    if (limits) {
      small.max_chunk = 50 + 100 * schedule.below(40);
      small.octet_rate = schedule.below(3) == 0 ? 20000 : 0;
    }
    auto& server = rig_.peer(true);
    auto &a = rig_.peer(), &b = rig_.peer(), &c = rig_.peer(schedule.below(2) == 1);
    rig_.session(a, server, none, small);
    rig_.session(b, server, none, schedule.below(2) ? small : none);
    rig_.session(a_and_c(schedule, b, c), c, small, none);
    for (const auto& each : rig_.peers) sides_.push_back({*each});
  }

  void step() {
    auto& side = sides_[schedule_.below(sides_.size())];
    switch (schedule_.below(12)) {
      case 0:
      case 1:
        return say_send(side);
      case 2:
        return say_other(side);
      case 3:
        return answer(side);
      case 4:
        return block(side, true);
      case 5:
        return block(side, false);
      case 6:
        return wait(std::chrono::milliseconds(300 * schedule_.below(5)));
      case 7:
        return schedule_.below(16) == 0 ? leave() : void();
      case 8:
        return schedule_.below(16) == 0 ? end(side) : void();
      default:
        return hear(side, schedule_.length());
    }
  }

  /// Everybody finishes what he has begun.
  void finish() {
    for (int round = 0; round < 400; ++round) {
      for (auto& side : sides_) {
        block(side, false);
        hear(side, side.pending.size());
        answer_all(side);
      }
      wait(std::chrono::seconds(5));
    }
    if (!whole_) return;
    for (const auto& side : sides_)
      must(side.peer.link->held() == 0 && side.peer.link->hungry(), "octets were left");
    for (const auto& [name, message] : messages_) check_complete(message);
  }

 private:
  static test::Peer& a_and_c(Schedule& schedule, test::Peer& b, test::Peer& c) {
    return schedule.below(2) ? c : b;
  }

  /// A session of that side, and its URIs as that side writes them.
  struct Ways {
    std::string local, remote;
  };
  std::vector<Ways> ways_of(const Side& side) {
    std::vector<Ways> out;
    for (const auto& s : rig_.sessions) {
      if (s.a->link == side.peer.link.get()) out.push_back({s.bob_seen, s.alice});
      if (s.b->link == side.peer.link.get()) out.push_back({s.alice_seen, s.bob});
    }
    return out;
  }

  void say_send(Side& side) {
    const auto ways = ways_of(side);
    if (side.gone || ways.empty() || side.pending.size() > 60000) return;
    const auto& way = ways[schedule_.below(ways.size())];
    const auto name = "m" + std::to_string(messages_.size());
    auto& message = messages_[name];
    message.id = "tid" + std::to_string(schedule_.below(4) == 0 ? 0 : messages_.size());
    message.flag = "$$$+#"[schedule_.below(5)];
    const auto wanted = schedule_.below(4);
    message.wants_answer = wanted != 0;
    message.partial = wanted == 1;
    if (ids_.contains(message.id)) message.id += "n" + name;
    ids_.insert(message.id);
    fill(message.body);
    test::Sent sent{.id = message.id, .body = message.body, .flag = message.flag, .message_id = name};
    if (schedule_.below(2)) sent.range = "1-*/*";
    if (wanted < 2) sent.more = {wanted == 0 ? "Failure-Report: no" : "Failure-Report: partial"};
    side.pending += test::make_send(way.local, way.remote, sent).print();
    side_of_[name] = &side;
  }

  /// Octets that show where they belong, and ends of other messages.
  void fill(std::string& body) {
    const auto size = schedule_.length();
    body = test::letters(size);
    if (size > 30 && schedule_.below(2)) body.replace(size / 2, 17, "\r\n-------tid0y$\r\n");
  }

  void say_other(Side& side) {
    const auto ways = ways_of(side);
    if (side.gone || ways.empty()) return;
    const auto& way = ways[schedule_.below(ways.size())];
    const auto id = "oth" + std::to_string(others_++);
    const bool stray = schedule_.below(2);
    test::MsrpText out{id,
                       schedule_.below(2) ? "REPORT" : "SEND",
                       {"To-Path: " + (stray ? "msrp://no:1/n;tcp" : way.local), "From-Path: " + way.remote}};
    if (stray && schedule_.below(2)) out.body = std::string(schedule_.length(), 'x');
    side.pending += out.print();
  }

  void hear(Side& side, std::size_t octets) {
    if (side.gone || octets == 0 || side.pending.empty()) return;
    if (!side.peer.link->hungry()) return;  // the socket is not read
    const auto heard = side.pending.substr(0, octets);
    side.pending.erase(0, heard.size());
    rig_.hear(side.peer, heard);
    look();
  }

  void block(Side& side, bool full) {
    if (side.gone) return;
    rig_.block(side.peer, full);
    look();
  }

  void wait(base::Duration time) {
    rig_.wait(time);
    look();
  }

  void answer(Side& side) {
    if (side.gone || side.unanswered.empty()) return;
    const auto at = schedule_.below(side.unanswered.size());
    const auto request = side.unanswered[at];
    side.unanswered.erase(side.unanswered.begin() + static_cast<std::ptrdiff_t>(at));
    const bool good = schedule_.below(6) != 0;
    if (const auto found = messages_.find(request.field("Message-ID")); found != messages_.end()) {
      ++found->second.answered;
      found->second.refused |= !good;
    }
    // Never in the middle of what is being said.
    if (complete(side))
      side.pending = test::answer_to(request, good ? "200" : "413 no more") + side.pending;
    else
      side.pending += test::answer_to(request, good ? "200" : "413 no more");
  }
  /// Whether what has been heard of that side ends with a message.
  bool complete(const Side& side) const { return side.pending.starts_with("MSRP ") || side.pending.empty(); }

  void answer_all(Side& side) {
    while (!side.gone && !side.unanswered.empty()) answer(side);
  }

  /// A session ends on one side.
  void leave() {
    whole_ = false;
    auto& session = rig_.sessions[schedule_.below(rig_.sessions.size())];
    (schedule_.below(2) ? session.a : session.b)->detach();
    rig_.settle();
    look();
  }

  void end(Side& side) {
    whole_ = false;
    if (side.gone) return;
    side.gone = true;
    side.peer.link->end();
    for (auto& s : rig_.sessions) {
      for (auto* leg : {s.a.get(), s.b.get()})
        if (leg->link == side.peer.link.get()) leg->detach();
    }
    side.peer.link.reset();
    rig_.settle();
    look();
  }

  void look() {
    for (auto& side : sides_) {
      check_grammar(side);
      auto rest = std::string_view(side.peer.wire.out).substr(side.read);
      while (auto message = test::take_message(rest)) note(side, *std::move(message));
      side.read = side.peer.wire.out.size() - rest.size();
    }
  }

  /// What went out is MSRP.
  static void check_grammar(const Side& side) {
    msrp::Parser parser;
    auto rest = std::string_view(side.peer.wire.out).substr(side.read);
    while (!rest.empty()) {
      const auto step = parser.step(rest);
      must(step.has_value(), "what went out is not MSRP");
      if (step->consumed == 0) break;
      rest.remove_prefix(step->consumed);
    }
  }

  void note(Side& side, test::MsrpText message) {
    if (message.is_response()) return note_answer(side, message);
    must(!message.field("To-Path").starts_with("msrp://gw"), "a path was not rewritten");
    if (message.what != "SEND") return;
    const auto found = messages_.find(message.field("Message-ID"));
    if (found != messages_.end()) note_part(side, found->second, message);
  }

  void note_part(Side& side, Message& of, const test::MsrpText& part) {
    must(of.end == 0, "a part behind the end");
    const auto range = msrp::parse_byte_range(part.field("Byte-Range"));
    must(range && range->start == of.got.size() + 1, "a part that does not follow the one before");
    must(part.body.has_value(), "a body was lost");
    of.got += *part.body;
    must(of.body.starts_with(of.got), "octets were changed");
    if (part.flag == '$') must(of.got == of.body, "octets are missing");
    if (part.flag != '+') of.end = part.flag;
    ++of.parts;
    if (of.wants_answer && !of.partial) side.unanswered.push_back(part);
  }

  void note_answer(Side& side, const test::MsrpText& answer) {
    must(answer.id.starts_with("oth") || ids_.contains(answer.id), "an answer to nobody");
    for (auto& [name, message] : messages_) {
      if (message.id != answer.id || side_of_[name] != &side) continue;
      must(message.wants_answer, "an answer that nobody wanted");
      message.answers.push_back(answer.what);
      must(message.answers.size() == 1, "a second answer");
      must(answer.what.size() > 4, "an answer without a comment");
    }
  }

  static void check_complete(const Message& message) {
    if (message.refused) {
      must(message.got == message.body || message.end == '#' || message.flag == '+',
           "a message without an end");
      must(message.answers.size() == 1, "a refusal was not told");
      return;
    }
    must(message.got == message.body, "a message was not complete");
    must(message.flag == '+' ? message.end == 0 : message.end == message.flag, "its end was lost");
    if (message.wants_answer && !message.partial) must(message.answers.size() == 1, "an answer was lost");
  }

  Schedule& schedule_;
  test::LinkRig rig_;
  std::vector<Side> sides_;
  std::map<std::string, Message> messages_;
  std::map<std::string, const Side*> side_of_;
  std::set<std::string> ids_;
  std::size_t others_ = 0;
  bool whole_ = true;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Schedule schedule(data, std::min<std::size_t>(size, 1000));
  World world(schedule);
  while (!schedule.over()) world.step();
  world.finish();
  return 0;
}
