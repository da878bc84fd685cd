// Application-aware sessions over real sockets.
#include <gtest/gtest.h>

#include "tests/support/aware_rig.hpp"

namespace {

using test::MediaPeer;

struct AwareGateway : test::AwareRig {
  MediaPeer* far = nullptr;
};

TEST_F(AwareGateway, RewritesPathsBothWays) {
  start();
  const auto call = reserve_aware();
  EXPECT_EQ(call.a.path, "msrp://127.0.0.1:" + std::to_string(call.a.local.port) + "/session-of-a;tcp");
  auto& a = connect(call.a.local);
  auto& b = connect(call.b.local);
  b.say(bare("bind", call.b.path, bob));
  a.say(send("tid1", call.a.path, alice, "hello"));
  EXPECT_TRUE(hears(b, send("tid1", bob, call.b.path, "hello")));
  EXPECT_TRUE(hears(a, bare("bind", alice, call.a.path)));
  b.say(answer("tid1", "200", call.b.path, bob));
  EXPECT_TRUE(hears(a, bare("bind", alice, call.a.path) + answer("tid1", "200 OK", alice, call.a.path)));
}

TEST_F(AwareGateway, AnswersWhatBelongsToNoSession) {
  start();
  const auto call = reserve_aware();
  auto& a = connect(call.a.local);
  const auto wrong = "msrp://127.0.0.1:" + std::to_string(call.a.local.port) + "/someone-else;tcp";
  a.say(send("lost", wrong, alice, "secret"));
  EXPECT_TRUE(hears(a, answer("lost", "481 Session Does Not Exist", alice, wrong)));
  a.say(bare("tid1", call.a.path, alice));
  EXPECT_TRUE(until([&] { return audit(call.context).at(0).state == iq::TerminationState::connected; }));
  auto& second = connect(call.a.local);
  second.say(bare("tid2", call.a.path, alice));
  EXPECT_TRUE(hears(second, answer("tid2", "506 Session Already In Use", alice, call.a.path)));
  auto& garbage = connect(call.a.local);
  garbage.say("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(ends(garbage, MediaPeer::End::fin));
  auto& b = connect(call.b.local);
  b.say(bare("bind", call.b.path, bob));
  EXPECT_TRUE(hears(b, bare("tid1", bob, call.b.path)));
}

TEST_F(AwareGateway, ServesSeveralSessionsOfOneConnectionOnASharedPort) {
  options.realms[0].shared_port = test::free_ports(1).first;
  start();
  const auto one = reserve_aware("one"), two = reserve_aware("two");
  EXPECT_EQ(one.a.local, two.a.local);
  auto& a = connect(one.a.local);
  auto& b1 = connect(one.b.local);
  auto& b2 = connect(two.b.local);
  b1.say(bare("same", one.b.path, bob));
  b2.say(bare("same", two.b.path, bob));
  a.say(send("tid1", one.a.path, alice, "first"));
  a.say(send("tid2", two.a.path, alice, "second"));
  EXPECT_TRUE(hears(b1, send("tid1", bob, one.b.path, "first")));
  EXPECT_TRUE(hears(b2, send("tid2", bob, two.b.path, "second")));
  b2.say(answer("tid2", "200", two.b.path, bob));
  EXPECT_TRUE(until([&] { return a.heard().find("MSRP tid2 200 OK") != std::string::npos; })) << a.heard();
  // The same transaction id of two sessions became two.
  EXPECT_EQ(a.heard().find("MSRP same"), std::string::npos);
  ASSERT_TRUE(release(two).has_value());
  a.say(send("tid3", two.a.path, alice, "late"));
  EXPECT_TRUE(until([&] { return a.heard().find("MSRP tid3 481") != std::string::npos; })) << a.heard();
  a.say(send("tid4", one.a.path, alice, "again"));
  EXPECT_TRUE(until([&] { return b1.heard().find("again") != std::string::npos; }));
}

/// Long bodies are sent from where they were read, between heads that were copied; what the kernel does not
/// take of them must not be lost.
TEST_F(AwareGateway, PassesLongBodiesToAReceiverThatStallsAmongThem) {
  start();
  const auto call = reserve_aware();
  auto& a = connect(call.a.local);
  auto& b = connect(call.b.local);
  b.say(bare("bind", call.b.path, bob));
  b.stop_reading();
  std::string expected;
  for (unsigned i = 0; i < 900; ++i) {  // 40 MB: more than the kernel holds
    const auto id = "tid" + std::to_string(i);
    const auto body = test::pattern(1000 + 7919 * i % 90000, i);
    a.say(send(id, call.a.path, alice, body));
    expected += send(id, bob, call.b.path, body);
  }
  for (std::size_t before = 0; a.unsent() != before;) {
    before = a.unsent();
    until([&] { return a.unsent() != before; }, std::chrono::milliseconds(300));
  }
  ASSERT_GT(a.unsent(), 0U) << "it has not stalled";
  b.stop_reading(false);
  EXPECT_TRUE(until([&] { return b.heard().size() >= expected.size(); }));
  EXPECT_TRUE(b.heard() == expected);
}

TEST_F(AwareGateway, RefusesToReserveForAPathThatIsNone) {
  start();
  for (const auto* wrong : {"", "http://bob.example/", "msrp://bob.example:1/x;tcp\r\nStatus: 000 200"}) {
    auto reply = execute({{}, {iq::Reserve{"access", aware(wrong), "session-of-a"}}});
    ASSERT_FALSE(reply.has_value()) << wrong;
    EXPECT_EQ(reply.error().code, iq::Errc::bad_request);
  }
}

TEST_F(AwareGateway, SplitsChunksForAPeerThatTakesNoLongerOnes) {
  options.realms[1].max_chunk = 2048;
  start();
  const auto call = reserve_aware();
  auto& a = connect(call.a.local);
  auto& b = connect(call.b.local);
  b.say(bare("bind", call.b.path, bob));
  a.say(send("tid1", call.a.path, alice, std::string(5000, 'x')));
  EXPECT_TRUE(until([&] { return b.heard().find("$\r\n") != std::string::npos; }));
  EXPECT_NE(b.heard().find("Byte-Range: 1-*/5000\r\n"), std::string::npos);
  EXPECT_NE(b.heard().find("Byte-Range: 2049-*/5000\r\n"), std::string::npos);
  EXPECT_NE(b.heard().find("Byte-Range: 4097-*/5000\r\n"), std::string::npos);
}

TEST_F(AwareGateway, ARequestWaitsForALateAnswer) {
  start();
  const auto call = reserve_with_bob("one", unanswered(), far);
  auto& a = connect(call.a.local);
  a.say(send("t1", call.a.path, alice, "early"));
  // It has no deadline any more, but it has not been believed either.
  EXPECT_EQ(audit(call.context).at(0).state, iq::TerminationState::waiting);
  ASSERT_TRUE(configure(call, call.a, aware(alice)));
  EXPECT_TRUE(hears(*far, send("t1", bob, call.b.path, "early")));
}

TEST_F(AwareGateway, WhoHasGoneBeforeTheAnswerMakesWay) {
  start();
  const auto call = reserve_with_bob("one", unanswered(), far);
  auto& first = connect(call.a.local);
  first.say(bare("t1", call.a.path, alice));
  first.finish();
  EXPECT_TRUE(await(iq::Event::refused));
  auto& second = connect(call.a.local);
  second.say(send("t2", call.a.path, alice, "it is me again"));
  ASSERT_TRUE(configure(call, call.a, aware(alice)));
  EXPECT_TRUE(hears(*far, send("t2", bob, call.b.path, "it is me again")));
}

TEST_F(AwareGateway, WhoCameSecondIsBoundWhenTheFirstOneGoes) {
  start();
  const auto call = reserve_with_bob("one", unanswered(), far);
  auto& first = connect(call.a.local);
  first.say(bare("t1", call.a.path, alice));
  auto& second = connect(call.a.local);
  second.say(send("t2", call.a.path, alice, "me too"));
  (void)audit(call.context);
  first.close();
  EXPECT_TRUE(await(iq::Event::refused));
  ASSERT_TRUE(configure(call, call.a, aware(alice)));
  EXPECT_TRUE(hears(*far, send("t2", bob, call.b.path, "me too")));
}

TEST_F(AwareGateway, StraysWaitInAListOfFew) {
  options.times.candidate = std::chrono::milliseconds(200);
  start();
  const auto call = reserve_with_bob("one", aware(alice), far);
  std::vector<MediaPeer*> strays;
  for (std::size_t i = 0; i < options.limits.candidates; ++i) strays.push_back(&connect(call.a.local));
  auto& a = connect(call.a.local);  // stays in the backlog until the first of them is cut off
  a.say(send("t1", call.a.path, alice, "after them"));
  EXPECT_TRUE(hears(*far, send("t1", bob, call.b.path, "after them")));
  EXPECT_GE(count(iq::Event::refused), 1U);
}

TEST_F(AwareGateway, AnEndInTheMiddleOfAChunkAbortsTheMessage) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), far);
  auto& a = connect(call.a.local);
  a.say(begin("t1", call.a.path, alice, 100) + "the beginning");
  EXPECT_TRUE(hears(*far, begin("t1", bob, call.b.path, 100) + "the beginning"));
  a.finish();
  EXPECT_TRUE(ends(*far, MediaPeer::End::fin));
  EXPECT_EQ(far->heard(), begin("t1", bob, call.b.path, 100) + "the beginning\r\n-------t1#\r\n");
  far->say(send("t2", call.b.path, bob, "half a connection is open"));
  EXPECT_TRUE(hears_of(a, "half a connection is open"));
  far->finish();
  EXPECT_TRUE(await(iq::Event::released));
  EXPECT_EQ(reason(), "closed");
  EXPECT_EQ(audit(call.context).at(1).counters.aborted_out, 1U);
}

TEST_F(AwareGateway, AResetIsAReset) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), far);
  auto& a = connect(call.a.local);
  a.say(begin("t1", call.a.path, alice, 100) + "the beginning");
  EXPECT_TRUE(hears_of(*far, "the beginning"));
  a.reset();
  EXPECT_TRUE(ends(*far, MediaPeer::End::reset));
  EXPECT_TRUE(await(iq::Event::released));
  EXPECT_EQ(reason(), "reset");
}

TEST_F(AwareGateway, AnEndThatMovesMovesAlone) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), far);
  auto& a = connect(call.a.local);
  a.say(begin("t1", call.a.path, alice, 100) + "the beginning");
  EXPECT_TRUE(hears_of(*far, "the beginning"));
  ASSERT_TRUE(execute({call.context, {iq::Restart{call.a.termination}}}));
  EXPECT_TRUE(ends(a, MediaPeer::End::fin));
  EXPECT_TRUE(hears_of(*far, "-------t1#\r\n"));
  far->say(send("t2", call.b.path, bob, "meanwhile"));
  auto& a2 = connect(call.a.local);
  a2.say(send("t3", call.a.path, alice, "anew"));
  EXPECT_TRUE(hears_of(*far, "anew"));
  EXPECT_TRUE(hears(a2, send("t2", alice, call.a.path, "meanwhile")));
}

/// What one end has been told already cannot be taken back.
TEST_F(AwareGateway, AnEndThatHasBeenPassedOnIsOne) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), far);
  auto& a = connect(call.a.local);
  a.say(bare("t1", call.a.path, alice));
  a.finish();
  EXPECT_TRUE(ends(*far, MediaPeer::End::fin));
  ASSERT_TRUE(execute({call.context, {iq::Restart{call.a.termination}}}));
  far->close();
  far = &connect(call.b.local);
  far->say(bare("bind", call.b.path, bob));
  auto& a2 = connect(call.a.local);
  a2.say(send("t2", call.a.path, alice, "anew"));
  EXPECT_TRUE(hears(*far, send("t2", bob, call.b.path, "anew")));
}

/// A role may change in words only; then strays are not what an active termination has tried.
TEST_F(AwareGateway, ANewRoleIsNotFulfilledByStrays) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), far);
  auto& a = connect(call.a.local);
  a.say(bare("t1", call.a.path, alice));
  EXPECT_TRUE(hears_of(*far, "MSRP t1"));
  auto& stray = connect(call.b.local);
  stray.say(bare("t2", call.b.path, bob));
  EXPECT_TRUE(hears_of(stray, "506"));
  const test::Ear ear;
  ASSERT_TRUE(configure(call, call.b, test::towards(ear.address)));
  EXPECT_TRUE(ends(stray, MediaPeer::End::fin));
  a.say(send("t3", call.a.path, alice, "still here"));
  EXPECT_TRUE(hears_of(*far, "still here"));
  EXPECT_EQ(count(iq::Event::tcp_failed) + count(iq::Event::released), 0U);
}

/// The mode shows in the answer; what has come until then is not lost.
TEST_F(AwareGateway, ASessionMayTurnApplicationAwareWithItsAnswer) {
  start();
  const auto call = reserve(unanswered(iq::Transport::tcp), unanswered(iq::Transport::tcp));
  auto& a = connect(call.a.local);
  const std::string at = "msrp://127.0.0.1:1/a;tcp", bt = "msrp://127.0.0.1:1/b;tcp";
  a.say(send("t1", at, alice, "early"));
  (void)audit(call.context);
  auto for_a = aware(alice), for_b = aware(bob);
  for_a.local_path = {at};
  for_b.local_path = {bt};
  ASSERT_TRUE(execute(
      {call.context, {iq::Configure{call.a.termination, for_a}, iq::Configure{call.b.termination, for_b}}}));
  far = &connect(call.b.local);
  far->say(bare("bind", bt, bob));
  EXPECT_TRUE(hears(*far, send("t1", bob, bt, "early")));
}

/// And back, for a session that is made anew: nobody who spoke MSRP with the gateway stays.
TEST_F(AwareGateway, ASessionMayTurnAgnosticWhenItIsRestarted) {
  start();
  const auto call = reserve_with_bob("one", aware(alice), far);
  auto& a = connect(call.a.local);
  a.say(bare("t1", call.a.path, alice));
  EXPECT_TRUE(hears_of(*far, "MSRP t1"));
  auto& second = connect(call.b.local);
  second.say(bare("t2", call.b.path, bob));
  EXPECT_TRUE(hears_of(second, "506"));
  iq::TerminationConfig agnostic;
  agnostic.transport = iq::Transport::tcp;
  EXPECT_FALSE(configure(call, call.a, agnostic));
  ASSERT_TRUE(execute({call.context,
                       {iq::Configure{call.a.termination, agnostic},
                        iq::Configure{call.b.termination, agnostic}, iq::Restart{call.a.termination}}}));
  EXPECT_TRUE(ends(a, MediaPeer::End::fin));
  EXPECT_TRUE(ends(*far, MediaPeer::End::fin));
  EXPECT_TRUE(ends(second, MediaPeer::End::fin));
  auto& a2 = connect(call.a.local);
  auto& b2 = connect(call.b.local);
  a2.say("anything");
  b2.say("at all");
  EXPECT_TRUE(hears(b2, "anything"));
  EXPECT_TRUE(hears(a2, "at all"));
}

TEST_F(AwareGateway, ARequestThatCannotBeServedLeavesTheContextAsItWas) {
  start();
  auto reply = execute({{}, {iq::Reserve{"access", aware(alice), "one"}}});
  ASSERT_TRUE(reply);
  const auto wrong = execute({reply->context, {iq::Reserve{"core", aware(bob), "not a session id"}}});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, iq::Errc::bad_request);
  EXPECT_TRUE(execute({reply->context, {iq::Reserve{"core", aware(bob), "two"}}}));
}

}  // namespace
