// Calls from their first offer to their end: what is kept, what is refused, that nothing leaks.
#include "controller/controller.hpp"

#include <gtest/gtest.h>

#include "proto/ng/bencode.hpp"
#include "tests/support/controller_room.hpp"

namespace controller {
namespace {

using std::chrono::seconds;
using test::Chat;
using test::ControllerRoom;
using test::e2ae_chat;
using test::plain_chat;
using test::tls_chat;

constexpr std::size_t reserve = 0, configure = 1, restart = 2;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}
std::string error_of(const ng::Dictionary& reply) {
  return reply.text("result") == "error" ? std::string(reply.text("error-reason")) : "none";
}
std::uint64_t octets(const ng::Dictionary& reply) {
  const auto* totals = reply.find("totals");
  return totals == nullptr ? 0 : std::uint64_t(*totals->dictionary()->find("octets")->integer());
}
const ng::Dictionary& section_of(const ng::Dictionary& reply, std::size_t i = 0) {
  return *reply.find("sections")->list()->at(i).dictionary();
}

TEST(Offer, WithoutMsrpComesBackAsItWasAndKeepsNoState) {
  ControllerRoom room;
  const std::string audio = "v=0\ns=-\nm=audio 30000 RTP/AVP 0\na=3ge2ae:requested\n";
  EXPECT_EQ(room.run(room.request(ng::Command::offer, audio)).text("sdp"), audio);
  EXPECT_EQ(room.run(room.request(ng::Command::answer, audio)).text("sdp"), audio);
  EXPECT_TRUE(room.is_clean());
}

TEST(Offer, ASectionWithPort0IsNotTouchedAndItsAnswerPasses) {
  ControllerRoom room;
  auto chat = e2ae_chat();
  chat.port = 0;
  auto shown = chat;
  shown.e2ae.clear();
  EXPECT_EQ(room.offer(chat).text("sdp"), shown.text());
  EXPECT_TRUE(room.is_clean());
  EXPECT_EQ(room.answer(shown).text("result"), "ok");
}

TEST(Offer, ThatCannotBeReadIsAnErrorThatSaysWhy) {
  ControllerRoom room;
  EXPECT_TRUE(has(error_of(room.run(room.request(ng::Command::offer, "nonsense"))), "sdp: line 1"));
  auto request = room.request(ng::Command::offer, Chat().text());
  request.direction = ng::Direction{"access", "nowhere"};
  EXPECT_TRUE(has(error_of(room.run(request)), "no realm is named 'nowhere'"));
  EXPECT_TRUE(room.is_clean());
}

TEST(Offer, OneBadSectionGetsPort0AndItsReasonAndTheOthersGoOn) {
  ControllerRoom room;
  auto bad = e2ae_chat();
  bad.fingerprint = "sha-256 12:34";
  auto text = e2ae_chat().text() + bad.section();
  const auto reply = room.run(room.request(ng::Command::offer, text));
  EXPECT_EQ(reply.text("result"), "ok");
  EXPECT_TRUE(has(reply.text("sdp"), "m=message 20001 TCP/MSRP"));
  EXPECT_TRUE(has(reply.text("sdp"), "m=message 0 TCP/TLS/MSRP"));
  EXPECT_FALSE(has(reply.text("sdp"), "3ge2ae"));
  EXPECT_TRUE(has(reply.text("why"), "a=fingerprint"));
  // The answerer must leave it at port 0; if it does not, we do.
  const auto answer =
      room.run(room.request(ng::Command::answer, plain_chat().text() + plain_chat().section()));
  EXPECT_TRUE(has(answer.text("sdp"), "m=message 20000 TCP/TLS/MSRP"));
  EXPECT_TRUE(has(answer.text("sdp"), "m=message 0 TCP/MSRP"));
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
}

TEST(Offer, WhereNoSectionIsLeftIsAnErrorAndKeepsNothing) {
  for (const auto* fingerprint : {"", "sha-256 nonsense"}) {
    ControllerRoom room;
    auto chat = e2ae_chat();
    chat.fingerprint = fingerprint;
    EXPECT_TRUE(has(error_of(room.offer(chat)), "a=fingerprint"));
    EXPECT_TRUE(room.is_clean());
    // With audio beside it the audio goes on.
    const auto text = chat.text() + "m=audio 30000 RTP/AVP 0\r\n";
    const auto reply = room.run(room.request(ng::Command::offer, text));
    EXPECT_EQ(reply.text("result"), "ok");
    EXPECT_TRUE(has(reply.text("sdp"), "m=message 0 "));
    EXPECT_TRUE(has(reply.text("sdp"), "m=audio 30000 "));
    EXPECT_TRUE(room.is_clean());
  }
}

TEST(Offer, SeveralSectionsGetAContextEach) {
  ControllerRoom room;
  auto second = Chat();
  second.session_id = "another";
  const auto reply = room.run(room.request(ng::Command::offer, Chat().text() + second.section()));
  EXPECT_TRUE(has(reply.text("sdp"), "m=message 20001 "));
  EXPECT_TRUE(has(reply.text("sdp"), "m=message 20003 "));
  room.run(room.request(ng::Command::answer, plain_chat().text() + plain_chat().section()));
  EXPECT_EQ(room.controller->gauges().sessions.at({"agnostic", "none"}), 2u);
  const auto end = room.remove();
  EXPECT_EQ(end.find("sections")->list()->size(), 2u);
  EXPECT_EQ(octets(end), 60u);
  EXPECT_TRUE(room.is_clean());
}

TEST(Offer, PortsThatRunOutAreSaidExactlyAndNothingLeaks) {
  for (std::size_t ports = 0; ports < 4; ++ports) {  // the second section fails after the first was reserved
    ControllerRoom room;
    room.gateway.ports_left = ports;
    const auto reply = room.run(room.request(ng::Command::offer, Chat().text() + Chat().section()));
    EXPECT_EQ(error_of(reply), "Ran out of ports");
    EXPECT_EQ(room.gateway.ports_left, ports);
    EXPECT_TRUE(room.gateway.contexts.empty());
    EXPECT_EQ(room.controller->gauges().calls, 0u);
  }
}

TEST(Offer, LimitsOfSessionsAreSaidExactly) {
  auto options = ControllerRoom::two_realms();
  options.max_calls = 1;
  ControllerRoom room(options);
  room.offer(Chat());
  auto second = room.request(ng::Command::offer, Chat().text());
  second.call_id = "call-2";
  EXPECT_EQ(error_of(room.run(second)), "Parallel session limit reached");
  room.remove();
  room.gateway.errors.push_back({iq::Errc::out_of_resources, "descriptors"});
  EXPECT_EQ(error_of(room.run(second)), "Parallel session limit reached");
  EXPECT_EQ(room.run(second).text("result"), "ok");
}

TEST(Offer, UnansweredFreesAllAfterItsTime) {
  ControllerRoom room;
  room.offer(e2ae_chat());
  EXPECT_EQ(room.controller->deadline(), room.now + seconds(60));
  room.pass(seconds(59));
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  room.pass(seconds(1));
  EXPECT_TRUE(room.is_clean());
  EXPECT_EQ(room.controller->gauges().closed.at("offer_timeout"), 1u);
  EXPECT_EQ(error_of(room.answer(plain_chat())), "Unknown call-id: no offer came before this answer");
}

TEST(Offer, RepeatedForAnotherBranchKeepsTheContext) {
  ControllerRoom room;
  const auto first = room.offer(e2ae_chat());
  EXPECT_EQ(room.offer(e2ae_chat()), first);
  EXPECT_EQ(room.gateway.count(reserve), 2u);
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
}

TEST(Offer, ThatComesAgainWithOtherSecurityReplacesTheFirst) {
  ControllerRoom room;
  room.offer(e2ae_chat());
  auto other = room.request(ng::Command::offer, e2ae_chat().text());
  other.flags = {"msrp-e2ae"};
  room.run(other);
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  EXPECT_EQ(room.context()[1].config.transport, iq::Transport::tcp_tls);
  room.remove();
  EXPECT_TRUE(room.is_clean());
}

TEST(Offer, OfSomebodyElseOrOfTheCalleeBeforeItsAnswerIsRefused) {
  ControllerRoom room;
  room.offer(e2ae_chat());
  auto request = room.request(ng::Command::offer, plain_chat().text());
  request.from_tag = "mallory";
  EXPECT_EQ(error_of(room.run(request)), "from-tag is of neither party of this call");
  request.to_tag = "alice";
  EXPECT_EQ(error_of(room.run(request)), "from-tag is of neither party of this call");
  EXPECT_EQ(room.answer(plain_chat()).text("mode"), "agnostic");  // the call did not notice
}

TEST(Answer, RefusedByTheAnswererReleasesAndKeepsTheOffersTransport) {
  ControllerRoom room;
  room.offer(e2ae_chat());
  auto answer = plain_chat();
  answer.port = 0;
  const auto reply = room.answer(answer);
  EXPECT_EQ(reply.text("result"), "ok");
  EXPECT_TRUE(has(reply.text("sdp"), "m=message 0 TCP/TLS/MSRP *"));
  EXPECT_TRUE(has(reply.text("why"), "answerer refused"));
  EXPECT_TRUE(room.gateway.contexts.empty());
  EXPECT_EQ(section_of(room.query()).text("state"), "refused");
  room.pass(seconds(60));  // nobody deletes it
  EXPECT_TRUE(room.is_clean());
}

TEST(Answer, ThatBreaksTheSecurityOpensNothing) {
  auto no_fingerprint = tls_chat(), malformed = tls_chat(), nowhere = tls_chat(), named = tls_chat();
  no_fingerprint.fingerprint.clear();
  malformed.fingerprint = "sha-256 AA";
  nowhere.ip = "0.0.0.0";
  named.ip = "host.example.com";
  for (const auto& answer : {plain_chat(), no_fingerprint, malformed, nowhere, named}) {
    ControllerRoom room;
    auto request = room.request(ng::Command::offer, Chat().text());
    request.flags = {"msrp-e2ae"};
    room.run(request);
    const auto reply = room.answer(answer);
    EXPECT_EQ(reply.text("result"), "ok");
    EXPECT_TRUE(has(reply.text("sdp"), "m=message 0 TCP/MSRP *")) << reply.text("sdp");
    EXPECT_FALSE(reply.text("why").empty());
    EXPECT_TRUE(room.gateway.contexts.empty());
    EXPECT_EQ(room.gateway.count(configure), 0u);
    room.remove();
    EXPECT_TRUE(room.is_clean());
  }
}

TEST(Answer, WithTlsToAPlainOfferOpensNothing) {
  ControllerRoom room;
  room.offer(Chat());
  EXPECT_TRUE(has(room.answer(tls_chat()).text("sdp"), "m=message 0 TCP/MSRP *"));
  EXPECT_TRUE(room.gateway.contexts.empty());
}

TEST(Answer, OfNobodyWeKnowIsAnError) {
  ControllerRoom room;
  EXPECT_TRUE(has(error_of(room.answer(plain_chat())), "Unknown call-id"));
  room.offer(Chat());
  auto request = room.request(ng::Command::answer, plain_chat().text());
  request.from_tag = "mallory";
  EXPECT_TRUE(has(error_of(room.run(request)), "from-tag"));
  EXPECT_EQ(room.gateway.count(configure), 0u);
  room.remove();
  EXPECT_TRUE(has(error_of(room.answer(plain_chat())), "Unknown call-id"));
  EXPECT_TRUE(room.is_clean());
}

TEST(Answer, TwiceAsWith18xAnd200ConfiguresAgainAndRestartsNothing) {
  ControllerRoom room;
  room.offer(e2ae_chat());
  const auto first = room.answer(plain_chat());
  EXPECT_EQ(room.answer(plain_chat()), first);
  EXPECT_EQ(room.gateway.count(restart), 0u);
  auto elsewhere = plain_chat();  // another branch answered
  elsewhere.ip = "192.0.2.3";
  room.answer(elsewhere);
  EXPECT_EQ(room.gateway.count(restart), 1u);
  EXPECT_EQ(room.context()[1].config.remote, base::Address::parse("192.0.2.3:50000"));
}

TEST(Answer, WithASectionThatWasNeverOfferedOrOneLessOpensNothingElse) {
  ControllerRoom room;
  room.offer(Chat());
  auto reply = room.run(room.request(ng::Command::answer, plain_chat().text() + plain_chat().section()));
  EXPECT_TRUE(has(reply.text("sdp"), "m=message 0 TCP/MSRP *"));
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  room.remove();
  room.offer(Chat());
  room.run(room.request(ng::Command::answer, "v=0\r\n"));
  EXPECT_TRUE(room.gateway.contexts.empty());
  EXPECT_EQ(section_of(room.query()).text("why"), "the answer has no such section");
}

TEST(SourceFilter, HoldsWhatTheSdpAndTheProxySay) {
  const auto filter_of = [](const std::string& ip, std::optional<std::string> received_from, bool on) {
    auto options = ControllerRoom::two_realms();
    options.realms[0].filter_source = on;
    ControllerRoom room(options);
    auto chat = e2ae_chat();
    chat.ip = ip;
    auto request = room.request(ng::Command::offer, chat.text());
    if (received_from) request.received_from = base::IpAddress::parse(*received_from);
    room.run(request);
    EXPECT_FALSE(room.context()[1].config.source_filter);  // nobody before the answer
    room.answer(plain_chat());
    EXPECT_EQ(room.context()[1].config.source_filter->size(), 1u);
    std::string out;
    for (const auto& address : *room.context()[0].config.source_filter) out += address.to_string() + " ";
    return out;
  };
  EXPECT_EQ(filter_of("192.0.2.1", {}, true), "192.0.2.1 ");
  EXPECT_EQ(filter_of("192.0.2.1", "192.0.2.1", true), "192.0.2.1 ");
  EXPECT_EQ(filter_of("10.0.0.7", "198.51.100.7", true), "10.0.0.7 198.51.100.7 ");
  EXPECT_EQ(filter_of("0.0.0.0", "198.51.100.7", true), "");
  EXPECT_EQ(filter_of("ue.example.com", "198.51.100.7", true), "");
  EXPECT_EQ(filter_of("192.0.2.1", "198.51.100.7", false), "");
}

TEST(Delete, AtAnyTimeByAnyPartyOnceAndTwice) {
  for (const auto& [from, to, early] :
       {std::tuple("alice", "", false), std::tuple("bob", "", false), std::tuple("bob", "alice", false),
        std::tuple("", "", false), std::tuple("alice", "bob", true), std::tuple("carol", "", true)}) {
    ControllerRoom room;
    room.offer(e2ae_chat());
    if (!early) room.answer(plain_chat());  // else a CANCEL
    auto request = room.request(ng::Command::delete_call);
    request.from_tag = from;
    request.to_tag = to;
    const auto reply = room.run(request);
    EXPECT_EQ(reply.text("result"), "ok");
    EXPECT_EQ(octets(reply), 30u);
    EXPECT_EQ(*reply.find("totals")->dictionary()->find("messages")->dictionary()->find("SEND")->integer(),
              3);
    EXPECT_TRUE(room.is_clean());
    const auto again = room.run(request);
    EXPECT_EQ(again.text("result"), "ok");
    EXPECT_FALSE(again.text("warning").empty());
  }
}

TEST(Delete, WithTheTagsOfAnotherDialogIsNotFound) {
  ControllerRoom room;
  room.establish();
  auto request = room.request(ng::Command::delete_call);
  request.from_tag = "mallory";
  EXPECT_FALSE(room.run(request).text("warning").empty());
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
}

TEST(Bearer, ThatEndsKeepsItsTotalsForAWhile) {
  ControllerRoom room;
  room.establish();
  room.gateway.cause = "peer closed";
  room.gateway.tell(iq::Event::tls_failed, "fingerprint mismatch");
  EXPECT_EQ(room.log.count("tls_failed call_id=call-1 realm=both cause=fingerprint mismatch"), 1u);
  EXPECT_EQ(room.gateway.contexts.size(), 1u);
  room.gateway.tell(iq::Event::released, "fingerprint mismatch");
  EXPECT_TRUE(room.gateway.contexts.empty());
  EXPECT_EQ(room.controller->gauges().closed.at("released"), 1u);
  EXPECT_TRUE(room.controller->gauges().sessions.empty());
  const auto reply = room.query();
  EXPECT_EQ(section_of(reply).text("state"), "ended");
  EXPECT_EQ(section_of(reply).text("ended"), "released: fingerprint mismatch");
  EXPECT_EQ(section_of(reply).find("terminations")->list()->at(0).dictionary()->text("cause"), "peer closed");
  EXPECT_EQ(octets(reply), 30u);
  room.pass(seconds(1));
  room.pass(seconds(59));
  EXPECT_EQ(octets(room.query()), 30u);
  room.pass(seconds(60));
  EXPECT_TRUE(room.is_clean());
}

TEST(Bearer, ThatEndsAnswersTheDeleteWithItsTotals) {
  ControllerRoom room;
  room.establish();
  room.gateway.answers_later = true;
  room.gateway.tell(iq::Event::timed_out, "not connected in time");
  auto reply = std::make_shared<ng::Dictionary>();
  room.controller->execute(room.request(ng::Command::delete_call), room.now,
                           [reply](const ng::Value& value) { *reply = *value.dictionary(); });
  room.gateway.answer_all();  // the delete waited for what was under way
  EXPECT_EQ(octets(*reply), 30u);
  EXPECT_TRUE(room.is_clean());
}

TEST(Bearer, ThatEndsBeforeTheAnswerRefusesIt) {
  ControllerRoom room;
  room.offer(e2ae_chat());
  room.gateway.tell(iq::Event::released, "peer closed");
  const auto reply = room.answer(plain_chat());
  EXPECT_TRUE(has(reply.text("sdp"), "m=message 0 "));
  EXPECT_TRUE(has(reply.text("why"), "released: peer closed"));
  room.pass(seconds(60));
  EXPECT_TRUE(room.is_clean());
}

TEST(Bearer, StraysAreLoggedOnceASection) {
  ControllerRoom room;
  room.establish();
  for (int i = 0; i < 100; ++i) room.gateway.tell(iq::Event::refused, "wrong source");
  EXPECT_EQ(room.log.count("refused call_id"), 1u);
  room.gateway.notify({iq::ContextId{77}, {}, iq::Event::released, "unknown"});  // of nobody: ignored
}

TEST(Shutdown, ReleasesAllAndSaysWhenItIsDone) {
  ControllerRoom room;
  room.establish();
  auto second = room.request(ng::Command::offer, Chat().text());
  second.call_id = "call-2";
  room.run(second);
  room.gateway.answers_later = true;
  bool done = false;
  room.controller->release_all(room.now, [&] { done = true; });
  EXPECT_FALSE(done);
  room.gateway.answer_all();
  EXPECT_TRUE(done);
  EXPECT_TRUE(room.is_clean());
  room.gateway.answers_later = false;
  done = false;
  room.controller->release_all(room.now, [&] { done = true; });
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace controller
