// Random documents and random sequences of commands: no crash, no leak, and not one octet outside MSRP
// sections changes.
#include <gtest/gtest.h>

#include "proto/sdp/media.hpp"
#include "proto/sdp/msrp_attributes.hpp"
#include "tests/support/controller_room.hpp"

namespace controller {
namespace {

using test::Chat;
using test::ControllerRoom;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_.next_u64() % n; }
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <class T>
  T one_of(std::initializer_list<T> values) {
    return values.begin()[below(values.size())];
  }

  Chat chat() {
    Chat out;
    out.ip = one_of<std::string>({"192.0.2.1", "192.0.2.2", "10.0.0.1", "2001:db8::1", "0.0.0.0",
                                  "host.example.com", "nowhere.example.com"});
    out.port = one_of<std::uint16_t>({0, 9, 49170, 49170, 49171});
    out.tls = chance(50);
    out.setup = one_of<std::string>({"actpass", "active", "passive", "holdconn", "", "nonsense"});
    out.cema = chance(70);
    const std::string good(test::fingerprint_of_ue), other(test::fingerprint_of_other);
    out.fingerprint = one_of<std::string>({good, good, other, "", "sha-256 00", "MD5 nonsense"});
    out.e2ae = one_of<std::string>({"requested", "applied", "else", ""});
    out.tls_id = one_of<std::string>({"", "abcdefghij0123456789", "short"});
    out.session_id = one_of<std::string>({"kjh3uyGT5d8sQz0p", "Zq7Lw0aTt1"});
    out.path_host = one_of<std::string>({"ue.invalid", "192.0.2.1", "[2001:db8::1]"});
    out.more =
        one_of<std::string>({"", "", "a=max-size:9\r\n", "a=key-mgmt:mikey AAAA\r\n", "a=key-mgmt:???\r\n",
                             "a=path:\r\n", "a=x-vendor:1\r\nb=AS:1\r\n", "c=junk\r\n"});
    return out;
  }
  /// Sections of all kinds, with and without session-level lines, with CRLF and bare LF.
  std::string document() {
    std::string out = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n";
    if (chance(50)) out += "c=IN IP4 192.0.2.1\n";
    if (chance(20)) out += "a=setup:active\r\n";
    if (chance(20)) out += "a=fingerprint:" + std::string(test::fingerprint_of_ue) + "\r\n";
    for (auto n = 1 + below(3); n > 0; --n) {
      if (chance(30)) out += "m=audio 30000 RTP/AVP 0\na=3ge2ae:requested\r\na=setup:actpass\n";
      if (chance(10)) out += "m=message 9 TCP/OTHER *\r\na=msrp-cema\r\n";
      if (chance(90)) out += chat().section();
    }
    if (chance(20)) out.resize(out.size() - below(30));
    return out;
  }
  ng::Request request() {
    auto out = ControllerRoom::request(
        one_of({ng::Command::offer, ng::Command::offer, ng::Command::answer, ng::Command::answer,
                ng::Command::delete_call, ng::Command::query, ng::Command::list}),
        document());
    out.call_id = one_of<std::string>({"call-1", "call-2"});
    out.from_tag = one_of<std::string>({"alice", "alice", "alice", "bob", "carol"});
    out.to_tag = one_of<std::string>({"bob", "bob", "alice", "carol", ""});
    if (chance(25)) out.via_branch = one_of<std::string>({"b1", "b2"});
    if (chance(20)) out.direction.reset();
    if (chance(20)) out.direction = ng::Direction{"core", "access"};
    if (chance(30)) out.flags = {"msrp-e2ae"};
    if (chance(20)) out.msrp_tls = one_of({ng::MsrpTls::tls, ng::MsrpTls::tcp, ng::MsrpTls::passthru});
    if (chance(20))
      out.msrp_peer = one_of({ng::MsrpPeer::cema, ng::MsrpPeer::sessmatch, ng::MsrpPeer::plain});
    if (chance(20)) out.msrp_setup = one_of({ng::MsrpSetup::active, ng::MsrpSetup::passive});
    if (chance(20))
      out.msrp_mode = one_of({ng::MsrpMode::automatic, ng::MsrpMode::agnostic, ng::MsrpMode::aware});
    if (chance(30)) out.received_from = base::IpAddress::parse("198.51.100.7");
    return out;
  }

 private:
  test::SeededRandom random_;
};

/// All lines that are not of an MSRP section, with their endings.
std::string other_lines(const sdp::Document& document) {
  std::string out;
  std::vector<bool> msrp(document.lines().size(), false);
  for (const auto section : document.media()) {
    if (!sdp::is_msrp(document, section)) continue;
    const auto range = document.range(section);
    std::fill(msrp.begin() + std::ptrdiff_t(range.first), msrp.begin() + std::ptrdiff_t(range.last), true);
  }
  for (std::size_t i = 0; i < msrp.size(); ++i)
    if (!msrp[i]) out += document.lines()[i].text + char('0' + int(document.lines()[i].ending));
  return out;
}

void check_reply(const ng::Request& request, const ng::Dictionary& reply) {
  ASSERT_FALSE(reply.text("result").empty());
  const bool exchange = request.command == ng::Command::offer || request.command == ng::Command::answer;
  if (!exchange || reply.text("result") != "ok") return;
  const auto before = sdp::Document::parse(request.sdp);
  const auto after = sdp::Document::parse(reply.text("sdp"));
  ASSERT_TRUE(before && after);
  ASSERT_EQ(before->media_count(), after->media_count());
  EXPECT_EQ(other_lines(*before), other_lines(*after)) << request.sdp;
  for (const auto section : after->media()) {
    if (sdp::is_msrp(*after, section)) {
      EXPECT_NE(sdp::e2ae(*after, section), sdp::E2ae::requested);
    }
  }
}

/// Names that are looked up: some are known at once, some later, some not at all.
struct LookUps {
  controller::Options options() {
    auto out = ControllerRoom::two_realms();
    out.max_branches = 3;
    out.realms[1].accept_types = {"message/cpim", "image/*"};
    out.realms[1].max_message = 100'000;
    out.resolve = [this](const std::string& host, auto done) {
      std::vector<base::IpAddress> known;
      if (host.starts_with("host")) known = {*base::IpAddress::parse("192.0.2.1")};
      if (dice.chance(50)) return done(known);
      waiting.push_back([known, done] { done(known); });
    };
    return out;
  }
  void finish() {
    for (const auto& look_up : std::exchange(waiting, {})) look_up();
  }
  Dice dice;
  std::vector<std::function<void()>> waiting;
};

void act(Dice& dice, ControllerRoom& room, LookUps& names, bool failing, std::size_t& replies) {
  auto& gateway = room.gateway;
  if (dice.chance(50)) names.finish();
  if (dice.chance(50)) gateway.answers_later = dice.chance(50);
  if (failing && dice.chance(10)) gateway.errors.push_back({iq::Errc::unreachable, "lost"});
  if (failing && dice.chance(10)) gateway.errors.push_back({iq::Errc::out_of_ports, "none"});
  if (dice.chance(10) && !gateway.contexts.empty())
    gateway.tell(dice.one_of({iq::Event::connected, iq::Event::refused, iq::Event::released,
                              iq::Event::timed_out, iq::Event::inactive}),
                 "", dice.below(8));
  if (dice.chance(10)) room.pass(std::chrono::seconds(dice.below(70)));
  while (!gateway.replies.empty() && dice.chance(60)) gateway.answer_one();
  auto request = std::make_shared<ng::Request>(dice.request());
  room.controller->execute(*request, room.now, [request, &replies](const ng::Value& value) {
    ++replies;
    check_reply(*request, *value.dictionary());
  });
}

TEST(Property, RandomCommandsNeverCrashOrLeakAndTouchOnlyMsrp) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(seed);
    Dice dice(seed);
    LookUps names{Dice(seed), {}};
    ControllerRoom room(names.options());
    const bool failing = seed % 2 == 0;
    std::size_t replies = 0;
    constexpr std::size_t commands = 40;
    for (std::size_t i = 0; i < commands; ++i) act(dice, room, names, failing, replies);
    room.gateway.errors.clear();
    while (!names.waiting.empty() || !room.gateway.replies.empty()) {
      names.finish();
      room.gateway.answer_all();
    }
    EXPECT_EQ(replies, commands);  // each got one
    EXPECT_EQ(room.gateway.fault, "");
    room.gateway.answers_later = false;
    // An error on Release is the gateway's own leak; what it still knows must be what the controller knows.
    std::size_t known = 0;
    for (const auto& [kind, count] : room.controller->gauges().sessions) known += count;
    const auto there = room.gateway.contexts.size();
    EXPECT_TRUE(failing ? known <= there : known == there) << known << " known, " << there << " there";
    room.controller->release_all(room.now, [] {});
    EXPECT_EQ(room.sessions.size(), room.gateway.contexts_made);  // each context is told of once
    EXPECT_EQ(room.controller->gauges().calls, 0u);
    EXPECT_EQ(room.controller->deadline(), base::never);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Property, NoTimePassesWithoutEverythingBeingFreed) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(seed);
    Dice dice(seed);
    ControllerRoom room;
    for (int i = 0; i < 30; ++i) {
      const auto request = dice.request();
      check_reply(request, room.run(request));
    }
    for (int i = 0; i < 4; ++i) {  // bearers end, offers time out, nobody deletes anything
      while (!room.gateway.contexts.empty() && room.controller->deadline() == base::never)
        room.gateway.tell(iq::Event::released);
      room.pass(std::chrono::seconds(100));
      while (!room.gateway.contexts.empty()) room.gateway.tell(iq::Event::released);
    }
    EXPECT_TRUE(room.is_clean());
    EXPECT_EQ(room.gateway.fault, "");
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace controller
